"""Long polling: for operators with neither a domain nor TLS."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from telebot import TeleBot, apihelper

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.updates.bots import Bots

_log = logging.getLogger("souk.polling")

_WAIT_S = 25
_PAUSE_S = 3
_LOOK_AGAIN_S = 0.25
"""While an update takes its time, Telegram repeats it with every answer: no need to ask more often than this."""
_WORKERS = 8


class Poller:
    """Fetches the updates of one bot and hands them on: side by side for different people, in order for each.

    Telegram is told that an update arrived when it was handled, together with all before it. One that takes long
    holds up its own person alone: meanwhile Telegram sends it again, and it is known by its number.
    """

    def __init__(self, bot: TeleBot, bots: Bots, *, at_end: Callable[[], None]) -> None:
        self._bot = bot
        self._bots = bots
        self._at_end = at_end
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._queues: dict[int, deque[dict[str, Any]]] = {}
        self._in_hand: set[int] = set()
        self._handled: set[int] = set()
        self._come_again: set[int] = set()
        self._offset: int | None = None
        self._thread = threading.Thread(target=self._loop, name="polling", daemon=True)

    def start(self) -> None:
        """Begin to fetch."""
        self._thread.start()

    def stop(self, *, timeout_s: float) -> None:
        """Wait for the updates in hand; a call that waits at Telegram has confirmed nothing and is not waited for."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._in_hand, timeout_s)

    def _loop(self) -> None:
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="update") as pool:
            while not self._stop.is_set():
                for update in self._fetch():
                    self._take(update, pool)
                self._settle()
        self._at_end()

    def _fetch(self) -> list[dict[str, Any]]:
        try:
            answer = apihelper.get_updates(
                self._bot.token,
                offset=self._offset,
                allowed_updates=ALLOWED_UPDATES,
                long_polling_timeout=_WAIT_S,
            )
        except TelegramFailure as error:
            _log.warning("no updates: %s", failures.describe(error))
            self._stop.wait(max(_PAUSE_S, failures.retry_after_s(error)))
            return []
        updates = updates_in(answer)
        if updates != answer:
            _log.warning("an answer that is no list of updates")
            self._stop.wait(_PAUSE_S)
        return updates

    def _take(self, update: dict[str, Any], pool: ThreadPoolExecutor) -> None:
        """Put an update behind the others of its person, unless it is there already."""
        number, person = int(update["update_id"]), self._bots.person_of(update)
        with self._changed:
            if self._stop.is_set() or number in self._in_hand or number in self._handled:
                return
            self._come_again.discard(number)
            self._in_hand.add(number)
            if person in self._queues:
                self._queues[person].append(update)
                return
            queue = self._queues[person] = deque([update])
            work = pool.submit(self._in_order, person, queue)
            work.add_done_callback(lambda work: self._let_go(person, queue, work))

    def _in_order(self, person: int, queue: deque[dict[str, Any]]) -> None:
        """Handle the updates of a person; each stays at the head of its queue until it is handled."""
        while queue and not self._stop.is_set():
            self._bots.accept(self._bot.bot_id, queue[0])
            with self._changed:
                number = int(queue.popleft()["update_id"])
                self._in_hand.remove(number)
                self._handled.add(number)
                if not queue:
                    del self._queues[person]
                self._changed.notify_all()

    def _let_go(self, person: int, queue: deque[dict[str, Any]], work: Future[None]) -> None:
        """Forget what was not handled, after a failure or at the end: it comes again."""
        error = work.exception()
        if error is not None:
            _log.error("updates could not be taken on; they come again", exc_info=error)
        with self._changed:
            untaken = {int(update["update_id"]) for update in queue}
            if untaken:
                del self._queues[person]
            self._in_hand -= untaken
            self._come_again |= untaken
            self._changed.notify_all()

    def _settle(self) -> None:
        """Wait a moment for what is in hand, and see how far everything is handled."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_hand or self._stop.is_set(), _LOOK_AGAIN_S)
            open_ones = self._in_hand | self._come_again
            if open_ones:
                self._offset = min(open_ones)
            elif self._handled:
                self._offset = max(self._handled) + 1
            self._handled = {number for number in self._handled if number >= (self._offset or 0)}
            failed = bool(self._come_again)
        if failed:
            self._stop.wait(_PAUSE_S)


def updates_in(answer: Any) -> list[dict[str, Any]]:
    """Pick the updates out of an answer; a server, or what stands before it, may have sent anything."""
    every = answer if isinstance(answer, list) else []
    return [each for each in every if isinstance(each, dict) and type(each.get("update_id")) is int]
