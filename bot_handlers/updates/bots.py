"""The bots of this process, and the one door that updates come in by."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from telebot import TeleBot
from telebot.types import Update

from bot_handlers.telegram.visits import ALLOWED_UPDATES
from storage.database import Database
from storage.models import HandledUpdate

_log = logging.getLogger("souk.bot")

_STRIPES = 256
_NUMBERS = 2**63


class UnknownBot(Exception):
    """No bot of this process has this id."""


class Bots:
    """Claims updates and leads each to its bot: once, and one at a time per chat."""

    def __init__(self, bots: dict[int, TeleBot], database: Database, *, clock: Callable[[], int]) -> None:
        self._bots = bots
        self._database = database
        self._clock = clock
        self._locks = tuple(threading.Lock() for _ in range(_STRIPES))

    def accept(self, bot_id: int, update: dict[str, Any]) -> None:
        """Handle an update, unless it was handled before. Whatever goes wrong after the claim is logged, not raised.

        Raises:
            UnknownBot: no such bot here.
        """
        if bot_id not in self._bots:
            raise UnknownBot(bot_id)
        update_id = update.get("update_id")
        if not isinstance(update_id, int) or isinstance(update_id, bool) or not 0 <= update_id < _NUMBERS:
            _log.warning("an update without an id was ignored")
            return
        with self._locks[self.person_of(update) % _STRIPES]:
            with self._database.transaction(durable=False):
                fresh = HandledUpdate.claim(bot_id, update_id, now=self._clock())
            if not fresh:
                return
            try:
                self._bots[bot_id].process_new_updates([Update.de_json(update)])
            except Exception:  # noqa: BLE001 - the door of updates: one of three places
                _log.exception("update %d could not be read", update_id)

    @staticmethod
    def person_of(update: dict[str, Any]) -> int:
        """Find whose update this is, to keep their updates in order; 0 if nobody."""
        for kind in ALLOWED_UPDATES:
            content = update.get(kind)
            if isinstance(content, dict):
                person = content.get("from")
                if isinstance(person, dict) and isinstance(person.get("id"), int):
                    return int(person["id"])
        return 0
