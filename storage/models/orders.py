"""Carts, the offers that customers were shown, the orders placed from them, refunds and replacements."""

import json
from typing import Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import AMONG, Base, Numbered, among
from storage.models.catalog import Product
from storage.models.customers import Customer

NOT_REFUNDED = """NOT EXISTS (
    SELECT 1 FROM refund r WHERE r.order_line_id = l.id
    GROUP BY r.order_line_id HAVING sum(r.amount_minor) >= l.quantity * l.unit_price_minor - l.discount_minor
)"""
"""The condition that the order line `l` was not refunded in full."""


class CartItem(Base):
    """How many items of a product a customer wants to buy."""

    customer = ForeignKeyField(Customer)
    product = ForeignKeyField(Product)
    product_id: int
    quantity = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def of(cls, customer_id: int) -> list[tuple[Product, int]]:
        """List a customer's cart with its products, by name; hidden ones are left out."""
        quantities = {row.product_id: row.quantity for row in cls.list_by("customer_id = ?", customer_id)}
        products = Product.in_sight([*quantities]) if quantities else []
        return [(row, quantities[row.id]) for row in sorted(products, key=lambda row: (row.name, row.id))]

    @classmethod
    def put(cls, customer_id: int, product_id: int, quantity: int) -> None:
        """Set the quantity of a product in a cart; zero takes it out."""
        mine = (cls.customer == customer_id, cls.product == product_id)
        cls.delete().where(*mine).execute()
        if quantity > 0:
            cls.insert(customer=customer_id, product=product_id, quantity=quantity).execute()

    @classmethod
    def quantity_of(cls, customer_id: int, product_id: int) -> int:
        """Read how many items of a product are in a cart."""
        return cls.value_by("quantity", "customer_id = ? AND product_id = ?", customer_id, product_id) or 0

    @classmethod
    def numbers_in(cls, customer_id: int) -> set[int]:
        """Read the products in a cart, hidden ones too."""
        return {row.product_id for row in cls.list_by("customer_id = ?", customer_id)}

    @classmethod
    def keep_only(cls, customer_id: int, product_ids: list[int]) -> None:
        """Take all other products out of a cart."""
        cls.delete().where(cls.customer == customer_id, cls.product.not_in(product_ids)).execute()

    @classmethod
    def clear(cls, customer_id: int) -> None:
        """Empty a cart."""
        cls.delete().where(cls.customer == customer_id).execute()


class Offer(Numbered):
    """The order shown on one confirmation screen: lines as JSON, and the total after any coupon's discount."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    lines = TextField()
    total_minor = IntegerField()
    from_cart = BooleanField()
    created_at = IntegerField()
    discount_minor = IntegerField(default=0)
    coupon_id = IntegerField(null=True)
    note = TextField(default="")

    @property
    def product_ids(self) -> list[int]:
        """The products of its lines."""
        return [line[0] for line in json.loads(self.lines)]

    @classmethod
    def one_of(cls, customer_id: int, offer_id: int) -> Self | None:
        """Find an offer that this customer was shown."""
        return cls.one_by("id = ? AND customer_id = ?", offer_id, customer_id)

    @classmethod
    def annotate(cls, offer_id: int, note: str) -> None:
        """Write a customer's note on an offer."""
        cls.update(note=note).where(cls.id == offer_id).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the offers made before `moment`; orders keep their own record. Return how many."""
        return cls.delete().where(cls.created_at < moment).execute()


class Order(Numbered):
    """A paid purchase: `total_minor` is the sum of the lines less `discount_minor`, and what was paid.

    `key` makes one tap one order, however often it arrives. `bot_id`: the bot that it was placed in.
    """

    customer = ForeignKeyField(Customer)
    customer_id: int
    key = TextField(unique=True)
    total_minor = IntegerField()
    created_at = IntegerField()
    discount_minor = IntegerField(default=0)
    note = TextField(default="")
    bot_id = IntegerField(null=True)

    class Meta:
        table_name = "orders"

    @classmethod
    def by_key(cls, key: str) -> Self | None:
        """Find the order that this key placed."""
        return cls.one_by("key = ?", key)

    @classmethod
    def first_since(cls, customer_id: int, moment: int) -> Self | None:
        """Find the first order that a customer placed at a moment or later."""
        return cls.select().where(cls.customer == customer_id, cls.created_at >= moment).order_by(cls.id).first()

    @classmethod
    def one_of(cls, customer_id: int, order_id: int) -> Self | None:
        """Find an order of this customer."""
        return cls.one_by("id = ? AND customer_id = ?", order_id, customer_id)

    @classmethod
    def of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of a customer's orders, newest first."""
        return cls.list_by("customer_id = ? ORDER BY id DESC LIMIT ? OFFSET ?", customer_id, size, page * size)

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
        return int(cls.value_by("count(*)", "customer_id = ?", customer_id))

    @classmethod
    def count_after(cls, customer_id: int, order_id: int) -> int:
        """Count the orders that a customer placed after this one."""
        return int(cls.value_by("count(*)", "customer_id = ? AND id > ?", customer_id, order_id))


