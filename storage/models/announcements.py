"""Announcements, and who got them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from peewee import CompositeKey, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.catalog import Category, Product
from storage.models.customers import Customer
from storage.models.orders import Order, OrderLine

DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class NextRecipient:
    """The next recipient. `writable`: neither banned nor known to be unreachable, and they want announcements."""

    customer_id: int
    parts_sent: int
    telegram_id: int
    bot_id: int
    writable: bool


class Announcement(Numbered):
    """An announcement's content and audience. Triggers update the counts; once started, only the state changes."""

    admin = ForeignKeyField(Customer)
    admin_id: int
    kind = TextField()
    language = TextField(null=True)
    product = ForeignKeyField(Product, null=True)
    product_id: int | None
    html = TextField(default="")
    picture_id = IntegerField(null=True)
    listing = TextField(null=True)
    buttons = TextField(default="[]")
    state = TextField(default=DRAFT)
    message_id = IntegerField(null=True)
    message_bot_id = IntegerField(null=True)
    recipients = IntegerField(default=0)
    sent = IntegerField(default=0)
    unreachable = IntegerField(default=0)
    failed = IntegerField(default=0)
    created_at = IntegerField()
    started_at = IntegerField(null=True)
    ended_at = IntegerField(null=True)
    due_at = IntegerField(null=True)

    @classmethod
    def draft_of(cls, admin_id: int, announcement_id: int) -> Self | None:
        """Find an announcement of this admin, started or not."""
        return cls.get_or_none(cls.id == announcement_id, cls.admin == admin_id)

    @classmethod
    def started(cls, announcement_id: int) -> Self | None:
        """Find a started announcement of any admin."""
        return cls.get_or_none(cls.id == announcement_id, cls.state != DRAFT)

    @classmethod
    def page(cls, admin_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of started announcements, and of those this admin has scheduled, newest first."""
        return list(cls._listed(admin_id).order_by(cls.id.desc()).offset(page * size).limit(size))

    @classmethod
    def count_listed(cls, admin_id: int) -> int:
        """Count what `page` lists."""
        return cls._listed(admin_id).count()

    @classmethod
    def due(cls, now: int) -> list[Self]:
        """List the drafts that are due, the earliest first."""
        mine = (cls.state == DRAFT, cls.due_at.is_null(False), cls.due_at <= now)
        return list(cls.select().where(*mine).order_by(cls.due_at, cls.id))

    @classmethod
    def in_state(cls, state: str) -> Self | None:
        """Find the oldest announcement in a state."""
        return cls.select().where(cls.state == state).order_by(cls.id).first()

    @classmethod
    def change(cls, announcement_id: int, **columns: object) -> None:
        """Write the named columns of one announcement, and no others."""
        cls.update(**columns).where(cls.id == announcement_id).execute()

    @classmethod
    def drop(cls, announcement_id: int) -> None:
        """Delete a draft."""
        cls.delete().where(cls.id == announcement_id).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the drafts made before `moment` that were neither sent nor scheduled; return how many."""
        return cls.delete().where(cls.state == DRAFT, cls.created_at < moment, cls.due_at.is_null()).execute()

    @classmethod
    def _listed(cls, admin_id: int) -> Any:
        scheduled = (cls.admin == admin_id) & cls.due_at.is_null(False)
        return cls.select().where((cls.state != DRAFT) | scheduled)


class AnnouncementRecipient(Base):
    """One person of an announcement: in hand before the call to Telegram, settled after it, once."""

    announcement = ForeignKeyField(Announcement)
    announcement_id: int
    customer = ForeignKeyField(Customer)
    customer_id: int
    state = TextField(default="waiting")
    parts_sent = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("announcement", "customer")

    @classmethod
    def freeze(cls, announcement: Announcement) -> int:
        """Store the recipients of a draft, in one statement; return how many there are."""
        chosen = cls._audience(announcement.language, announcement.product_id)
        cls.insert_from(chosen.select(announcement.id, Customer.id), [cls.announcement, cls.customer]).execute()
        return cls.select(fn.COUNT(1)).where(cls.announcement == announcement.id).scalar()

    @classmethod
    def reach(cls, announcement: Announcement) -> int:
        """Count who would get a draft now."""
        return cls._audience(announcement.language, announcement.product_id).count()

    @classmethod
    def next_of(cls, announcement_id: int, *, besides_bots: Sequence[int] = ()) -> NextRecipient | None:
        """Find the next recipient, with the customer's current state, skipping those whom one of `besides_bots`
        would write to.
        """
        others = f" AND c.bot_id NOT IN ({', '.join(str(int(bot_id)) for bot_id in besides_bots)})"
        # With a bound parameter SQLite would not use the index of waiting recipients, and each query would also read
        # every recipient before them.
        found = cls.raw(
            "SELECT r.customer_id, r.parts_sent, c.telegram_id, c.bot_id,"  # noqa: S608 - whole numbers
            " c.banned = 0 AND c.reachable = 1 AND c.announcements = 1"
            " FROM announcement_recipient r JOIN customer c ON c.id = r.customer_id"
            " WHERE r.announcement_id = ? AND r.state = 'waiting'"
            f"{others if besides_bots else ''} ORDER BY r.customer_id LIMIT 1",
            announcement_id,
        )
        return next((NextRecipient(*row[:-1], writable=bool(row[-1])) for row in found.tuples()), None)

    @classmethod
    def put(cls, announcement_id: int, customer_id: int, state: str, *, parts_sent: int = 0) -> None:
        """Move one recipient to another state."""
        mine = (cls.announcement == announcement_id, cls.customer == customer_id)
        cls.update(state=state, parts_sent=parts_sent).where(*mine).execute()

    @classmethod
    def give_up_in_hand(cls) -> int:
        """Settle the recipient in hand when the program died, who may or may not have got it. Return how many."""
        return cls.update(state="failed").where(cls.state == "in_hand").execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the recipients of what ended before `moment`; the counts stay. Return how many."""
        ended = Announcement.select(Announcement.id).where(Announcement.ended_at < moment)
        return cls.delete().where(cls.announcement.in_(ended)).execute()

    @staticmethod
    def _audience(language: str | None, product_id: int | None) -> Any:
        """Choose the customers who may be written to, of a language, or who bought a product."""
        people = Customer.select(Customer.id).where(Customer.banned == 0, Customer.reachable == 1)
        people = people.where(Customer.announcements == 1)
        if language is not None:
            people = people.where(Customer.language == language)
        if product_id is not None:
            bought = Order.select(Order.customer).join(OrderLine).where(OrderLine.product_id == product_id)
            people = people.where(Customer.id.in_(bought))
        return people


def category_paths() -> dict[int, tuple[str, ...]]:
    """Read the names of all categories, each with those above it, from the root on."""
    rows = {row.id: row for row in Category.select(Category.id, Category.parent, Category.name)}

    def path(row: Category) -> tuple[str, ...]:
        above = path(rows[row.parent_id]) if row.parent_id is not None else ()
        return (*above, row.name)

    return {category_id: path(row) for category_id, row in rows.items()}
