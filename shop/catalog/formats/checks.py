"""What every format of goods checks, and how paths and prices are written."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from shop.errors import BadImport
from shop.money import InvalidAmount, Money, parse
from storage.models.stock import Piece

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 100_000
MAX_NAME = 64
MAX_DIGITS = 24
_UNFIT = re.compile("[\x00\ud800-\udfff]")
"""Characters that cannot be stored or sent: NUL, and halves of a UTF-16 pair."""
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: the number of the entry, from 1, and the field."""

    entry: int
    field: str

    def wrong(self, reason: str) -> BadImport:
        """Make the refusal that names this place."""
        return BadImport(reason, entry=self.entry, field=self.field)

    def at(self, number: int) -> "Place":
        """Name one element of a list."""
        return Place(self.entry, f"{self.field}[{number}]")


def sort_out(entries: Iterable[tuple[int, T]], read: Callable[[T, int], R]) -> tuple[list[R], list[BadImport]]:
    """Read what can be read of numbered entries; what is wrong with the others is told for each of them."""
    good: list[R] = []
    refused: list[BadImport] = []
    for number, entry in entries:
        try:
            good.append(read(entry, number))
        except BadImport as error:
            refused.append(error)
    return good, refused


def text_piece(content: str) -> Piece:
    """Make a text a piece that is known again."""
    return Piece(content, hashlib.blake2b(content.encode(), digest_size=16).digest())


def text_of(value: Any, place: Place) -> str:
    """Take a text that is not empty. Raises: BadImport."""
    if not isinstance(value, str) or not value.strip() or _UNFIT.search(value):
        raise place.wrong("missing_text")
    return value


def name_of(value: Any, place: Place) -> str:
    """Take a name that a button holds. Raises: BadImport."""
    name = text_of(value, place).strip()
    if len(name) > MAX_NAME or "\n" in name:
        raise place.wrong("name_too_long")
    return name


def price_of(value: Any, place: Place, currency: str) -> Money:
    """Take a price above zero, exact in any spelling of JSON. Raises: BadImport."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise place.wrong("bad_price")
    try:
        price = parse(_plain(value) if isinstance(value, Decimal) else str(value), currency)
    except InvalidAmount:
        raise place.wrong("bad_price") from None
    if price.minor <= 0:
        raise place.wrong("bad_price")
    return price


def _plain(value: Decimal) -> str:
    """Write a JSON number without exponent and trailing zeros; one beyond all sense stays what no price is."""
    if abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
        return str(value)
    return f"{value.normalize():f}"


def split_path(text: str) -> list[str]:
    """Take the names of a path apart."""
    names, name, escaped = [], "", False
    for each in text:
        if escaped or each not in "\\>":
            name, escaped = name + each, False
        elif each == "\\":
            escaped = True
        else:
            names.append(name.strip())
            name = ""
    return [*names, name.strip()]


def join_path(names: tuple[str, ...]) -> str:
    """Write the names of a path."""
    return " > ".join(name.replace("\\", "\\\\").replace(">", "\\>") for name in names)


def price_text(price: Money) -> str:
    """Write a price with a point."""
    return f"{price.decimal:f}"


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
