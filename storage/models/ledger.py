"""The ledger: every movement of a balance, and the adjustments that admins prepare."""

from typing import Self

from peewee import SQL, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Numbered
from storage.models.customers import Customer


class LedgerEntry(Numbered):
    """One movement of a balance. Append-only; `key` makes each movement happen once."""

    customer = ForeignKeyField(Customer, backref="entries")
    kind = TextField()
    amount_minor = IntegerField()
    balance_minor = IntegerField()
    key = TextField(unique=True)
    created_at = IntegerField()

    @classmethod
    def post(cls, customer_id: int, *, kind: str, amount_minor: int, key: str, now: int) -> bool:
        """Move a balance once. Return whether this call did it: False means that `key` was posted before.

        Raises:
            peewee.IntegrityError: the balance would fall below zero.
        """
        # The transaction is IMMEDIATE, so nothing can post between the look-up and the insert. The UNIQUE key guards
        # against it anyway; INSERT OR IGNORE would not do, because it also swallows a failed CHECK.
        if cls.is_there("key = ?", key):
            return False
        balance = Customer.balance_of(customer_id)
        cls.add_row(
            customer=customer_id,
            kind=kind,
            amount_minor=amount_minor,
            balance_minor=balance + amount_minor,
            key=key,
            created_at=now,
        )
        return True

    @classmethod
    def of(cls, customer_id: int) -> list[Self]:
        """List a customer's movements, oldest first."""
        return cls.list_by("customer_id = ? ORDER BY id", customer_id)

    @classmethod
    def total_of(cls, customer_id: int, kind: str) -> int:
        """Add up a customer's movements of a kind, in minor units."""
        total = cls.select(fn.SUM(cls.amount_minor)).where(cls.customer == customer_id, cls.kind == kind).scalar()
        return int(total or 0)

    @classmethod
    def deposited_since(cls, customer_id: int, moment: int) -> bool:
        """Return whether a payment of a customer was credited since a moment."""
        theirs = (cls.customer == customer_id, cls.kind == "deposit", cls.created_at >= moment)
        return bool(cls.select().where(*theirs).exists())

    @classmethod
    def page_of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of a customer's movements, newest first."""
        mine = cls.select().where(cls.customer == customer_id).order_by(cls.id.desc())
        return list(mine.offset(page * size).limit(size))

    @classmethod
    def count_of(cls, customer_id: int) -> int:
        """Count a customer's movements."""
        return cls.select(fn.COUNT(cls.id)).where(cls.customer == customer_id).scalar()


class Adjustment(Numbered):
    """A balance adjustment shown on a confirmation screen. It is made when the ledger entry with its id is posted."""

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
        """Return whether it has been posted to the ledger."""
        return LedgerEntry.select().where(LedgerEntry.key == f"adjustment:{adjustment_id}").exists()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop what was shown before `moment` and never made; return how many."""
        key = SQL("'adjustment:' || adjustment.id")
        made = LedgerEntry.select(LedgerEntry.id).where(LedgerEntry.key == key)
        return cls.delete().where(cls.created_at < moment, ~fn.EXISTS(made)).execute()
