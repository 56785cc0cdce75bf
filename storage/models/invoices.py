"""Invoices of a payment provider."""

from typing import Self

from peewee import ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Numbered, UnitsField
from storage.models.customers import Customer


class Invoice(Numbered):
    """A payment that a provider takes for the shop.

    `reference` is the provider's unique name for it, `number` the name on its pages. The database builds
    `ledger_key`, the unique name of this money in the ledger, from provider and reference.
    """

    customer = ForeignKeyField(Customer)
    customer_id: int
    asset = TextField()
    provider = TextField()
    reference = TextField()
    number = TextField()
    ledger_key = TextField(unique=True)
    address = TextField()
    fiat_minor = IntegerField()
    units = UnitsField()
    state = TextField()
    message_id = IntegerField(null=True)
    message_bot_id = IntegerField(null=True)
    created_at = IntegerField()
    expires_at = IntegerField()
    paid_at = IntegerField(null=True)
    paid_units = UnitsField(null=True)
    next_check_at = IntegerField(null=True)

    @classmethod
    def find(cls, provider: str, reference: str) -> Self | None:
        """Find an invoice by the provider's reference."""
        return cls.get_or_none(cls.provider == provider, cls.reference == reference)

    @classmethod
    def open_for(cls, customer_id: int, provider: str, asset: str, fiat_minor: int, now: int) -> Self | None:
        """Find an invoice that a customer can still pay at a provider, for this sum in this coin."""
        same = (cls.provider == provider, cls.asset == asset, cls.fiat_minor == fiat_minor)
        still = (cls.customer == customer_id, cls.state == "open", cls.expires_at > now)
        return cls.select().where(*still, *same).order_by(cls.id.desc()).first()

    @classmethod
    def count_open(cls, customer_id: int, now: int) -> int:
        """Count the invoices that a customer can still pay."""
        mine = (cls.customer == customer_id, cls.state == "open", cls.expires_at > now)
        return cls.select(fn.COUNT(cls.id)).where(*mine).scalar()

    @classmethod
    def open_of(cls, customer_id: int, now: int) -> list[Self]:
        """List the invoices that a customer can still pay, newest first."""
        mine = (cls.customer == customer_id, cls.state == "open", cls.expires_at > now)
        return list(cls.select().where(*mine).order_by(cls.id.desc()))

    @classmethod
    def due(cls, provider: str, now: int, *, limit: int, longest_wait_s: int) -> list[Self]:
        """List the invoices due for a check with the provider, longest due first.

        One planned impossibly far in the future is due as well, because the clock was set back.
        """
        due = (cls.next_check_at <= now) | (cls.next_check_at > now + longest_wait_s)
        rows = cls.select().where(cls.provider == provider, due)
        return list(rows.order_by(cls.next_check_at, cls.id).limit(limit))

    @classmethod
    def given_up(cls, provider: str, *, expired_after: int, limit: int) -> list[Self]:
        """List the unpaid invoices that no check is planned for, if they expired, or will expire, after a moment."""
        wanted = "next_check_at IS NULL AND state <> 'paid' AND provider = ? AND expires_at > ?"  # as in the index
        return cls.list_by(f"{wanted} ORDER BY expires_at LIMIT ?", provider, expired_after, limit)

    @classmethod
    def change(cls, invoice_id: int, **columns: object) -> None:
        """Write the named columns of one invoice, and no others."""
        cls.update(**columns).where(cls.id == invoice_id).execute()
