"""Claims: each update is handled at most once."""

import threading
from collections.abc import Callable

from storage.database import Database
from storage.models import HandledUpdate

MOST_WAITING = 100
"""The most claims that wait for another transaction; with more, they get their own."""


class Claims:
    """Claims updates. A claim is a row, which is written along with the next transaction on any thread.

    So an update's writes are in the database together with its claim, or after it. An update that writes costs one
    commit, and one that only shows something costs none. If the program dies before a claim is written and Telegram
    sends that update again, it is handled again: it had written nothing.
    """

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._unwritten: set[tuple[int, int]] = set()
        """The claims that are not in the database yet."""

    def take(self, bot_id: int, update_id: int) -> bool:
        """Claim an update; return False if it was claimed before."""
        update = bot_id, update_id
        with self._lock:
            if update in self._unwritten:
                return False
            self._unwritten.add(update)
        is_fresh = False
        try:
            is_fresh = not HandledUpdate.is_claimed(bot_id, update_id)
        finally:
            if not is_fresh:
                self._forget(update)
        if is_fresh:
            row = bot_id, update_id, self._clock()
            self._database.write_along(HandledUpdate.CLAIM, row, written=lambda: self._forget(update))
        return is_fresh

    def write_when_many(self) -> None:
        """Write the waiting claims together once there are `MOST_WAITING` of them."""
        if len(self._unwritten) >= MOST_WAITING:
            self._database.write_waiting()

    def _forget(self, update: tuple[int, int]) -> None:
        with self._lock:
            self._unwritten.discard(update)
