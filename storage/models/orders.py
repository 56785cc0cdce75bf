"""Offers that a customer was shown, and the orders placed from them."""

from typing import Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Numbered
from storage.models.customers import Customer


class Offer(Numbered):
    """What one confirmation screen showed: lines as JSON, and what is to be paid, a coupon's discount taken off."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    lines = TextField()
    total_minor = IntegerField()
    from_cart = BooleanField()
    created_at = IntegerField()
    discount_minor = IntegerField(default=0)
    coupon_id = IntegerField(null=True)

    @classmethod
    def one_of(cls, customer_id: int, offer_id: int) -> Self | None:
        """Find an offer that this customer was shown."""
        return cls.get_or_none(cls.id == offer_id, cls.customer == customer_id)

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the offers made before `moment`; orders keep their own record. Return how many."""
        return cls.delete().where(cls.created_at < moment).execute()


class Order(Numbered):
    """A paid purchase: `total_minor` is the sum of the lines less `discount_minor`, and what was paid.

    `key` makes one tap one order, however often it arrives.
    """

    customer = ForeignKeyField(Customer)
    customer_id: int
    key = TextField(unique=True)
    total_minor = IntegerField()
    created_at = IntegerField()
    discount_minor = IntegerField(default=0)

    class Meta:
        table_name = "orders"

    @classmethod
    def by_key(cls, key: str) -> Self | None:
        """Find the order that this key placed."""
        return cls.get_or_none(cls.key == key)

    @classmethod
    def one_of(cls, customer_id: int, order_id: int) -> Self | None:
        """Find an order of this customer."""
        return cls.get_or_none(cls.id == order_id, cls.customer == customer_id)

    @classmethod
    def of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of a customer's orders, newest first."""
        mine = cls.select().where(cls.customer == customer_id).order_by(cls.id.desc())
        return list(mine.offset(page * size).limit(size))

    @classmethod
    def discounts_of(cls, order_ids: list[int]) -> dict[int, int]:
        """Read the discounts of several orders, in minor units; those without one are left out."""
        found: dict[int, int] = {}
        for start in range(0, len(order_ids), 500):
            some = cls.select(cls.id, cls.discount_minor).where(
                cls.id.in_(order_ids[start : start + 500]), cls.discount_minor > 0
            )
            found |= {row.id: row.discount_minor for row in some}
        return found

    @classmethod
    def count_of(cls, customer_id: int) -> int:
        """Count a customer's orders."""
        return cls.select(fn.COUNT(cls.id)).where(cls.customer == customer_id).scalar()

    @classmethod
    def count_after(cls, customer_id: int, order_id: int) -> int:
        """Count the orders that a customer placed after this one."""
        return cls.select(fn.COUNT(cls.id)).where(cls.customer == customer_id, cls.id > order_id).scalar()


class OrderLine(Numbered):
    """A product of an order, with the name and the price it was bought at, and the kind of goods it was.

    `discount_minor` is its own share of the order's discount, of the whole line:
    `quantity * unit_price_minor - discount_minor` is what was paid for the line. The shares of an order add up to its
    discount.
    """

    order = ForeignKeyField(Order, backref="lines")
    order_id: int
    product_id = IntegerField()
    product_name = TextField()
    unit_price_minor = IntegerField()
    quantity = IntegerField()
    deliverable = TextField(default="unique_text")
    shared_item_id = IntegerField(null=True)
    discount_minor = IntegerField(default=0)

    @property
    def paid_minor(self) -> int:
        """What was paid for the whole line, in minor units."""
        return int(self.quantity * self.unit_price_minor - self.discount_minor)

    @classmethod
    def orders_of(cls, line_ids: list[int]) -> dict[int, int]:
        """Read which orders these lines belong to, by line."""
        return {line.id: line.order_id for line in cls.select().where(cls.id.in_(line_ids))}

    @classmethod
    def of(cls, order_id: int) -> list[Self]:
        """List the lines of an order."""
        return list(cls.select().where(cls.order == order_id).order_by(cls.id))

    @classmethod
    def of_all(cls, order_ids: list[int]) -> list[Self]:
        """List the lines of several orders."""
        return list(cls.select().where(cls.order.in_(order_ids)).order_by(cls.id))

    @classmethod
    def attach_shared(cls, line_id: int, shared_item_id: int) -> None:
        """Remember which of its product's shared items a line was sold with."""
        cls.update(shared_item_id=shared_item_id).where(cls.id == line_id).execute()
