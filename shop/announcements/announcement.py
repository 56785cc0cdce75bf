"""An announcement: its audience, text, buttons and state."""

import json
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Self

from shop.money import Money
from storage.models import Announcement as AnnouncementRow
from storage.models import Picture


class AnnouncementKind(Enum):
    """The kinds of announcement: the admin's text, products back in stock, or everything in stock."""

    OWN = "own"
    RESTOCKED = "restocked"
    STOCK = "stock"


class State(Enum):
    """The state of an announcement. One at a time is being sent; queued ones follow."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"

    @property
    def ended(self) -> bool:
        """Return whether it is over."""
        return self in (State.CANCELLED, State.DONE)


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in Telegram's HTML; `length` is its visible length in UTF-16 code units."""

    html: str
    length: int


@dataclass(frozen=True, slots=True)
class Audience:
    """The recipients: everyone, readers of a language, or buyers of a product."""

    language: str | None = None
    product_id: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A button below an announcement: it opens a URL, a product or a category."""

    label: str
    url: str | None = None
    product_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A line of a list. `stock` is None for goods that never run out."""

    name: str
    price: Money
    stock: int | None


@dataclass(frozen=True, slots=True)
class ListedCategory:
    """A category of a list, with its path of names and its products."""

    path: tuple[str, ...]
    products: tuple[ListedProduct, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """The content for recipients: a text, perhaps with a picture, or a list; and the buttons."""

    kind: AnnouncementKind
    html: str = ""
    picture: bytes | None = field(default=None, repr=False)
    listing: tuple[ListedCategory, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement and its progress.

    `message_id` is the progress message of the admin who started it, if the bot that they use now sent it.

    `due_at`: when a draft is sent, in Unix seconds.
    """

    id: int
    admin_telegram_id: int
    admin_bot_id: int
    kind: AnnouncementKind
    state: State
    audience: Audience
    product_name: str
    message_id: int | None
    recipients: int
    sent: int
    unreachable: int
    failed: int
    created_at: int
    due_at: int | None = None

    @property
    def settled(self) -> int:
        """The number of recipients who are done."""
        return self.sent + self.unreachable + self.failed

    @property
    def waiting(self) -> int:
        """The number of recipients who are still waiting, or were never written to."""
        return self.recipients - self.settled

    @classmethod
    def of(cls, row: AnnouncementRow) -> Self:
        """Read a row."""
        return cls(
            id=row.id,
            admin_telegram_id=row.admin.telegram_id,
            admin_bot_id=row.admin.bot_id,
            kind=AnnouncementKind(row.kind),
            state=State(row.state),
            audience=Audience(row.language, row.product_id),
            product_name=row.product.name if row.product else "",
            message_id=row.message_id if row.message_bot_id == row.admin.bot_id else None,
            recipients=row.recipients,
            sent=row.sent,
            unreachable=row.unreachable,
            failed=row.failed,
            created_at=row.created_at,
            due_at=row.due_at,
        )


def content_of(row: AnnouncementRow, currency: str) -> Content:
    """Read the content of an announcement."""
    return Content(
        kind=AnnouncementKind(row.kind),
        html=row.html,
        picture=None if row.picture_id is None else Picture.read(row.picture_id),
        listing=tuple(_category(each, currency) for each in json.loads(row.listing or "[]")),
        links=links_of(row),
    )


def links_of(row: AnnouncementRow) -> tuple[Link, ...]:
    """Read the buttons of an announcement."""
    return tuple(Link(**each) for each in json.loads(row.buttons))


def written_links(links: tuple[Link, ...]) -> str:
    """Serialise buttons for the database."""
    return json.dumps([asdict(link) for link in links], ensure_ascii=False)


def written_listing(listing: list[ListedCategory]) -> str:
    """Serialise a list for the database."""
    shown = [
        [each.path, [[product.name, product.price.minor, product.stock] for product in each.products]]
        for each in listing
    ]
    return json.dumps(shown, ensure_ascii=False)


def _category(saved: Any, currency: str) -> ListedCategory:
    path, products = saved
    listed = (ListedProduct(name, Money(minor, currency), stock) for name, minor, stock in products)
    return ListedCategory(tuple(path), tuple(listed))
