"""What admins gave back to one customer, or adjusted."""

from typing import Self

from peewee import SQL, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.customers import Customer, LedgerEntry


class Refund(Base):
    """What was paid for an order line, back on its buyer's balance. Kept for ever; the ledger moved the money."""

    order_line_id = IntegerField(primary_key=True)
    amount_minor = IntegerField()
    refunded_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def amounts_of(cls, order_line_ids: list[int]) -> dict[int, int]:
        """Read what was refunded of these lines, by line."""
        return {
            row.order_line_id: row.amount_minor for row in cls.select().where(cls.order_line_id.in_(order_line_ids))
        }

    @classmethod
    def keep(cls, order_line_id: int, amount_minor: int, *, refunded_by: int, now: int) -> None:
        """Record a refund whose ledger entry was posted."""
        row = {"order_line_id": order_line_id, "amount_minor": amount_minor}
        cls.insert(refunded_by=refunded_by, created_at=now, **row).execute()


class Adjustment(Numbered):
    """What a confirmation screen showed an admin. It is made when its ledger entry is posted, by its number."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    amount_minor = IntegerField()
    reason = TextField()
    admin_id = IntegerField()
    created_at = IntegerField()

    @classmethod
    def shown_to(cls, admin_id: int, adjustment_id: int) -> Self | None:
        """Find what this admin was shown."""
        return cls.get_or_none(cls.id == adjustment_id, cls.admin_id == admin_id)

    @classmethod
    def is_made(cls, adjustment_id: int) -> bool:
        """Tell whether the ledger has it."""
        return LedgerEntry.select().where(LedgerEntry.key == f"adjustment:{adjustment_id}").exists()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop what was shown before `moment` and never made; return how many."""
        key = SQL("'adjustment:' || adjustment.id")
        made = LedgerEntry.select(LedgerEntry.id).where(LedgerEntry.key == key)
        return cls.delete().where(cls.created_at < moment, ~fn.EXISTS(made)).execute()
