"""Fifteen simulated hours of failures: the books stay exact, and the health report is right.

Each fault comes alone, lasts some minutes, and ends; its traces are gone before the next one comes. What `/healthz`
must report, minute by minute, is derived here from what operators are promised; it is compared with what `/healthz`
does report, and the table is printed.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

from shop.health import Health, Reason
from storage.models import Customer, Deposit, Order, OrderLine, StockItem
from storage.models import Outbox as OutboxRow
from tests.e2e.day import Day, Shopper, open_day
from tests.raw_sql import engine_of
from tests.shop.books import check_books
from tests.small_disk import small_disk
from tests.stand import ADMIN
from wallet.chains import Chain

QUIET_MIN = 5
"""Minutes without trouble before and after each fault."""
LAST_MIN = 30
"""Minutes without trouble at the end, in which nobody buys."""
TO_RECOVER_MIN = 10
"""The longest rest of a server that keeps failing."""
AFTERWARDS_MIN = 75
"""Six blocks of Bitcoin and 24 of Litecoin, and a little more: the last payments are final by then."""
MOST = 10_000
COINS = (
    *(("Bitcoin", Chain.BTC, "0.001"), ("Litecoin", Chain.LTC, "0.5"), ("Ether", Chain.ETH, "0.02")),
    *(("TRON", Chain.TRX, "300"), ("Solana", Chain.SOL, "0.2")),
)
Words = frozenset[Reason]
NONE: Words = frozenset()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong for `minutes`, and what health reports meanwhile.

    `failed` and `degraded` are reported exactly from `shows_after` minutes on until the end. Before that, and until
    `gone_after` minutes after the end, either these or nothing is reported; `besides` may be reported too until then.
    """

    name: str
    begin: Callable[[Day], None]
    end: Callable[[Day], None]
    failed: Words = NONE
    degraded: Words = NONE
    besides: Words = NONE
    minutes: int = 8
    shows_after: int = 2
    gone_after: int = 0

    @property
    def turn(self) -> range:
        """The minutes of its turn, counted from its beginning."""
        return range(-QUIET_MIN, self.minutes + self.gone_after + QUIET_MIN)

    def allows(self, minute: int, health: Health) -> bool:
        """Return whether this report is allowed, this many minutes after the trouble began."""
        failed, degraded = frozenset(health.failed), frozenset(health.degraded) - self.besides
        as_promised = (failed, degraded) == (self.failed, self.degraded)
        is_well = (failed, degraded) == (NONE, NONE)
        if 0 <= minute < self.shows_after:
            return failed <= self.failed and degraded <= self.degraded | self.failed
        if 0 <= minute < self.minutes:
            return as_promised
        if 0 <= minute < self.minutes + self.gone_after:
            return as_promised or is_well
        return health.status == "ok"

    def expected(self, minute: int) -> str:
        """Describe the report expected this many minutes after the trouble began."""
        if not self.minutes:
            return "ok"
        promised = told(self.failed, self.degraded) + (f" (perhaps {words(self.besides)})" if self.besides else "")
        if 0 <= minute < self.shows_after or self.minutes <= minute < self.minutes + self.gone_after:
            return f"{promised} or ok"
        return promised if 0 <= minute < self.minutes else "ok"


@dataclass(slots=True)
class Line:
    """A minute of the table."""

    minute: int
    trouble: str
    expected: str
    shown: str
    is_right: bool


