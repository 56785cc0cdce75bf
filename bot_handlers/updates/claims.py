"""Claims: each update is handled at most once."""

import threading
from collections.abc import Callable

from storage.database import Database
from storage.models import HandledUpdate


class Claims:
    """Claims updates. A claim is a row, which is written along with the next transaction on any thread.

    So an update's writes are in the database together with its claim, or after it, and most updates that write cost
    one commit. If the program dies before an update has written anything, Telegram sends it again, and it is handled
    then.
    """

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._unwritten: set[tuple[int, int]] = set()
        """The claims that are in no row yet."""

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

    def write(self, bot_id: int, update_id: int) -> None:
        """Write a claim, together with the other waiting ones, unless a transaction has already written it."""
        with self._lock:
            waits = (bot_id, update_id) in self._unwritten
        if waits:
            self._database.write_waiting()

    def _forget(self, update: tuple[int, int]) -> None:
        with self._lock:
            self._unwritten.discard(update)
