"""The five kinds of goods behind one interface: how many there are, how they are stocked, sold and shown again.

A unique text (a key) or file is sold once. A shared text or file is the same for every buyer and never runs out, so
an order takes one of it. Goods made to order are made by an admin after the purchase.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from storage.models import MadeItem, OrderLine, Product, SharedItem, StockItem, StoredFile
from storage.models.pictures import FileLabel
from storage.models.stock import Piece

MAX_QUANTITY = 1_000
"""The most items of one product in an order."""
MARK_LETTERS = 4
"""The most characters of an item's text that admins see: enough to recognise it."""


class DeliverableKind(Enum):
    """The kinds of goods that a buyer gets. The value is the word in goods files."""

    UNIQUE_TEXT = "unique_text"
    UNIQUE_FILE = "unique_file"
    SHARED_TEXT = "shared_text"
    SHARED_FILE = "shared_file"
    MADE_TO_ORDER = "made_to_order"

    @property
    def is_file(self) -> bool:
        """Return whether the buyer gets files."""
        return self in (DeliverableKind.UNIQUE_FILE, DeliverableKind.SHARED_FILE)


UNIQUE = (DeliverableKind.UNIQUE_TEXT, DeliverableKind.UNIQUE_FILE)
"""The kinds of which each item is sold once."""
SHARED = (DeliverableKind.SHARED_TEXT, DeliverableKind.SHARED_FILE)
"""The kinds of which every buyer gets the same copy."""


@dataclass(frozen=True, slots=True)
class Handed:
    """The goods delivered for a line. `waiting`: they are still being made.

    `faulty` are the replaced texts, or the names of the replaced files.
    """

    texts: tuple[str, ...] = field(default=(), repr=False)
    files: tuple[FileLabel, ...] = ()
    waiting: bool = False
    faulty: tuple[str, ...] = field(default=(), repr=False)


class Deliverable(Protocol):
    """A kind of goods."""

    runs_out: bool

    def available(self, product: Product) -> int:
        """Count the items that an order can take now."""

    def stock(self, product_id: int, pieces: list[Piece], *, now: int) -> int:
        """Add pieces to the stock; return how many were new."""

    def hand_over(self, line: OrderLine) -> int:
        """Assign goods to a line; return how many items there were."""

    def handed(self, line: OrderLine) -> Handed:
        """Read the goods of a line."""


class Unique:
    """Sold once, the oldest first."""

    runs_out = True

    def available(self, product: Product) -> int:
        """Count the items in stock that are not reserved."""
        return max(0, product.stock_count - product.reserved_count)

    def stock(self, product_id: int, pieces: list[Piece], *, now: int) -> int:
        """Add items."""
        texts = [(piece.content, piece.digest) for piece in pieces if piece.file is None]
        return StockItem.add(product_id, texts, now=now) + StockItem.add_files(product_id, pieces, now=now)

    def hand_over(self, line: OrderLine) -> int:
        """Take the oldest items."""
        return StockItem.take(line.product_id, line.quantity, order_line_id=line.id)

    def handed(self, line: OrderLine) -> Handed:
        """Read the items of a line."""
        faulty = tuple(item.content for item in StockItem.pieces_of(line.id, faulty=True))
        if DeliverableKind(line.deliverable).is_file:
            return Handed(files=tuple(StoredFile.labels(StockItem.files_of_line(line.id))), faulty=faulty)
        return Handed(texts=tuple(StockItem.of_line(line.id)), faulty=faulty)


class Shared:
    """The same for every buyer."""

    runs_out = False

    def available(self, product: Product) -> int:
        """One, once there is something to share and a seat is left."""
        return int(product.shared_item_id is not None and seats_left(product) != 0)

    def stock(self, product_id: int, pieces: list[Piece], *, now: int) -> int:
        """Sell the last of the pieces from now on; earlier buyers keep what they bought."""
        return sum(SharedItem.share(product_id, piece, now=now) for piece in pieces[-1:])

    def hand_over(self, line: OrderLine) -> int:
        """Assign what the product sells now."""
        product = Product.get_by_id(line.product_id)
        if product.shared_item_id is None or not self.available(product):
            return 0
        OrderLine.attach_shared(line.id, product.shared_item_id)
        return 1

    def handed(self, line: OrderLine) -> Handed:
        """Read what the product sold when the line was bought."""
        shared = SharedItem.get_by_id(OrderLine.get_by_id(line.id).shared_item_id)
        if shared.file_id is None:
            return Handed(texts=(shared.content,))
        return Handed(files=tuple(StoredFile.labels([shared.file_id])))


class MadeToOrder:
    """Made by an admin after it was bought."""

    runs_out = False

    def available(self, product: Product) -> int:
        """As many as an order may take."""
        del product
        return MAX_QUANTITY

    def stock(self, product_id: int, pieces: list[Piece], *, now: int) -> int:
        """Add nothing: these goods have no stock."""
        del product_id, pieces, now
        return 0

    def hand_over(self, line: OrderLine) -> int:
        """Promise every item."""
        return int(line.quantity)

    def handed(self, line: OrderLine) -> Handed:
        """Read what was made, if anything was."""
        made = MadeItem.of_line(line.id)
        if made is None:
            return Handed(waiting=True)
        if made.file_id is None:
            return Handed(texts=(made.content,))
        return Handed(files=tuple(StoredFile.labels([made.file_id])))


DELIVERABLES: Mapping[DeliverableKind, Deliverable] = MappingProxyType(
    {
        DeliverableKind.UNIQUE_TEXT: Unique(),
        DeliverableKind.UNIQUE_FILE: Unique(),
        DeliverableKind.SHARED_TEXT: Shared(),
        DeliverableKind.SHARED_FILE: Shared(),
        DeliverableKind.MADE_TO_ORDER: MadeToOrder(),
    }
)


def seats_left(product: Product) -> int | None:
    """Count how many more customers may buy what a product shares; None without a limit."""
    if product.seats is None:
        return None
    return max(0, int(product.seats) - OrderLine.seats_taken(product.shared_item_id))


def deliverable_of(row: Product | OrderLine) -> Deliverable:
    """Find the kind of goods of a product or an order line."""
    return DELIVERABLES[DeliverableKind(row.deliverable)]


def mark_of(item: StockItem) -> str:
    """Return what admins see of an item: the name of its file, or the end of its text, too little to use it."""
    if item.file_id is not None:
        return item.content
    shown = min(MARK_LETTERS, len(item.content) // 4)
    return f"…{item.content[-shown:]}" if shown else "…"
