"""Forwarding of ticket files: by id through the bot that received them, fetched first for any other bot."""

import logging
from dataclasses import dataclass
from typing import Any

from telebot import TeleBot

from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import TelegramUnreachable
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.roster import BotNotServed
from bot_handlers.telegram.transport import Transport
from shop.support.tickets import FileAtTelegram, FileKind

_log = logging.getLogger("souk.telegram")

MOST_BYTES = 20 * 1024 * 1024
"""The largest file that a bot can download (Bot API, getFile)."""


@dataclass(frozen=True, slots=True)
class TicketFiles:
    """Sends the files of tickets on."""

    bots: dict[int, TeleBot]
    transport: Transport

    def send(
        self, bot_id: int, chat_id: int, file: FileAtTelegram, *, topic: int | None, text: dict[str, Any]
    ) -> bool:
        """Send a file with the text below it, as Telegram's parameters; return whether that is possible.

        Raises what `TelegramFailure` lists, if another attempt may help.
        """
        bot, more = self.bots[bot_id], text
        content: str | bytes | None = file.file_id
        if file.bot_id != bot_id:
            name, content = self._fetched(file)
            if file.kind is FileKind.DOCUMENT:
                more = text | {"visible_file_name": name, "disable_content_type_detection": True}
        if content is None:
            return False
        send = {
            FileKind.PHOTO: bot.send_photo,
            FileKind.DOCUMENT: bot.send_document,
            FileKind.VIDEO: bot.send_video,
            FileKind.VOICE: bot.send_voice,
        }[file.kind]
        try:
            send(chat_id, content, message_thread_id=topic, **more)
        except TelegramFailure as error:
            if not failures.not_taken(error):
                raise
            _log.info("file not sent again, its name instead: %s", failures.describe(error))
            return False
        return True

    def _fetched(self, file: FileAtTelegram) -> tuple[str, bytes | None]:
        """Fetch a file through the bot that it was sent to, with its name; None if that bot cannot get it (now)."""
        if file.size > MOST_BYTES:
            return "", None
        try:
            url = self.bots[file.bot_id].get_file_url(file.file_id)
            content = self.transport.download(url, most_bytes=MOST_BYTES)
        except BotNotServed:
            return "", None
        except TelegramFailure as error:
            if isinstance(error, TelegramUnreachable) or failures.retry_after_s(error):
                raise
            _log.info("file of another bot not fetched, its name instead: %s", failures.describe(error))
            return "", None
        return url.rpartition("/")[2], content
