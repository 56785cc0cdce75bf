"""What an announcement is: its audience, wording, links and state."""

import json
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Self

from shop.money import Money
from storage.models import Announcement as AnnouncementRow
from storage.models import Picture


class AnnouncementKind(Enum):
    """What an announcement says: a text of the admin, what is back in stock, or everything in stock."""

    OWN = "own"
    RESTOCKED = "restocked"
    STOCK = "stock"


class State(Enum):
    """Where an announcement stands. One at a time is being sent; the queued ones follow."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"

    @property
    def ended(self) -> bool:
        """Tell whether nothing more is sent."""
        return self in (State.CANCELLED, State.DONE)


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with Telegram's HTML; `length` is what is read of it, in UTF-16 code units."""

    html: str
    length: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets it: everyone, who reads a language, or who bought a product."""

    language: str | None = None
    product_id: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A button below an announcement: it opens an address, a product or a category of the shop."""

    label: str
    url: str | None = None
    product_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A line of a list. `stock` is None for what never runs out."""

    name: str
    price: Money
    stock: int | None


@dataclass(frozen=True, slots=True)
class ListedCategory:
    """A category of a list, with the names of those above it, and its products."""

    path: tuple[str, ...]
    products: tuple[ListedProduct, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What recipients read: an own text, perhaps with a picture, or a list; and the buttons below it."""

    kind: AnnouncementKind
    html: str = ""
    picture: bytes | None = field(default=None, repr=False)
    listing: tuple[ListedCategory, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement and how far it is. `message_id` is where the admin who began it watches it."""

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

    @property
    def settled(self) -> int:
        """How many recipients are dealt with."""
        return self.sent + self.unreachable + self.failed

    @property
    def waiting(self) -> int:
        """How many recipients are still to come, or were never written to."""
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
            message_id=row.message_id,
            recipients=row.recipients,
            sent=row.sent,
            unreachable=row.unreachable,
            failed=row.failed,
            created_at=row.created_at,
        )


def content_of(row: AnnouncementRow, currency: str) -> Content:
    """Read what an announcement says."""
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
    """Write buttons as the database keeps them."""
    return json.dumps([asdict(link) for link in links], ensure_ascii=False)


def written_listing(listing: list[ListedCategory]) -> str:
    """Write a list as the database keeps it."""
    shown = [
        [each.path, [[product.name, product.price.minor, product.stock] for product in each.products]]
        for each in listing
    ]
    return json.dumps(shown, ensure_ascii=False)


def _category(saved: Any, currency: str) -> ListedCategory:
    path, products = saved
    listed = (ListedProduct(name, Money(minor, currency), stock) for name, minor, stock in products)
    return ListedCategory(tuple(path), tuple(listed))
