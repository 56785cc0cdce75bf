"""Prices of a unit that fall with the quantity."""

from typing import Self

from peewee import ForeignKeyField, IntegerField

from storage.models.base import Base
from storage.models.catalog import Product


class QuantityPrice(Base):
    """A lower price of a unit from a number of units on."""

    product = ForeignKeyField(Product)
    product_id: int
    from_quantity = IntegerField()
    unit_price_minor = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def of(cls, product_ids: list[int]) -> list[Self]:
        """List the quantity prices of several products, smallest quantity first."""
        return list(cls.select().where(cls.product.in_(product_ids)).order_by(cls.product, cls.from_quantity))

    @classmethod
    def put(cls, product_id: int, prices: list[tuple[int, int]]) -> None:
        """Give a product these (from quantity, unit price in minor units) and no others."""
        cls.delete().where(cls.product == product_id).execute()
        for from_quantity, unit_price_minor in prices:
            cls.insert(product=product_id, from_quantity=from_quantity, unit_price_minor=unit_price_minor).execute()
