"""Long polling: for operators with neither a domain nor TLS."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from telebot import TeleBot, apihelper

from bot_handlers import failures
from bot_handlers.bots import ALLOWED_UPDATES, Bots
from bot_handlers.failures import TelegramFailure

_WAIT_S = 25
_PAUSE_S = 3
_WORKERS = 8
_log = logging.getLogger("souk.polling")


class Poller:
    """Fetches the updates of one bot and hands them on: side by side for different people, in order for each."""

    def __init__(self, bot: TeleBot, bots: Bots, *, at_end: Callable[[], None]) -> None:
        self._bot = bot
        self._bots = bots
        self._at_end = at_end
        self._stop = threading.Event()
        self._handling = threading.Lock()
        self._offset: int | None = None
        self._thread = threading.Thread(target=self._loop, name="polling", daemon=True)

    def start(self) -> None:
        """Begin to fetch."""
        self._thread.start()

    def stop(self, *, timeout_s: float) -> None:
        """Wait for the batch in hand; a call that waits at Telegram has confirmed nothing and is not waited for."""
        self._stop.set()
        if self._handling.acquire(timeout=timeout_s):
            self._handling.release()

    def _loop(self) -> None:
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="update") as pool:
            while not self._stop.is_set():
                batch = self._fetch()
                with self._handling:
                    if not self._stop.is_set():
                        self._hand_on(batch, pool)
        self._at_end()

    def _fetch(self) -> list[dict[str, Any]]:
        try:
            return list(
                apihelper.get_updates(
                    self._bot.token,
                    offset=self._offset,
                    allowed_updates=ALLOWED_UPDATES,
                    long_polling_timeout=_WAIT_S,
                )
            )
        except TelegramFailure as error:
            _log.warning("no updates: %s", failures.describe(error))
            self._stop.wait(max(_PAUSE_S, failures.retry_after_s(error)))
            return []

    def _hand_on(self, batch: list[dict[str, Any]], pool: ThreadPoolExecutor) -> None:
        queues: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for update in batch:
            queues[self._bots.person_of(update)].append(update)
        works = [pool.submit(self._in_order, queue) for queue in queues.values()]
        untaken = [error for work in works if (error := work.exception()) is not None]
        for error in untaken:
            _log.error("updates could not be taken on; they come again", exc_info=error)
        if untaken:
            self._stop.wait(_PAUSE_S)
        elif batch:
            self._offset = max(int(update["update_id"]) for update in batch) + 1

    def _in_order(self, queue: list[dict[str, Any]]) -> None:
        for update in queue:
            self._bots.accept(self._bot.bot_id, update)
