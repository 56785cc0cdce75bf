"""What the shop says about its operator, and what customers agreed to."""

from typing import Self

from peewee import ForeignKeyField, IntegerField, TextField

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class OperatorDetail(Base):
    """A detail of the operator that was typed in the bot, in place of the setting."""

    name = TextField(primary_key=True)
    value = TextField()

    @classmethod
    def every(cls) -> dict[str, str]:
        """Read every detail that was typed, by name."""
        return {row.name: row.value for row in cls.select()}

    @classmethod
    def put(cls, name: str, value: str) -> None:
        """Set a detail; an empty value removes it."""
        if value:
            cls.replace(name=name, value=value).execute()
        else:
            cls.delete().where(cls.name == name).execute()


class Consent(Numbered):
    """That a customer agreed to a text before they bought what an offer shows; kept as it was given."""

    customer = ForeignKeyField(Customer)
    offer_id = IntegerField()
    version = TextField()
    language = TextField()
    created_at = IntegerField()

    @classmethod
    def newest(cls, customer_id: int, offer_id: int | None) -> Self | None:
        """Find what a customer agreed to last: for one offer, or for any."""
        mine = cls.select().where(cls.customer == customer_id)
        if offer_id is not None:
            mine = mine.where(cls.offer_id == offer_id)
        return mine.order_by(cls.id.desc()).first()

    @classmethod
    def keep(cls, customer_id: int, offer_id: int, *, version: str, language: str, now: int) -> None:
        """Record a consent; a second press of the same button changes nothing."""
        same = (cls.customer == customer_id, cls.offer_id == offer_id, cls.version == version)
        if not cls.select().where(*same).exists():
            cls.insert(
                customer=customer_id, offer_id=offer_id, version=version, language=language, created_at=now
            ).execute()
