"""What a coin is worth: the last quotes, and the rule that says when they can be trusted."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shop.chains.prices import Prices, Quote
from shop.errors import RateUnavailable
from storage.models import Deposit, TopUp

MAX_AGE_S = 600
MAX_SPREAD = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one whole coin in the shop's currency, with who said so and when (Unix seconds)."""

    value: Decimal
    source: str
    at: int


class Rates:
    """The latest quotes of several sources, kept in memory."""

    def __init__(self, prices: Prices, *, price_ids: Sequence[str], currency: str, clock: Callable[[], int]) -> None:
        self._prices = prices
        self._price_ids = tuple(price_ids)
        self._currency = currency
        self._clock = clock
        self._lock = threading.Lock()
        self._quotes: dict[str, tuple[Quote, ...]] = {}

    def refresh(self) -> None:
        """Ask for new quotes. A coin that nobody quotes now keeps its last ones until they are too old.

        Raises:
            PricesUnavailable: no source answered.
        """
        quotes = self._prices.quotes(self._price_ids, self._currency)
        with self._lock:
            self._quotes.update({price_id: given for price_id, given in quotes.items() if given})

    def rate(self, price_id: str) -> Rate:
        """Give the rate of the most preferred source.

        Raises:
            RateUnavailable: there is none, it is older than `MAX_AGE_S`, or two sources are over `MAX_SPREAD` apart.
        """
        oldest = self._clock() - MAX_AGE_S
        with self._lock:
            fresh = [quote for quote in self._quotes.get(price_id, ()) if quote.fetched_at >= oldest]
        if not fresh:
            raise RateUnavailable(price_id)
        values = [quote.rate for quote in fresh]
        if max(values) - min(values) > min(values) * MAX_SPREAD:
            raise RateUnavailable(price_id)
        return Rate(fresh[0].rate, fresh[0].source, fresh[0].fetched_at)


def recorded(row: TopUp | Deposit) -> Rate:
    """Read back the rate that a top-up screen or a deposit keeps."""
    return Rate(Decimal(str(row.rate)), str(row.rate_source), int(row.rate_at or 0))
