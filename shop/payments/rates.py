"""Rates: the latest quotes of several sources, and the rule that decides whether they are reliable."""

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
"""How many sources have to answer each time: the preferred one, and another to compare."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one whole coin in the shop's currency, with its source and time (Unix seconds)."""

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
class Rates:
    """The latest quote of each source, kept in memory."""

    context: Context
    sources: tuple[PriceSource, ...]
    price_ids: tuple[str, ...]
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _quotes: dict[str, dict[str, Rate]] = field(init=False, default_factory=dict)
    _believed: dict[str, Rate] = field(init=False, default_factory=dict)

    def refresh(self) -> None:
        """Ask sources in order until enough answered; the others keep their last quotes until these are too old."""
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
        """Return the rate of the most preferred source with a fresh quote.

        Raises:
            RateUnavailable: all quotes are older than `MAX_AGE_S`, two sources differ by more than `MAX_SPREAD`, or
                the only one moved by more than `MAX_LEAP` within `LEAP_S`.
        """
        now = self.context.clock()  # the clock may have gone back: a quote from the future is of unknown age
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
        """List the coins without a reliable rate now."""
        return tuple(price_id for price_id in self.price_ids if not self._is_trusted(price_id))

    def _is_trusted(self, price_id: str) -> bool:
        try:
            self.rate(price_id)
        except RateUnavailable:
            return False
        return True

    def _leapt(self, price_id: str, rate: Rate) -> bool:
        """Tell whether an unconfirmed rate is far from the one used shortly before."""
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
    """Read the rate stored with a top-up or a deposit."""
    return Rate(Decimal(str(row.rate)), str(row.rate_source), int(row.rate_at or 0))
