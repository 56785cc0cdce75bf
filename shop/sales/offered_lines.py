"""The lines of an offer, frozen as its customer saw them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from shop.catalog.storefront import ProductCard
from shop.sales.carts import Line


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A line as the offer froze it; offers of earlier versions have neither name nor description."""

    product_id: int
    quantity: int
    unit_price_minor: int
    name: str | None = None
    description: str | None = None
    """A digest of it, since descriptions are long and an offer has up to 30 lines."""

    def still_describes(self, product: ProductCard, *, automatic: bool) -> bool:
        """Return whether a product is still what the customer saw.

        A description alone does not stop an `automatic` order: its customer has paid, is not there to confirm it
        again, and loses more to a mended typo than they would learn from it. A product with another name is another.
        """
        if self.unit_price_minor != product.price_of(self.quantity).minor or self.name not in (None, product.name):
            return False
        return automatic or self.description in (None, _digest(product.description))


def frozen(lines: Iterable[Line]) -> str:
    """Write lines as an offer's row holds them."""
    return json.dumps([astuple(_offered(line)) for line in lines])


def lines_of(text: str) -> tuple[OfferedLine, ...]:
    """Read the lines of an offer's row."""
    return tuple(OfferedLine(*line) for line in json.loads(text))


def _offered(line: Line) -> OfferedLine:
    product = line.product
    return OfferedLine(product.id, line.quantity, line.unit_price.minor, product.name, _digest(product.description))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
