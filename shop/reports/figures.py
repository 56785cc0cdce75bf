"""Figures: customers, sales, deposits and revenue of a period, compared with the previous one.

All figures follow the ledger: revenue is what was paid for purchases, less refunds. A span ends now and goes back by
whole days of 24 hours, so that a day that has just begun is not compared with a full one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset
from shop.context import Context
from shop.errors.refusals import StaleScreen
from shop.ledger import EntryKind
from shop.money import Money
from shop.people import Person, Right
from storage.models import Bot, ManagerRight, recent_sums
from storage.models import reports as rows
from storage.models.period_sums import Sums

HOUR_S, DAY_S = 3_600, 86_400
MOST_SELLERS = 5
MOST_BARS = 30
FOLLOW_EVERY_S = 3_600
_MOST_FOLLOWED = 200
"""About how many orders enter or leave each span in one transaction."""
_END = 2**62
"""The end of "all time", which includes rows in the future: the clock may have been set back."""


class Span(Enum):
    """How far back figures go, in days."""

    DAY = 1
    WEEK = 7
    MONTH = 30
    EVER = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a span. `deposits` is a count, `deposited` their sum; `buyers` counts different people."""

    customers: int
    buyers: int
    orders: int
    units: int
    deposits: int
    deposited: Money
    purchased: Money
    refunded: Money
    discounts: Money

    @property
    def revenue(self) -> Money:
        """Purchases less refunds."""
        return self.purchased - self.refunded


@dataclass(frozen=True, slots=True)
class Seller:
    """A sold product, and what was paid for it after discounts."""

    name: str
    units: int
    paid: Money


@dataclass(frozen=True, slots=True)
class CoinFigures:
    """Credited deposits in one coin. `asset` None: other deposits."""

    asset: Asset | None
    deposits: int
    credited: Money


