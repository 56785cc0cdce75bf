"""Plain lists of items for one product: what a file must not be if each of its lines is to go on sale.

A table, JSON or an AiogramShopBot list names its own products. Line by line, it would sell brackets and whole rows.
"""

import json
import re
from typing import Any

from shop.catalog.formats import aiogram
from shop.catalog.formats.checks import is_spoilt, sort_out
from shop.catalog.formats.reading import BEGINS_LIKE_JSON, line_goods
from shop.catalog.formats.souk_csv import ALSO_CALLED, COLUMNS, is_goods_table
from shop.catalog.formats.tables import column_of, header_of
from shop.errors.catalog import BadImport, BadValue
from storage.models import StockItem
from storage.text import fingerprint

_CONTENT = frozenset({"content", *(theirs for theirs, own in ALSO_CALLED.items() if own == "content")})
"""The names of a column of items."""
_NAMES = frozenset({*COLUMNS, *ALSO_CALLED, *aiogram.FIELDS})
_OPENING, _COMMA = re.compile(r"\s*\[\s*"), re.compile(r"\s*,\s*")
_CLOSING = re.compile(r"\s*(?:,\s*)?\](?:\s*,)?[ \t\r]*$", re.MULTILINE)
_JSON = json.JSONDecoder()
_OF_PRODUCTS = re.compile('"(?:souk|private_data|price)"')
Item = tuple[str, str]
"""An item as it is read, and as it stands in the file."""
_LOOKED_AT = 100
"""How many lines are compared with AiogramShopBot's."""


def require_plain_list(text: str, currency: str) -> None:
    """Check that a file is a plain list of items.

    Raises:
        BadImport: it names its own products, or is JSON as a whole.
        BadValue: its first line is the name of a column.
    """
    header = header_of(text)
    named = is_goods_table(header) or len(_NAMES.intersection(header)) > 1
    if named or _is_list(text, currency):
        raise BadImport("names_products")
    _check_json(text)
    if len(header) == 1 and header[0] in _CONTENT:
        raise BadValue("column_name")


def items_of(text: str, file_name: str) -> list[Item]:
    """Split a plain list into its items: its lines, or the cells of a table of one column.

    Raises:
        BadImport: a spreadsheet has replaced an item.
    """
    items = column_of(text) if file_name.lower().endswith(".csv") else line_items(text)
    if spoilt := next((number for number, (item, _) in enumerate(items, start=1) if is_spoilt(item)), None):
        raise BadImport("spoilt", entry=spoilt)
    return items


def line_items(text: str) -> list[Item]:
    """Take each line of a text for an item."""
    return [(line.strip(), line.strip()) for _, line in aiogram.lines_of(text)]


def as_held(items: list[Item]) -> list[str]:
    """Take an item as it stands in the file if the shop has or had it like that only, or else as it is read.

    Before tables of one column were read, their lines were sold as they stand. Sent again, they must be known.
    """
    marks = {each: fingerprint(each) for item in items if item[0] != item[1] for each in item}
    held = StockItem.holders(marks.values())
    return [stands if marks.get(stands) in held and marks[item] not in held else item for item, stands in items]


def _check_json(text: str) -> None:
    """Refuse a text that is JSON as a whole. Objects and lists that are sold one per line are a plain list."""
    if not _begins_like_a_list(text) and not BEGINS_LIKE_JSON.match(text):
        return
    lines = [line for _, line in aiogram.lines_of(text)]
    if not all(_is_item(line, alone=len(lines) == 1) for line in lines):
        raise BadImport("names_products" if _OF_PRODUCTS.search(text) else "json_items")


def _begins_like_a_list(text: str) -> bool:
    """Return whether a text begins as a JSON list does, up to its second element or its end.

    `[1,000 coins] KEY` and `["Steam", EU] KEY` don't. A number alone in brackets is no list.
    """
    opening = _OPENING.match(text)
    place = len(text) if opening is None else opening.end()
    for is_alone in (True, False):
        try:
            element, place = _JSON.raw_decode(text, place)
        except (ValueError, RecursionError):
            return False
        if _CLOSING.match(text, place):
            return isinstance(element, str) or not is_alone
        comma = _COMMA.match(text, place)
        if comma is None:
            return False
        place = comma.end()
    return True


def _is_item(line: str, *, alone: bool) -> bool:
    """Return whether a line of JSON is sold as it is: no entry of a goods file, nor, `alone`, a list of items."""
    try:
        content: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(content, list):
        return isinstance(content, dict) and not _names_product(content)
    return not any(_names_product(each) if isinstance(each, dict) else alone for each in content)


def _names_product(content: dict[str, Any]) -> bool:
    return bool({"souk", "private_data"} & set(content))


def _is_list(text: str, currency: str) -> bool:
    """Return whether lines have the columns of AiogramShopBot's list, and most of them the right values."""
    lines = aiogram.lines_of(text)[:_LOOKED_AT]
    goods, refused = sort_out(lines, lambda line, number: line_goods(line, number, currency))
    return len(goods) > len(refused) and not any(error.reason == "few_columns" for error in refused)
