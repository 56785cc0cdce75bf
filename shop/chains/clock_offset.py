"""Whether this machine's clock is right, judged by the Date headers of all answers (RFC 9110, 6.6.1).

A wrong clock expires invoices, rates and codes at the wrong moment. No single server is believed.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

FRESH_S = 600
MOST_SERVERS = 100
"""The most servers remembered."""
SERVERS_NEEDED = 2
FAR_S = 3_600
"""While the clock is further ahead than this, nothing irreversible is done by its time."""


@dataclass(slots=True)
class ClockOffset:
    """The clock offset by the answers of the last minutes. `clock` is this machine's; `monotonic` never goes back."""

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[float, int, int]] = field(init=False, default_factory=dict)
    """By server: when it answered, in seconds of the monotonic clock and by this one, and the time that it stated."""
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def saw(self, server: str, date: str) -> None:
        """Record a Date header; a missing or malformed one is ignored."""
        try:
            moment = parsedate_to_datetime(date)
            stated = int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
        except (ValueError, OverflowError):
            return
        with self._lock:
            if server in self._seen or len(self._seen) < MOST_SERVERS:
                self._seen[server] = (self.monotonic(), int(self.clock()), stated)

    def seconds(self) -> int:
        """Return by how much this clock is ahead, negative when it is behind; 0 unless two servers say so.

        It is the median; of two in the middle, the one closer to this clock.
        """
        offsets = self._offsets()
        return 0 if len(offsets) < SERVERS_NEEDED else _median(offsets)

    @property
    def is_far_ahead(self) -> bool:
        """Return whether this clock is ahead by more than `FAR_S`, by the answers of the last ten minutes."""
        return self.ahead_s > FAR_S

    @property
    def ahead_s(self) -> int:
        """Return how many seconds ahead this clock is by these answers, of which one is enough; 0 without any.

        A jump since then counts at once: the servers' clocks have moved on as far as the monotonic one.
        """
        passed, now = self.monotonic(), int(self.clock())
        with self._lock:
            recent = [(at, stated) for at, _, stated in self._seen.values() if passed - at <= FRESH_S]
        offsets = sorted(now - stated - int(passed - at) for at, stated in recent)
        return _median(offsets) if offsets else 0

    @property
    def is_known(self) -> bool:
        """Return whether enough servers have reported the time recently."""
        return len(self._offsets()) >= SERVERS_NEEDED

    def _offsets(self) -> list[int]:
        now = self.monotonic()
        with self._lock:
            return sorted(read_at - stated for at, read_at, stated in self._seen.values() if now - at <= FRESH_S)


def _median(ordered: Sequence[int]) -> int:
    """Return the one in the middle; of two, the one closer to zero."""
    return min(ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2], key=abs)
