"""The goods lists of AiogramShopBot, read and written: JSON, and lines of text.

A list is JSON, `[{"category", "subcategory", "price", "description", "private_data"}, …]`, or lines
`CATEGORY;SUBCATEGORY;DESCRIPTION;PRICE;PRIVATE_DATA`, with or without `DIGITAL;` in front.

Everything after the price is the private data, semicolons included. A column before it may be quoted and may then
contain semicolons; a quote inside is doubled. Private data loses its quotes only if it contains a semicolon:
otherwise the quotes belong to the goods."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from shop.catalog.formats.characters import seen_only, without_hidden
from shop.catalog.formats.checks import (
    MAX_NAME,
    Place,
    check_fields,
    json_bytes,
    name_of,
    price_of,
    price_text,
    text_of,
)
from shop.catalog.formats.decoding import without_marks
from shop.catalog.formats.souk_json import MAX_DESCRIPTION
from shop.errors.catalog import BadImport
from shop.money import CURRENCIES, Money
from storage.text import nfc

DIGITAL, PHYSICAL = "DIGITAL", "PHYSICAL"
COLUMNS = ("category", "subcategory", "description", "price")
FIELDS = frozenset({*COLUMNS, "private_data"})
_MORE_FIELDS = frozenset({"item_type", "is_sold", "is_new", "id", "category_id", "subcategory_id"})
"""Other fields of AiogramShopBot's items. The numbers mean nothing here, nor does whether it announced them."""
_COLUMN = re.compile(r'\s*"((?:[^"]|"")*)"\s*;|([^;]*);')
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*;(?:[^"]|"")*)"\s*')
_SIGN = "[$¢£¤¥\u0e3f\u20a0-\u20cf\ufdfc]"
_WORDS = "|".join((*CURRENCIES, "kr", "zł", "fr", "rm", "rs", "kč", "ft", "lei", "лв", "грн", "руб", "р"))
_CURRENCY = rf"(?:(?:{_WORDS}|[a-z]{{1,3}}(?={_SIGN}))\.?)?\s*{_SIGN}?\s*"
_PRICE = re.compile(
    rf"\s*[-+]?\s*{_CURRENCY}[-+]?[.,]?[0-9][0-9.,'’_\s]*(?:e[-+]?[0-9]+\s*)?[-–—]?\s*{_CURRENCY}", re.IGNORECASE
)
"""What somebody may have meant as a price, whether or not the shop accepts it."""
_LONGEST_PRICE = 40
_LONGEST_LINE = 1_000


@dataclass(frozen=True, slots=True)
class Goods:
    """One entry of a goods list. `content` is what the buyer gets."""

    category: str
    subcategory: str
    description: str
    price: Money
    content: str = field(repr=False)

    @property
    def list_key(self) -> str:
        """The permanent identity of this entry's product."""
        return "\x1f".join((self.category, self.subcategory, str(self.price.minor), self.description))


def title_from(description: str) -> str:
    """Name a product after the first line of its description that can be seen, without what it hides."""
    titles = (nfc(without_hidden(line[:_LONGEST_LINE])).strip() for line in description.splitlines())
    title = next(filter(None, titles), None) or seen_only(description.strip()[:MAX_NAME])
    return title if len(title) <= MAX_NAME else title[: MAX_NAME - 1].rstrip() + "…"


def goods_of(entry: Any, number: int, currency: str) -> Goods:
    """Read an entry of a file, which has this number in it. Raises: BadImport."""
    if isinstance(entry, dict):
        _check_type(entry.get("item_type"), Place(number, "item_type"))
    check_fields(entry, number, FIELDS | _MORE_FIELDS)
    _check_unsold(entry.get("is_sold"), Place(number, "is_sold"))
    texts = {
        name: text_of(entry.get(name), Place(number, name))
        for name in ("category", "subcategory", "description", "private_data")
    }
    description = nfc(texts["description"]).strip()
    if len(description) > MAX_DESCRIPTION:
        raise Place(number, "description").wrong("text_too_long")
    return Goods(
        category=name_of(texts["category"], Place(number, "category")),
        subcategory=name_of(texts["subcategory"], Place(number, "subcategory")),
        description=description,
        price=price_of(entry.get("price"), Place(number, "price"), currency),
        content=texts["private_data"],
    )


def _check_type(value: Any, place: Place) -> None:
    """Accept digital goods; the word may be left out."""
    word = value.strip().upper() if isinstance(value, str) else value
    if word == PHYSICAL:
        raise place.wrong("physical")
    if word not in (None, DIGITAL):
        raise place.wrong("bad_item_type")


def _check_unsold(value: Any, place: Place) -> None:
    if value not in (None, False, True):
        raise place.wrong("bad_flag")
    if value:
        raise place.wrong("already_sold")


def lines_of(text: str) -> list[tuple[int, str]]:
    """Number the lines from 1, leaving out blank ones and the byte order marks of joined files."""
    lines = re.split(r"\r\n|\n|\r", without_marks(text))
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def entry_of(line: str, number: int) -> dict[str, str]:
    """Split a line.

    Raises:
        BadImport: the line has too few columns.
    """
    kind, rest = "", line
    first, after = _columns(line, 1)
    if first and first[0].strip().upper() in (DIGITAL, PHYSICAL):
        values, _ = _columns(line, 5)
        # A category may be named DIGITAL: then the price is one column earlier.
        if len(values) > 4 and (_may_be_price(values[4]) or not _may_be_price(values[3])):
            kind, rest = first[0], after
    values, content = _columns(rest, len(COLUMNS))
    if len(values) < len(COLUMNS):
        raise BadImport("few_columns", entry=number)
    quoted = _QUOTED.fullmatch(content)
    data = quoted[1].replace('""', '"') if quoted else content
    entry = dict(zip(COLUMNS, values, strict=True)) | {"private_data": data}
    return entry | {"item_type": kind} if kind else entry


def _may_be_price(cell: str) -> bool:
    """Return whether a cell is where a price belongs; an odd or missing one is then refused, not sold as goods."""
    return not cell.strip() or (len(cell) <= _LONGEST_PRICE and _PRICE.fullmatch(cell) is not None)


def line_of(category: str, subcategory: str, description: str, price: str, content: str) -> str | None:
    """Write a line that reads back the same; None if the format cannot hold it."""
    if any(re.search(r"[\r\n]", text) for text in (category, subcategory, description, content)):
        return None
    data = _quote(content) if _QUOTED.fullmatch(content) else content
    columns = [
        _quote(each) if ";" in each or each.startswith('"') else each for each in (category, subcategory, description)
    ]
    kind = [DIGITAL] if category.upper() in (DIGITAL, PHYSICAL) else []
    return ";".join([*kind, *columns, price, data])


def _columns(line: str, count: int) -> tuple[list[str], str]:
    """Split up to `count` columns off a line; return them and the rest."""
    values: list[str] = []
    position = 0
    while len(values) < count and (match := _COLUMN.match(line, position)):
        values.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        position = match.end()
    return values, line[position:]


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def write_list(goods: Iterable[Goods]) -> tuple[bytes, int]:
    """Write the JSON list; return it and how many entries it cannot hold: none."""
    entries = [
        {
            "category": each.category,
            "subcategory": each.subcategory,
            "price": price_text(each.price),
            "description": each.description,
            "private_data": each.content,
        }
        for each in goods
    ]
    return json_bytes(entries), 0


def write_txt(goods: Iterable[Goods]) -> tuple[bytes, int]:
    """Write lines; return them and how many entries were left out because of line breaks."""
    lines = [
        line_of(each.category, each.subcategory, each.description, price_text(each.price), each.content)
        for each in goods
    ]
    held = [line for line in lines if line is not None]
    return "".join(line + "\n" for line in held).encode("utf-8-sig"), len(lines) - len(held)
