"""Validates incoming updates: brings them into a shape that the library and the database accept, or skips them
with one log line.
"""

from collections.abc import Iterator
from typing import Any

from telebot.types import Update
from telebot.util import content_type_service

from bot_handlers.telegram.answers import is_number, printable
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from shop.payments.stars import CURRENCY, is_charge

UPDATE_NUMBERS = 2**31
"""The upper limit of update ids: an Integer of the Bot API has 32 bits unless stated otherwise, and tdlib's queue
ends at two thousand million. A larger id would move the offset of getUpdates past all future updates.
"""
_TEXTS = ("text", "caption", "data", "media_group_id", "first_name", "last_name", "username", "language_code")
"""Fields of messages, taps and people that are always texts."""
_REPLIED = ("message_id", "date", "chat", "from", "reply_markup")
_USED = (
    *("message_id", "date", "chat", "from", "sender_chat", "media_group_id", "reply_to_message", "contact"),
    *("successful_payment", "refunded_payment"),
    *("text", "caption", "entities", "caption_entities", "photo", "document", "animation", "video", "voice", "audio"),
)
"""The fields of people's messages that the shop reads, and those of a message that one replies to."""
_DEEPEST = 60


class UnreadableUpdate(Exception):
    """Not an update that Telegram sends; the text says why, without anything that a person wrote."""


def is_numbered(update: object) -> bool:
    """Return whether this has the number of an update."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < UPDATE_NUMBERS


def read(update: dict[str, Any]) -> Update:
    """Read an update. Lone surrogates are replaced; a tap without `chat_instance`, which is never used, is accepted.

    The library refuses the whole update for a kind that it doesn't know of something inside, such as what a message
    replies to in another chat. Then only the fields are read that the shop uses.

    Raises:
        UnreadableUpdate: it lacks something a handler needs, or has a value that the library or the database cannot
        hold.
    """
    clean = _clean(update, 0)
    for kind in ALLOWED_UPDATES:
        if clean.get(kind) is not None:
            _check(kind, clean[kind])
    try:
        return _parsed(clean)
    except UnreadableUpdate:
        return _parsed({kind: _plainer(kind, content) for kind, content in clean.items()})


def _parsed(clean: dict[str, Any]) -> Update:
    try:
        return Update.de_json(clean)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        kinds = ", ".join(kind for kind in ALLOWED_UPDATES if kind in clean)
        raise UnreadableUpdate(f"{kinds or 'update'} of an unknown shape ({type(error).__name__})") from None


def _plainer(kind: str, content: Any) -> Any:
    """Keep only the fields that the shop uses of a message; those of a chat's service messages stay as they are."""
    if kind not in ("message", "edited_message") or not content or content.keys() & set(content_type_service):
        return content
    kept = {name: content[name] for name in _USED if name in content}
    if isinstance(replied := kept.get("reply_to_message"), dict):
        kept["reply_to_message"] = {name: replied[name] for name in _REPLIED if name in replied}
    return kept


def _clean(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise UnreadableUpdate("nested too deeply")
    if isinstance(value, dict):
        return {key: _clean(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and not is_number(value):
        raise UnreadableUpdate("a number beyond 63 bits")
    return printable(value) if isinstance(value, str) else value


def _check(kind: str, content: Any) -> None:
    if not isinstance(content, dict):
        raise UnreadableUpdate(f"{kind} is not an object")
    for problem in _problems(kind, content):
        raise UnreadableUpdate(f"{kind} {problem}")


def _problems(kind: str, content: dict[str, Any]) -> Iterator[str]:
    """Name missing required fields of an update's kind, and fields of the wrong type (Bot API, “Update”)."""
    message = content
    if kind == "callback_query":
        content.setdefault("chat_instance", "")
        message = content.get("message") or {"message_id": 0, "date": 0, "chat": {"id": 0}}
        if not isinstance(content.get("id"), str):
            yield "without id"
    if kind != "message" or content.get("from") is not None:
        yield from _numbered("from", content)
    if not isinstance(message, dict):
        yield "with a malformed message"
        return
    yield from _numbered("chat", message)
    if kind != "my_chat_member" and not is_number(message.get("message_id")):
        yield "without message_id"
    if not is_number(message.get("date")):
        yield "without date"
    for holder in (content, message, content.get("from")):
        yield from _other_texts(holder or {})
    yield from _entities(message)
    yield from _files(message)
    for name in ("successful_payment", "refunded_payment"):
        if message.get(name) is not None and not _is_payment(message[name]):
            yield f"with a malformed {name}"
    if not _is_keyboard(message.get("reply_to_message")):
        yield "with a reply to malformed buttons"


def _numbered(name: str, content: dict[str, Any]) -> Iterator[str]:
    who = content.get(name)
    if not isinstance(who, dict) or not is_number(who.get("id")):
        yield f"without {name}"


def _other_texts(holder: dict[str, Any]) -> Iterator[str]:
    for name in _TEXTS:
        if holder.get(name) is not None and not isinstance(holder[name], str):
            yield f"with {name} that is not a string"


def _entities(message: dict[str, Any]) -> Iterator[str]:
    for name in ("entities", "caption_entities"):
        every = message.get(name) or []
        if not isinstance(every, list):
            yield f"with {name} that are not a list"
            return
        for entity in every:
            places = [entity.get(place) for place in ("offset", "length")] if isinstance(entity, dict) else [None]
            if not all(map(is_number, places)) or not isinstance(entity.get("type"), str):
                yield f"with malformed {name}"


def _files(message: dict[str, Any]) -> Iterator[str]:
    """Name fields that should be files but are not; photos come in several sizes."""
    sizes = message.get("photo") or []
    if not isinstance(sizes, list) or not all(map(_is_file, sizes)):
        yield "with a malformed photo"
    for name in ("document", "video", "voice", "animation", "audio"):
        if message.get(name) is not None and not _is_file(message[name]):
            yield f"with a malformed {name}"


def _is_file(file: object) -> bool:
    if not isinstance(file, dict) or not isinstance(file.get("file_id"), str):
        return False
    size, name = file.get("file_size") or 0, file.get("file_name") or ""
    return is_number(size) and size >= 0 and isinstance(name, str)


def _is_payment(payment: object) -> bool:
    if not isinstance(payment, dict) or not is_number(payment.get("total_amount")):
        return False
    names = ("currency", "invoice_payload", "telegram_payment_charge_id")
    if not all(isinstance(payment.get(name), str) for name in names):
        return False
    return payment["currency"] != CURRENCY or is_charge(payment[names[-1]], payment["total_amount"])


def _is_keyboard(replied: object) -> bool:
    """Return whether a message's buttons, which a reply to it may use, are well formed or absent."""
    markup = replied.get("reply_markup") if isinstance(replied, dict) else None
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    return rows is None or (
        isinstance(rows, list)
        and all(isinstance(row, list) and all(isinstance(button, dict) for button in row) for row in rows)
    )