class OrderLine(Numbered):
    """A product of an order, with the name and the price it was bought at, and the kind of goods it was.

    `discount_minor` is its own share of the order's discount, of the whole line:
    `quantity * unit_price_minor - discount_minor` is what was paid for the line. The shares of an order add up to its
    discount. `by_stars`, which the database writes, is whether the product took Stars when it was ordered.
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
    by_stars = BooleanField(default=True)

    @property
    def paid_minor(self) -> int:
        """The amount paid for the whole line, in minor units."""
        return int(self.quantity * self.unit_price_minor - self.discount_minor)

    @classmethod
    def orders_of(cls, line_ids: list[int]) -> dict[int, int]:
        """Read which orders these lines belong to, by line."""
        return {line.id: line.order_id for line in cls.select().where(cls.id.in_(line_ids))}

    @classmethod
    def of(cls, order_id: int) -> list[Self]:
        """List the lines of an order."""
        return cls.list_by("order_id = ? ORDER BY id", order_id)

    @classmethod
    def of_all(cls, order_ids: list[int]) -> list[Self]:
        """List the lines of several orders."""
        return cls.list_by(f"order_id IN {AMONG} ORDER BY id", among(order_ids))

    @classmethod
    def seats_taken(cls, shared_item_id: int | None) -> int:
        """Count the lines that were sold a shared item."""
        return cls.select().where(cls.shared_item_id == shared_item_id).count() if shared_item_id else 0

    @classmethod
    def bought(cls, customer_id: int, product_ids: list[int], *, since: int) -> dict[int, tuple[int, int]]:
        """Count what a customer bought of products, in all and since a moment, less what was refunded in full."""
        sql = """
            SELECT l.product_id, sum(l.quantity), sum(iif(o.created_at > ?, l.quantity, 0))
            FROM orders o JOIN order_line l ON l.order_id = o.id
            WHERE o.customer_id = ? AND l.product_id IN (%s) AND NOT coalesce(
                (SELECT sum(r.amount_minor) FROM refund r WHERE r.order_line_id = l.id)
                    >= l.quantity * l.unit_price_minor - l.discount_minor, 0
            ) GROUP BY l.product_id
        """ % ", ".join("?" * len(product_ids))  # noqa: S608, UP031
        rows = cls._meta.database.execute_sql(sql, (since, customer_id, *product_ids)).fetchall()
        return {product_id: (ever, lately) for product_id, ever, lately in rows}

    @classmethod
    def attach_shared(cls, line_id: int, shared_item_id: int) -> None:
        """Remember which of its product's shared items a line was sold with."""
        cls.update(shared_item_id=shared_item_id).where(cls.id == line_id).execute()


class Tolerance(Numbered):
    """The waived part of an order; below zero, the part of it that a line's refund deducted."""

    order = ForeignKeyField(Order)
    order_id: int
    order_line_id = IntegerField(null=True)
    amount_minor = IntegerField()
    created_at = IntegerField()

    @classmethod
    def keep(cls, order_id: int, amount_minor: int, *, now: int, line_id: int | None = None) -> int:
        """Record an amount waived or deducted; return its number, which names its ledger entry."""
        row = {"order": order_id, "order_line_id": line_id, "amount_minor": amount_minor, "created_at": now}
        return int(cls.insert(**row).execute())

    @classmethod
    def left_of(cls, order_id: int) -> int:
        """Add up the waived amount of an order that has not been deducted, in minor units."""
        return int(cls.select(fn.SUM(cls.amount_minor)).where(cls.order == order_id).scalar() or 0)

    @classmethod
    def of_order(cls, order_id: int) -> int:
        """Read the amount missing when an order was placed, in minor units."""
        return int(cls.value_by("amount_minor", "order_id = ? AND order_line_id IS NULL", order_id) or 0)

    @classmethod
    def orders_of(cls, numbers: list[int]) -> dict[int, int]:
        """Read which orders these records are of, by record."""
        return {row.id: row.order_id for row in cls.select().where(cls.id.in_(numbers))}


