"""What admins do not want to be told of."""

import json
from collections.abc import Collection

from peewee import CompositeKey, IntegerField, TextField

from storage.models.base import Base


class NoticeOff(Base):
    """A kind of notice that an admin switched off."""

    telegram_id = IntegerField()
    notice = TextField()

    class Meta:
        primary_key = CompositeKey("telegram_id", "notice")

    @classmethod
    def of(cls, telegram_id: int) -> frozenset[str]:
        """Read what somebody switched off."""
        return frozenset(row.notice for row in cls.select().where(cls.telegram_id == telegram_id))

    @classmethod
    def switch(cls, telegram_id: int, notice: str, *, on: bool) -> None:
        """Switch a kind of notice on or off; it may be so already."""
        if on:
            cls.delete().where(cls.telegram_id == telegram_id, cls.notice == notice).execute()
        else:
            cls.replace(telegram_id=telegram_id, notice=notice).execute()

    @classmethod
    def readers(cls, owners: Collection[int], *, right_name: str | None, notice: str | None) -> list[int]:
        """List the owners, and who holds a right, but for the banned and those who switched this notice off."""
        # As with `one_by`: every purchase asks this.
        sql = """
            SELECT reader FROM (
                SELECT value AS reader FROM json_each(?)
                UNION SELECT telegram_id FROM manager_right WHERE right_name = ?
            )
            WHERE NOT EXISTS (SELECT 1 FROM notice_off WHERE telegram_id = reader AND notice = ?)
              AND NOT EXISTS (SELECT 1 FROM customer WHERE telegram_id = reader AND banned)
            ORDER BY reader
        """
        rows = cls._meta.database.execute_sql(sql, (json.dumps(list(owners)), right_name, notice))
        return [reader for (reader,) in rows.fetchall()]