@dataclass(frozen=True, slots=True)
class BotFigures:
    """The orders in one bot, and their revenue: payments less refunds."""

    name: str
    orders: int
    revenue: Money


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a span that ends at `until`, and those of the span before, if there is one.

    `bots`: most revenue first; none where the shop never had more than one.
    """

    span: Span
    until: int
    now: Totals
    before: Totals | None
    sellers: tuple[Seller, ...]
    coins: tuple[CoinFigures, ...]
    bots: tuple[BotFigures, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a span, from `since` to before `until` (Unix seconds)."""

    since: int
    until: int
    customers: int
    orders: int
    units: int
    deposited: Money
    purchased: Money
    refunded: Money

    @property
    def revenue(self) -> Money:
        """Purchases less refunds."""
        return self.purchased - self.refunded


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures, for admins with `Right.FIGURES`."""

    context: Context

    def report(self, person: Person, days: int) -> Report:
        """Read the figures of a span from one snapshot.

        Raises:
            StaleScreen: there is no such span.
        """
        span, now = self._asked(person, days), self.context.clock()
        with self.context.database.snapshot():
            return self._report(span, now)

    def course(self, person: Person, days: int) -> tuple[Slice, ...]:
        """Cut a span into hours (of a day) or days, oldest first.

        Raises:
            StaleScreen: as in `report`.
        """
        span, now = self._asked(person, days), self.context.clock()
        with self.context.database.snapshot():
            return self._course(span, now)

    def charted(self, person: Person, days: int) -> tuple[Report, tuple[Slice, ...]]:
        """Read the figures of a span with its course in at most `MOST_BARS` parts.

        Raises:
            StaleScreen: as in `report`.
        """
        span, now = self._asked(person, days), self.context.clock()
        with self.context.database.snapshot():
            return self._report(span, now), self._course(span, now, most=MOST_BARS)

    def follow(self) -> None:
        """Move the sums of the last week and month after the clock, a little in each transaction."""
        now, moved = self.context.clock(), True
        while moved:
            with self.context.database.transaction(durable=False):
                moved = recent_sums.follow(now, most=_MOST_FOLLOWED)
            self.context.database.give_way()

    def _asked(self, person: Person, days: int) -> Span:
        self.context.customers.require(person, Right.FIGURES)
        try:
            return Span(days)
        except ValueError:
            raise StaleScreen from None

    def _report(self, span: Span, now: int) -> Report:
        length_s = span.value * DAY_S
        ever = span is Span.EVER
        since, until = (0, _END) if ever else (now + 1 - length_s, now + 1)
        sellers = (
            rows.best_sellers_ever(limit=MOST_SELLERS)
            if ever
            else rows.best_sellers(since, until, limit=MOST_SELLERS)
        )
        return Report(
            span=span,
            until=now,
            now=self._totals(since, until),
            before=None if ever else self._totals(since - length_s, since),
            sellers=tuple(Seller(name, units, self._money(paid)) for name, units, paid in sellers),
            coins=tuple(
                CoinFigures(ASSETS.get(code or ""), count, self._money(total))
                for code, count, total in rows.coins(since, until)
            ),
            bots=self._bots(since, until),
        )

    def _bots(self, since: int, until: int) -> tuple[BotFigures, ...]:
        names = Bot.names()
        if len(names) < 2:
            return ()
        found = sorted(Bot.figures(since, until), key=lambda row: (-row[2], -row[1]))
        return tuple(
            BotFigures(names.get(bot_id or 0, str(bot_id or "–")), orders, self._money(revenue))
            for bot_id, orders, revenue in found
        )

    def _course(self, span: Span, now: int, *, most: int | None = None) -> tuple[Slice, ...]:
        until, days = now + 1, span.value
        if span is Span.EVER:
            first = rows.first_moment()
            days = max(1, -(-(until - (until if first is None else first)) // DAY_S))
        step_s = HOUR_S if span is Span.DAY else DAY_S * (-(-days // most) if most else 1)
        count = -(-days * DAY_S // step_s)
        start = until - count * step_s
        slices = [(start + number * step_s, start + (number + 1) * step_s) for number in range(count)]
        spans = list(slices)
        if span is Span.EVER:
            spans[0] = (0, spans[0][1])
            spans[-1] = (spans[-1][0], _END)
        sums = rows.totals(spans, admins=self._admins())
        return tuple(self._slice(*each, part) for each, part in zip(slices, sums, strict=True))

    def _totals(self, since: int, until: int) -> Totals:
        [sums] = rows.totals([(since, until)], admins=self._admins())
        total = _read(sums)
        return Totals(
            customers=total("customer", 0),
            buyers=rows.buyers_ever() if (since, until) == (0, _END) else rows.buyers(since, until),
            orders=total("order", 0),
            units=total("unit", 0),
            deposits=total(EntryKind.DEPOSIT.value, 0),
            deposited=self._money(total(EntryKind.DEPOSIT.value, 1)),
            purchased=self._money(-total(EntryKind.PURCHASE.value, 1) - total(EntryKind.TOLERANCE.value, 1)),
            refunded=self._money(total(EntryKind.REFUND.value, 1)),
            discounts=self._money(total("order", 1)),
        )

    def _slice(self, since: int, until: int, sums: Sums) -> Slice:
        total = _read(sums)
        return Slice(
            since=since,
            until=until,
            customers=total("customer", 0),
            orders=total(EntryKind.PURCHASE.value, 0),
            units=total("unit", 0),
            deposited=self._money(total(EntryKind.DEPOSIT.value, 1)),
            purchased=self._money(-total(EntryKind.PURCHASE.value, 1) - total(EntryKind.TOLERANCE.value, 1)),
            refunded=self._money(total(EntryKind.REFUND.value, 1)),
        )

    def _admins(self) -> set[int]:
        """List the Telegram ids of owners and managers, who don't count as customers."""
        return {*self.context.settings.admin_id_list, *ManagerRight.holders()}

    def _money(self, minor: int) -> Money:
        return Money(minor, self.context.currency)


def _read(sums: Sums) -> Callable[[str, int], int]:
    """Read a column of sums by kind: how many (0), or how much (1)."""
    return lambda kind, column: sums.get(kind, (0, 0))[column]
