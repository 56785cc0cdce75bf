"""The context of a move, which each part passes on to the next."""

from collections import defaultdict
from dataclasses import dataclass, field

from shop.moving.old_shop import OldShop
from shop.moving.report import MoveReport
from storage.models import MovedRow


@dataclass(frozen=True, slots=True)
class Terms:
    """The destination shop. `bot_id` writes to the customers; the owner counts as the coupons' author."""

    currency: str
    languages: frozenset[str]
    default_language: str
    bot_id: int
    owner_telegram_id: int
    now: int


@dataclass(frozen=True, slots=True)
class PaidLine:
    """An order line, and what was paid for it, in minor units."""

    line_id: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order that is not in the ledger yet, or that is refunded only now (then `fresh` is False)."""

    order_id: int
    total_minor: int
    at: int
    lines: tuple[PaidLine, ...]
    fresh: bool
    refunded: bool


@dataclass(slots=True)
class Journey:
    """A move under way. Rows of the old shop go by their numbers there, rows of this one by their numbers here."""

    old: OldShop
    terms: Terms
    report: MoveReport
    customers: dict[int, int] = field(default_factory=dict)
    """Customer ids here by user ids there, for every user moved now or before."""
    fresh: set[int] = field(default_factory=set)
    """The users moved in this run."""
    coupons: dict[int, int] = field(default_factory=dict)
    orders: dict[int, list[PaidOrder]] = field(default_factory=lambda: defaultdict(list))
    """The orders still to be posted to the ledger, by customer."""
    part_lines: dict[int, int] = field(default_factory=dict)
    """Order line ids here, by the ids of purchase parts there."""
    products: dict[tuple[int, int], int] = field(default_factory=dict)
    """The product created first for each category and subcategory there."""
    items_before: dict[int, int] = field(default_factory=dict)
    """Ids here by ids there, for items moved in an earlier run."""
    owner_id: int = 0

    def note(self, kind: str, source_id: int, own_id: int) -> None:
        """Remember that a row came along."""
        MovedRow.insert_row(kind=kind, source_id=source_id, own_id=own_id, moved_at=self.terms.now)

    def came(self, table: str, kind: str, source_id: int, own_id: int) -> None:
        """Remember that a row came along, and count it."""
        self.report.came[table] += 1
        self.note(kind, source_id, own_id)
