"""Rates: the latest quotes of every source, and whether they are reliable.

`agreement` holds that rule. Ages are measured with a monotonic clock, so correcting the machine's clock makes no old
quote fresh and no fresh one old.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from shop.chains.errors import ProviderError
from shop.context import Context
from shop.errors.payments import RateUnavailable
from shop.payments.price_agreement import Past, PricesDisagree, agreed
from storage.models import Deposit, TopUp

_log = logging.getLogger("souk.rates")

MAX_AGE_S = 600
ROUND_S = 5
"""Seconds that a round waits for the sources. Later answers count as soon as they arrive."""
_log = logging.getLogger("souk.rates")


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one whole coin in the shop's currency, with its sources and time (Unix seconds)."""

    value: Decimal
    source: str
    at: int


class PriceSource(Protocol):
    """A source of prices."""

    @property
    def name(self) -> str:
        """The source's name, as stored with deposits."""
        ...

    def rates(self, price_ids: Sequence[str], currency: str) -> Mapping[str, Decimal]:
        """Fetch prices, leaving out coins that the source does not know. Raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class _Quotes:
    """The answer of one source, and when it was asked."""

    prices: Mapping[str, Decimal]
    asked_at: float


class _Correspondent:
    """Asks one source, one request at a time, on a thread that ends with the answer."""

    def __init__(self, source: PriceSource, keep: Callable[[str, _Quotes], None]) -> None:
        self._source = source
        self._keep = keep
        self._thread: threading.Thread | None = None
        self._fails = False

    def ask(self, price_ids: Sequence[str], currency: str, *, now: float) -> None:
        """Ask, unless the last request is still open."""
        if self._thread is not None and self._thread.is_alive():
            return
        name = f"prices-{self._source.name}"
        self._thread = threading.Thread(target=self._ask, args=(price_ids, currency, now), name=name, daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait for the answer."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _ask(self, price_ids: Sequence[str], currency: str, now: float) -> None:
        try:
            prices = self._source.rates(price_ids, currency)
        except ProviderError as error:
            if not self._fails:
                _log.warning("prices: %s", error)
            self._fails = True
            return
        self._fails = False
        possible = {coin: price for coin, price in prices.items() if price.is_finite() and price > 0}
        self._keep(self._source.name, _Quotes(possible, now))


@dataclass(slots=True)
class Rates:
    """The latest quotes of each source, kept in memory.

    PRICE_SOURCES_NEEDED of them have to agree.
    """

    context: Context
    sources: tuple[PriceSource, ...]
    price_ids: tuple[str, ...]
    _correspondents: tuple[_Correspondent, ...] = field(init=False)
    _quotes: dict[str, _Quotes] = field(init=False)
    _quoted_at: dict[str, dict[str, float]] = field(init=False)
    """When each source was last asked with success for each coin that it has ever quoted."""
    _past: dict[str, Past] = field(init=False)
    _outvoted: frozenset[tuple[str, str]] = field(init=False, default=frozenset())
    _dropped: frozenset[tuple[str, str]] = field(init=False, default=frozenset())
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._correspondents = tuple(_Correspondent(source, self._keep) for source in self.sources)
        self._quotes = {source.name: _Quotes({}, asked_at=-math.inf) for source in self.sources}
        self._quoted_at = {source.name: {} for source in self.sources}
        self._past = {price_id: Past() for price_id in self.price_ids}

    def refresh(self) -> None:
        """Ask every source at once, and wait for the answers, `ROUND_S` at most.

        A source that has not answered the last request is not asked again. One that fails keeps its last quotes until
        they are too old.
        """
        if not self.price_ids:
            return
        for each in self._correspondents:
            each.ask(self.price_ids, self.context.currency, now=self.context.monotonic())
        deadline = time.monotonic() + ROUND_S
        for each in self._correspondents:
            each.wait(max(0.0, deadline - time.monotonic()))
        self._remember()

    def rate(self, price_id: str) -> Rate:
        """Return the price that enough fresh quotes agree on (see `agreed`).

        A price that jumped within the hour counts if more than half of all sources, and at least two, agree.

        Raises:
            RateUnavailable: too few quotes are younger than `MAX_AGE_S`, they contradict each other, or the price
            jumped and too few confirm it.
        """
        with self._lock:
            now = self.context.monotonic()
            price, agreeing = self._believed(price_id, now)
        oldest_s = int(now - min(quotes.asked_at for quotes in agreeing.values()))
        return Rate(price, ", ".join(agreeing), self.context.clock() - oldest_s)

    @property
    def silent(self) -> tuple[str, ...]:
        """List the sources whose last quotes are too old to count, with the coins if it is not all they quoted."""
        with self._lock:
            found = [self._silence(name) for name in self._quotes]
        return tuple(filter(None, found)) if self.price_ids else ()  # without price ids, no source is asked

    def _silence(self, source: str) -> str:
        quoted_at, now = self._quoted_at[source], self.context.monotonic()
        old = sorted(price_id for price_id, at in quoted_at.items() if now - at > MAX_AGE_S)
        if len(old) == len(quoted_at):
            return source
        return f"{source} ({', '.join(old)})" if old else ""

    def untrusted(self) -> tuple[str, ...]:
        """List the coins without a reliable rate now."""
        return tuple(price_id for price_id in self.price_ids if not self._is_trusted(price_id))

    def _is_trusted(self, price_id: str) -> bool:
        try:
            self.rate(price_id)
        except RateUnavailable:
            return False
        return True

    def _keep(self, source: str, quotes: _Quotes) -> None:
        with self._lock:
            self._quotes[source] = quotes
            self._quoted_at[source] |= dict.fromkeys(quotes.prices, quotes.asked_at)

    def _remember(self) -> None:
        """Record the prices that count now, and log the sources that contradict them, or no longer quote a coin."""
        outvoted, dropped = set[tuple[str, str]](), set[tuple[str, str]]()
        with self._lock:
            now = self.context.monotonic()
            for price_id, past in self._past.items():
                try:
                    price, agreeing = self._believed(price_id, now)
                except RateUnavailable:
                    continue
                past.note(price, now=now)
                outvoted |= {(name, price_id) for name in self._fresh(price_id, now) if name not in agreeing}
            for name, quoted_at in self._quoted_at.items():
                dropped |= {(name, price_id) for price_id in quoted_at.keys() - self._quotes[name].prices.keys()}
        for name, price_id in sorted(outvoted - self._outvoted):
            _log.warning("prices: %s contradicts the others about %s", name, price_id)
        for name, price_id in sorted(dropped - self._dropped):
            _log.warning("prices: %s no longer quotes %s", name, price_id)
        self._outvoted, self._dropped = frozenset(outvoted), frozenset(dropped)

    def _believed(self, price_id: str, now: float) -> tuple[Decimal, Mapping[str, _Quotes]]:
        """Return the reliable price, and the quotes that agree on it. Raises RateUnavailable."""
        fresh, needed = self._fresh(price_id, now), self.context.settings.price_sources_needed
        try:
            found = agreed([quotes.prices[price_id] for quotes in fresh.values()], needed=needed)
        except PricesDisagree:
            raise RateUnavailable(price_id) from None
        agreeing = {name: quotes for name, quotes in fresh.items() if found.holds(quotes.prices[price_id])}
        confirmed = len(agreeing) >= 2 and 2 * len(agreeing) > len(self._quotes)
        if not confirmed and self._past[price_id].leapt(found.price, now=now):
            raise RateUnavailable(price_id)
        return found.price, agreeing

    def _fresh(self, price_id: str, now: float) -> dict[str, _Quotes]:
        return {
            name: quotes
            for name, quotes in self._quotes.items()
            if price_id in quotes.prices and now - quotes.asked_at <= MAX_AGE_S
        }


def recorded(row: TopUp | Deposit) -> Rate:
    """Read the rate stored with a top-up or a deposit."""
    return Rate(Decimal(str(row.rate)), str(row.rate_source), int(row.rate_at or 0))
