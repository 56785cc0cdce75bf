"""Coupons: their terms, who has chosen one, and the orders they were used for."""

from typing import Any, Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class Coupon(Numbered):
    """A code with its terms, which never change; it can be switched off and on again."""

    code = TextField(unique=True)
    percent = IntegerField(null=True)
    fixed_minor = IntegerField(null=True)
    product_id = IntegerField(null=True)
    category_id = IntegerField(null=True)
    least_minor = IntegerField(default=0)
    most_uses = IntegerField(null=True)
    most_uses_each = IntegerField(null=True)
    valid_from = IntegerField(null=True)
    valid_until = IntegerField(null=True)
    switched_off = BooleanField(default=False)
    created_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def by_code(cls, code: str) -> Self | None:
        """Find the coupon of a code, as it is written in capitals."""
        return cls.get_or_none(cls.code == code)

    @classmethod
    def one(cls, coupon_id: int) -> Self | None:
        """Find a coupon by its number."""
        return cls.get_or_none(cls.id == coupon_id)

    @classmethod
    def switch(cls, coupon_id: int, *, off: bool) -> None:
        """Switch a coupon off, or on again."""
        cls.update(switched_off=off).where(cls.id == coupon_id).execute()

    @classmethod
    def page(cls, *, page: int, size: int) -> list[Self]:
        """List one page of all coupons, newest first."""
        return list(cls.select().order_by(cls.id.desc()).offset(page * size).limit(size))

    @classmethod
    def count_all(cls) -> int:
        """Count the coupons."""
        return cls.select(fn.COUNT(cls.id)).scalar()


class ChosenCoupon(Base):
    """The coupon that a customer typed and has not used yet."""

    customer = ForeignKeyField(Customer, primary_key=True)
    coupon = ForeignKeyField(Coupon)
    created_at = IntegerField()

    @classmethod
    def of(cls, customer_id: int) -> Coupon | None:
        """Find the coupon that a customer has chosen."""
        return Coupon.one_by("id = (SELECT coupon_id FROM chosen_coupon WHERE customer_id = ?)", customer_id)

    @classmethod
    def keep(cls, customer_id: int, coupon_id: int, *, now: int) -> None:
        """Remember a customer's choice instead of an earlier one."""
        cls.replace(customer=customer_id, coupon=coupon_id, created_at=now).execute()

    @classmethod
    def forget(cls, customer_id: int, coupon_id: int | None = None) -> None:
        """Forget a customer's choice, or only this one."""
        if coupon_id is None:
            cls.drop_by("customer_id = ?", customer_id)
        else:
            cls.drop_by("customer_id = ? AND coupon_id = ?", customer_id, coupon_id)


class CouponDraft(Base):
    """The coupon that an admin is writing: its terms as JSON."""

    customer = ForeignKeyField(Customer, primary_key=True)
    terms = TextField()
    created_at = IntegerField()

    @classmethod
    def of(cls, customer_id: int) -> str:
        """Read the terms that an admin has chosen so far, as JSON."""
        return cls.select(cls.terms).where(cls.customer == customer_id).scalar() or "{}"

    @classmethod
    def keep(cls, customer_id: int, terms: str, *, now: int) -> None:
        """Remember what an admin has chosen so far."""
        cls.replace(customer=customer_id, terms=terms, created_at=now).execute()


class CouponUse(Numbered):
    """An order that a coupon gave a discount on. Kept permanently; the database enforces the limits."""

    coupon = ForeignKeyField(Coupon)
    coupon_id: int
    customer = ForeignKeyField(Customer)
    customer_id: int
    order_id = IntegerField(unique=True)
    created_at = IntegerField()

    @classmethod
    def count_of(cls, coupon_id: int, customer_id: int | None = None) -> int:
        """Count the uses of a coupon, or those by one customer."""
        uses = cls.select(fn.COUNT(cls.id)).where(cls.coupon == coupon_id)
        return (uses if customer_id is None else uses.where(cls.customer == customer_id)).scalar()

    @classmethod
    def counts(cls, coupon_ids: list[int]) -> dict[int, int]:
        """Count the uses of several coupons."""
        rows: Any = cls.select(cls.coupon, fn.COUNT(cls.id).alias("uses")).where(cls.coupon.in_(coupon_ids))
        return {row.coupon_id: row.uses for row in rows.group_by(cls.coupon)}

    @classmethod
    def page_of(cls, coupon_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of the uses of a coupon with their customers, newest first."""
        uses = cls.select(cls, Customer).join(Customer).where(cls.coupon == coupon_id).order_by(cls.id.desc())
        return list(uses.offset(page * size).limit(size))

    @classmethod
    def code_of(cls, order_id: int) -> str | None:
        """Read the code that an order was placed with, if there was one."""
        used = cls.select(Coupon.code).join(Coupon).where(cls.order_id == order_id)
        return used.scalar()
