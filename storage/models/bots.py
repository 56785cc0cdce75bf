"""The shop's bots, what each shows, and who has used which."""

from collections.abc import Collection
from typing import Any, Self

from peewee import CompositeKey, ForeignKeyField, IntegerField, TextField

from storage.models.base import Base
from storage.models.catalog import Category
from storage.models.customers import Customer
from storage.models.outbox import Outbox
from storage.models.pictures import Picture

FIGURES = """
SELECT o.bot_id, count(*), coalesce(sum(o.total_minor - coalesce((
    SELECT sum(r.amount_minor) FROM refund r JOIN order_line l ON l.id = r.order_line_id WHERE l.order_id = o.id
), 0)), 0) FROM orders o WHERE o.created_at >= ? AND o.created_at < ? GROUP BY o.bot_id
"""
_OTHER = "SELECT v.bot_id FROM bot_visit v WHERE v.customer_id = customer.id AND v.bot_id IN ({served})"


class Bot(Base):
    """A bot, by its Telegram id. The token of the bot in the settings is not kept here."""

    id = IntegerField(primary_key=True)
    token = TextField(null=True)
    username = TextField(default="")
    name = TextField()
    state = TextField()
    reason = TextField(null=True)
    welcome = TextField(null=True)
    picture = ForeignKeyField(Picture, null=True)
    picture_id: int | None
    created_at = IntegerField()

    @classmethod
    def there(cls, bot_id: int) -> Self | None:
        """Find a bot that has not been removed."""
        return cls.one_by("id = ? AND state <> 'removed'", bot_id)

    @classmethod
    def every(cls) -> list[Self]:
        """List the bots that have not been removed, oldest first."""
        return list(cls.select().where(cls.state != "removed").order_by(cls.created_at, cls.id))

    @classmethod
    def names(cls) -> dict[int, str]:
        """Read the names of all bots ever, by id."""
        return {row.id: row.name for row in cls.select(cls.id, cls.name)}

    @classmethod
    def keep(cls, bot_id: int, *, token: str | None, username: str, name: str, now: int) -> None:
        """Switch a bot on, with this token; a new one gets the name, one that was there before keeps its own."""
        known = cls.get_or_none(cls.id == bot_id)
        if known is None:
            fresh = {"id": bot_id, "name": name, "created_at": now}
            cls.insert(token=token, username=username, state="on", **fresh).execute()
        else:
            cls.change(bot_id, token=token, username=username or known.username, state="on", reason=None)

    @classmethod
    def change(cls, bot_id: int, **columns: object) -> None:
        """Write the named columns of one bot, and no others."""
        cls.update(**columns).where(cls.id == bot_id).execute()

    @classmethod
    def dismiss(cls, bot_id: int) -> None:
        """Forget the token of a bot and what it shows; its name stays for the figures."""
        gone = {"state": "removed", "reason": None, "token": None, "welcome": None, "picture": None}
        cls.change(bot_id, **gone)
        BotCategory.delete().where(BotCategory.bot_id == bot_id).execute()

    @classmethod
    def figures(cls, since: int, until: int) -> list[tuple[int | None, int, int]]:
        """Count the orders of a period by the bot they were placed in, with their revenue less refunds."""
        return list(cls.raw(FIGURES, since, until).tuples())


class BotCategory(Base):
    """A root category that a bot shows."""

    bot_id = IntegerField()
    category = ForeignKeyField(Category)
    category_id: int

    class Meta:
        primary_key = CompositeKey("bot_id", "category")

    @classmethod
    def every(cls) -> dict[int, frozenset[int]]:
        """List the root categories of each bot that does not show all."""
        found: dict[int, set[int]] = {}
        for row in cls.select():
            found.setdefault(row.bot_id, set()).add(row.category_id)
        return {bot_id: frozenset(ids) for bot_id, ids in found.items()}

    @classmethod
    def put(cls, bot_id: int, category_ids: Collection[int]) -> None:
        """Set the root categories that a bot shows; none: all of them."""
        cls.delete().where(cls.bot_id == bot_id).execute()
        for category_id in category_ids:
            cls.insert(bot_id=bot_id, category=category_id).execute()


class BotVisit(Base):
    """A person's use of a bot. The triggers of `customer` write it; the newest row is the last visit."""

    customer_id = IntegerField()
    bot_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("customer_id", "bot_id")

    @classmethod
    def move_away(cls, bot_id: int, served: Collection[int], *, now: int) -> int:
        """Switch everyone whose last bot is this one to the bot they used before, if it is served; return how many.

        Their waiting letters go through that bot.
        """
        places = ", ".join("?" * len(served))
        other = _OTHER.format(served=places)
        moved = cls._run(
            f"UPDATE customer SET bot_id = ({other} ORDER BY v.rowid DESC LIMIT 1)"  # noqa: S608 - placeholders
            f" WHERE bot_id = ? AND EXISTS ({other})",
            *served,
            bot_id,
            *served,
        ).rowcount
        cls._run(
            "UPDATE outbox SET bot_id = (SELECT c.bot_id FROM customer c WHERE c.telegram_id = outbox.telegram_id),"
            " given_up_at = NULL, attempts = 0, due_at = ?, progress = progress + 1 WHERE sent_at IS NULL"
            " AND bot_id = ? AND telegram_id IN (SELECT c.telegram_id FROM customer c WHERE c.bot_id <> ?)",
            now,
            bot_id,
            bot_id,
        )
        return int(moved)

    @classmethod
    def come_back(cls, bot_id: int, *, now: int) -> None:
        """Make letters that waited for this bot due again."""
        Customer.update(reachable=True).where(Customer.bot_id == bot_id).execute()
        waiting = (Outbox.bot_id == bot_id, Outbox.sent_at.is_null(), Outbox.given_up_at.is_null(False))
        Outbox.update(given_up_at=None, attempts=0, due_at=now).where(*waiting).execute()

    @classmethod
    def count_of(cls, bot_id: int) -> int:
        """Count the people who have used a bot."""
        return cls.select().where(cls.bot_id == bot_id).count()

    @classmethod
    def _run(cls, sql: str, *values: object) -> Any:
        return cls._meta.database.execute_sql(sql, values)
