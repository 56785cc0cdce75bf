"""The same messages to many people, without waiting or retrying; a picture is uploaded once per bot."""

import logging
from collections import Counter
from dataclasses import replace

from telebot import TeleBot
from telebot.types import InlineKeyboardMarkup, Message

from bot_handlers.screens.screen import Rows, Screen, plain_text
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import NO_PREVIEW, inline
from bot_handlers.telegram.photos import Photos
from bot_handlers.telegram.transport import WholeKeyboard

_log = logging.getLogger("souk.telegram")

REFUSALS = 3
"""The number of refused pictures in a row after which an announcement goes out without its picture."""


class _Whole(InlineKeyboardMarkup):  # type: ignore[misc]
    """The buttons of an announcement: without one of them it would not be what its admin saw."""

    def to_json(self) -> str:
        return WholeKeyboard(super().to_json())


def _whole(rows: Rows) -> InlineKeyboardMarkup | None:
    markup = inline(rows)
    return None if markup is None else _Whole(markup.inline_keyboard)


class Mailing:
    """Sends the messages of one announcement. If a picture is refused, its text goes out instead; if the link of a
    button is, nothing does: the preview shows the refusal, before anybody gets the announcement.
    """

    def __init__(self, bots: dict[int, TeleBot]) -> None:
        self._bots = bots
        self._photos = Photos()
        self._refusals: Counter[int] = Counter()
        """For each bot: how many people in a row got the text instead of the picture."""

    def serves(self, bot_id: int) -> bool:
        """Return whether a bot is one of this process."""
        return bot_id in self._bots

    def send(self, bot_id: int, chat_id: int, screen: Screen) -> None:
        """Send one message. Raises what `TelegramFailure` lists."""
        bot, refusals = self._bots[bot_id], 0
        if screen.picture and self._refusals[bot_id] < REFUSALS:
            try:
                self._send_picture(bot, chat_id, screen, screen.picture)
            except TelegramFailure as error:
                # No answer is not a refusal: the picture may have arrived, so the text could be a second message.
                if not failures.not_taken(error) or failures.link_refused(error):
                    raise
                _log.info("picture not sent, text instead: %s", failures.describe(error))
                refusals = REFUSALS if failures.unknown_method(error) else 1
            else:
                self._refusals[bot_id] = 0
                return
        self._send_text(bot, chat_id, screen)
        self._refusals[bot_id] += refusals  # only now: what refuses the text as well is not about the picture

    def _send_picture(self, bot: TeleBot, chat_id: int, screen: Screen, picture: bytes) -> None:
        def send(photo: bytes | str) -> Message:
            return bot.send_photo(
                chat_id, photo, caption=screen.text, parse_mode="HTML", reply_markup=_whole(screen.rows)
            )

        self._photos.send(bot.bot_id, replace(screen, is_shared=True), picture, send)

    @staticmethod
    def _send_text(bot: TeleBot, chat_id: int, screen: Screen) -> None:
        rows = _whole(screen.rows)
        try:
            bot.send_message(
                chat_id, screen.text, parse_mode="HTML", reply_markup=rows, link_preview_options=NO_PREVIEW
            )
        except TelegramFailure as error:
            if not failures.bad_markup(error):
                raise
            plain = plain_text(screen.text)
            bot.send_message(chat_id, plain, reply_markup=rows, link_preview_options=NO_PREVIEW)
