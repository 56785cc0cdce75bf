"""Who waits for goods that are sold out."""

from typing import Self

from peewee import ForeignKeyField, IntegerField

from storage.models.base import Numbered
from storage.models.customers import Customer


class RestockWish(Numbered):
    """A customer who wants to be told when a product is back. Served once, in the order of asking."""

    product_id = IntegerField()
    customer = ForeignKeyField(Customer)
    customer_id: int
    created_at = IntegerField()
    served_at = IntegerField(null=True)

    @classmethod
    def waits(cls, product_id: int, customer_id: int) -> bool:
        """Tell whether a customer waits for a product."""
        waiting = (cls.product_id == product_id, cls.customer == customer_id, cls.served_at.is_null())
        return bool(cls.select().where(*waiting).exists())

    @classmethod
    def next_for(cls, product_id: int, count: int) -> list[Self]:
        """List who waits for a product, the first `count` who asked and may be served."""
        waiting = (
            cls.select(cls, Customer).join(Customer).where(cls.product_id == product_id, cls.served_at.is_null())
        )
        return list(waiting.where(Customer.banned == 0).order_by(cls.id).limit(count))

    @classmethod
    def served(cls, wish_id: int, moment: int) -> None:
        """Remember that a wish was served."""
        cls.update(served_at=moment).where(cls.id == wish_id).execute()
