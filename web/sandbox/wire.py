"""Types shared by everything in the sandbox that reads or writes JSON."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
"""A JSON object. Messages are kept as Telegram shows them; a change replaces the object and never alters it."""

Clock = Callable[[], float]
"""The time in Unix seconds."""


def utf16_length(text: str) -> int:
    """Count UTF-16 code units, in which Telegram measures all lengths and offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
