"""Whose turn it is when a budget of requests does not cover everyone who is due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")
_DUE = 1_000


@dataclass(slots=True)
class FairQueue(Generic[K]):
    """Fair scheduling within a budget of requests. Times are in Unix seconds; a turn in the future does not count."""

    _last: dict[K, int] = field(init=False, default_factory=dict)

    def last(self, key: K) -> int:
        """Return when a key had its last turn; 0 if never."""
        return self._last.get(key, 0)

    def choose(self, waits: Mapping[K, int], *, now: int, questions: int, batch: int = 1) -> list[K]:
        """Choose the keys for this turn: those that have waited longest relative to their interval, within the
        budget.

        `waits` holds each key's interval in seconds; keys not in it are forgotten. A request covers `batch` keys;
        free places in a request go to keys that are not due yet.
        """
        had = ((key, self._last.get(key, 0)) for key in waits)
        self._last = {key: last if last <= now else 0 for key, last in had}  # the clock may have gone back
        waited = {key: (now - self._last[key]) * _DUE // max(1, wait_s) for key, wait_s in waits.items()}
        due = sum(share >= _DUE for share in waited.values())
        room = min(questions, -(-due // batch)) * batch
        return sorted(waited, key=lambda key: waited[key], reverse=True)[:room]

    def take(self, keys: Iterable[K], *, now: int) -> None:
        """Record that these keys have had their turn."""
        self._last.update(dict.fromkeys(keys, now))
