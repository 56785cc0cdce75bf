"""Addresses that no server could read: each is looked at separately, so that one does not hold up the others."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from shop.chains.errors import ChainUnavailable
from shop.chains.http import Clock

_REMEMBERED_S = 3_600
"""Seconds after which an address that is no longer asked about is forgotten."""
_OUTAGE_REMEMBERED_S = 120
"""Seconds for which a general outage is remembered: briefly, since the address's next turn may be hours away."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Failure:
    """When an address could not be read, in Unix seconds, how long that counts, and the reason."""

    at: int
    remembered_s: int
    reason: str


class UnreadAddresses:
    """Remembers which addresses of a chain could not be read in their turn, and why. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, _Failure] = {}

    @property
    def reason(self) -> str:
        """Return why some address cannot be read; empty if all can."""
        now = int(self._clock())
        with self._lock:
            self._failed = {who: each for who, each in self._failed.items() if 0 <= now - each.at < each.remembered_s}
            return next((each.reason for each in self._failed.values()), "")

    def look_at_each(self, look: Callable[[str], Iterable[T]], addresses: Iterable[str]) -> list[T]:
        """Look at addresses one after another, and return the findings at those that could be read.

        Raises:
            ChainUnavailable: none could be read.
        """
        found: list[T] = []
        silence: list[ChainUnavailable] = []
        answered = False
        for address in addresses:
            try:
                found += look(address)
            except ChainUnavailable as error:
                self.failed(address, error)
                silence.append(error)
            else:
                self.answered(address)
                answered = True
        if silence and not answered:
            raise silence[0]
        return found

    def failed(self, address: str, error: ChainUnavailable) -> None:
        """Record that an address could not be read."""
        remembered_s = _REMEMBERED_S if error.is_about_the_question else _OUTAGE_REMEMBERED_S
        with self._lock:
            self._failed[address] = _Failure(int(self._clock()), remembered_s, str(error))

    def answered(self, address: str) -> None:
        """Record that it could."""
        with self._lock:
            self._failed.pop(address, None)