@dataclass(slots=True)
class Table:
    """What was expected and what was reported, minute by minute."""

    lines: list[Line] = field(default_factory=list)

    def add(self, health: Health, trouble: Trouble, minute: int) -> None:
        """Add what is reported this many minutes after a trouble began."""
        shown = told(frozenset(health.failed), frozenset(health.degraded))
        now = trouble.name if 0 <= minute < trouble.minutes else ""
        is_right = trouble.allows(minute, health)
        self.lines.append(Line(len(self.lines), now, trouble.expected(minute), shown, is_right))

    def print(self) -> None:
        """Print the table, with equal minutes merged into one line."""
        print(f"\n{'minutes':>11s}  {'what is wrong':34s}{'expected':78s}shown")
        for (trouble, expected, shown, is_right), some in groupby(
            self.lines, lambda line: (line.trouble, line.expected, line.shown, line.is_right)
        ):
            minutes = [line.minute for line in some]
            mark = "" if is_right else "  <-- WRONG"
            print(f"{minutes[0]:5d}–{minutes[-1]:<5d}  {trouble:34s}{expected:78s}{shown}{mark}")


def test_a_day_in_which_everything_goes_wrong_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        day = open_day(stack.enter_context(small_disk(tmp_path / "disk")), stack)
        shoppers = [Shopper(day, 1001 + place, label, chain) for place, (label, chain, _) in enumerate(COINS)]
        table = live(day, shoppers)
        table.print()
        assert len(table.lines) > 14 * 60
        assert [line for line in table.lines if not line.is_right] == []
        assert {day.step().status for _ in range(AFTERWARDS_MIN)} == {"ok"}
        check_books()
        assert day.stand.shop.reconciliation.check(day.stand.visitor(ADMIN)).differences == ()
        no_deposit_is_lost(shoppers)
        no_paid_good_is_unseen(shoppers)
        every_alarm_has_its_all_clear()


def live(day: Day, shoppers: list[Shopper]) -> Table:
    """Run the day: somebody does something every minute until the last fault is over, and then nobody."""
    visits = [shopper.visits(coin[2]) for shopper, coin in zip(shoppers, COINS, strict=True)]
    table = Table()
    for trouble in troubles():
        for minute in trouble.turn:
            if minute == 0:
                trouble.begin(day)
            if minute == trouble.minutes:
                trouble.end(day)
            next(visits[len(table.lines) % len(visits)])
            table.add(day.step(), trouble, minute)
    quiet = Trouble("", nothing, nothing, minutes=0)
    for minute in range(LAST_MIN):
        table.add(day.step(), quiet, minute)
    return table


def troubles() -> list[Trouble]:
    """List what goes wrong, one after another."""
    return [*of_telegram(), *of_chains(), *of_prices(), *of_the_machine()]


def of_telegram() -> Iterator[Trouble]:
    silent = frozenset({Reason.TELEGRAM})
    for kind, name in (("drop", "down"), ("timeout", "slow"), ("drip", "dripping"), ("nonsense", "lying")):
        yield Trouble(f"Telegram {name}", break_telegram(kind), mend_telegram(kind), failed=silent)


def of_chains() -> Iterator[Trouble]:
    late = frozenset({Reason.DELAYED})
    for _, chain, _ in COINS:
        # On the fast chains, a block some minutes old is not yet a sign of a stale server.
        lie = "error_body" if chain in {Chain.TRX, Chain.SOL} else "stale"
        for kind, name in (("error500", "down"), ("timeout", "slow"), ("drip", "dripping"), (lie, "lying")):
            begin, end = break_servers(chain.value, kind), mend_servers(chain.value, kind)
            # The tip is not requested every time, so a server that lags is noticed one round later.
            shows_after = 5 if kind == "stale" else 3
            yield Trouble(
                f"{chain.value} servers {name}",
                begin,
                end,
                degraded=late,
                shows_after=shows_after,
                gone_after=TO_RECOVER_MIN,
            )


def of_prices() -> Iterator[Trouble]:
    late = frozenset({Reason.DELAYED})
    for kind, name in (("error500", "down"), ("timeout", "slow"), ("drip", "dripping")):
        begin, end = break_servers("prices", kind), mend_servers("prices", kind)
        # The last quote is valid for ten minutes.
        yield Trouble(
            f"prices {name}", begin, end, degraded=late, minutes=20, shows_after=16, gone_after=TO_RECOVER_MIN + 4
        )

    def two_lie(day: Day) -> None:
        for server in ("coingecko", "kraken"):
            day.chains.fault(server, "lie", MOST)

    yield Trouble(
        "two of four prices lying", two_lie, mend_servers("prices", "lie"), degraded=late, shows_after=5, gone_after=5
    )


