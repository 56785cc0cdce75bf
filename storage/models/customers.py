"""Customers."""

from typing import Self

from peewee import SQL, BooleanField, IntegerField, TextField, fn

from storage.models.base import Numbered

FIRST_PSEUDONYM = 2**62
"""The first `telegram_id` that stands for a deleted person's. Real ids have at most 52 bits."""


class Customer(Numbered):
    """A person of the shop. The balance follows the ledger; nothing else moves it."""

    telegram_id = IntegerField(unique=True)
    bot_id = IntegerField()
    username = TextField(null=True)
    first_name = TextField()
    language = TextField()
    language_chosen = BooleanField(default=False)
    balance_minor = IntegerField(default=0)
    banned = BooleanField(default=False)
    reachable = BooleanField(default=True)
    announcements = BooleanField(default=True)
    created_at = IntegerField()

    @classmethod
    def by_telegram_id(cls, telegram_id: int) -> Self | None:
        """Find a person by Telegram's id."""
        return cls.one_by("telegram_id = ?", telegram_id)

    @classmethod
    def by_username(cls, username: str) -> Self | None:
        """Find the person last seen with this username; Telegram's usernames are ASCII, ignoring case."""
        return cls.one_by("username IS NOT NULL AND lower(username) = lower(?)", username)

    @classmethod
    def named(cls, words: str, *, most: int) -> list[Self]:
        """List the newest customers whose first name or username holds these folded words."""
        holds = SQL("(instr(casefold(first_name), ?) OR instr(casefold(coalesce(username, '')), ?))", (words, words))
        return list(cls.select().where(holds, cls.telegram_id < FIRST_PSEUDONYM).order_by(cls.id.desc()).limit(most))

    @classmethod
    def release_username(cls, username: str, *, but: int) -> None:
        """Take a username from its previous holder, since the person of this Telegram id was seen with it."""
        held = "username IS NOT NULL AND lower(username) = lower(?) AND telegram_id <> ?"  # as in the index
        cls.set_by(held, username, but, username=None)

    @classmethod
    def first_came_at(cls) -> int | None:
        """Return when the first person wrote to the shop; None if no one has."""
        return cls.select(fn.MIN(cls.created_at)).scalar()

    @classmethod
    def remembered(cls) -> list[Self]:
        """List the ids of everyone whose Telegram id is known."""
        return list(cls.select(cls.id, cls.telegram_id).where(cls.telegram_id < FIRST_PSEUDONYM))

    @classmethod
    def change(cls, customer_id: int, **columns: object) -> None:
        """Write only the named columns of one row, so that a stale copy never overwrites newer values."""
        cls.set_by("id = ?", customer_id, **columns)

    @classmethod
    def balance_of(cls, customer_id: int) -> int:
        """Read a balance, in minor units."""
        return cls.value_by("balance_minor", "id = ?", customer_id)

    @classmethod
    def bot_of(cls, customer_id: int) -> int:
        """Read which bot a person used last."""
        return cls.value_by("bot_id", "id = ?", customer_id)

    @classmethod
    def reach(cls, telegram_id: int, *, reachable: bool) -> None:
        """Remember whether this person can be written to."""
        cls.set_by("telegram_id = ?", telegram_id, reachable=reachable)
