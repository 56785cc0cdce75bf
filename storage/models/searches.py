"""What people search for."""

from typing import Self

from peewee import ForeignKeyField, IntegerField, TextField

from storage.models.base import Numbered
from storage.models.customers import Customer


class Search(Numbered):
    """The words that a customer searched for, folded."""

    customer = ForeignKeyField(Customer)
    words = TextField()
    created_at = IntegerField()

    @classmethod
    def one_of(cls, customer_id: int, search_id: int) -> Self | None:
        """Find a search of this customer."""
        return cls.get_or_none(cls.id == search_id, cls.customer == customer_id)

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the searches made before `moment`; return how many."""
        return cls.delete().where(cls.created_at < moment).execute()
