"""A screen as data, and the rows that many screens have. No Telegram object and no sending here."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.home import Home, Nothing
from locales import Translator
from shop.administration.appearance import MenuScreen
from shop.catalog.formats.characters import is_blank
from shop.support.tickets import FileAtTelegram

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_TOAST = 200
"""The longest text, caption and alert (Bot API), in UTF-16 code units after the markup is parsed."""
MAX_PIECES = 90
"""The most marked-up texts in a message: Telegram formats a hundred parts of a message and leaves the rest plain."""
MAX_NAME, SHORT_NAME = 128, 24
"""The most UTF-16 code units of a product's name, and of one that is cut."""
_BREAKS = 8
"""The most line breaks between the parts of a message."""
T = TypeVar("T")
_CHANGED = re.compile("[\x00-\x09\x0b-\x1f\u2028-\u202e\u030a\u0333\u033f]|[\u200e\u200f]{2}")
"""Characters that Telegram replaces or removes in a message (tdlib, `clean_input_string`)."""


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button that does exactly one thing: press, open a link, or copy a text."""

    label: str
    press: Callback | None = None
    link: str | None = None
    copy: str | None = None


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """A message: HTML text, inline buttons by row, perhaps a picture (PNG or JPEG).

    `is_shared`: everyone sees the same picture. `scene`: it is a menu screen and may have a picture.
    """

    text: str
    rows: Rows = ()
    picture: bytes | None = None
    is_shared: bool = False
    scene: MenuScreen | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """A message with the menu that stays below the text field."""

    text: str
    labels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Goods on their way: `plain` is everything, to the last character; `html` the same with copyable parts.

    `instead`: Telegram would alter the text, so it goes as a file; if the server takes none, this is shown. `rows`:
    the buttons below it, which never change the message that they are on.
    """

    title: str
    html: str
    plain: str
    file_name: str
    instead: Screen | None = None
    rows: Rows = ()

    @property
    def encoding(self) -> str:
        """How the file is written: with the mark that Excel and Notepad need, but nothing is added to goods, nor to
        JSON, which forbids a mark (RFC 8259, 8.1).
        """
        bare = self.file_name.startswith("order-") or self.file_name.endswith(".json")
        return "utf-8" if bare else "utf-8-sig"

    def __repr__(self) -> str:
        return f"Parcel({self.file_name!r})"


@dataclass(frozen=True, slots=True)
class FileParcel:
    """A file to send, and the text for servers that take none."""

    caption: str
    file_name: str
    content: bytes
    instead: Screen
    rows: Rows = ()

    def __repr__(self) -> str:
        return f"FileParcel({self.file_name!r})"


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A screen with a person's file, which Telegram keeps for one bot."""

    screen: Screen
    file: FileAtTelegram


def arrives_whole(text: str) -> bool:
    """Return whether Telegram shows a text as it is."""
    return text == text.strip() and _CHANGED.search(text) is None


def arrives_empty(text: str) -> bool:
    """Return whether nothing that can be seen is left of a text in a message."""
    return is_blank(_CHANGED.sub("", text))


def utf16_length(text: str) -> int:
    """Measure a text as Telegram does, in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def shortened(text: str, most: int) -> str:
    """Cut a text to `most` UTF-16 code units; one that was cut ends with an ellipsis."""
    if utf16_length(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def listing(items: Sequence[T], write: Callable[[T, int], str], t: Translator, *, beside: str) -> str:
    """List items, one a line, in the room that a message has beside another text.

    `write` gets an item and the most UTF-16 code units of its name. If whole names are too long, all are cut, and if
    that is not enough, the last items are only counted.
    """
    room = room_beside(beside)
    text = "\n".join(write(item, MAX_NAME) for item in items)
    shown = len(items)
    if utf16_length(plain_text(text)) > room:
        text = "\n".join(write(item, SHORT_NAME) for item in items)
    while shown and utf16_length(plain_text(text)) > room:
        shown -= 1
        lines = [write(item, SHORT_NAME) for item in items[:shown]]
        text = "\n".join([*lines, t.text("history.more", count=len(items) - shown)])
    return text


def room_beside(text: str) -> int:
    """Measure the room that a message has beside a text with tags, and a few line breaks."""
    return MAX_TEXT - utf16_length(plain_text(text)) - _BREAKS


def plain_text(markup: str) -> str:
    """Take the tags out of a text of ours."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def fits_below_a_picture(screen: Screen) -> bool:
    """Return whether the text of a screen can be a caption."""
    return utf16_length(plain_text(screen.text)) <= MAX_CAPTION


def split(text: str, limit: int) -> list[str]:
    """Cut a text into parts of at most `limit` UTF-16 units, at line ends if possible; nothing is lost."""
    parts = [""]
    for line in text.splitlines(keepends=True):
        for piece in _pieces(line, limit):
            if utf16_length(parts[-1] + piece) > limit:
                parts.append("")
            parts[-1] += piece
    return [part for part in parts if part.strip()]


def _pieces(line: str, limit: int) -> list[str]:
    half = limit // 2  # a code point takes at most two UTF-16 code units
    return [line[start : start + half] for start in range(0, len(line), half)] if len(line) > half else [line]


class Paged(Protocol):
    """A page of something: its number, from 0, and how many there are."""

    @property
    def page(self) -> int: ...

    @property
    def pages(self) -> int: ...


def pager(shown: Paged, to: Callable[[int], Callback]) -> list[tuple[Button, ...]]:
    """Make the row that turns pages; none if there is only one page."""
    page, pages = shown.page, shown.pages
    if pages <= 1:
        return []
    return [
        (
            Button("◀", to((page - 1) % pages)),
            Button(f"{page + 1} / {pages}", Nothing()),
            Button("▶", to((page + 1) % pages)),
        )
    ]


def support_rows(link: str, t: Translator) -> Rows:
    """Make the row that opens the shop's contact; none without a link."""
    return ((Button(t.text("button.support"), link=link),),) if link else ()


def back_home(t: Translator) -> tuple[Button, ...]:
    """Make the row that leads to the main menu."""
    return (Button(t.text("button.home"), Home()),)


def back_button(to: Callback, t: Translator) -> Button:
    """Make the button that leads back."""
    return Button(t.text("button.back"), to)


def back_row(to: Callback, t: Translator) -> tuple[Button, ...]:
    """Make the row that leads back, or to the main menu."""
    return (back_button(to, t), *back_home(t))
