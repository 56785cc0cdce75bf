"""What a coin is worth: the latest quotes of every source, and the rule that says when they can be trusted.

`agreement` holds that rule. Ages are measured by a clock that never goes back, so setting the machine's clock right
neither makes an old quote fresh nor a fresh one old.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from shop.chains.errors import ProviderError
from shop.errors import RateUnavailable
from shop.payments.agreement import NoAgreement, Past, agreed
from storage.models import Deposit, TopUp

_log = logging.getLogger("souk.rates")

MAX_AGE_S = 600
ROUND_S = 5
"""How long a round waits for the sources. What comes later counts as soon as it is there."""
_log = logging.getLogger("souk.rates")


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one whole coin in the shop's currency, with who said so and when (Unix seconds)."""

    value: Decimal
    source: str
    at: int


class PriceSource(Protocol):
    """Somebody who quotes prices."""

    @property
    def name(self) -> str:
        """What the source is called on a deposit."""
        ...

    def rates(self, price_ids: Sequence[str], currency: str) -> Mapping[str, Decimal]:
        """Ask for prices; a coin that the source does not know is left out. Raises ProviderError."""
        ...


@dataclass(frozen=True, slots=True)
class _Quotes:
    """What one source said, and when it was asked."""

    prices: Mapping[str, Decimal]
    asked_at: float


class _Correspondent:
    """Asks one source, on a thread that lives as long as the question, one question at a time."""

    def __init__(self, source: PriceSource, keep: Callable[[str, _Quotes], None]) -> None:
        self._source = source
        self._keep = keep
        self._thread: threading.Thread | None = None
        self._fails = False

    def ask(self, price_ids: Sequence[str], currency: str, *, now: float) -> None:
        """Put the question, unless the last one is still open."""
        if self._thread is not None and self._thread.is_alive():
            return
        name = f"prices-{self._source.name}"
        self._thread = threading.Thread(target=self._ask, args=(price_ids, currency, now), name=name, daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait for the end of the question."""
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


class Rates:
    """The latest quotes of each source, kept in memory.

    `needed` sources have to agree. `monotonic` counts seconds and never goes back.
    """

    def __init__(
        self,
        sources: Sequence[PriceSource],
        *,
        price_ids: Sequence[str],
        currency: str,
        needed: int,
        clock: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self._correspondents = tuple(_Correspondent(source, self._keep) for source in sources)
        self._price_ids = tuple(price_ids)
        self._currency = currency
        self._needed = needed
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._quotes = {source.name: _Quotes({}, asked_at=-math.inf) for source in sources}
        self._past = {price_id: Past() for price_id in price_ids}
        self._outvoted: frozenset[tuple[str, str]] = frozenset()

    def refresh(self) -> None:
        """Ask every source at once, and wait for the answers, `ROUND_S` at most.

        A source that has not answered the last question is not asked again. One that fails keeps its last quotes
        until they are too old.
        """
        if not self._price_ids:
            return
        for each in self._correspondents:
            each.ask(self._price_ids, self._currency, now=self._monotonic())
        deadline = time.monotonic() + ROUND_S
        for each in self._correspondents:
            each.wait(max(0.0, deadline - time.monotonic()))
        self._remember()

    def rate(self, price_id: str) -> Rate:
        """Give the price that enough fresh quotes agree on (see `agreed`).

        A price that leapt within the hour is believed when more than half of all sources, and at least two, agree.

        Raises:
            RateUnavailable: too few quotes are younger than `MAX_AGE_S`, they contradict each other, or the price
                leapt and too few confirm it.
        """
        with self._lock:
            now = self._monotonic()
            price, agreeing = self._believed(price_id, now)
        oldest_s = int(now - min(quotes.asked_at for quotes in agreeing.values()))
        return Rate(price, ", ".join(agreeing), self._clock() - oldest_s)

    @property
    def silent(self) -> tuple[str, ...]:
        """Name the sources whose last answer is too old to count."""
        with self._lock:
            now = self._monotonic()
            old = tuple(name for name, quotes in self._quotes.items() if now - quotes.asked_at > MAX_AGE_S)
        return old if self._price_ids else ()  # nobody is asked where nothing has a price

    def untrusted(self) -> tuple[str, ...]:
        """Name the coins that have no rate that can be trusted now."""
        return tuple(price_id for price_id in self._price_ids if not self._is_trusted(price_id))

    def _is_trusted(self, price_id: str) -> bool:
        try:
            self.rate(price_id)
        except RateUnavailable:
            return False
        return True

    def _keep(self, source: str, quotes: _Quotes) -> None:
        with self._lock:
            self._quotes[source] = quotes

    def _remember(self) -> None:
        """Take note of what is believed now, and log who says something else."""
        outvoted = set[tuple[str, str]]()
        with self._lock:
            now = self._monotonic()
            for price_id, past in self._past.items():
                try:
                    price, agreeing = self._believed(price_id, now)
                except RateUnavailable:
                    continue
                past.note(price, now=now)
                outvoted |= {(name, price_id) for name in self._fresh(price_id, now) if name not in agreeing}
        for name, price_id in sorted(outvoted - self._outvoted):
            _log.warning("prices: %s contradicts the others about %s", name, price_id)
        self._outvoted = frozenset(outvoted)

    def _believed(self, price_id: str, now: float) -> tuple[Decimal, Mapping[str, _Quotes]]:
        """Give the price that can be trusted, and the quotes that agree on it. Raises RateUnavailable."""
        fresh = self._fresh(price_id, now)
        try:
            found = agreed([quotes.prices[price_id] for quotes in fresh.values()], needed=self._needed)
        except NoAgreement:
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
    """Read back the rate that a top-up screen or a deposit keeps."""
    return Rate(Decimal(str(row.rate)), str(row.rate_source), int(row.rate_at or 0))
