"""Prices of products before they fell."""

from collections.abc import Iterable, Mapping
from typing import Any

from peewee import ForeignKeyField, IntegerField, fn

from storage.models.base import Numbered
from storage.models.catalog import Product

_AT_ONCE = 500
"""The most rows or numbers in one statement."""


class EarlierPrice(Numbered):
    """The lowest unit price that applied until the moment it fell."""

    product = ForeignKeyField(Product)
    product_id: int
    price_minor = IntegerField()
    until_at = IntegerField()

    @classmethod
    def highest(cls) -> dict[int, int]:
        """Read the highest price of each product whose price has fallen, in minor units."""
        highest: Any = cls.select(cls.product_id, fn.MAX(cls.price_minor)).group_by(cls.product_id)
        return dict(highest.tuples())

    @classmethod
    def keep(cls, prices: Mapping[int, int], *, now: int) -> None:
        """Keep the prices, by product, that applied until now."""
        rows = [(product_id, minor, now) for product_id, minor in prices.items()]
        for start in range(0, len(rows), _AT_ONCE):
            cls.insert_many(rows[start:][:_AT_ONCE], [cls.product, cls.price_minor, cls.until_at]).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop prices that applied until before `moment`; return how many."""
        return cls.delete().where(cls.until_at < moment).execute()

    @classmethod
    def forget(cls, product_ids: Iterable[int]) -> None:
        """Drop the earlier prices of products."""
        ids = list(product_ids)
        for start in range(0, len(ids), _AT_ONCE):
            cls.delete().where(cls.product.in_(ids[start:][:_AT_ONCE])).execute()
