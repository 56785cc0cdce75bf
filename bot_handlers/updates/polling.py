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
from bot_handlers.telegram.reachability import Reachability, Trouble
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.reading import is_numbered
from shop.jobs import Job, Runner

_log = logging.getLogger("souk.polling")

_WAIT_S = 25
_PAUSE_S = 3
_LOOK_AGAIN_S = 0.25
"""While an update takes its time, Telegram repeats it with every answer: no need to ask more often than this."""
_AT_ONCE_S = 0.5
"""A server that does not wait for updates is asked at most twice a second."""
_MOST_REFUSED = 1_000
_WORKERS = 8


class Poller:
    """Fetches the updates of one bot and hands them on: side by side for different people, in order for each.

    Telegram is told that an update arrived when it was handled, together with all before it. One that takes long
    holds up its own person alone: meanwhile Telegram sends it again, and it is known by its number.

    It runs as a job: whatever nobody thought of is logged and counted there, and the fetching begins anew.
    `monotonic` counts seconds; `pause` waits, and ends early at a stop.
    """

    def __init__(
        self,
        bot: TeleBot,
        bots: Bots,
        reachability: Reachability,
        *,
        monotonic: Callable[[], float],
        pause: Callable[[float], object] | None = None,
        at_end: Callable[[], None],
    ) -> None:
        self._bot = bot
        self._bots = bots
        self._reachability = reachability
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._pause = pause or self._stop.wait
        self._changed = threading.Condition()
        self._queues: dict[int, deque[dict[str, Any]]] = {}
        self._in_hand: set[int] = set()
        self._handled: set[int] = set()
        self._come_again: set[int] = set()
        self._refused: set[str] = set()
        self._offset: int | None = None
        self.runner = Runner("polling", (Job("polling", 1, self.run, endless=True),), let_go=at_end)

    def start(self) -> None:
        """Begin to fetch, on a thread of its own."""
        self.runner.start()

    def stop(self, *, timeout_s: float) -> None:
        """Wait for the updates in hand; a call that waits at Telegram has confirmed nothing and is not waited for."""
        self._stop.set()
        self.runner.stop()
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._in_hand, timeout_s)

    def run(self) -> None:
        """Fetch and hand on until `stop`."""
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="update") as pool:
            while not self._stop.is_set():
                self.round(pool)

    def round(self, pool: ThreadPoolExecutor) -> None:
        """Fetch once, and hand on what came."""
        asked_at = self._monotonic()
        updates = self._fetch()
        for update in updates or ():
            self._take(update, pool)
        self._settle()
        if updates == [] and self._monotonic() - asked_at < _AT_ONCE_S:
            self._pause(_AT_ONCE_S)

    def _fetch(self) -> list[dict[str, Any]] | None:
        """Ask for updates; None where there was no answer, which is waited for here."""
        try:
            answer = apihelper.get_updates(
                self._bot.token,
                offset=self._offset,
                allowed_updates=ALLOWED_UPDATES,
                long_polling_timeout=_WAIT_S,
            )
        except TelegramFailure as error:
            self._deaf(error)
            self._pause(max(_PAUSE_S, failures.retry_after_s(error)))
            return None
        self._reachability.well()
        return self._readable(answer)

    def _deaf(self, error: Exception) -> None:
        """Say why there are no updates, and take back the webhook that somebody set meanwhile."""
        trouble = Trouble.SILENT
        if failures.says(error, "conflict"):
            trouble = Trouble.CONFLICT
        elif failures.says(error, "unauthorized"):
            trouble = Trouble.TOKEN
        self._reachability.ill(trouble, failures.describe(error))
        if failures.says(error, "webhook is active"):
            try:
                self._bot.delete_webhook()
            except TelegramFailure as again:
                _log.warning("the webhook of another program stays: %s", failures.describe(again))

    def _readable(self, answer: list[Any]) -> list[dict[str, Any]]:
        """Leave out what is no update: it is never confirmed, so that it is named once and not at every answer."""
        updates = [each for each in answer if is_numbered(each)]
        for each in answer:
            name = repr(each.get("update_id") if isinstance(each, dict) else each)[:40]
            if not is_numbered(each) and name not in self._refused and len(self._refused) < _MOST_REFUSED:
                self._refused.add(name)
                _log.warning("what Telegram sent is no update: its number would be %s", name)
        return updates

    def _take(self, update: dict[str, Any], pool: ThreadPoolExecutor) -> None:
        """Put an update behind the others of its person, unless it is there; an urgent one goes on at once."""
        number, person = int(update["update_id"]), self._bots.person_of(update)
        with self._changed:
            if self._stop.is_set() or number in self._in_hand or number in self._handled:
                return
            if self._bots.is_urgent(update):
                self._bots.accept(self._bot.bot_id, update)
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
            self._pause(_PAUSE_S)
