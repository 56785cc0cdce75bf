"""The bots of this process, and the one entrance for updates."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from telebot import TeleBot

from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.updates.claims import Claims
from bot_handlers.updates.pre_checkouts import KIND as PRE_CHECKOUT
from bot_handlers.updates.reading import UnreadableUpdate, is_numbered, read
from storage.database import CANNOT_WRITE, Database

_log = logging.getLogger("souk.bot")

_STRIPES = 256


class UnknownBot(Exception):
    """No bot of this process has this id."""


def _nobody(_kind: str, _result: str, _seconds: float) -> None:
    """Ignore it."""


def kind_of(update: dict[str, Any]) -> str:
    """Name the kind of an update, one of those requested."""
    return next((kind for kind in ALLOWED_UPDATES if update.get(kind) is not None), "other")


class Bots:
    """Claims updates and passes each to its bot: once, and one at a time per chat.

    `settle` gives a handler's screens a moment to go out; a private chat has the number of its person. `pre_checkout`
    takes updates that must be answered within seconds, without waiting or a claim.
    """

    def __init__(
        self,
        bots: dict[int, TeleBot],
        database: Database,
        *,
        clock: Callable[[], int],
        settle: Callable[[int, int], None] = lambda _bot_id, _chat_id: None,
        pre_checkout: Callable[[int, Any], None] = lambda _bot_id, _query: None,
    ) -> None:
        self.on_update: Callable[[str, str, float], None] = _nobody
        """Called with the kind of an update, its result, and the seconds that it took."""
        self._settle = settle
        self._pre_checkout = pre_checkout
        self._bots = bots
        self._database = database
        self._claims = Claims(database, clock=clock)
        self._locks = tuple(threading.Lock() for _ in range(_STRIPES))

    def accept(self, bot_id: int, update: dict[str, Any]) -> None:
        """Handle an update, unless it was handled before. Any error after the claim is logged, not raised.

        Raises:
            UnknownBot: no such bot here.
        """
        bot = self._bots.get(bot_id)
        if bot is None:
            raise UnknownBot(bot_id)
        if not is_numbered(update):
            _log.warning("an update without an id was ignored")
            return
        if self.is_urgent(update):
            self._pre_checkout(bot_id, update[PRE_CHECKOUT])
            self.on_update(PRE_CHECKOUT, "handled", 0)
            return
        update_id = int(update["update_id"])
        person = self.person_of(update)
        with self._locks[person % _STRIPES]:
            if not self._claims.take(bot_id, update_id):
                self.on_update(kind_of(update), "repeated", 0)
                return
            begun, result = time.monotonic(), "handled"
            try:
                bot.process_new_updates([read(update)])
            except UnreadableUpdate as reason:
                result = "unreadable"
                _log.warning("update %d was left out: %s", update_id, reason)
            except Exception:  # noqa: BLE001 - the door of updates: one of three places
                result = "failed"
                _log.exception("update %d could not be handled", update_id)
            try:
                self._claims.write_when_many()
            except CANNOT_WRITE as error:
                _log.warning("updates that changed nothing are not recorded yet: %s", error)
            self.on_update(kind_of(update), result, time.monotonic() - begun)
        self._database.release_thread()
        self._settle(bot_id, person)

    @staticmethod
    def is_urgent(update: dict[str, Any]) -> bool:
        """Return whether an update must be answered within seconds, whatever else is going on."""
        return update.get(PRE_CHECKOUT) is not None

    @staticmethod
    def person_of(update: dict[str, Any]) -> int:
        """Find the person of an update, to keep their updates in order; 0 if there is none."""
        for kind in ALLOWED_UPDATES:
            content = update.get(kind)
            if isinstance(content, dict):
                person = content.get("from")
                if isinstance(person, dict) and isinstance(person.get("id"), int):
                    return int(person["id"])
        return 0
