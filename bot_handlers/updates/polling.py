"""Long polling: for operators with neither a domain nor TLS."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from telebot import TeleBot, apihelper

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.reachability import Reachability, Trouble
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.intake import Intake
from shop.jobs import Job, Runner

_log = logging.getLogger("souk.polling")

WAIT_S = 25
PAUSE_S = 3
LONGEST_PAUSE_S = 60
"""The longest pause in seconds, whatever a server asks for: after an hour of it a shop would be taken for dead."""
LOOK_AGAIN_S = 0.7
"""Seconds between requests while an update is still being handled, since Telegram repeats it in every answer.

Telegram answers a request with the same offset within half a second with one update only, which would be that one.
"""
AT_ONCE_S = 0.5
"""The shortest time in seconds between two requests to a server that answers without waiting for updates."""
WORKERS = 8


class Poller:
    """Fetches the updates of one bot and passes them on (`Intake`).

    It runs as a job, where unexpected errors are logged and counted, and fetching starts over.
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
        self._reachability = reachability
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._pause = pause or self._stop.wait
        self._new_intake = partial(Intake, bot.bot_id, bots, self._stop)
        self._intake = self._new_intake()
        self.runner = Runner("polling", (Job("polling", 1, self.run, endless=True),), let_go=at_end)

    def start(self) -> None:
        """Start fetching on a separate thread."""
        self.runner.start()

    def stop(self, *, timeout_s: float) -> None:
        """Wait for the updates in hand; a call waiting at Telegram has confirmed nothing and is abandoned."""
        self._stop.set()
        self.runner.stop()
        self._intake.wake()
        self._intake.wait(timeout_s, even_at_the_end=True)

    def run(self) -> None:
        """Fetch and pass on until `stop`. The intake is as new as the threads: it waits for no old ones."""
        self._intake = self._new_intake()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="update") as pool:
            while not self._stop.is_set():
                self.round(pool)

    def round(self, pool: ThreadPoolExecutor) -> None:
        """Fetch once, and pass on the updates."""
        asked_at = self._monotonic()
        updates = self._fetch()
        for update in updates or ():
            self._intake.take(update, pool)
        self._intake.wait(LOOK_AGAIN_S)
        if self._intake.confirm():
            self._pause(PAUSE_S)
        if updates == [] and self._monotonic() - asked_at < AT_ONCE_S:
            self._pause(AT_ONCE_S)

    def _fetch(self) -> list[dict[str, Any]] | None:
        """Ask for updates; None if there was no answer, after a pause."""
        try:
            answer = apihelper.get_updates(
                self._bot.token,
                offset=self._intake.offset,
                allowed_updates=ALLOWED_UPDATES,
                long_polling_timeout=WAIT_S,
            )
        except TelegramFailure as error:
            self._deaf(error)
            self._pause(max(PAUSE_S, min(failures.retry_after_s(error), LONGEST_PAUSE_S)))
            return None
        self._reachability.well()
        return self._intake.readable(answer)

    def _deaf(self, error: Exception) -> None:
        """Report why there are no updates, and remove a webhook that was set meanwhile."""
        trouble = Trouble.SILENT
        if failures.says(error, "conflict"):
            trouble = Trouble.CONFLICT
        elif failures.says(error, "unauthorized"):
            trouble = Trouble.TOKEN
        self._reachability.ill(trouble, failures.describe(error))
        if failures.says(error, *failures.WEBHOOK_IS_SET):
            try:
                self._bot.delete_webhook()
            except TelegramFailure as again:
                _log.warning("another program's webhook stays: %s", failures.describe(again))
