"""Servers of chains and prices: their quotas, their cooldowns after a failure, and which of them are slow."""

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, ProviderError, RateLimited, Refused, Rejected, Unavailable
from shop.chains.http import Clock, Endpoint, HttpClient, Reply
from shop.chains.transfers import ProviderStatus

_log = logging.getLogger("souk.chains")

_DAY_S = 86_400
_LATEST, _SLOW_ANSWERS = 10, 3
"""A server is slow if so many of its latest answers are."""
_ASKED_LATER_S = 600
# First and longest rest in seconds; each consecutive failure doubles the rest.
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


class Provider:
    """A server and its remaining requests for today (UTC). A payment provider is `shop.payments.provider`."""

    def __init__(self, endpoint: Endpoint, http: HttpClient, *, clock: Clock, daily_quota: int | None = None) -> None:
        self.name = endpoint.name
        self.daily_quota = daily_quota
        self._endpoint = endpoint
        self._http = http
        self.clock = clock
        self._lock = threading.Lock()
        self._day = -1
        self._asked_today = 0
        self._asked = 0
        self._latest = deque[bool](maxlen=_LATEST)
        self._slow_at: float | None = None

    @property
    def is_slow(self) -> bool:
        """Whether others are to be asked first: for ten minutes after the last slow answer of several."""
        with self._lock:
            return self._slow_at is not None and 0 <= self.clock() - self._slow_at < _ASKED_LATER_S

    @property
    def asked_today(self) -> int:
        """How many requests it has got since midnight UTC."""
        with self._lock:
            return self._asked_today if int(self.clock()) // _DAY_S == self._day else 0

    @property
    def asked(self) -> int:
        """How many requests it has got since this process started."""
        with self._lock:
            return self._asked

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Ask with GET. Raises ProviderError."""
        self._count()
        return self._timed(self._http.get(self._endpoint, path, params))

    def post(self, path: str, body: object) -> Reply:
        """Ask with POST and a JSON body, or a text. Raises ProviderError."""
        self._count()
        return self._timed(self._http.post(self._endpoint, path, body))

    def get_json(self, path: str, params: Mapping[str, str] | None = None) -> JsonValue:
        """Ask with GET for JSON. Raises ProviderError."""
        return self.get(path, params).json()

    def _timed(self, reply: Reply) -> Reply:
        was_slow = self.is_slow
        with self._lock:
            self._latest.append(reply.is_slow)
            if reply.is_slow and sum(self._latest) >= _SLOW_ANSWERS:
                self._slow_at = self.clock()
        if self.is_slow and not was_slow:
            minutes = _ASKED_LATER_S // 60
            _log.warning("%s answers slowly: for %d minutes, any others are asked first", self.name, minutes)
        return reply

    def _count(self) -> None:
        now = int(self.clock())
        with self._lock:
            if self._day != now // _DAY_S:
                self._day, self._asked_today = now // _DAY_S, 0
            if self.daily_quota is not None and self._asked_today >= self.daily_quota:
                wait_s = _DAY_S - now % _DAY_S
                raise RateLimited(self.name, "our quota for today is used up", retry_after_s=wait_s)
            self._asked_today += 1
            self._asked += 1


@dataclass(slots=True)
class _Record:
    failures: int = 0
    failed_at: int = 0
    until: int = 0
    reason: str = ""

    def left_s(self, now: int) -> int:
        """Return the remaining rest; if the clock was set back since, it is over, because no one knows by how
        much.
        """
        return max(0, self.until - now) if now >= self.failed_at else 0


class Cooldowns:
    """Which servers are resting. A server may be asked again when its rest is over; a good answer clears its
    record.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._lock = threading.Lock()

    def is_resting(self, provider: Provider) -> bool:
        """Whether a server must not be asked now."""
        return self.left_s(provider) > 0

    def left_s(self, provider: Provider) -> int:
        """How many seconds of its rest are left."""
        with self._lock:
            record = self._records.get(provider.name)
            return record.left_s(int(self._clock())) if record else 0

    def failed(self, provider: Provider, error: ProviderError) -> None:
        """Rest a server, longer each time, and at least as long as it asked for."""
        first_s, longest_s = next(
            (span for kind, span in _RESTS.items() if isinstance(error, kind)), _RESTS[Unavailable]
        )
        now = int(self._clock())
        with self._lock:
            record = self._records.setdefault(provider.name, _Record())
            rest_s = min(first_s << min(record.failures, 16), longest_s)
            if isinstance(error, RateLimited) and error.retry_after_s is not None:
                rest_s = max(rest_s if record.failures else 1, error.retry_after_s)
            record.failures += 1
            record.failed_at = now
            record.until = now + rest_s
            record.reason = error.reason

    def answered(self, provider: Provider) -> None:
        """Clear a server's record."""
        with self._lock:
            self._records.pop(provider.name, None)

    def status(self, provider: Provider) -> ProviderStatus:
        """Return the state of a server."""
        with self._lock:
            record = self._records.get(provider.name, _Record())
            resting = record.left_s(int(self._clock())) > 0
            return ProviderStatus(
                name=provider.name,
                resting_until=record.until if resting else None,
                reason=record.reason,
                failures_in_a_row=record.failures,
                asked_today=provider.asked_today,
                daily_quota=provider.daily_quota,
                is_slow=provider.is_slow,
            )
