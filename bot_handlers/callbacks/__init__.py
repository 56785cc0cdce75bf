"""Typed callback data: what a button sends when it is pressed. At most 64 bytes, ids only, never a price or a right.

It may be forged: unpacking checks its shape, and the shop checks everything else.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from typing import Any, ClassVar, Self, TypeVar, cast, dataclass_transform, get_type_hints

from shop.errors.refusals import StaleScreen

MAX_BYTES = 64
"""The longest callback data (Bot API: 1 to 64 bytes)."""
BUTTONS: dict[str, type["Callback"]] = {}
"""Every kind of button by its prefix."""
_WORD = re.compile(r"[A-Za-z0-9_-]{1,20}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NOTHING = "~"
C = TypeVar("C", bound="Callback")
E = TypeVar("E", bound=Enum)


class Callback:
    """A button's data: a prefix, then its fields in order, separated by colons. Fields are int, str or None.

    A field that came later has a default and stands last: buttons from before lack it.
    """

    __slots__ = ()
    prefix: ClassVar[str]
    ends_dialog: ClassVar[bool] = True
    """Whether pressing it ends the chat's dialog; a button that does not end it can read its answers so far."""
    below: ClassVar[bool] = False
    """Whether it stands below delivered goods: whatever it leads to, a refusal too, is sent below its message."""
    _types: ClassVar[dict[str, object]]
    _least: ClassVar[int]

    def pack(self) -> str:
        """Write the data for a button.

        Raises:
            ValueError: it has more than 64 bytes, and Telegram would refuse the whole message.
        """
        data = ":".join([self.prefix, *(_NOTHING if value is None else str(value) for value in self._values())])
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"a button {self.prefix!r} of more than {MAX_BYTES} bytes")
        return data

    @classmethod
    def unpack(cls, data: str) -> Self:
        """Read the data of a pressed button.

        Raises:
            StaleScreen: it does not have the shape that `pack` writes.
        """
        texts = data.split(":")[1:]
        if not cls._least <= len(texts) <= len(cls._types):
            raise StaleScreen
        return cls(*(_read(text, kind) for text, kind in zip(texts, cls._types.values(), strict=False)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Callback) and type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.prefix, *self._values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._values()}"

    def _values(self) -> tuple[int | str | None, ...]:
        return tuple(getattr(self, name) for name in self._types)


@dataclass_transform(frozen_default=True)
def button(prefix: str) -> Callable[[type[C]], type[C]]:
    """Declare a kind of button: a frozen dataclass, known by its prefix.

    People keep messages with old buttons, so a prefix never changes and is never given to another kind.

    Raises:
        ValueError: the prefix is taken, or a field is neither a number nor a word.
    """

    def declare(cls: type[C]) -> type[C]:
        if prefix in BUTTONS:
            raise ValueError(f"two kinds of button have the prefix {prefix!r}")
        # There are hundreds of kinds, so they share this code instead of having it generated for each at every start.
        declared: Any = dataclass(frozen=True, slots=True, repr=False, eq=False)(cls)
        hints = get_type_hints(declared)
        declared.prefix = prefix
        declared._types = {field.name: hints[field.name] for field in fields(declared)}
        declared._least = sum(field.default is MISSING for field in fields(declared))
        if not set(declared._types.values()) <= {int, str, int | None, str | None}:
            raise ValueError(f"a button {prefix!r} has a field that is neither a number nor a word")
        BUTTONS[prefix] = declared
        return cast(type[C], declared)

    return declare


def unpacked(data: str) -> Callback:
    """Read the data of a button of any kind.

    Raises:
        StaleScreen: there is no such kind, or it does not have the shape that `pack` writes.
    """
    kind = BUTTONS.get(data.partition(":")[0])
    if kind is None:
        raise StaleScreen
    return kind.unpack(data)


def keeps_its_message(data: str) -> bool:
    """Return whether the message of a pressed button must not change: it holds goods, or may, since there is no such
    kind of button any more.
    """
    kind = BUTTONS.get(data.partition(":")[0])
    return kind is None or kind.below


def _read(text: str, kind: object) -> int | str | None:
    if text == _NOTHING and kind in (int | None, str | None):
        return None
    number = kind in (int, int | None)
    if not (_NUMBER if number else _WORD).fullmatch(text):
        raise StaleScreen
    return int(text) if number else text


def member(kind: type[E], word: str) -> E:
    """Read a word of a button as a member of an enumeration.

    Raises:
        StaleScreen: it has no such member.
    """
    try:
        return kind(word)
    except ValueError:
        raise StaleScreen from None
