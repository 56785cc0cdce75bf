"""Price cuts: more than halving a price needs the second factor, however it is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from shop.context import Context
from shop.people import Person
from storage.models import EarlierPrice, Product

MOST_PERCENT = 50
"""A cut or discount of more than this percentage needs the second factor."""
STEPS_S = 86_400
"""Seconds within which several cuts of a price count as one."""


@contextmanager
def guarded_cuts(context: Context, admin: Person, product_ids: list[int] | None = None) -> Iterator[None]:
    """Compare the lowest prices before and after a change of products, or of all; needs an open transaction.

    A price is compared with the highest of the last 24 hours, or since a cut that took a code, so several small cuts
    are no way around it. The lowest price includes quantity prices, since buying one item more is no obstacle.

    Raises:
        SecondFactorNeeded: a price fell by more than half, and a code has to be entered first.
    """
    now, before = context.clock(), Product.lowest_prices(product_ids)
    yield
    after = Product.lowest_prices(product_ids)
    fallen = {number: price for number, price in before.items() if after.get(number, price) < price}
    EarlierPrice.forget_before(now - STEPS_S)
    EarlierPrice.keep(fallen, now=now)
    highest = EarlierPrice.highest() if fallen else {}
    deep = [number for number in fallen if _is_deep(highest[number], after[number])]
    if deep:
        context.customers.require_proof(admin)
        EarlierPrice.forget(deep)


def _is_deep(before_minor: int, after_minor: int) -> bool:
    return after_minor * 100 < before_minor * (100 - MOST_PERCENT)
