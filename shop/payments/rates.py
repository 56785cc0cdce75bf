"""What a coin is worth: the last quotes of several sources, and the rule that says when they can be trusted."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from shop.chains.errors import ProviderError
from shop.context import Context
from shop.errors import RateUnavailable
from storage.models import Deposit, TopUp

_log = logging.getLogger("souk.rates")

MAX_AGE_S = 600
MAX_SPREAD = Decimal("0.05")
MAX_LEAP = Decimal("0.2")
LEAP_S = 3_600
OPINIONS = 2
"""How many sources are asked each time: the preferred one, and another to compare it with."""


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
class Rates:
    """The latest quote of each source, kept in memory."""

    context: Context
    sources: tuple[PriceSource, ...]
    price_ids: tuple[str, ...]
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _quotes: dict[str, dict[str, Rate]] = field(init=False, default_factory=dict)
    _believed: dict[str, Rate] = field(init=False, default_factory=dict)

    def refresh(self) -> None:
        """Ask the first sources that answer; the others keep their last quotes until they are too old."""
        if not self.price_ids:
            return
        answered = 0
        for source in self.sources:
            try:
                quotes = source.rates(self.price_ids, self.context.currency)
            except ProviderError as error:
                _log.warning("prices: %s", error)
                continue
            self._keep(source.name, quotes)
            answered += 1
            if answered == OPINIONS:
                return

    def rate(self, price_id: str) -> Rate:
        """Give the rate of the most preferred source that is fresh.

        Raises:
            RateUnavailable: all quotes are older than `MAX_AGE_S`, two sources are over `MAX_SPREAD` apart, or the
                only one leapt by more than `MAX_LEAP` within `LEAP_S` and nobody confirms it.
        """
        now = self.context.clock()  # which may have gone back: a quote from the future is of unknown age
        with self._lock:
            known = self._quotes.get(price_id, {})
        quotes = [known[source.name] for source in self.sources if source.name in known]
        fresh = [quote for quote in quotes if now - MAX_AGE_S <= quote.at <= now]
        if not fresh:
            raise RateUnavailable(price_id)
        values = [rate.value for rate in fresh]
        if max(values) - min(values) > min(values) * MAX_SPREAD:
            raise RateUnavailable(price_id)
        if len(fresh) == 1 and self._leapt(price_id, fresh[0]):
            raise RateUnavailable(price_id)
        self._believed[price_id] = fresh[0]
        return fresh[0]

    def untrusted(self) -> tuple[str, ...]:
        """Name the coins that have no rate that can be trusted now."""
        return tuple(price_id for price_id in self.price_ids if not self._is_trusted(price_id))

    def _is_trusted(self, price_id: str) -> bool:
        try:
            self.rate(price_id)
        except RateUnavailable:
            return False
        return True

    def _leapt(self, price_id: str, rate: Rate) -> bool:
        """Tell whether a rate that nobody else confirms is far from the one believed a moment ago."""
        believed = self._believed.get(price_id)
        if believed is None or not 0 <= rate.at - believed.at <= LEAP_S:
            return False
        return abs(rate.value - believed.value) > believed.value * MAX_LEAP

    def _keep(self, source: str, quotes: Mapping[str, Decimal]) -> None:
        now = self.context.clock()
        with self._lock:
            for price_id, value in quotes.items():
                if value.is_finite() and value > 0:
                    self._quotes.setdefault(price_id, {})[source] = Rate(value, source, now)


def recorded(row: TopUp | Deposit) -> Rate:
    """Read back the rate that a top-up screen or a deposit keeps."""
    return Rate(Decimal(str(row.rate)), str(row.rate_source), int(row.rate_at or 0))
