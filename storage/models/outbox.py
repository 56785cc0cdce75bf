"""Letters that wait to be sent."""

import json
from collections.abc import Collection, Iterable
from typing import Any, Self

from peewee import IntegerField, TextField, fn

from storage.models.base import AMONG, Numbered, among


class Outbox(Numbered):
    """A message that must reach a person, whatever happens to this process."""

    key = TextField(unique=True)
    telegram_id = IntegerField()
    bot_id = IntegerField()
    kind = TextField()
    payload = TextField()
    progress = IntegerField(default=0)
    attempts = IntegerField(default=0)
    due_at = IntegerField()
    sent_at = IntegerField(null=True)
    given_up_at = IntegerField(null=True)
    created_at = IntegerField()
    parts_sent = IntegerField(default=0)

    @classmethod
    def add(cls, *, key: str, telegram_id: int, bot_id: int, kind: str, payload: dict[str, Any], now: int) -> bool:
        """Queue a message once; return whether it is new."""
        if cls.is_there("key = ?", key):
            return False
        cls.add_row(
            key=key,
            telegram_id=telegram_id,
            bot_id=bot_id,
            kind=kind,
            payload=json.dumps(payload),
            due_at=now,
            created_at=now,
        )
        return True

    @classmethod
    def due(
        cls,
        now: int,
        *,
        limit: int,
        longest_wait_s: int,
        usual_attempts: int,
        longest_later_s: int,
        besides: Iterable[int] = (),
        besides_bots: Iterable[int] = (),
    ) -> list[Self]:
        """List the messages that are due, oldest first, except those to the people, or of the bots, `besides`.

        A message due impossibly far in the future is due as well, because the clock was set back: the longest wait
        is `longest_wait_s`, after more than `usual_attempts` it is `longest_later_s`.
        """
        return cls.list_by(
            "sent_at IS NULL AND given_up_at IS NULL"
            " AND (due_at <= ? OR due_at > ? OR (due_at > ? AND attempts <= ?))"
            f" AND telegram_id NOT IN {AMONG} AND bot_id NOT IN {AMONG} ORDER BY due_at, id LIMIT ?",
            now,
            now + longest_later_s,
            now + longest_wait_s,
            usual_attempts,
            among(besides),
            among(besides_bots),
            limit,
        )

    @classmethod
    def was_any_sent(cls, bot_id: int, *, within: tuple[int, int]) -> bool:
        """Return whether a bot has sent any message within a span."""
        return cls.is_there("sent_at > ? AND sent_at <= ? AND bot_id = ?", *within, bot_id)

    @classmethod
    def hold_up(cls, telegram_id: int, bot_id: int, *, until: int) -> None:
        """Postpone all of a person's due messages until a moment."""
        theirs = (cls.telegram_id == telegram_id, cls.bot_id == bot_id, cls.due_at <= until)
        cls.update(due_at=until).where(*theirs, cls.sent_at.is_null(), cls.given_up_at.is_null()).execute()

    @classmethod
    def rearm(cls, key: str, *, bot_id: int, now: int) -> None:
        """Make a message due again, through this bot, because its content has changed."""
        anew = {
            "sent_at": None,
            "given_up_at": None,
            "attempts": 0,
            "parts_sent": 0,
            "due_at": now,
            "created_at": now,
        }
        cls.update(bot_id=bot_id, progress=cls.progress + 1, **anew).where(cls.key == key).execute()

    @classmethod
    def recount(cls, key: str, payload: dict[str, Any], *, due_at: int) -> None:
        """Change a message's payload; one that was sent is due again."""
        cls.run("UPDATE outbox SET payload = ?, progress = progress + 1 WHERE key = ?", json.dumps(payload), key)
        cls.set_by("key = ? AND sent_at IS NOT NULL", key, sent_at=None, attempts=0, due_at=due_at)

    @classmethod
    def send_after_all(cls, telegram_id: int, *, now: int) -> None:
        """Make abandoned letters due again, because this person can be reached once more."""
        given_up = "telegram_id = ? AND given_up_at IS NOT NULL AND sent_at IS NULL"
        cls.set_by(given_up, telegram_id, given_up_at=None, attempts=0, due_at=now, created_at=now)

    @classmethod
    def readdress(cls, before: int, after: int) -> None:
        """Redirect the messages of one chat to another."""
        cls.update(telegram_id=after).where(cls.telegram_id == before, cls.sent_at.is_null()).execute()

    @classmethod
    def send_through(cls, bot_id: int, telegram_id: int, *, now: int) -> None:
        """Make a person's unsent letters due through the bot they use now."""
        waiting = (cls.telegram_id == telegram_id, cls.sent_at.is_null(), cls.bot_id != bot_id)
        anew = {"given_up_at": None, "attempts": 0, "due_at": now, "created_at": now}
        cls.update(bot_id=bot_id, progress=cls.progress + 1, **anew).where(*waiting).execute()

    @classmethod
    def send_to_groups_through(cls, bot_id: int, served: Collection[int], *, now: int) -> None:
        """Make unsent letters to groups due through a bot if they were given up, or their bot is not served."""
        lost = cls.given_up_at.is_null(False) | cls.bot_id.not_in(served)
        waiting = (cls.telegram_id < 0, cls.sent_at.is_null(), cls.bot_id != bot_id, lost)
        anew = {"given_up_at": None, "attempts": 0, "due_at": now, "created_at": now}
        cls.update(bot_id=bot_id, progress=cls.progress + 1, **anew).where(*waiting).execute()

    @classmethod
    def crowds(cls, telegram_id: int, kind: str, *, most: int, within: tuple[int, int]) -> bool:
        """Return whether the last `most` messages of a kind to a person are all waiting, or were queued within a
        span.
        """
        # In SQL like `one_by`, because every purchase asks this.
        sql = (
            "SELECT sent_at IS NULL OR (created_at > ? AND created_at <= ?) FROM outbox"
            " WHERE telegram_id = ? AND kind = ? ORDER BY id DESC"
        )
        rows = cls._meta.database.execute_sql(f"{sql} LIMIT {most}", (*within, telegram_id, kind)).fetchall()
        return len(rows) == most and all(fresh for (fresh,) in rows)

    @classmethod
    def crowds_again(cls, telegram_id: int, kind: str, *, most: int, within: tuple[int, int]) -> bool:
        """Return whether at least `most` messages of a kind to a person wait, or were sent within a span."""
        theirs = (cls.telegram_id == telegram_id, cls.kind == kind)
        lately = (cls.sent_at > within[0]) & (cls.sent_at <= within[1])
        fresh = cls.select(cls.id).where(*theirs, cls.sent_at.is_null() | lately)
        return fresh.limit(most).count() == most

    @classmethod
    def by_key(cls, key: str) -> Self | None:
        """Find a message by its key."""
        return cls.one_by("key = ?", key)

    @classmethod
    def settle(cls, row_id: int, progress: int, **columns: object) -> None:
        """Store the outcome of a message, unless it has changed since it was read."""
        cls.set_by("id = ? AND progress = ?", row_id, progress, **columns)

    @classmethod
    def change(cls, row_id: int, **columns: object) -> None:
        """Write the named columns of one message, and no others."""
        cls.set_by("id = ?", row_id, **columns)

    @classmethod
    def forget(cls, row_id: int) -> None:
        """Drop one message."""
        cls.delete().where(cls.id == row_id).execute()

    @classmethod
    def count_waiting(cls) -> int:
        """Count the messages still to be sent."""
        return cls.select(fn.COUNT(cls.id)).where(cls.sent_at.is_null(), cls.given_up_at.is_null()).scalar()

    @classmethod
    def first_due(cls) -> list[tuple[int, int, int]]:
        """Return, for each number of attempts, when the first message still to be sent is due, and was queued."""
        first = (cls.attempts, fn.MIN(cls.due_at), fn.MIN(cls.created_at))
        waiting = (cls.sent_at.is_null(), cls.given_up_at.is_null())
        return list(cls.select(*first).where(*waiting).group_by(cls.attempts).tuples().iterator())

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the messages sent or abandoned before `moment`; return how many."""
        done = cls.sent_at < moment
        return cls.delete().where(done | (cls.given_up_at < moment)).execute()
