"""A token bucket per person: bursts are welcome, steady normal tapping is never punished."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

BURST = 30
REFILL_PER_S = 3.0
_REMEMBERED = 10_000


class Verdict(Enum):
    """What to do with an update: handle it, warn once, or drop it in silence."""

    WELCOME = "welcome"
    WARN = "warn"
    DROP = "drop"


class _Bucket:
    __slots__ = ("at", "tokens", "warned")

    def __init__(self, at: float) -> None:
        self.at = at
        self.tokens = float(BURST)
        self.warned = False


class Throttle:
    """The buckets of the people who were here last."""

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: OrderedDict[int, _Bucket] = OrderedDict()

    def judge(self, telegram_id: int) -> Verdict:
        """Count one update of a person."""
        now = self._monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(telegram_id, _Bucket(now))
            self._buckets.move_to_end(telegram_id)
            if len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
            bucket.tokens = min(float(BURST), bucket.tokens + (now - bucket.at) * REFILL_PER_S)
            bucket.at = now
            if bucket.tokens >= BURST:
                bucket.warned = False
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return Verdict.WELCOME
            verdict = Verdict.DROP if bucket.warned else Verdict.WARN
            bucket.warned = True
            return verdict
