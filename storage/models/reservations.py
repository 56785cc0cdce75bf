"""Stock that is kept for who tops up for it. The counts on the products follow by triggers."""

from collections.abc import Mapping
from typing import Self

from peewee import CompositeKey, IntegerField, fn

from storage.models.base import Base


class Reservation(Base):
    """What is kept for a customer, for as long as his offer waits and no longer than until `expires_at`."""

    customer_id = IntegerField(primary_key=True)
    created_at = IntegerField()
    expires_at = IntegerField()

    @classmethod
    def of(cls, customer_id: int, now: int) -> Self | None:
        """Find what is kept for a customer now."""
        return cls.get_or_none(cls.customer_id == customer_id, cls.expires_at > now)

    @classmethod
    def keep(cls, customer_id: int, units: Mapping[int, int], *, now: int, expires_at: int) -> None:
        """Keep so many units of each product for a customer, for whom nothing is kept yet."""
        cls.insert(customer_id=customer_id, created_at=now, expires_at=expires_at).execute()
        for product_id, quantity in units.items():
            ReservedStock.insert(customer_id=customer_id, product_id=product_id, quantity=quantity).execute()

    @classmethod
    def end(cls, customer_id: int, product_ids: list[int]) -> None:
        """Let go what is kept for a customer, if any of these products is in it."""
        kept = ReservedStock.select(ReservedStock.customer_id).where(
            ReservedStock.customer_id == customer_id, ReservedStock.product_id.in_(product_ids)
        )
        cls.delete().where(cls.customer_id.in_(kept)).execute()

    @classmethod
    def any_over(cls, now: int) -> bool:
        """Tell whether there is one that is over."""
        return bool(cls.select().where(cls.expires_at <= now).exists())

    @classmethod
    def forget_over(cls, now: int) -> int:
        """Let go what was kept long enough; return how many customers had something kept."""
        return cls.delete().where(cls.expires_at <= now).execute()


class ReservedStock(Base):
    """How many units of a product are kept for a customer."""

    customer_id = IntegerField()
    product_id = IntegerField()
    quantity = IntegerField()

    class Meta:
        primary_key = CompositeKey("customer_id", "product_id")

    @classmethod
    def not_kept_from(cls, customer_id: int | None, now: int) -> dict[int, int]:
        """Count what products' counters hold back, but not from this customer: his own, and what is over."""
        rows = (
            cls.select(cls.product_id, fn.SUM(cls.quantity).alias("quantity"))
            .join(Reservation, on=(Reservation.customer_id == cls.customer_id))
            .where((Reservation.expires_at <= now) | (Reservation.customer_id == customer_id))
        )
        return {row.product_id: row.quantity for row in rows.group_by(cls.product_id)}


class ReleasedStock(Base):
    """Units that are free again and that nobody was told of yet."""

    product_id = IntegerField(primary_key=True)
    units = IntegerField()

    @classmethod
    def any(cls) -> bool:
        """Tell whether there are some."""
        return bool(cls.select().exists())

    @classmethod
    def take(cls) -> list[tuple[int, int]]:
        """Read all as (product, units), and forget them."""
        rows = [(row.product_id, row.units) for row in cls.select().order_by(cls.product_id)]
        cls.delete().execute()
        return rows


class ReservationTurn(Base):
    """When a customer's last turn of having goods kept ends, or ended."""

    customer_id = IntegerField(primary_key=True)
    ends_at = IntegerField()

    @classmethod
    def end_of(cls, customer_id: int) -> int | None:
        """Read when a customer's last turn ends or ended; None when he had none."""
        return cls.select(cls.ends_at).where(cls.customer_id == customer_id).scalar()

    @classmethod
    def begin(cls, customer_id: int, *, ends_at: int) -> None:
        """Begin a turn."""
        cls.replace(customer_id=customer_id, ends_at=ends_at).execute()

    @classmethod
    def forget(cls, customer_id: int) -> None:
        """Forget a customer's turn: he bought what was kept."""
        cls.delete().where(cls.customer_id == customer_id).execute()