def of_the_machine() -> Iterator[Trouble]:
    yield Trouble(
        "disk full",
        fill_the_disk,
        lambda day: day.disk.clear(),
        failed=frozenset({Reason.DATABASE}),
        degraded=frozenset({Reason.DISK}),
        besides=frozenset({Reason.JOB, Reason.DELAYED, Reason.TELEGRAM}),
        minutes=20,
        gone_after=2,
    )
    for name, off_s in (("clock a day ahead", 86_400), ("clock a day behind", -86_400)):
        yield Trouble(
            name,
            set_clock(off_s),
            set_clock(0),
            degraded=frozenset({Reason.CLOCK}),
            besides=frozenset({Reason.DELAYED}),
            minutes=20,
            gone_after=TO_RECOVER_MIN,
        )


def nothing(_day: Day) -> None:
    """Do nothing."""


def break_telegram(kind: str) -> Callable[[Day], None]:
    def begin(day: Day) -> None:
        day.telegram.fault(kind, MOST)
        day.telegram.fault(kind, MOST, "getUpdates")

    return begin


def mend_telegram(kind: str) -> Callable[[Day], None]:
    return lambda day: day.telegram.fault(kind, 0)


def break_servers(name: str, kind: str) -> Callable[[Day], None]:
    return lambda day: day.chains.fault(name, kind, MOST)


def mend_servers(name: str, kind: str) -> Callable[[Day], None]:
    return lambda day: day.chains.fault(name, kind, 0)


def fill_the_disk(day: Day) -> None:
    """Leave no room, not even in the write-ahead log, whose existing space could be overwritten."""
    engine_of(day.database).execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    day.disk.fill()


def set_clock(off_s: int) -> Callable[[Day], None]:
    def begin(day: Day) -> None:
        day.machine.off_s = off_s

    return begin


def told(failed: Words, degraded: Words) -> str:
    if failed:
        return f"failed: {words(failed)}" + (f"; {words(degraded)}" if degraded else "")
    return f"degraded: {words(degraded)}" if degraded else "ok"


def words(reasons: Words) -> str:
    return ", ".join(sorted(reason.value for reason in reasons))


def no_deposit_is_lost(shoppers: list[Shopper]) -> None:
    for shopper in shoppers:
        assert len(shopper.paid) > 5, "they paid all day long"
        states = {row.txid: row.state for row in Deposit.select()}
        assert {txid: states.get(txid) for txid in shopper.paid if states.get(txid) != "credited"} == {}


def no_paid_good_is_unseen(shoppers: list[Shopper]) -> None:
    for shopper in shoppers:
        customer = Customer.by_telegram_id(shopper.user_id)
        orders = list(Order.select().where(Order.customer == customer.id))
        assert len(orders) > 5, "they bought all day long"
        lines = OrderLine.of_all([order.id for order in orders])
        units = {content for line in lines for content in StockItem.of_line(line.id)}
        seen = "\n".join(shopper.texts())
        assert len(units) == len(lines)
        assert {unit for unit in units if unit not in seen} == set()


def every_alarm_has_its_all_clear() -> None:
    pairs = (("admin_deaf", "admin_hears"), ("admin_delayed", "admin_answers"), ("admin_alarm", "admin_all_clear"))
    for pair in pairs:
        raised, over = (OutboxRow.select().where(OutboxRow.kind == kind).count() for kind in pair)
        assert raised == over > 0, pair
    assert list(islice(OutboxRow.select().where(OutboxRow.sent_at.is_null()), 5)) == [], "every letter has arrived"
