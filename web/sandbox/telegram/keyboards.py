"""Check `reply_markup`: inline keyboards and reply keyboards."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from web.sandbox.telegram.errors import bad_request
from web.sandbox.wire import Json, utf16_length

MAX_BUTTONS = 100
MAX_KEYBOARD_BYTES = 10 * 1024
MAX_CALLBACK_BYTES = 64
MAX_COPY_LENGTH = 256
URL_SCHEMES = ("http://", "https://", "tg://", "ton://")
_HOST = re.compile(r"[^.]+(?:\.[^.]+)+|\[?[0-9a-f:]+:[0-9a-f:]+\]?")
"""A public host has a dot in its name, or is an address."""
OTHER_ACTIONS = frozenset(
    {
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "callback_game",
        "pay",
    }
)


@dataclass(frozen=True, slots=True)
class Markup:
    """A valid `reply_markup`: at most one of the two keyboards, or the order to remove one."""

    inline: Json | None = None
    keyboard: Json | None = None
    removes_keyboard: bool = False

    @property
    def bars_editing(self) -> bool:
        """Return whether the message can't be edited: Telegram edits only messages without markup or with an inline
        keyboard.
        """
        return self.keyboard is not None or self.removes_keyboard


def parse_markup(value: Any, *, private: bool = False) -> Markup:
    """Check a `reply_markup` (an object, or None for none). `private`: no button may link to a person.

    Raises: BotApiError 400, for buttons with the codes `BUTTON_DATA_INVALID`, `BUTTON_URL_INVALID` and so on.
    """
    if value is None:
        return Markup()
    if not isinstance(value, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in value:
        rows = [
            [_inline_button(button, private=private) for button in row] for row in _rows(value["inline_keyboard"])
        ]
        rows = [row for row in rows if row]
        _check_size(rows)
        return Markup(inline={"inline_keyboard": rows} if rows else None)
    if "keyboard" in value:
        rows = [[_reply_button(button) for button in row] for row in _rows(value["keyboard"])]
        _check_size(rows)
        return Markup(keyboard={**value, "keyboard": rows})
    return Markup(removes_keyboard=bool(value.get("remove_keyboard")))


def inline_only(value: Any, *, private: bool = False) -> Json | None:
    """Check the markup of an edit, which can only be an inline keyboard."""
    markup = parse_markup(value, private=private)
    if markup.bars_editing:
        raise bad_request("inline keyboard expected")
    return markup.inline


def _rows(value: Any) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    return value


def _check_size(rows: list[list[Json]]) -> None:
    too_many = sum(len(row) for row in rows) > MAX_BUTTONS
    if too_many or len(json.dumps(rows, ensure_ascii=False).encode()) > MAX_KEYBOARD_BYTES:
        raise bad_request("reply markup is too long")


def _reply_button(value: Any) -> Json:
    button = {"text": value} if isinstance(value, str) else value
    if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"]:
        raise bad_request("can't parse keyboard button: KeyboardButton must have a text")
    return button


def _inline_button(value: Any, *, private: bool) -> Json:
    if not isinstance(value, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(value.get("text"), str) or not value["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if "callback_data" in value:
        _check_callback(value["callback_data"])
    elif "url" in value:
        _check_url(value["url"], private=private)
    elif "copy_text" in value:
        _check_copy(value["copy_text"])
    elif not OTHER_ACTIONS & value.keys():
        text = "Text buttons are unallowed in the inline keyboard"
        raise bad_request(f"can't parse inline keyboard button: {text}")
    return value


def _check_callback(callback: Any) -> None:
    if not isinstance(callback, str) or not 1 <= len(callback.encode("utf-8", "surrogatepass")) <= MAX_CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def _check_url(url: Any, *, private: bool) -> None:
    if not isinstance(url, str) or not url.lower().startswith(URL_SCHEMES) or any(c.isspace() for c in url):
        raise bad_request("BUTTON_URL_INVALID")
    if private and url.lower().startswith("tg://user?"):
        raise bad_request("BUTTON_USER_PRIVACY_RESTRICTED")
    if url.lower().startswith(("http://", "https://")) and not _HOST.fullmatch(_host_of(url)):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _check_copy(copy: Any) -> None:
    text = copy.get("text") if isinstance(copy, dict) else None
    if not isinstance(text, str) or not 1 <= utf16_length(text) <= MAX_COPY_LENGTH:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
