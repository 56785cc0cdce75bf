"""What admins prove themselves with besides their Telegram account."""

from typing import Self

from peewee import AutoField, IntegerField, TextField

from storage.models.base import Base


class SecondFactor(Base):
    """One admin's secret, and what became of his codes; `confirmed_at` is empty until his first one."""

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
        """Find somebody's."""
        return cls.one_by("telegram_id = ?", telegram_id)

    @classmethod
    def begin(cls, telegram_id: int, secret: str, *, now: int) -> None:
        """Keep a secret that is still to be confirmed, in place of another such.

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
        """Forget somebody's; return whether there was one."""
        return bool(cls.delete().where(cls.telegram_id == telegram_id).execute())
