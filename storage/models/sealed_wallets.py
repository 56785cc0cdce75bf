"""Customers' mnemonics that only the operator can open."""

from typing import Self

from peewee import BlobField, ForeignKeyField, IntegerField

from storage.models.base import Base
from storage.models.customers import Customer


class SealedWallet(Base):
    """A mnemonic in a box to which the operator alone has the key."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    sealed = BlobField()
    created_at = IntegerField()

    @classmethod
    def add(cls, customer_id: int, sealed: bytes, *, now: int) -> bool:
        """Keep a customer's box; return False when he has one already."""
        if cls.select().where(cls.customer == customer_id).exists():
            return False
        cls.insert(customer=customer_id, sealed=sealed, created_at=now).execute()
        return True

    @classmethod
    def every(cls) -> list[Self]:
        """List all boxes, in the order of the customers."""
        return list(cls.select().order_by(cls.customer))
