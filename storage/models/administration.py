"""Administration: rights, audit log, second factors, notifications."""

import json
from collections.abc import Collection, Iterator
from typing import Self

from peewee import AutoField, CompositeKey, Expression, ForeignKeyField, IntegerField, TextField

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class ManagerRight(Base):
    """One right of a person who is not an owner."""

    telegram_id = IntegerField()
    right_name = TextField()
    given_by = ForeignKeyField(Customer, column_name="given_by")
    given_at = IntegerField()

    class Meta:
        primary_key = CompositeKey("telegram_id", "right_name")

    @classmethod
    def of(cls, telegram_id: int) -> frozenset[str]:
        """Read the rights of a person; every update needs them."""
        asked = "SELECT right_name FROM manager_right WHERE telegram_id = ?"
        return frozenset(name for (name,) in cls._meta.database.execute_sql(asked, (telegram_id,)))

    @classmethod
    def give(cls, telegram_id: int, right_name: str, *, given_by: int, now: int) -> bool:
        """Give a right; return whether it is new."""
        if right_name in cls.of(telegram_id):
            return False
        cls.insert(telegram_id=telegram_id, right_name=right_name, given_by=given_by, given_at=now).execute()
        return True

    @classmethod
    def take(cls, telegram_id: int, right_name: str) -> bool:
        """Take a right back; return whether there was one."""
        return bool(cls.delete().where(cls.telegram_id == telegram_id, cls.right_name == right_name).execute())

    @classmethod
    def take_all(cls, telegram_id: int) -> int:
        """Take every right back; return how many there were."""
        return cls.delete().where(cls.telegram_id == telegram_id).execute()

    @classmethod
    def holders(cls) -> list[int]:
        """List the Telegram ids of everyone with any right."""
        return [row.telegram_id for row in cls.select(cls.telegram_id).distinct().order_by(cls.telegram_id)]


class AuditEntry(Numbered):
    """An admin's action and its subject. Append-only; `details` is JSON."""

    admin = ForeignKeyField(Customer)
    admin_id: int
    action = TextField()
    subject = TextField(default="")
    details = TextField(default="{}")
    created_at = IntegerField()

    @classmethod
    def page(cls, *, page: int, size: int, admin_id: int | None = None) -> list[Self]:
        """List one page of the log, newest first; of only one admin if named."""
        return list(cls.select().where(cls._by(admin_id)).order_by(cls.id.desc()).offset(page * size).limit(size))

    @classmethod
    def every(cls, admin_id: int | None) -> Iterator[Self]:
        """Read the whole log, oldest first; of only one admin if named."""
        yield from cls.select().where(cls._by(admin_id)).order_by(cls.id).iterator()

    @classmethod
    def count_of(cls, admin_id: int | None) -> int:
        """Count the entries; of only one admin if named."""
        return cls.select().where(cls._by(admin_id)).count()

    @classmethod
    def _by(cls, admin_id: int | None) -> Expression:
        return cls.id > 0 if admin_id is None else cls.admin == admin_id

    @classmethod
    def done_at(cls, admin_id: int, action: str, *, back: int) -> int | None:
        """Read when an admin did something, `back` times before the last time; None if it did not happen that
        often.
        """
        done = "admin_id = ? AND action = ? ORDER BY id DESC LIMIT 1 OFFSET ?"
        rows = cls.list_by(done, admin_id, action, back)
        return rows[0].created_at if rows else None

    @classmethod
    def newest_of(cls, action: str, subject: str) -> Self | None:
        """Find the last time that an action was done to a person."""
        return cls.select().where(cls.action == action, cls.subject == subject).order_by(cls.id.desc()).first()


class SecondFactor(Base):
    """One admin's secret, and the state of its codes; `confirmed_at` is empty until the first one."""

    telegram_id = AutoField()
    secret = TextField()
    created_at = IntegerField()
    confirmed_at = IntegerField(null=True)
    last_step = IntegerField(default=0)
    failures = IntegerField(default=0)
    locked_until = IntegerField(default=0)
    open_until = IntegerField(default=0)

    @classmethod
    def of(cls, telegram_id: int) -> Self | None:
        """Find a person's."""
        return cls.one_by("telegram_id = ?", telegram_id)

    @classmethod
    def begin(cls, telegram_id: int, secret: str, *, now: int) -> None:
        """Keep an unconfirmed secret, replacing any other unconfirmed one.

        Raises:
            peewee.IntegrityError: there is a confirmed one.
        """
        cls.delete().where(cls.telegram_id == telegram_id, cls.confirmed_at.is_null()).execute()
        cls.insert(telegram_id=telegram_id, secret=secret, created_at=now).execute()

    @classmethod
    def change(cls, telegram_id: int, **columns: int) -> None:
        """Write the named columns of one row, and no others."""
        cls.update(**columns).where(cls.telegram_id == telegram_id).execute()

    @classmethod
    def drop(cls, telegram_id: int) -> bool:
        """Delete a person's; return whether there was one."""
        return bool(cls.delete().where(cls.telegram_id == telegram_id).execute())


class NotificationOff(Base):
    """A kind of notification that an admin switched off."""

    telegram_id = IntegerField()
    notification = TextField(column_name="notice")

    class Meta:
        table_name = "notice_off"
        primary_key = CompositeKey("telegram_id", "notification")

    @classmethod
    def of(cls, telegram_id: int) -> frozenset[str]:
        """Read what a person has switched off."""
        return frozenset(row.notification for row in cls.select().where(cls.telegram_id == telegram_id))

    @classmethod
    def switch(cls, telegram_id: int, notification: str, *, on: bool) -> None:
        """Switch a kind of notification on or off; it may be so already."""
        if on:
            cls.delete().where(cls.telegram_id == telegram_id, cls.notification == notification).execute()
        else:
            cls.replace(telegram_id=telegram_id, notification=notification).execute()

    @classmethod
    def readers(cls, owners: Collection[int], *, right_name: str | None, notification: str | None) -> list[int]:
        """List the owners and the holders of a right, except those who have switched this notification off, and
        banned holders.
        """
        # In SQL like `one_by`, because every purchase asks this.
        sql = """
            SELECT reader FROM (
                SELECT value AS reader FROM json_each(?)
                UNION SELECT telegram_id FROM manager_right held WHERE right_name = ?
                    AND NOT EXISTS (SELECT 1 FROM customer c WHERE c.telegram_id = held.telegram_id AND c.banned)
            )
            WHERE NOT EXISTS (SELECT 1 FROM notice_off WHERE telegram_id = reader AND notice = ?)
            ORDER BY reader
        """
        rows = cls._meta.database.execute_sql(sql, (json.dumps(list(owners)), right_name, notification))
        return [reader for (reader,) in rows.fetchall()]
