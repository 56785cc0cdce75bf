"""The example goods that an empty sandbox starts with."""

from importlib.resources import files

from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.reading import read_goods
from shop.catalog.formats.souk_json import OwnGoods


def example_goods(currency: str) -> list[Goods] | OwnGoods:
    """Read the example catalogue, priced in the shop's currency."""
    file = files("web.sandbox").joinpath("goods.json")
    return read_goods(file.read_bytes(), file_name=file.name, currency=currency).goods
