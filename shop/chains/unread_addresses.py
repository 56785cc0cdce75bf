"""Addresses that no server could tell of: each is looked at on its own, so that one holds up no other."""

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from shop.chains.errors import ChainUnavailable
from shop.chains.http import Clock

_REMEMBERED_S = 3_600
"""An address that is not asked about any more is forgotten after so long."""
T = TypeVar("T")


class UnreadAddresses:
    """Remembers which addresses of a chain nobody could tell of when they had their turn, and why. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, tuple[int, str]] = {}

    @property
    def reason(self) -> str:
        """Say why some address cannot be told of; empty when all can."""
        now = int(self._clock())
        with self._lock:
            self._failed = {each: kept for each, kept in self._failed.items() if 0 <= now - kept[0] < _REMEMBERED_S}
            return next((reason for _, reason in self._failed.values()), "")

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
        """Take note that nobody could tell of an address."""
        with self._lock:
            self._failed[address] = int(self._clock()), str(error)

    def answered(self, address: str) -> None:
        """Take note that somebody could."""
        with self._lock:
            self._failed.pop(address, None)
