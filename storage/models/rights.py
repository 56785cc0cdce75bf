"""What managers may do, and the log of who did what."""

from typing import Self

from peewee import CompositeKey, ForeignKeyField, IntegerField, TextField

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
    def page(cls, *, page: int, size: int) -> list[Self]:
        """List one page of the log, newest first."""
        return list(cls.select().order_by(cls.id.desc()).offset(page * size).limit(size))
