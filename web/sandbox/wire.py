"""Words shared by everything in the sandbox that reads or writes JSON."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
"""A JSON object. Messages are kept as Telegram shows them; a change replaces the object and never alters it."""

Clock = Callable[[], float]
"""The time in Unix seconds."""


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, the unit of every length and offset in Telegram."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
