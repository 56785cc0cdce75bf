"""Plain lists of items for one product: what a file must not be if each of its lines is to go on sale.

A table, JSON or an AiogramShopBot list names its own products. Line by line, it would sell brackets and whole rows.
"""

import json
from typing import Any

from shop.catalog.formats import aiogram
from shop.catalog.formats.checks import sort_out
from shop.catalog.formats.reading import BEGINS_LIKE_JSON, line_goods
from shop.catalog.formats.souk_csv import ALSO_CALLED, COLUMNS, is_goods_table
from shop.catalog.formats.tables import header_of
from shop.errors.catalog import BadImport, BadValue

_CONTENT = frozenset({"content", *(theirs for theirs, own in ALSO_CALLED.items() if own == "content")})
"""The names of a column of items."""
_NAMES = frozenset({*COLUMNS, *ALSO_CALLED, *aiogram.FIELDS})
_LOOKED_AT = 100
"""How many lines are compared with AiogramShopBot's."""


def require_plain_list(text: str, currency: str) -> None:
    """Check that a file is a plain list of items.

    Raises:
        BadImport: it names its own products.
        BadValue: its first line is the name of a column.
    """
    header = header_of(text)
    named = is_goods_table(header) or len(_NAMES.intersection(header)) > 1
    if named or _is_json(text) or _is_list(text, currency):
        raise BadImport("names_products")
    if len(header) == 1 and header[0] in _CONTENT:
        raise BadValue("column_name")


def _is_json(text: str) -> bool:
    """Return whether a text is JSON as a whole. Objects that are sold one per line are a plain list."""
    return bool(BEGINS_LIKE_JSON.match(text)) and not all(_is_item(line) for _, line in aiogram.lines_of(text))


def _is_item(line: str) -> bool:
    try:
        content: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and not {"souk", "private_data"} & set(content)


def _is_list(text: str, currency: str) -> bool:
    """Return whether lines have the columns of AiogramShopBot's list, and most of them the right values."""
    lines = aiogram.lines_of(text)[:_LOOKED_AT]
    goods, refused = sort_out(lines, lambda line, number: line_goods(line, number, currency))
    return len(goods) > len(refused) and not any(error.reason == "few_columns" for error in refused)
