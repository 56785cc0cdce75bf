"""The same messages to many people, without waiting or retrying; a picture is uploaded once per bot."""

import logging

from telebot import TeleBot
from telebot.types import InlineKeyboardMarkup, LinkPreviewOptions

from bot_handlers.screens.screen import Rows, Screen, plain_text
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import inline
from bot_handlers.telegram.transport import WholeKeyboard

_log = logging.getLogger("souk.telegram")

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


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
        self._pictures: dict[int, str | None] = {}
        """Telegram's file id of the picture for each bot; None for a bot whose server refuses pictures."""

    def serves(self, bot_id: int) -> bool:
        """Return whether a bot is one of this process."""
        return bot_id in self._bots

    def send(self, bot_id: int, chat_id: int, screen: Screen) -> None:
        """Send one message. Raises what `TelegramFailure` lists.

        An announcement has at most one picture, so the bot is enough to identify it.
        """
        bot = self._bots[bot_id]
        if screen.picture and self._pictures.get(bot_id, "") is not None:
            try:
                self._send_picture(bot, chat_id, screen)
            except TelegramFailure as error:
                # No answer is not a refusal: the picture may have arrived, so the text could be a second message.
                if not failures.refused(error) or failures.link_refused(error):
                    raise
                _log.info("picture not sent, text instead: %s", failures.describe(error))
                self._pictures[bot_id] = None
            else:
                return
        self._send_text(bot, chat_id, screen)

    def _send_picture(self, bot: TeleBot, chat_id: int, screen: Screen) -> None:
        message = bot.send_photo(
            chat_id,
            self._pictures.get(bot.bot_id) or screen.picture,
            caption=screen.text,
            parse_mode="HTML",
            reply_markup=_whole(screen.rows),
        )
        self._pictures[bot.bot_id] = message.photo[-1].file_id

    @staticmethod
    def _send_text(bot: TeleBot, chat_id: int, screen: Screen) -> None:
        rows = _whole(screen.rows)
        try:
            bot.send_message(
                chat_id, screen.text, parse_mode="HTML", reply_markup=rows, link_preview_options=_NO_PREVIEW
            )
        except TelegramFailure as error:
            if not failures.bad_markup(error):
                raise
            plain = plain_text(screen.text)
            bot.send_message(chat_id, plain, reply_markup=rows, link_preview_options=_NO_PREVIEW)
