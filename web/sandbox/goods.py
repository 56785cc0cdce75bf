"""The example goods that an empty sandbox starts with."""

from importlib.resources import files

from shop.inventory import Goods, read_json


def example_goods(currency: str) -> list[Goods]:
    """Read the example catalogue, priced in the shop's currency."""
    return read_json(files("web.sandbox").joinpath("goods.json").read_bytes(), currency=currency)
