"""Checks shared by all goods formats, and how paths and prices are written."""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from shop.catalog.formats.characters import hides_something, is_blank
from shop.errors.catalog import BadImport
from shop.money import AmbiguousAmount, InvalidAmount, Money, parse
from storage.models.stock import Piece
from storage.text import nfc, plain_blanks

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 100_000
MAX_NAME = 64
MAX_DIGITS = 24
_UNFIT = re.compile("[\x00\ud800-\udfff]")
"""Characters that cannot be stored or sent: NUL and lone surrogates."""
_PATH_PART = re.compile(r"\\([\\>,])|(>)|(\\|[^\\>]+)")
_SPOILT = re.compile(r"-?[0-9](?:[.,][0-9]+)?E[+-][0-9]{2,3}|#[¿¡]?[^\W\d_]{2,10}[?!]|#{3,}|Err:5[0-9]{2}")
"""What a spreadsheet writes in place of a long number, or of a text that it took for a formula."""
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: the entry, counted from 1, and the field."""

    entry: int
    field: str

    def wrong(self, reason: str) -> BadImport:
        """Make a refusal that names this place."""
        return BadImport(reason, entry=self.entry, field=self.field)

    def at(self, number: int) -> "Place":
        """Return the place of a list element."""
        return Place(self.entry, f"{self.field}[{number}]")


class Repeated(dict[str, Any]):
    """A JSON object in which `field` appears more than once."""

    field: str


def json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object of its fields."""
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    repeated = Repeated(made)
    [(repeated.field, _)] = Counter(name for name, _ in pairs).most_common(1)
    return repeated


def check_fields(entry: Any, number: int | None, known: Collection[str]) -> None:
    """Raise BadImport unless an entry is a JSON object with these fields only, each once."""
    if not isinstance(entry, dict):
        raise BadImport("not_an_object", entry=number)
    if isinstance(entry, Repeated):
        raise BadImport("repeated_field", entry=number, field=_shown(entry.field))
    if unknown := sorted(entry.keys() - set(known)):
        raise BadImport("unknown_field", entry=number, field=_shown(unknown[0]))


def _shown(name: str) -> str:
    """Write the name of a field so that it can be sent."""
    return _UNFIT.sub("?", name[:40])


def sort_out(entries: Iterable[tuple[int, T]], read: Callable[[T, int], R]) -> tuple[list[R], list[BadImport]]:
    """Read the valid entries; return them with the refusals of the others."""
    good: list[R] = []
    refused: list[BadImport] = []
    for number, entry in entries:
        try:
            good.append(read(entry, number))
        except BadImport as error:
            refused.append(error)
    return good, refused


def text_piece(content: str) -> Piece:
    """Make a piece of a text, with the digest that identifies it."""
    return Piece(content, hashlib.blake2b(content.encode(), digest_size=16).digest())


def text_of(value: Any, place: Place) -> str:
    """Check that a text has something visible in it. It stays exactly as it is, as goods must. Raises: BadImport."""
    if value is not None and not isinstance(value, str):
        raise place.wrong("unquoted_text")
    if value is None or is_blank(value):
        raise place.wrong("missing_text")
    if _UNFIT.search(value):
        raise place.wrong("unfit_text")
    return value


def is_spoilt(item: str) -> bool:
    """Return whether a spreadsheet has shown an item as `1.23E+15` or `#NAME?`, and saved that instead."""
    text = item.strip()
    return _SPOILT.fullmatch(text) is not None and (text == text.upper() or text.startswith("Err"))


def words_of(value: Any, place: Place) -> str:
    """Check a name or a description, and normalise it to Unicode's form C. Raises: BadImport."""
    return nfc(text_of(value, place))


def name_of(value: Any, place: Place) -> str:
    """Check that a name fits on a button and hides nothing; its blanks become plain spaces.

    Raises: BadImport.
    """
    name = plain_blanks(words_of(value, place)).strip()
    if len(name) > MAX_NAME or re.search(r"[\r\n]", name):
        raise place.wrong("name_too_long")
    if hides_something(name):
        raise place.wrong("bad_name")
    return name


def price_of(value: Any, place: Place, currency: str) -> Money:
    """Read a price above zero, exactly, in any JSON notation; a number has one meaning, a text may have two.

    Raises: BadImport.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise place.wrong("bad_price")
    try:
        price = parse(_plain(value) if isinstance(value, Decimal) else str(value), currency)
    except AmbiguousAmount:
        raise place.wrong("ambiguous_price" if isinstance(value, str) else "bad_price") from None
    except InvalidAmount:
        raise place.wrong("bad_price") from None
    if price.minor <= 0:
        raise place.wrong("bad_price")
    return price


def _plain(value: Decimal) -> str:
    """Write a JSON number without exponent and trailing zeros; an absurd one stays as it is, and is refused."""
    if abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
        return str(value)
    return f"{value.normalize():f}"


def told_apart(names: Iterable[str]) -> list[str]:
    """Number the names that others before them have: `Key`, `Key (2)`. None is longer than allowed."""
    names = list(names)
    taken, seen, numbers = set(names), set[str](), dict[str, int]()
    found: list[str] = []
    for name in names:
        made = name
        if name in seen:
            number = numbers.get(name, 2)
            while (made := _numbered(name, number)) in taken:
                number += 1
            numbers[name] = number + 1
            taken.add(made)
        seen.add(name)
        found.append(made)
    return found


def _numbered(name: str, number: int) -> str:
    end = f" ({number})"
    start = name[: MAX_NAME - len(end)].rstrip()
    while start and hides_something(start + end):  # cut inside an emoji
        start = start[:-1].rstrip()
    return start + end


def split_path(text: str) -> list[str]:
    """Split a path into names; a backslash before anything but `>`, `,` and itself is part of a name."""
    names = [""]
    for escaped, separator, other in _PATH_PART.findall(text):
        if separator:
            names.append("")
        names[-1] += escaped or other
    return [name.strip() for name in names]


def join_path(names: tuple[str, ...]) -> str:
    """Join names to a path."""
    return " > ".join(name.replace("\\", "\\\\").replace(">", "\\>") for name in names)


def price_text(price: Money) -> str:
    """Write a price with a decimal point."""
    return f"{price.decimal:f}"


def json_bytes(content: Any) -> bytes:
    """Write a goods file as JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def base64_text(content: bytes) -> str:
    """Write bytes as text."""
    return base64.b64encode(content).decode()
