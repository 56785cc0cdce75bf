"""What a payment provider was asked for."""

from typing import Self

from peewee import ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Numbered, UnitsField
from storage.models.customers import Customer


class Invoice(Numbered):
    """A payment that a provider takes for the shop; `hash` is the provider's own name of it."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    asset = TextField()
    payment_id = IntegerField()
    hash = TextField(unique=True)
    address = TextField()
    fiat_minor = IntegerField()
    units = UnitsField()
    state = TextField()
    message_id = IntegerField(null=True)
    created_at = IntegerField()
    expires_at = IntegerField()
    paid_at = IntegerField(null=True)
    paid_units = UnitsField(null=True)
    next_check_at = IntegerField(null=True)

    @property
    def key(self) -> str:
        """The unique name of this money in the ledger."""
        return f"kryptoexpress:{self.hash}"

    @classmethod
    def by_hash(cls, payment_hash: str) -> Self | None:
        """Find an invoice by the provider's name of it."""
        return cls.get_or_none(cls.hash == payment_hash)

    @classmethod
    def open_for(cls, customer_id: int, asset: str, fiat_minor: int, now: int) -> Self | None:
        """Find an invoice that a customer can still pay, for this sum in this coin."""
        same = (cls.asset == asset, cls.fiat_minor == fiat_minor, cls.state == "open", cls.expires_at > now)
        return cls.select().where(cls.customer == customer_id, *same).order_by(cls.id.desc()).first()

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
    def due(cls, now: int, *, limit: int) -> list[Self]:
        """List the invoices that the provider is to be asked about now, longest due first."""
        return list(cls.select().where(cls.next_check_at <= now).order_by(cls.next_check_at, cls.id).limit(limit))

    @classmethod
    def change(cls, invoice_id: int, **columns: object) -> None:
        """Write the named columns of one invoice, and no others."""
        cls.update(**columns).where(cls.id == invoice_id).execute()
