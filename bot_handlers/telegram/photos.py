"""Shared pictures: uploaded once for each bot, and sent by Telegram's own id from then on."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from telebot.types import Message

from bot_handlers.screens.screen import Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure

MOST_REMEMBERED = 500


class Photos:
    """Telegram's ids of the pictures that were sent. A `file_id` is valid only for its bot (Bot API)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: OrderedDict[tuple[int, bytes], str] = OrderedDict()

    def send(self, bot_id: int, screen: Screen, picture: bytes, send: Callable[[bytes | str], Message]) -> Message:
        """Send the picture of a screen by its id, or as bytes if Telegram does not know it (any more)."""
        if not screen.is_shared:
            return send(picture)
        key = bot_id, hashlib.blake2b(picture, digest_size=16).digest()
        known = self._id_of(key)
        if known is not None:
            try:
                return send(known)
            except TelegramFailure as error:
                if not failures.wrong_file(error):
                    raise
        sent = send(picture)
        if sent.photo:
            self._remember(key, sent.photo[-1].file_id)
        return sent

    def _id_of(self, key: tuple[int, bytes]) -> str | None:
        with self._lock:
            if key in self._ids:
                self._ids.move_to_end(key)
            return self._ids.get(key)

    def _remember(self, key: tuple[int, bytes], file_id: str) -> None:
        with self._lock:
            self._ids[key] = file_id
            if len(self._ids) > MOST_REMEMBERED:
                self._ids.popitem(last=False)
