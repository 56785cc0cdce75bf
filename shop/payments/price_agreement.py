"""Which of several quoted prices to believe: the median of those that agree, unless it jumps."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

TOLERANCE = Decimal("0.02")
MAX_LEAP = Decimal("0.2")
LEAP_S = 3_600
_HALF = Decimal("0.5")


class PricesDisagree(Exception):
    """Too few prices agree, or two groups of equal size contradict each other."""


@dataclass(frozen=True, slots=True)
class PriceAgreement:
    """The believed price, and the lowest and highest of the prices that agree on it."""

    price: Decimal
    low: Decimal
    high: Decimal

    def holds(self, price: Decimal) -> bool:
        """Return whether a price is one of those that agree."""
        return self.low <= price <= self.high


def agreed(prices: Sequence[Decimal], *, needed: int) -> PriceAgreement:
    """Return the median of the largest group of prices that agree.

    A group is a run of adjacent prices, in order of size, that are all within `TOLERANCE` of the run's own median; a
    run that is part of a longer one does not count. The median of an even number is the mean of the middle two.

    The largest group counts when it has at least `needed` members. Two of equal size are a contradiction, with one
    exception: groups that each hold more than half of all prices share the middle one, and the median of all prices
    counts.

    If more than half of the prices are within `TOLERANCE` of the lowest of them, the result is never outside their
    range, whatever the other prices are. Prices are above zero.

    Raises:
        PricesDisagree: no group is large enough, or two are equally large.
    """
    ordered = sorted(prices)
    groups = _groups(ordered)
    most = max((len(group) for group in groups), default=0)
    majorities = [group for group in groups if 2 * len(group) > len(ordered)]
    largest = majorities or [group for group in groups if len(group) == most]
    if not groups or most < needed or (len(largest) > 1 and not majorities):
        raise PricesDisagree
    price = median(ordered if len(largest) > 1 else largest[0])
    return PriceAgreement(price, low=largest[0][0], high=largest[-1][-1])


def median(ordered: Sequence[Decimal]) -> Decimal:
    """Return the middle one of prices in order of size, or the mean of the middle two."""
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) * _HALF


class Past:
    """One coin's recently believed prices, in memory: a restart forgets them.

    After a restart, a shop may have been off for a minute or a month: there is nothing to measure the first price
    against, so it is believed. `now` is from a monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._believed: deque[tuple[float, Decimal]] = deque()

    def note(self, price: Decimal, *, now: float) -> None:
        """Remember a believed price; if it jumped, it was confirmed, and earlier prices no longer count."""
        if self.leapt(price, now=now):
            self._believed.clear()
        self._believed.append((now, price))
        self._forget(now)

    def leapt(self, price: Decimal, *, now: float) -> bool:
        """Return whether a price is more than `MAX_LEAP` away from any that held within the last `LEAP_S`.

        The price of an hour ago is the last one believed before that. If none was believed for several hours, the
        allowance grows with each of them, so that a lasting change is believed in the end.
        """
        self._forget(now)
        for then, before in self._believed:
            hours = max(1, int(now - then) // LEAP_S)
            if not before * (1 - MAX_LEAP) ** hours <= price <= before * (1 + MAX_LEAP) ** hours:
                return True
        return False

    def _forget(self, now: float) -> None:
        while len(self._believed) > 1 and now - self._believed[1][0] >= LEAP_S:
            self._believed.popleft()


def _groups(ordered: Sequence[Decimal]) -> list[Sequence[Decimal]]:
    """List the runs that agree, in order, without those that are part of a longer one."""
    found: list[Sequence[Decimal]] = []
    reached = 0
    for start in range(len(ordered)):
        ends = range(len(ordered), max(start, reached), -1)
        end = next((end for end in ends if _agree(ordered[start:end])), None)
        if end is not None:
            found.append(ordered[start:end])
            reached = end
    return found


def _agree(run: Sequence[Decimal]) -> bool:
    middle = median(run)
    room = middle * TOLERANCE
    return middle - run[0] <= room and run[-1] - middle <= room
