"""Souk's own table of goods: CSV (RFC 4180) with a header row, a row for each item.

`path` is the categories from the root on, separated by `>`; in a name, `>` is written `\\>` and `\\` is `\\\\`.
A place and a name are one product: its first row describes it, the others bring more items and may leave the rest
empty.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shop.deliverables import Kind
from shop.errors import BadImport
from shop.goods_checks import MAX_FILE_BYTES, Place, name_of, price_of, text_of, text_piece
from shop.own_format import (
    MAX_DEPTH,
    OwnGoods,
    OwnProduct,
    bytes_of,
    description_of,
    file_piece,
    kind_of,
    picture_of,
    quantity_prices_of,
)
from storage.models.stock import Piece

COLUMNS = (
    *("path", "name", "price", "description", "deliverable"),
    *("content", "file_name", "quantity_prices", "hidden", "picture"),
)
_NEEDED = frozenset({"path", "name", "price"})
_OF_ITEMS = frozenset({"path", "name", "content", "file_name"})
_FLAGS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
_STEP = re.compile(r"([0-9]{1,9})=([0-9.,]{1,24})")
Row = dict[str, str]


@dataclass(slots=True)
class _Shelf:
    """A product and the row that describes it."""

    first: Row
    product: OwnProduct
    pieces: list[Piece]


def is_header(text: str) -> bool:
    """Tell whether a text begins with a row that names the columns it must have."""
    first = text.lstrip().splitlines()[0]
    return set(re.split(r"[,;]", first.lower().replace('"', "").replace(" ", ""))) >= _NEEDED


def read_csv(text: str, *, currency: str, most: int) -> tuple[OwnGoods, tuple[BadImport, ...]]:
    """Read a table of at most `most` rows; tell what is wrong with the others.

    Raises:
        BadImport: nothing of the table can be read.
    """
    shelves: dict[tuple[tuple[str, ...], str], _Shelf] = {}
    refused: list[BadImport] = []
    for count, (line, row) in enumerate(_rows(text), start=1):
        if count > most:
            raise BadImport("too_many")
        try:
            _read(row, line, shelves, currency)
        except BadImport as error:
            refused.append(error)
    goods = tuple(replace(shelf.product, pieces=tuple(shelf.pieces)) for shelf in shelves.values())
    return OwnGoods((), goods), tuple(refused)


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


def _rows(text: str) -> Iterator[tuple[int, Row]]:
    """Give each row with the number of its first line, by column; blank ones are left out."""
    csv.field_size_limit(MAX_FILE_BYTES)
    first = text.lstrip("\r\n").splitlines()[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header:
                yield start, _row(cells, header)
                continue
            header = [cell.strip().lower() for cell in cells]
            _check_header(header)
    except csv.Error:
        raise BadImport("bad_csv", entry=line, field="-") from None


def _check_header(header: list[str]) -> None:
    if missing := sorted(_NEEDED - set(header)):
        raise BadImport("no_column", entry=1, field=missing[0])
    if unknown := [name for name in header if name not in COLUMNS or header.count(name) > 1]:
        raise BadImport("unknown_field", entry=1, field=unknown[0][:40] or "-")


def _row(cells: list[str], header: list[str]) -> Row:
    """Name the cells; one too many is kept under no name, for the row to be refused."""
    row = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=False))
    return row | {"": "more"} if len(cells) > len(header) else row


def _read(row: Row, line: int, shelves: dict[Any, _Shelf], currency: str) -> None:
    if "" in row:
        raise BadImport("many_columns", entry=line)
    path = _path(row["path"], Place(line, "path"))
    name = name_of(row["name"], Place(line, "name"))
    shelf = shelves.get((path, name))
    if shelf is None:
        product = _product(row, line, path, name, currency)
        shelves[path, name] = _Shelf(row, product, _pieces(row, line, product.kind, ()))
        return
    for column in sorted(set(COLUMNS) - _OF_ITEMS):
        if row[column].strip() and row[column] != shelf.first[column]:
            raise BadImport("other_than_before", entry=line, field=column)
    shelf.pieces += _pieces(row, line, shelf.product.kind, tuple(shelf.pieces))


def _product(row: Row, line: int, path: tuple[str, ...], name: str, currency: str) -> OwnProduct:
    price = price_of(row["price"], Place(line, "price"), currency)
    hidden = _FLAGS.get(row["hidden"].strip().lower())
    if hidden is None:
        raise BadImport("bad_flag", entry=line, field="hidden")
    steps = Place(line, "quantity_prices")
    kind = row["deliverable"].strip()
    return OwnProduct(
        entry=line,
        path=path,
        name=name,
        description=description_of(row["description"].strip(), Place(line, "description")),
        price=price,
        quantity_prices=quantity_prices_of(steps_of(row["quantity_prices"], steps), steps, price),
        kind=kind_of(kind, Place(line, "deliverable")) if kind else Kind.UNIQUE_TEXT,
        pieces=(),
        picture=picture_of(row["picture"], Place(line, "picture")) if row["picture"].strip() else None,
        hidden=hidden,
    )


def _path(text: str, place: Place) -> tuple[str, ...]:
    names = split_path(text_of(text, place))
    if not 1 <= len(names) <= MAX_DEPTH or not all(names):
        raise place.wrong("bad_path")
    return tuple(name_of(name, place) for name in names)


def steps_of(text: str, place: Place) -> list[dict[str, Any]]:
    """Take quantity prices apart: `10=4.50 100=4.00`. Raises: BadImport."""
    steps = [_STEP.fullmatch(word) for word in text.split()]
    if not all(steps):
        raise place.wrong("bad_steps")
    return [{"from": int(step[1]), "price": step[2]} for step in steps if step]


def _pieces(row: Row, line: int, kind: Kind, before: tuple[Piece, ...]) -> list[Piece]:
    """Read the item of a row, if it has one."""
    place = Place(line, "content")
    if not row["content"]:
        return []
    if kind is Kind.MADE_TO_ORDER or (before and kind in (Kind.SHARED_TEXT, Kind.SHARED_FILE)):
        raise place.wrong("bad_items")
    if kind.is_file:
        content = bytes_of(row["content"], place, "bad_item")
        return [file_piece(row["file_name"], content, Place(line, "file_name"))]
    return [text_piece(text_of(row["content"], place))]
