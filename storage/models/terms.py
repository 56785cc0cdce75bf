"""The operator's details, customers' consents, and exports and deletions of their data."""

from typing import Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class OperatorDetail(Base):
    """A detail of the operator typed in the bot, which overrides the setting."""

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
    """A customer's consent to a text, given before they bought what an offer shows; never changed."""

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


class DataExport(Base):
    """When a customer last got an export of their data."""

    customer = ForeignKeyField(Customer, primary_key=True)
    sent_at = IntegerField()

    @classmethod
    def last(cls, customer_id: int) -> int | None:
        """Return when that was; None if it never was."""
        return cls.select(cls.sent_at).where(cls.customer == customer_id).scalar()

    @classmethod
    def keep(cls, customer_id: int, now: int) -> None:
        """Remember that it is now."""
        cls.replace(customer=customer_id, sent_at=now).execute()

    @classmethod
    def end(cls, customer_id: int) -> None:
        """Forget it, because nothing arrived."""
        cls.delete().where(cls.customer == customer_id).execute()


class DeletionRequest(Base):
    """A customer who wants their data deleted, and when that happens."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    asked_at = IntegerField()
    due_at = IntegerField()

    @classmethod
    def due_of(cls, customer_id: int) -> int | None:
        """Return when a customer's data is deleted; None if they did not ask for it."""
        return cls.select(cls.due_at).where(cls.customer == customer_id).scalar()

    @classmethod
    def keep(cls, customer_id: int, *, asked_at: int, due_at: int) -> None:
        """Record a request; an existing one stays."""
        if cls.due_of(customer_id) is None:
            cls.insert(customer=customer_id, asked_at=asked_at, due_at=due_at).execute()

    @classmethod
    def end(cls, customer_id: int) -> None:
        """Drop a request."""
        cls.delete().where(cls.customer == customer_id).execute()

    @classmethod
    def due(cls, now: int) -> list[int]:
        """List the customers whose data is to be deleted now."""
        return [row.customer_id for row in cls.select(cls.customer).where(cls.due_at <= now).order_by(cls.due_at)]


class Erasure(Base):
    """A customer whose data was deleted; `recognised`: they are still known by a keyed hash."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    erased_at = IntegerField()
    recognised = BooleanField(default=True)

    @classmethod
    def any_recognised(cls) -> bool:
        """Return whether anyone is known by a hash."""
        return cls.is_there("recognised = 1")

    @classmethod
    def pseudonyms(cls) -> set[int]:
        """Read the hashes of all who are known by one."""
        recognised = cls.select(cls.customer).where(cls.recognised == 1)
        return {row.telegram_id for row in Customer.select(Customer.telegram_id).where(Customer.id.in_(recognised))}

    @classmethod
    def before(cls, moment: int) -> list[Self]:
        """List the people forgotten before `moment` who are still known by a hash."""
        return list(cls.select().where(cls.recognised == 1, cls.erased_at < moment))

    @classmethod
    def unrecognise(cls, customer_id: int) -> None:
        """Record that nothing leads to this person any more."""
        cls.update(recognised=False).where(cls.customer == customer_id).execute()

    @classmethod
    def end(cls, customer_id: int) -> None:
        """Delete it, because the person came back."""
        cls.delete().where(cls.customer == customer_id).execute()
