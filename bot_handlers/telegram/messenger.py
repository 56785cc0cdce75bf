"""The only place that sends screens, handling everything that Telegram may answer."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from telebot import TeleBot
from telebot.types import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
)

from bot_handlers.screens.screen import (
    MAX_TEXT,
    MAX_TOAST,
    Button,
    FileParcel,
    Forwarded,
    Menu,
    Parcel,
    Rows,
    Screen,
    fits_below_a_picture,
    plain_text,
    shortened,
    split,
    utf16_length,
)
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.photos import Photos
from bot_handlers.telegram.ticket_files import TicketFiles
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.visits import Document, Visit
from shop.administration.appearance import MenuScreen

_log = logging.getLogger("souk.telegram")

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def inline(rows: Rows) -> InlineKeyboardMarkup | None:
    """Make the buttons below a message; None if there are none."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows])


def _button(button: Button) -> InlineKeyboardButton:
    if button.link is not None:
        return InlineKeyboardButton(button.label, url=button.link)
    if button.copy is not None:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
    if button.press is None:
        raise ValueError(f"the button {button.label!r} does nothing")
    return InlineKeyboardButton(button.label, callback_data=button.press.pack())


@dataclass(slots=True)
class LiveMessage:
    """A message that is kept up to date; `message_id` is None until it was sent."""

    message_id: int | None = None