class WaitingOffer(Base):
    """The one offer that a customer's top-up is for."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    offer = ForeignKeyField(Offer, unique=True)
    offer_id: int
    created_at = IntegerField()
    expires_at = IntegerField()

    @classmethod
    def keep(cls, customer_id: int, offer_id: int, *, now: int, expires_at: int) -> None:
        """Make an offer wait, replacing the customer's waiting one."""
        cls.delete().where(cls.customer == customer_id).execute()
        cls.insert(customer=customer_id, offer=offer_id, created_at=now, expires_at=expires_at).execute()

    @classmethod
    def of(cls, customer_id: int, now: int) -> Self | None:
        """Find a customer's waiting offer."""
        return cls.one_by("customer_id = ? AND expires_at > ?", customer_id, now)

    @classmethod
    def paid_for(cls, now: int, *, nearly: bool = False) -> list[int]:
        """List the customers whose balance covers their waiting offer, or `nearly`: up to a tenth may be missing.

        Banned ones are left out.
        """
        rows = cls.select(cls.customer).join(Offer).switch(cls).join(Customer)
        least = Offer.total_minor - Offer.total_minor / 10 if nearly else Offer.total_minor
        ready = (cls.expires_at > now, Customer.banned == 0, Customer.balance_minor >= least)
        return [row.customer_id for row in rows.where(*ready).order_by(cls.created_at)]

    @classmethod
    def end(cls, customer_id: int, offer_id: int | None = None) -> bool:
        """End the wait of a customer's offer, or of this one only; return whether it was waiting."""
        if offer_id is None:
            return bool(cls.drop_by("customer_id = ?", customer_id))
        return bool(cls.drop_by("customer_id = ? AND offer_id = ?", customer_id, offer_id))

    @classmethod
    def end_of_cart(cls, customer_id: int) -> bool:
        """End the wait of the customer's cart; return whether it was waiting."""
        cart = Offer.select(Offer.id).where(Offer.id == cls.offer, Offer.from_cart)
        return bool(cls.delete().where(cls.customer == customer_id, fn.EXISTS(cart)).execute())

    @classmethod
    def forget_expired(cls, now: int, *, longest_s: int) -> int:
        """Drop offers that have waited long enough; return how many.

        One that would wait impossibly long is dropped as well, because the clock was set back.
        """
        return cls.drop_by("expires_at <= ? OR expires_at > ?", now, now + longest_s)


class Replacement(Base):
    """A faulty item and its replacement; inserting the row gives the new item to the old one's line."""

    faulty_item_id = IntegerField(primary_key=True)
    new_item_id = IntegerField(unique=True)
    replaced_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def make(cls, faulty_item_id: int, new_item_id: int, *, replaced_by: int, now: int) -> None:
        """Replace a faulty item with one from stock."""
        row = {"faulty_item_id": faulty_item_id, "new_item_id": new_item_id}
        cls.insert(replaced_by=replaced_by, created_at=now, **row).execute()

    @classmethod
    def is_faulty(cls, item_id: int) -> bool:
        """Return whether an item was replaced."""
        return cls.select().where(cls.faulty_item_id == item_id).exists()

    @classmethod
    def count_by(cls, admin_id: int, *, within: tuple[int, int]) -> int:
        """Count the replacements that an admin gave within a span."""
        return cls.select().where(cls.replaced_by == admin_id, cls.created_at.between(*within)).count()


class Refund(Numbered):
    """A full or partial refund of an order line to its buyer's balance. The ledger moved the money.

    `before_minor` was refunded earlier, which tells the parts of a line apart. Kept permanently.
    """

    order_line_id = IntegerField()
    amount_minor = IntegerField()
    before_minor = IntegerField(default=0)
    refunded_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def amounts_of(cls, order_line_ids: list[int]) -> dict[int, int]:
        """Add up what was refunded of these lines, by line; lines without a refund are left out."""
        sql = f"SELECT order_line_id, sum(amount_minor) FROM refund WHERE order_line_id IN {AMONG} GROUP BY 1"  # noqa: S608
        return dict(cls._meta.database.execute_sql(sql, (among(order_line_ids),)).fetchall())

    @classmethod
    def left_of(cls, line: OrderLine) -> int:
        """Compute what can still be refunded of a line, in minor units."""
        return line.paid_minor - cls.amounts_of([line.id]).get(line.id, 0)

    @classmethod
    def key_of(cls, order_line_id: int, before_minor: int) -> str:
        """Return the ledger's key of a refund, as the database checks it."""
        return f"refund:{order_line_id}:{before_minor}" if before_minor else f"refund:{order_line_id}"

    @classmethod
    def keep(
        cls, order_line_id: int, amount_minor: int, *, refunded_by: int, now: int, before_minor: int = 0
    ) -> None:
        """Record a refund whose ledger entry was posted."""
        row = {"order_line_id": order_line_id, "amount_minor": amount_minor, "before_minor": before_minor}
        cls.insert(refunded_by=refunded_by, created_at=now, **row).execute()

    @classmethod
    def count_by(cls, admin_id: int, *, within: tuple[int, int]) -> int:
        """Count the refunds that an admin gave within a span."""
        return cls.select().where(cls.refunded_by == admin_id, cls.created_at.between(*within)).count()
