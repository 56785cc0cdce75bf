"""Addresses that no server could tell of: each is looked at on its own, so that one holds up no other."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from shop.chains.errors import ChainUnavailable
from shop.chains.http import Clock

_REMEMBERED_S = 3_600
"""An address that is not asked about any more is forgotten after so long."""
_OUTAGE_REMEMBERED_S = 120
"""Where nobody answered, whatever the address, that is soon forgotten: its next turn may be hours away."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Failure:
    """When nobody could tell of an address, in Unix seconds, how long that counts, and why it was."""

    at: int
    remembered_s: int
    reason: str


class UnreadAddresses:
    """Remembers which addresses of a chain nobody could tell of when they had their turn, and why. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, _Failure] = {}

    @property
    def reason(self) -> str:
        """Say why some address cannot be told of; empty when all can."""
        now = int(self._clock())
        with self._lock:
            self._failed = {who: each for who, each in self._failed.items() if 0 <= now - each.at < each.remembered_s}
            return next((each.reason for each in self._failed.values()), "")

    def look_at_each(self, look: Callable[[str], Iterable[T]], addresses: Iterable[str]) -> list[T]:
        """Look at addresses one after the other, and return what was found at those that could be told of.

        Raises:
            ChainUnavailable: nobody could tell of any.
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
        """Record that nobody could tell of an address."""
        remembered_s = _REMEMBERED_S if error.is_about_the_question else _OUTAGE_REMEMBERED_S
        with self._lock:
            self._failed[address] = _Failure(int(self._clock()), remembered_s, str(error))

    def answered(self, address: str) -> None:
        """Record that somebody could."""
        with self._lock:
            self._failed.pop(address, None)
