"""Typed callback data: what a button says when it is pressed. At most 64 bytes, ids only, never a price or a right.

Whoever presses may have forged it: unpacking checks the shape, the shop checks everything else.
"""

import re
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from shop.errors import StaleScreen

MAX_BYTES = 64
"""Bot API: callback_data is 1 to 64 bytes."""
_WORD = re.compile(r"[A-Za-z0-9_-]{1,20}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NOTHING = "~"


@dataclass(frozen=True, slots=True)
class Callback:
    """A button's data: a prefix, then its fields in order, separated by colons."""

    prefix: ClassVar[str]

    def pack(self) -> str:
        """Write the data for a button."""
        values = [getattr(self, field.name) for field in fields(self)]
        return ":".join([self.prefix, *(_NOTHING if value is None else str(value) for value in values)])

    @classmethod
    def unpack(cls, data: str) -> Self:
        """Read the data of a pressed button.

        Raises:
            StaleScreen: it has not the shape that `pack` writes.
        """
        texts = data.split(":")[1:]
        kinds = [field.type for field in fields(cls)]
        if len(texts) != len(kinds):
            raise StaleScreen
        return cls(*(_value(text, str(kind)) for text, kind in zip(texts, kinds, strict=True)))


def _value(text: str, kind: str) -> int | str | None:
    if text == _NOTHING and "None" in kind:
        return None
    if "int" in kind:
        if not _NUMBER.fullmatch(text):
            raise StaleScreen
        return int(text)
    if not _WORD.fullmatch(text):
        raise StaleScreen
    return text
