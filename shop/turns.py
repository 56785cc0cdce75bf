"""Whose turn it is, where there are more who wait than questions that may be asked."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
_DUE = 1_000


class Turns(Generic[K]):
    """Remembers who had a turn when. Times are in Unix seconds; a turn in the future is one nobody had."""

    def __init__(self) -> None:
        self._last: dict[K, int] = {}

    def last(self, key: K) -> int:
        """Say when somebody had his last turn; 0 when he had none."""
        return self._last.get(key, 0)

    def choose(self, waits: Mapping[K, int], *, now: int, questions: int, batch: int = 1) -> list[K]:
        """Choose who is asked about now: those who waited longest for their measure, within so many questions.

        `waits` says how many seconds each should wait between two turns; who is not in it is forgotten. A question
        covers `batch` of them; one that is asked anyway takes others along before their time.
        """
        had = ((key, self._last.get(key, 0)) for key in waits)
        self._last = {key: last if last <= now else 0 for key, last in had}  # the clock may have gone back
        waited = {key: (now - self._last[key]) * _DUE // max(1, wait_s) for key, wait_s in waits.items()}
        due = sum(share >= _DUE for share in waited.values())
        room = min(questions, -(-due // batch)) * batch
        return sorted(waited, key=lambda key: waited[key], reverse=True)[:room]

    def take(self, keys: Iterable[K], *, now: int) -> None:
        """Take note that these had their turn."""
        self._last.update(dict.fromkeys(keys, now))
