"""The one place that sends screens, with everything that Telegram may answer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

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
    Menu,
    Parcel,
    Rows,
    Screen,
    fits_below_a_picture,
    plain_text,
    split,
    utf16_length,
)
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.photos import Photos
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.visits import Document, Visit
from shop.administration.appearance import MenuScreen

_log = logging.getLogger("souk.telegram")

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def inline(rows: Rows) -> InlineKeyboardMarkup | None:
    """Make the buttons below a message; None where there are none."""
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
    """Sends through the bots of this process, at once. To wait where Telegram asks for it (429) is the caller's."""

    def __init__(
        self,
        bots: dict[int, TeleBot],
        transport: Transport,
        *,
        menu_picture: Callable[[int, MenuScreen], bytes | None] = lambda _bot_id, _scene: None,
    ) -> None:
        self._bots = bots
        self._transport = transport
        self._menu_picture = menu_picture
        self._photos = Photos()

    def serves(self, bot_id: int) -> bool:
        """Tell whether a bot is one of this process."""
        return bot_id in self._bots

    def show(self, visit: Visit, screen: Screen) -> None:
        """Show a screen in place of the one that was pressed, or as a new message."""
        screen = self._dressed(visit.bot_id, screen)
        if visit.message_id is None:
            self.send(visit.bot_id, visit.chat_id, screen)
        elif screen.picture or visit.on_picture:
            self._replace(visit, screen)
        else:
            self._edit(visit, visit.message_id, screen)

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
        """Bring a message that we sent up to date; return the id of the message that shows it now."""
        try:
            self._edit_text(self._bots[bot_id], chat_id, message_id, screen)
        except TelegramFailure as error:
            if failures.not_modified(error):
                return message_id
            if not failures.not_editable(error):
                raise
            return self.send(bot_id, chat_id, screen)
        return message_id

    def renew(self, visit: Visit, message: LiveMessage, screen: Screen) -> None:
        """Send a message, or bring it up to date when it was sent before."""
        if message.message_id is None:
            message.message_id = self.send(visit.bot_id, visit.chat_id, screen)
        else:
            message.message_id = self.update(visit.bot_id, visit.chat_id, message.message_id, screen)

    def withdraw(self, bot_id: int, chat_id: int, message_id: int, instead: Screen) -> bool:
        """Delete a message that we sent, or put another text in its place; return whether either was done."""
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
        """Give what waits for a chat a moment to go out. Here nothing waits."""

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
        rows: Rows = (),
        *,
        as_file: bool = False,
        parts_sent: int = 0,
        arrived: Callable[[int], None] = lambda _parts: None,
    ) -> None:
        """Send goods whole: as one message, as a file where that would change them, in parts where none can be sent.

        Of parts, those that arrived before are left out, and `arrived` hears how many there are by now. What
        Telegram would change is sent as a file or not at all: a message says where it is.
        """
        bot = self._bots[bot_id]
        if not as_file and parcel.instead is None and utf16_length(plain_text(parcel.html)) <= MAX_TEXT:
            self._send_text(bot, chat_id, parcel.html, inline(rows))
            return
        if parts_sent == 0 and self._sent_as_file(bot, chat_id, parcel, rows):
            return
        if parcel.instead is not None:
            self.send(bot_id, chat_id, parcel.instead)
            return
        for number, part in enumerate(split(parcel.plain, MAX_TEXT), start=1):
            if number > parts_sent:
                bot.send_message(chat_id, part, link_preview_options=_NO_PREVIEW)
                arrived(number)

    def _sent_as_file(self, bot: TeleBot, chat_id: int, parcel: Parcel, rows: Rows) -> bool:
        """Send goods as a file; return whether the server takes files."""
        content = parcel.plain.encode(parcel.encoding)
        try:
            self._send_file(bot, chat_id, parcel.file_name, content, caption=parcel.title, rows=rows)
        except TelegramFailure as error:
            if not failures.refused(error):
                raise
            _log.info("file not sent, text instead: %s", failures.describe(error))
            return False
        return True

    def deliver_file(self, bot_id: int, chat_id: int, parcel: FileParcel) -> None:
        """Send a file; a server that takes none says where the file is instead."""
        try:
            bot = self._bots[bot_id]
            self._send_file(bot, chat_id, parcel.file_name, parcel.content, caption=parcel.caption)
        except TelegramFailure as error:
            if not failures.refused(error):
                raise
            _log.info("file not sent, its place instead: %s", failures.describe(error))
            self.send(bot_id, chat_id, parcel.instead)

    def toast(self, visit: Visit, text: str = "", *, alert: bool = False) -> None:
        """Answer the press of a button; without a text it only stops its spinning."""
        if visit.tap_id is None:
            return
        try:
            self._bots[visit.bot_id].answer_callback_query(
                visit.tap_id, text=plain_text(text)[:MAX_TOAST] or None, show_alert=alert
            )
        except TelegramFailure as error:
            _log.debug("tap not answered: %s", failures.describe(error))

    def fetch(self, visit: Visit, document: Document, *, most_bytes: int) -> bytes:
        """Fetch a file that a person sent. Raises what `TelegramFailure` lists."""
        bot = self._bots[visit.bot_id]
        return self._transport.download(bot.get_file_url(document.file_id), most_bytes=most_bytes)

    def _edit(self, visit: Visit, message_id: int, screen: Screen) -> None:
        try:
            self._edit_text(self._bots[visit.bot_id], visit.chat_id, message_id, screen)
        except TelegramFailure as error:
            if failures.not_modified(error):
                return
            if not failures.not_editable(error):
                raise
            self.send(visit.bot_id, visit.chat_id, screen)

    def _edit_text(self, bot: TeleBot, chat_id: int, message_id: int, screen: Screen) -> None:
        markup = inline(screen.rows)

        def edit(text: str, parse_mode: str | None) -> None:
            bot.edit_message_text(
                text,
                chat_id,
                message_id,
                parse_mode=parse_mode,
                reply_markup=markup,
                link_preview_options=_NO_PREVIEW,
            )

        try:
            edit(screen.text, "HTML")
        except TelegramFailure as error:
            if not failures.bad_markup(error):
                raise
            edit(plain_text(screen.text), None)

    def _replace(self, visit: Visit, screen: Screen) -> None:
        """Change a screen from or to a picture: Telegram edits neither kind into the other."""
        bot = self._bots[visit.bot_id]
        if screen.picture and visit.on_picture:
            try:
                self._change_photo(bot, visit, screen, screen.picture)
            except TelegramFailure as error:
                if failures.not_modified(error):
                    return
                if failures.retry_after_s(error):
                    raise
                _log.info("picture not replaced, sent anew: %s", failures.describe(error))
            else:
                return
        self.send(visit.bot_id, visit.chat_id, screen)
        try:
            bot.delete_message(visit.chat_id, visit.message_id)
        except TelegramFailure as error:
            _log.debug("old screen stays: %s", failures.describe(error))

    def _dressed(self, bot_id: int, screen: Screen) -> Screen:
        """Give a screen of the menu the picture chosen for it; a text too long for a caption goes without any."""
        if not fits_below_a_picture(screen):
            return replace(screen, picture=None)
        own = self._menu_picture(bot_id, screen.scene) if screen.scene and not screen.picture else None
        return replace(screen, picture=own, is_shared=True) if own else screen

    def _send_photo(self, bot: TeleBot, chat_id: int, screen: Screen, picture: bytes) -> int:
        def send(photo: bytes | str) -> Message:
            return bot.send_photo(
                chat_id, photo, caption=screen.text, parse_mode="HTML", reply_markup=inline(screen.rows)
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
                chat_id, text, parse_mode=parse_mode, reply_markup=markup, link_preview_options=_NO_PREVIEW
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
        )
