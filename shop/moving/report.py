"""The report of a move, in lines: counts and sums on both sides, and every row that stays behind, with the reason."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from shop.money import Money
from shop.moving.values import Rounded

KINDS = {
    "users": "customers",
    "categories": "categories",
    "items": "items",
    "buys": "purchases",
    "deposits": "deposits",
    "coupons": "coupons",
    "reviews": "reviews",
    "cart_items": "cart items",
}
"""The tables whose rows are moved, and their names here."""
MOST_NAMED = 50
MOST_ROUNDED = 20


@dataclass(slots=True)
class MoveReport:
    """The rows moved now, moved before, and impossible to move; `refused` has (table, number, reason)."""

    version: str
    currency: str
    there: dict[str, int]
    came: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    balances: list[tuple[int, Rounded]] = field(default_factory=list)
    here: Money | None = None
    sold: int = 0
    addresses: int = 0
    bought: Money | None = None

    def refuse(self, table: str, row: object, reason: str) -> None:
        """Record that a row does not come along."""
        self.refused.append((table, str(row), reason))

    def lines(self, *, complete: bool = False) -> Iterator[str]:
        """Write the report; unless `complete`, long lists are cut, and say so."""
        yield f"AiogramShopBot {self.version}; amounts are read as {self.currency}"
        yield ""
        yield f"{'':<12}{'there':>10}{'came before':>13}{'come':>10}{'stay behind':>13}"
        behind = Counter(table for table, _, _ in self.refused)
        for table, name in KINDS.items():
            counts = (self.there.get(table, 0), self.known[table], self.came[table], behind[table])
            yield f"{name:<12}{counts[0]:>10}{counts[1]:>13}{counts[2]:>10}{counts[3]:>13}"
        yield ""
        yield f"{self.sold} of the items are sold and come with their purchases."
        yield f"{self.addresses} addresses of the old bot go on being watched from now on."
        yield from self._sums(complete)
        yield from self.notes
        yield from self._reasons(complete)

    def _sums(self, complete: bool) -> Iterator[str]:
        exact = sum((each.exact for _, each in self.balances), Decimal(0))
        whole = sum((each.money.decimal for _, each in self.balances), Decimal(0))
        yield f"Balances there, as they are stored: {_plain(exact)} {self.currency}"
        added = _plain(whole - exact, sign=True)
        yield f"Balances there, each rounded to the nearest: {whole:f} {self.currency} ({added})"
        if self.here is not None:
            yield f"Balances of these customers here, afterwards: {self.here.decimal:f} {self.currency}"
        if self.bought is not None:
            yield f"Paid in the purchases that come: {self.bought.decimal:f} {self.currency}"
        moved = [(customer, each) for customer, each in self.balances if each.difference]
        moved.sort(key=lambda pair: abs(pair[1].difference), reverse=True)
        if moved:
            yield f"{len(moved)} balances are rounded; the Telegram id, what is stored, what it becomes:"
        shown = moved if complete else moved[:MOST_ROUNDED]
        for telegram_id, each in shown:
            yield f"  {telegram_id}: {_plain(each.exact)} -> {each.money.decimal:f}"
        if len(shown) < len(moved):
            yield f"  and {len(moved) - len(shown)} more with smaller differences (--details FILE names all)"

    def _reasons(self, complete: bool) -> Iterator[str]:
        if not self.refused:
            yield "Nothing stays behind."
            return
        yield "What stays behind, and why:"
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        for table, row, reason in self.refused:
            groups[table, reason].append(row)
        for (table, reason), rows in groups.items():
            named = rows if complete else rows[:MOST_NAMED]
            more = f", and {len(rows) - len(named)} more (--details FILE names all)" if len(named) < len(rows) else ""
            yield f"  {table} {', '.join(named)}{more}: {reason}"


def _plain(amount: Decimal, *, sign: bool = False) -> str:
    """Write an amount without an exponent or trailing zeros."""
    text = f"{amount.normalize():f}" if amount else "0"
    return f"+{text}" if sign and amount > 0 else text
