"""One update of one person: who, where, what."""

import html
import logging
from copy import copy
from dataclasses import dataclass, replace
from typing import Self

from telebot.formatting import apply_html_entities
from telebot.types import CallbackQuery, Message, MessageEntity, User

from locales import Translator
from shop.people import Person, Sender
from shop.support.tickets import FileAtTelegram, FileKind, Source

_log = logging.getLogger("souk.bot")

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member", "pre_checkout_query"]

_NEEDED = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}
"""The field that an entity of each kind cannot do without."""
_UNWRITABLE = "date_time"
"""The kind of entity that telebot fails to write; the date itself stays as text."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The person, their language, and the message on which they pressed a button.

    `message_id` is the screen to edit; None for a typed message. `on_picture` says that the screen is a picture
    with a caption. `tap_id` answers the press of a button. `html` is what was typed, or the caption of a file, with
    its formatting, as Telegram's HTML. `source` is the message's origin, with the file that a ticket can take.
    `tap_bot_id` is the bot whose button was pressed in the group, while `bot_id` writes to the person; None if it is
    the same. `never_started` answers a press in the group if `bot_id` cannot write to the person.
    """

    bot_id: int
    chat_id: int
    person: Person
    translator: Translator
    message_id: int | None = None
    on_picture: bool = False
    tap_id: str | None = None
    tap_bot_id: int | None = None
    never_started: str = ""
    html: str = ""
    source: Source | None = None

    @property
    def below(self) -> Self:
        """The same visit, but leaving the button's message as it is: screens are sent below it."""
        return replace(self, message_id=None, on_picture=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A file or a photo that a person sent, not yet fetched. `name` is what the sender calls it, not a path."""

    file_id: str
    name: str
    size: int
    is_photo: bool = False


def sender_of(update: Message | CallbackQuery, bot_id: int) -> Sender:
    """Read the sender of an update."""
    user = update.from_user
    return Sender(
        telegram_id=user.id,
        bot_id=bot_id,
        first_name=user.first_name or "",
        username=user.username,
        language_code=user.language_code,
        start=_start_parameter(update),
    )


def person_meant(message: Message) -> str | None:
    """Read the id of the person that a contact or a forwarded message names, or "" if Telegram does not tell it.

    None for any other message.
    """
    if message.contact is not None:
        return str(message.contact.user_id or "")
    if message.forward_origin is None:
        return None
    author = getattr(message.forward_origin, "sender_user", None)
    return "" if author is None else str(author.id)


def file_in(message: Message) -> Document | None:
    """Read the file of a message, or the largest size of its photo; None if it has neither.

    Telegram sends an animation (GIF) along with a document for old apps, which does not count here.
    """
    if message.photo:
        photo = message.photo[-1]
        return Document(photo.file_id, "photo.jpg", photo.file_size or 0, is_photo=True)
    if message.document is None or message.animation is not None:
        return None
    sent = message.document
    return Document(sent.file_id, sent.file_name or "", sent.file_size or 0)


def source_of(message: Message, bot_id: int) -> Source:
    """Read a message's origin, its album, and the photo, file, video or voice message in it.

    An audio file and an animation (GIF) count as files here, which is how Telegram lets them be sent on.
    """
    file, in_group = _file_at_telegram(message, bot_id), message.chat.type != "private"
    return Source(bot_id, message.message_id, message.media_group_id or "", file, in_group=in_group)


def _file_at_telegram(message: Message, bot_id: int) -> FileAtTelegram | None:
    plain = file_in(message)
    if plain is not None:
        kind = FileKind.PHOTO if plain.is_photo else FileKind.DOCUMENT
        return FileAtTelegram(bot_id, kind, plain.file_id, plain.size)
    for kind, sent in (
        (FileKind.VIDEO, message.video),
        (FileKind.VOICE, message.voice),
        (FileKind.DOCUMENT, message.animation),
        (FileKind.DOCUMENT, message.audio),
    ):
        if sent is not None:
            return FileAtTelegram(bot_id, kind, sent.file_id, sent.file_size or 0)
    return None


def buttons_replied_to(message: Message) -> list[str]:
    """Read the data of the buttons on the bot's own message that this one replies to."""
    replied = message.reply_to_message
    if replied is None or replied.from_user is None or not replied.from_user.is_bot or not replied.reply_markup:
        return []
    rows = replied.reply_markup.keyboard or []
    return [button.callback_data for row in rows for button in row if button.callback_data]


def is_reply_to(message: Message, bot_id: int) -> bool:
    """Return whether a message replies to one of a bot's own."""
    replied = message.reply_to_message
    return replied is not None and replied.from_user is not None and replied.from_user.id == bot_id


def html_of(message: Message) -> str:
    """Write the text or the caption of a message as Telegram's HTML: formatting is kept, everything else escaped."""
    text = message.text or message.caption or ""
    entities, units = message.entities or message.caption_entities or [], text.encode("utf-16-le")
    return str(apply_html_entities(text, [_escaped(entity) for entity in entities if _is_whole(entity, units)]))


def _is_whole(entity: MessageEntity, units: bytes) -> bool:
    """Return whether telebot can write an entity: it lies between whole characters, and has what its kind needs."""
    needed = _NEEDED.get(entity.type)
    if entity.type == _UNWRITABLE or (needed and not isinstance(getattr(entity, needed), str | User)):
        return False
    ends = entity.offset, entity.offset + entity.length
    return 0 <= ends[0] < ends[1] and not any(
        0xDC <= high <= 0xDF for end in ends for high in units[2 * end + 1 :][:1]
    )


def _escaped(entity: MessageEntity) -> MessageEntity:
    """Escape values that telebot copies into attributes unescaped."""
    safe = copy(entity)
    for name in ("url", "language", "custom_emoji_id"):
        value = getattr(entity, name)
        setattr(safe, name, html.escape(value) if isinstance(value, str) else None)
    return safe


def _start_parameter(update: Message | CallbackQuery) -> str:
    """Read the parameter of a link to the bot: Telegram sends `/start parameter`."""
    words = (update.text or "").split() if isinstance(update, Message) else []
    return words[1] if len(words) == 2 and words[0] == "/start" else ""
