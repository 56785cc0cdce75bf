"""The fetched updates of one bot on their way to `Bots.accept`: in parallel for different people, in order for each.

An update is confirmed to Telegram once it and all before it have been handled. A slow one holds up only its own
person: meanwhile Telegram sends it again, and it is recognised by its number. An answer has room for a hundred, so
one that is still in hand when most of a hundred after it have been handled is confirmed early: otherwise nobody else
would be heard until it is done. Should the program end before that, this one is lost.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from bot_handlers.updates.bots import Bots
from bot_handlers.updates.reading import is_numbered

_log = logging.getLogger("souk.polling")

_MOST_REFUSED = 1_000
_MOST_BEHIND = 80
"""So many handled updates may wait for an earlier one to be confirmed: four fifths of what fits into an answer."""


class Intake:
    """The updates fetched for one bot, and the progress in handling them. `done` is called after each.

    `offset` is the one to ask Telegram for next; None before anything has arrived.
    """

    def __init__(
        self, bot_id: int, bots: Bots, stop: threading.Event, *, done: Callable[[], None] = lambda: None
    ) -> None:
        self._bot_id = bot_id
        self._bots = bots
        self._stop = stop
        self._done = done
        self._changed = threading.Condition()
        self._queues: dict[int, deque[dict[str, Any]]] = {}
        self._in_hand: set[int] = set()
        self._handled: set[int] = set()
        self._come_again: set[int] = set()
        self._overtaken: set[int] = set()
        self._refused: set[str] = set()
        self.offset: int | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether an update is in hand."""
        return bool(self._in_hand)

    def readable(self, answer: list[Any]) -> list[dict[str, Any]]:
        """Leave out anything that is not an update: it is never confirmed, so it is logged once and not at every
        answer.
        """
        for each in answer:
            name = repr(each.get("update_id") if isinstance(each, dict) else each)[:40]
            if not is_numbered(each) and name not in self._refused and len(self._refused) < _MOST_REFUSED:
                self._refused.add(name)
                _log.warning("Telegram sent something that is not an update; its number would be %s", name)
        return [each for each in answer if is_numbered(each)]

    def take(self, update: dict[str, Any], pool: ThreadPoolExecutor) -> None:
        """Queue an update behind the others of its person, unless it is queued already; an urgent one is passed on
        at once.
        """
        number, person = int(update["update_id"]), self._bots.person_of(update)
        with self._changed:
            if self._stop.is_set() or number in self._in_hand or number in self._handled:
                return
            if self._bots.is_urgent(update):
                self._bots.accept(self._bot_id, update)
                self._handled.add(number)
                return
            self._come_again.discard(number)
            self._in_hand.add(number)
            if person in self._queues:
                self._queues[person].append(update)
                return
            queue = self._queues[person] = deque([update])
            work = pool.submit(self._in_order, person, queue)
            work.add_done_callback(lambda work: self._let_go(person, queue, work))

    def wait(self, timeout_s: float, *, even_at_the_end: bool = False) -> None:
        """Wait a moment for the updates in hand."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._in_hand or (self._stop.is_set() and not even_at_the_end), timeout_s
            )

    def confirm(self) -> bool:
        """Advance past everything handled; return whether something has to be sent again."""
        with self._changed:
            self._overtaken &= self._in_hand
            open_ones = (self._in_hand | self._come_again) - self._overtaken
            while (first := min(open_ones, default=None)) in self._in_hand and self._is_far_behind(first):
                self._overtaken.add(first)
                open_ones.remove(first)
            if open_ones:
                self.offset = min(open_ones)
            elif self._handled:
                self.offset = max(self._handled) + 1
            self._handled = {number for number in self._handled if number >= (self.offset or 0)}
            return bool(self._come_again)

    def _is_far_behind(self, number: int) -> bool:
        return sum(handled > number for handled in self._handled) >= _MOST_BEHIND

    def wake(self) -> None:
        """End a wait."""
        with self._changed:
            self._changed.notify_all()

    def _in_order(self, person: int, queue: deque[dict[str, Any]]) -> None:
        """Handle the updates of a person; each stays at the head of its queue until it is handled."""
        while queue and not self._stop.is_set():
            self._bots.accept(self._bot_id, queue[0])
            with self._changed:
                number = int(queue.popleft()["update_id"])
                self._in_hand.remove(number)
                self._handled.add(number)
                if not queue:
                    del self._queues[person]
                self._changed.notify_all()
            self._done()

    def _let_go(self, person: int, queue: deque[dict[str, Any]], work: Future[None]) -> None:
        """Forget unhandled updates, after a failure or at the end; Telegram sends them again."""
        error = work.exception()
        if error is not None:
            _log.error("updates could not be accepted; they will come again", exc_info=error)
        with self._changed:
            untaken = {int(update["update_id"]) for update in queue}
            if untaken:
                del self._queues[person]
            self._in_hand -= untaken
            lost = untaken & self._overtaken  # Telegram was told that they are handled, and never sends them again
            if lost:
                _log.error("%d updates that were confirmed early are lost", len(lost))
            self._come_again |= untaken - lost
            self._changed.notify_all()
        self._done()
