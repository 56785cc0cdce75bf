"""Who rests, why, since when and for how long: the memory of what each server did wrong."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shop.chains.errors import BadAnswer, NotFound, ProviderError, RateLimited, Refused, Rejected, Unavailable
from shop.chains.http import Clock
from shop.chains.providers import Provider

# First rest and longest rest in seconds; each failure in a row doubles it.
_RESTS: Mapping[type[ProviderError], tuple[int, int]] = MappingProxyType(
    {
        Unavailable: (5, 600),
        RateLimited: (60, 3_600),
        Refused: (300, 7_200),
        BadAnswer: (30, 1_800),
        Rejected: (10, 300),
        NotFound: (30, 1_800),
    }
)


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """How one server is doing, for admins and /healthz. Times are Unix seconds; None: it does not rest."""

    name: str
    resting_since: int | None
    resting_until: int | None
    reason: str
    failures_in_a_row: int
    asked_today: int
    daily_quota: int | None


@dataclass(slots=True)
class _Record:
    failures: int = 0
    since: int = 0
    failed_at: int = 0
    until: int = 0
    reason: str = ""

    def left_s(self, now: int) -> int:
        """Say how much of the rest is left; where the clock went back since, it is over: nobody knows how far."""
        return max(0, self.until - now) if now >= self.failed_at else 0


class Rests:
    """Which servers rest. A server may be asked again when its rest is over; a good answer clears its record."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._lock = threading.Lock()

    def is_resting(self, provider: Provider) -> bool:
        """Whether a server is to be left alone now."""
        return self.left_s(provider) > 0

    def left_s(self, provider: Provider) -> int:
        """How many seconds of its rest are left."""
        with self._lock:
            record = self._records.get(provider.name)
            return record.left_s(int(self._clock())) if record else 0

    def failed(self, provider: Provider, error: ProviderError) -> None:
        """Let a server rest, longer each time, and at least as long as it asked for."""
        first_s, longest_s = next(
            (span for kind, span in _RESTS.items() if isinstance(error, kind)), _RESTS[Unavailable]
        )
        now = int(self._clock())
        with self._lock:
            record = self._records.setdefault(provider.name, _Record(since=now))
            if record.failures == 0:
                record.since = now
            rest_s = min(first_s << min(record.failures, 16), longest_s)
            if isinstance(error, RateLimited) and error.retry_after_s is not None:
                rest_s = max(rest_s if record.failures else 1, error.retry_after_s)
            record.failures += 1
            record.failed_at = now
            record.until = now + rest_s
            record.reason = error.reason

    def answered(self, provider: Provider) -> None:
        """Forget what a server did wrong."""
        with self._lock:
            self._records.pop(provider.name, None)

    def status(self, provider: Provider) -> ProviderStatus:
        """Say how a server is doing."""
        with self._lock:
            record = self._records.get(provider.name, _Record())
            resting = record.left_s(int(self._clock())) > 0
            return ProviderStatus(
                name=provider.name,
                resting_since=record.since if resting else None,
                resting_until=record.until if resting else None,
                reason=record.reason,
                failures_in_a_row=record.failures,
                asked_today=provider.asked_today,
                daily_quota=provider.daily_quota,
            )
