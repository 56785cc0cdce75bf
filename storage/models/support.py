"""Support's records about a customer: notes, and moves to another Telegram account."""

from typing import Self

from peewee import ForeignKeyField, IntegerField, TextField

from storage.models.base import Numbered
from storage.models.customers import Customer


class CustomerNote(Numbered):
    """An admin's note about a customer, for the other admins."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    admin = ForeignKeyField(Customer)
    admin_id: int
    text = TextField()
    created_at = IntegerField()

    @classmethod
    def of(cls, customer_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of the notes about a customer, newest first."""
        notes = cls.select().where(cls.customer == customer_id).order_by(cls.id.desc())
        return list(notes.offset(page * size).limit(size))

    @classmethod
    def count_of(cls, customer_id: int) -> int:
        """Count the notes about a customer."""
        return cls.select().where(cls.customer == customer_id).count()

    @classmethod
    def drop(cls, note_id: int) -> None:
        """Delete a note."""
        cls.delete().where(cls.id == note_id).execute()


class AccountMove(Numbered):
    """A customer who got another Telegram account. `vacated_id` is the empty customer that had it before, if any."""

    customer = ForeignKeyField(Customer)
    customer_id: int
    vacated_id = IntegerField(null=True)
    from_telegram_id = IntegerField()
    to_telegram_id = IntegerField()
    moved_by = IntegerField()
    created_at = IntegerField()

    @classmethod
    def account_at(cls, customer_id: int, moment: int) -> int:
        """Return the Telegram id that a customer had at a moment."""
        later = (cls.customer == customer_id, cls.created_at >= moment)
        move = cls.select().where(*later).order_by(cls.id).first()
        return int(Customer.get_by_id(customer_id).telegram_id if move is None else move.from_telegram_id)