class Messenger:
    """Sends through the bots of this process, at once. Waiting when Telegram asks for it (429) is up to the
    caller.
    """

    def __init__(
        self,
        bots: dict[int, TeleBot],
        transport: Transport,
        *,
        menu_picture: Callable[[int, MenuScreen], bytes | None] = lambda _bot_id, _scene: None,
        topics: Mapping[int, int] = MappingProxyType({}),
    ) -> None:
        """`topics`: the topic for messages to each group."""
        self._topics = topics
        self._bots = bots
        self._transport = transport
        self._menu_picture = menu_picture
        self._photos = Photos()
        self._files = TicketFiles(bots, transport)

    def serves(self, bot_id: int) -> bool:
        """Return whether a bot is one of this process."""
        return bot_id in self._bots

    def show(self, visit: Visit, screen: Screen, *, shown: Callable[[int], None] | None = None) -> None:
        """Show a screen in place of the one that was pressed, or as a new message; `shown` gets the message's id."""
        screen = self._dressed(visit.bot_id, screen)
        if visit.message_id is None:
            message_id = self.send(visit.bot_id, visit.chat_id, screen)
        elif screen.picture or visit.on_picture:
            message_id = self._replace(visit, visit.message_id, screen)
        else:
            message_id = self._edit(visit, visit.message_id, screen)
        if shown is not None:
            shown(message_id)

    def send(self, bot_id: int, chat_id: int, screen: Screen) -> int:
        """Send a screen as a new message; return its id. Raises what `TelegramFailure` lists."""
        bot = self._bots[bot_id]
        screen, markup = self._dressed(bot_id, screen), inline(screen.rows)
        if screen.picture:
            try:
                return self._send_photo(bot, chat_id, screen, screen.picture)
            except TelegramFailure as error:
                if failures.unreachable(error) or failures.retry_after_s(error):
                    raise
                _log.info("picture not sent, text instead: %s", failures.describe(error))
        return self._send_text(bot, chat_id, screen.text, markup)

    def update(self, bot_id: int, chat_id: int, message_id: int, screen: Screen) -> int:
        """Update a message that we sent; return the id of the message that shows it now.

        A picture that becomes a text is sent again, and the picture deleted.
        """
        bot = self._bots[bot_id]
        try:
            self._edit_text(bot, chat_id, message_id, screen)
        except TelegramFailure as error:
            if failures.not_modified(error):
                return message_id
            if not failures.not_editable(error):
                raise
            sent = self.send(bot_id, chat_id, screen)
            if failures.is_picture(error):
                self._delete(bot, chat_id, message_id)
            return sent
        return message_id

    def recaption(self, bot_id: int, chat_id: int, message_id: int, screen: Screen) -> bool:
        """Update the text of a screen, below its picture or without one, without sending a new message.

        Return whether the message still exists.
        """
        bot, markup = self._bots[bot_id], inline(screen.rows)
        for edit in (
            lambda: bot.edit_message_caption(
                screen.text, chat_id, message_id, parse_mode="HTML", reply_markup=markup
            ),
            lambda: self._edit_text(bot, chat_id, message_id, screen),
        ):
            try:
                edit()
            except TelegramFailure as error:
                if failures.not_modified(error):
                    return True
                if not failures.not_editable(error):
                    raise
            else:
                return True
        return False

    def renew(self, visit: Visit, message: LiveMessage, screen: Screen) -> None:
        """Send a message, or update it if it was sent before."""
        if message.message_id is None:
            message.message_id = self.send(visit.bot_id, visit.chat_id, screen)
        else:
            message.message_id = self.update(visit.bot_id, visit.chat_id, message.message_id, screen)

    def withdraw(self, bot_id: int, chat_id: int, message_id: int, instead: Screen) -> bool:
        """Delete a message that we sent, or replace its text; return whether either was done."""
        bot = self._bots[bot_id]
        for take_back in (
            lambda: bot.delete_message(chat_id, message_id),
            lambda: self._edit_text(bot, chat_id, message_id, instead),
        ):
            try:
                take_back()
            except TelegramFailure as error:
                _log.debug("message not withdrawn: %s", failures.describe(error))
            else:
                return True
        return False

    def settle(self, bot_id: int, chat_id: int) -> None:
        """Give a chat's waiting screens a moment to go out. Here nothing waits."""

    def erase(self, bot_id: int, chat_id: int, message_id: int) -> None:
        """Delete a message that a person sent. Raises what `TelegramFailure` lists."""
        self._bots[bot_id].delete_message(chat_id, message_id)

    def show_menu(self, visit: Visit, menu: Menu) -> None:
        """Send a message with the menu below the text field."""
        keyboard = ReplyKeyboardMarkup(resize_keyboard=True, is_persistent=True)
        for row in menu.labels:
            keyboard.row(*(KeyboardButton(label) for label in row))
        self._send_text(self._bots[visit.bot_id], visit.chat_id, menu.text, keyboard)

    def deliver(
        self,
        bot_id: int,
        chat_id: int,
        parcel: Parcel,
        *,
        as_file: bool = False,
        parts_sent: int = 0,
        arrived: Callable[[int], None] = lambda _parts: None,
    ) -> None:
        """Send goods in full: as one message, as a file if a message would alter them, in parts if no file can be
        sent.

        Parts that have arrived before are left out, and `arrived` gets the number so far. Goods that Telegram would
        alter are sent as a file or not at all; then a message says where they are.
        """
        bot = self._bots[bot_id]
        if not as_file and parcel.instead is None and utf16_length(plain_text(parcel.html)) <= MAX_TEXT:
            self._send_text(bot, chat_id, parcel.html, inline(parcel.rows))
            return
        if parts_sent == 0 and self._sent_as_file(bot, chat_id, parcel):
            return
        if parcel.instead is not None:
            self.send(bot_id, chat_id, parcel.instead)
            return
        parts = split(parcel.plain, MAX_TEXT)
        for number, part in enumerate(parts, start=1):
            if number > parts_sent:
                markup = inline(parcel.rows) if number == len(parts) else None
                bot.send_message(chat_id, part, reply_markup=markup, link_preview_options=NO_PREVIEW)
                arrived(number)

    def _sent_as_file(self, bot: TeleBot, chat_id: int, parcel: Parcel) -> bool:
        """Send goods as a file; return whether the server takes files."""
        content = parcel.plain.encode(parcel.encoding)
        try:
            self._send_file(bot, chat_id, parcel.file_name, content, caption=parcel.title, rows=parcel.rows)
        except TelegramFailure as error:
            if not failures.not_taken(error):
                raise
            _log.info("file not sent, text instead: %s", failures.describe(error))
            return False
        return True

    def hand_over(self, visit: Visit, parcel: Parcel, *, lost: Callable[[], None] = lambda: None) -> None:
        """Send a parcel as a file, or as text if no file can be sent; `lost` is called if it does not arrive."""
        try:
            self.deliver(visit.bot_id, visit.chat_id, parcel, as_file=True)
        except TelegramFailure:
            lost()
            raise

    def deliver_file(self, bot_id: int, chat_id: int, parcel: FileParcel) -> None:
        """Send a file; a server that takes none says where the file is instead."""
        try:
            bot = self._bots[bot_id]
            self._send_file(bot, chat_id, parcel.file_name, parcel.content, caption=parcel.caption, rows=parcel.rows)
        except TelegramFailure as error:
            if not failures.not_taken(error):
                raise
            _log.info("file not sent, its location instead: %s", failures.describe(error))
            self.send(bot_id, chat_id, parcel.instead)

    def forward(self, bot_id: int, chat_id: int, message: Forwarded) -> None:
        """Send a screen with a file that Telegram keeps, as its caption, or below it if it is too long.

        If the server takes no files, or the file cannot be fetched, only the screen is sent, which names the file.
        """
        screen, topic = message.screen, self._topics.get(chat_id)
        text: dict[str, Any] = {}
        if fits_below_a_picture(screen):
            text = {"caption": screen.text, "parse_mode": "HTML", "reply_markup": inline(screen.rows)}
        if not self._files.send(bot_id, chat_id, message.file, topic=topic, text=text) or not text:
            self.send(bot_id, chat_id, screen)

    def toast(self, visit: Visit, text: str = "", *, alert: bool = False) -> None:
        """Answer the press of a button; without a text it only stops its spinning."""
        if not self.answer_tap(visit, text, alert=alert):
            self.send(visit.bot_id, visit.chat_id, Screen(text))

    def answer_tap(self, visit: Visit, text: str = "", *, alert: bool = False) -> bool:
        """Answer a tap; return False if it was too old for Telegram to show this alert."""
        if visit.tap_id is None:
            return True
        try:
            self._bots[visit.tap_bot_id or visit.bot_id].answer_callback_query(
                visit.tap_id, text=shortened(plain_text(text), MAX_TOAST) or None, show_alert=alert
            )
        except TelegramFailure as error:
            _log.debug("tap not answered: %s", failures.describe(error))
            return not (alert and text and failures.tap_is_old(error))
        return True

    def fetch(self, visit: Visit, document: Document, *, most_bytes: int) -> bytes:
        """Fetch a file that a person sent. Raises what `TelegramFailure` lists."""
        bot = self._bots[visit.bot_id]
        return self._transport.download(bot.get_file_url(document.file_id), most_bytes=most_bytes)

    def _edit(self, visit: Visit, message_id: int, screen: Screen) -> int:
        try:
            self._edit_text(self._bots[visit.bot_id], visit.chat_id, message_id, screen)
        except TelegramFailure as error:
            if not failures.not_modified(error):
                if not failures.not_editable(error):
                    raise
                return self.send(visit.bot_id, visit.chat_id, screen)
        return message_id

    def _edit_text(self, bot: TeleBot, chat_id: int, message_id: int, screen: Screen) -> None:
        markup = inline(screen.rows)

        def edit(text: str, parse_mode: str | None) -> None:
            bot.edit_message_text(
                text,
                chat_id,
                message_id,
                parse_mode=parse_mode,
                reply_markup=markup,
                link_preview_options=NO_PREVIEW,
            )

        try:
            edit(screen.text, "HTML")
        except TelegramFailure as error:
            if not failures.bad_markup(error):
                raise
            edit(plain_text(screen.text), None)

    def _replace(self, visit: Visit, message_id: int, screen: Screen) -> int:
        """Change a screen from or to a picture, which Telegram cannot do by editing. Return its message."""
        bot = self._bots[visit.bot_id]
        if screen.picture and visit.on_picture:
            try:
                self._change_photo(bot, visit, screen, screen.picture)
            except TelegramFailure as error:
                if failures.not_modified(error):
                    return message_id
                if failures.retry_after_s(error):
                    raise
                _log.info("picture not replaced, sent again: %s", failures.describe(error))
            else:
                return message_id
        sent = self.send(visit.bot_id, visit.chat_id, screen)
        self._delete(bot, visit.chat_id, message_id)
        return sent

    @staticmethod
    def _delete(bot: TeleBot, chat_id: int, message_id: int) -> None:
        try:
            bot.delete_message(chat_id, message_id)
        except TelegramFailure as error:
            _log.debug("old screen stays: %s", failures.describe(error))

    def _dressed(self, bot_id: int, screen: Screen) -> Screen:
        """Give a menu screen the picture chosen for it; a text too long for a caption goes without one."""
        if not fits_below_a_picture(screen):
            return replace(screen, picture=None)
        own = self._menu_picture(bot_id, screen.scene) if screen.scene and not screen.picture else None
        return replace(screen, picture=own, is_shared=True) if own else screen

    def _send_photo(self, bot: TeleBot, chat_id: int, screen: Screen, picture: bytes) -> int:
        def send(photo: bytes | str) -> Message:
            return bot.send_photo(
                chat_id,
                photo,
                caption=screen.text,
                parse_mode="HTML",
                reply_markup=inline(screen.rows),
                message_thread_id=self._topics.get(chat_id),
            )

        return int(self._photos.send(bot.bot_id, screen, picture, send).message_id)

    def _change_photo(self, bot: TeleBot, visit: Visit, screen: Screen, picture: bytes) -> None:
        def change(photo: bytes | str) -> Message:
            media = InputMediaPhoto(photo, caption=screen.text, parse_mode="HTML")
            return bot.edit_message_media(media, visit.chat_id, visit.message_id, reply_markup=inline(screen.rows))

        self._photos.send(bot.bot_id, screen, picture, change)

    def _send_text(
        self, bot: TeleBot, chat_id: int, text: str, markup: InlineKeyboardMarkup | ReplyKeyboardMarkup | None
    ) -> int:
        def send(text: str, parse_mode: str | None) -> int:
            message = bot.send_message(
                chat_id,
                text,
                parse_mode=parse_mode,
                reply_markup=markup,
                link_preview_options=NO_PREVIEW,
                message_thread_id=self._topics.get(chat_id),
            )
            return int(message.message_id)

        try:
            return send(text, "HTML")
        except TelegramFailure as error:
            if not failures.bad_markup(error):
                raise
            return send(plain_text(text), None)

    def _send_file(
        self, bot: TeleBot, chat_id: int, name: str, content: bytes, *, caption: str, rows: Rows = ()
    ) -> None:
        bot.send_document(
            chat_id,
            content,
            visible_file_name=name,
            caption=caption,
            parse_mode="HTML",
            reply_markup=inline(rows),
            disable_content_type_detection=True,  # else Telegram makes a video of a GIF, for example
        )
