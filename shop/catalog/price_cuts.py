"""Price cuts: what more than halves a price takes the second factor, however it is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from shop.context import Context
from shop.people import Person
from storage.models import Product

MOST_PERCENT = 50
"""A cut or a discount above this takes the second factor."""


@contextmanager
def guarded_cuts(context: Context, admin: Person, product_ids: list[int] | None = None) -> Iterator[None]:
    """Compare the lowest prices before and after a change of products, or of all; needs an open transaction.

    The lowest price counts quantity prices as well: one unit more in an order is no obstacle.

    Raises:
        SecondFactorNeeded: a price fell by more than half, and a code has to be entered first.
    """
    before = Product.lowest_prices(product_ids)
    yield
    after = Product.lowest_prices(product_ids)
    if any(_is_deep(price, after.get(product_id, price)) for product_id, price in before.items()):
        context.customers.require_proof(admin)


def _is_deep(before_minor: int, after_minor: int) -> bool:
    return after_minor * 100 < before_minor * (100 - MOST_PERCENT)
