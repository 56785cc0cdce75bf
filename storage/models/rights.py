"""What managers may do, and the log of who did what."""

from collections.abc import Iterator
from typing import Self

from peewee import CompositeKey, Expression, ForeignKeyField, IntegerField, TextField

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class ManagerRight(Base):
    """One right of a person who is no owner."""

    telegram_id = IntegerField()
    right_name = TextField()
    given_by = ForeignKeyField(Customer, column_name="given_by")
    given_at = IntegerField()

    class Meta:
        primary_key = CompositeKey("telegram_id", "right_name")

    @classmethod
    def of(cls, telegram_id: int) -> frozenset[str]:
        """Read the rights of a person; every update asks for them."""
        asked = cls.raw("SELECT right_name FROM manager_right WHERE telegram_id = ?", telegram_id)
        return frozenset(name for (name,) in asked.tuples())

    @classmethod
    def give(cls, telegram_id: int, right_name: str, *, given_by: int, now: int) -> bool:
        """Give a right; return whether it is new."""
        if right_name in cls.of(telegram_id):
            return False
        cls.insert(telegram_id=telegram_id, right_name=right_name, given_by=given_by, given_at=now).execute()
        return True

    @classmethod
    def take(cls, telegram_id: int, right_name: str) -> bool:
        """Take a right back; return whether he had it."""
        return bool(cls.delete().where(cls.telegram_id == telegram_id, cls.right_name == right_name).execute())

    @classmethod
    def take_all(cls, telegram_id: int) -> int:
        """Take every right back; return how many he had."""
        return cls.delete().where(cls.telegram_id == telegram_id).execute()

    @classmethod
    def holders(cls) -> list[int]:
        """List the Telegram ids of those who have any right."""
        return [row.telegram_id for row in cls.select(cls.telegram_id).distinct().order_by(cls.telegram_id)]

    @classmethod
    def holders_of(cls, right_name: str) -> list[int]:
        """List the Telegram ids of those who have a right."""
        having = cls.select().where(cls.right_name == right_name).order_by(cls.telegram_id)
        return [row.telegram_id for row in having]


class AuditEntry(Numbered):
    """What an admin did to what. Append-only; `details` is JSON."""

    admin = ForeignKeyField(Customer)
    admin_id: int
    action = TextField()
    subject = TextField(default="")
    details = TextField(default="{}")
    created_at = IntegerField()

    @classmethod
    def page(cls, *, page: int, size: int, admin_id: int | None = None) -> list[Self]:
        """List one page of the log, newest first; of one admin alone where he is named."""
        return list(cls.select().where(cls._by(admin_id)).order_by(cls.id.desc()).offset(page * size).limit(size))

    @classmethod
    def every(cls, admin_id: int | None) -> Iterator[Self]:
        """Read the whole log, oldest first; of one admin alone where he is named."""
        yield from cls.select().where(cls._by(admin_id)).order_by(cls.id).iterator()

    @classmethod
    def count_of(cls, admin_id: int | None) -> int:
        """Count the entries; of one admin alone where he is named."""
        return cls.select().where(cls._by(admin_id)).count()

    @classmethod
    def _by(cls, admin_id: int | None) -> Expression:
        return cls.id > 0 if admin_id is None else cls.admin == admin_id

    @classmethod
    def newest_of(cls, action: str, subject: str) -> Self | None:
        """Find the last time that something was done to somebody."""
        return cls.select().where(cls.action == action, cls.subject == subject).order_by(cls.id.desc()).first()
