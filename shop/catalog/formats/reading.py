"""Recognise the format of a goods file, and read it."""

import itertools
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shop.catalog.formats import aiogram
from shop.catalog.formats.aiogram import Goods, goods_of
from shop.catalog.formats.checks import (
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    Place,
    is_spoilt,
    json_object,
    sort_out,
)
from shop.catalog.formats.decoding import decode, without_marks
from shop.catalog.formats.souk_csv import is_goods_table, read_csv
from shop.catalog.formats.souk_json import OwnGoods, read_own
from shop.catalog.formats.tables import UNNAMED, Row, check_names, header_of, read_table
from shop.errors.catalog import BadImport

BEGINS_LIKE_JSON = re.compile(r'\s*(\[\s*\{|\{\s*")')
"""The start of a JSON list of objects, or of an object; no line of a plain list begins like this."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The valid part of a file, and the refusals of the rest by entry or line number."""

    goods: list[Goods] | OwnGoods
    refused: tuple[BadImport, ...]


def read_goods(file: bytes, *, file_name: str, currency: str) -> Reading:
    """Read a goods file. Its extension tells the format, or else its first characters.

    Raises:
        BadImport: nothing in the file can be read.
    """
    if len(file) > MAX_FILE_BYTES:
        raise BadImport("too_large")
    text = decode(file)
    form = _form(text, file_name)
    if form == "csv":
        return _read_table(text, currency)
    if form == "txt":
        lines = aiogram.lines_of(text)
        if len(lines) > MAX_ENTRIES:
            raise BadImport("too_many")
        goods, refused = sort_out(lines, lambda line, number: line_goods(line, number, currency))
        if not goods and all(error.reason == "few_columns" for error in refused):
            raise BadImport("plain_list")
        return _reading(goods, refused)
    return _read_json(text, currency)


def line_goods(line: str, number: int, currency: str) -> Goods:
    """Read a line of AiogramShopBot's list. Raises: BadImport."""
    return _unspoilt(aiogram.entry_of(line, number), number, currency)


def _unspoilt(entry: Row, number: int, currency: str) -> Goods:
    if is_spoilt(entry.get("private_data", "")):
        raise Place(number, "private_data").wrong("spoilt")
    return goods_of(entry, number, currency)


def _form(text: str, file_name: str) -> str:
    suffix = file_name.rpartition(".")[2].lower()
    if suffix in ("json", "csv"):
        return suffix
    if BEGINS_LIKE_JSON.match(text) or (suffix != "txt" and text.lstrip().startswith(("[", "{"))):
        return "json"
    header = header_of(text)  # Excel names a table “Unicode Text” .txt
    return "csv" if is_goods_table(header) or aiogram.FIELDS.issubset(header) else "txt"


def _read_table(text: str, currency: str) -> Reading:
    table = read_table(text)
    if not aiogram.FIELDS.issubset(table.header) or is_goods_table(table.header):
        return Reading(*read_csv(table, currency=currency, most=MAX_ENTRIES))
    check_names(table.header, known=aiogram.FIELDS | {"item_type"})
    rows = list(itertools.islice(table.rows, MAX_ENTRIES + 1))
    if len(rows) > MAX_ENTRIES:
        raise BadImport("too_many")
    return _reading(*sort_out(rows, lambda row, number: _row(row, number, currency)))


def _row(row: Row, number: int, currency: str) -> Goods:
    if UNNAMED in row:  # private data with an unquoted comma: half of it cannot be sold
        raise BadImport("many_columns", entry=number)
    return _unspoilt(row, number, currency)


def _read_json(text: str, currency: str) -> Reading:
    text = without_marks(text)
    try:
        content = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=json_object)
    except json.JSONDecodeError as error:
        several = error.msg == "Extra data" and text.lstrip().startswith("{")
        if several and text[error.pos] in "{,":
            raise BadImport("json_lines") from None
        raise BadImport("not_json", entry=error.lineno) from None
    except (ValueError, RecursionError):
        raise BadImport("not_json") from None
    if isinstance(content, dict) and "souk" in content:
        return _reading(*read_own(content, currency=currency, most=MAX_ENTRIES))
    if isinstance(content, dict) and "private_data" in content:
        content = [content]
    if not isinstance(content, list) or not content:
        raise BadImport("not_a_list")
    if len(content) > MAX_ENTRIES:
        raise BadImport("too_many")
    return _reading(*sort_out(enumerate(content, start=1), lambda entry, number: goods_of(entry, number, currency)))


def _reading(goods: list[Goods] | OwnGoods, refused: list[BadImport]) -> Reading:
    return Reading(goods, tuple(refused))


def _no_number(constant: str) -> Any:
    raise ValueError(constant)
