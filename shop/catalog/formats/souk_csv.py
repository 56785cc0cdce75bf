"""Souk's own CSV format for goods, read and written (`docs/goods.md`)."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.formats.checks import (
    MAX_FILE_BYTES,
    Place,
    _base64,
    join_path,
    name_of,
    price_of,
    price_text,
    split_path,
    text_of,
    text_piece,
)
from shop.catalog.formats.souk_json import (
    LIMITS,
    MAX_DEPTH,
    OwnGoods,
    OwnProduct,
    bytes_of,
    description_of,
    file_piece,
    kind_of,
    limit_of,
    picture_of,
    quantity_prices_of,
)
from shop.errors.catalog import BadImport
from storage.models.stock import Piece

COLUMNS = (
    *("path", "name", "price", "description", "deliverable"),
    *("content", "file_name", "quantity_prices", "hidden", "picture"),
    *LIMITS,
)
_NEEDED = frozenset({"path", "name", "price"})
_OF_ITEMS = frozenset({"path", "name", "content", "file_name"})
_FLAGS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
_SEPARATOR = re.compile(r"\s*\"?sep=([,;\t|])\"?[ \t]*(?=\r?\n|\r)", re.IGNORECASE)
_FORMULA = re.compile("'*[=+\\-@\t\r]")
_HARMLESS = re.compile("'+[=+\\-@\t\r]")
"""A cell that a spreadsheet would calculate is written with an apostrophe before it, which is taken off again."""
_STEP = re.compile(r"([0-9]{1,9})=([0-9.,]{1,24})")
_MOST_DIGITS = 9
Row = dict[str, str]


@dataclass(slots=True)
class _Shelf:
    """A product and the row that describes it."""

    first: Row
    product: OwnProduct
    pieces: list[Piece]


def is_header(text: str) -> bool:
    """Tell whether a text begins with a header row that has the required columns."""
    first = _without_separator(text)[0].strip().partition("\n")[0].partition("\r")[0]
    return set(re.split(r"[,;\t|]", first.lower().replace('"', "").replace(" ", ""))) >= _NEEDED


def read_csv(text: str, *, currency: str, most: int) -> tuple[OwnGoods, tuple[BadImport, ...]]:
    """Read a table of at most `most` rows; return refusals of invalid ones.

    Raises:
        BadImport: nothing in the table can be read.
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


def _rows(text: str) -> Iterator[tuple[int, Row]]:
    """Yield each non-blank row by column, with its first line number."""
    csv.field_size_limit(MAX_FILE_BYTES)
    text, delimiter = _without_separator(text)
    if not delimiter:
        first = text.lstrip("\r\n").splitlines()[0]
        delimiter = max(",", ";", "\t", key=first.count)
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
        raise BadImport("bad_csv", entry=line) from None


def _without_separator(text: str) -> tuple[str, str]:
    """Take off the line `sep=;` by which Excel names the separator; the line stays, blank, so that numbers fit."""
    match = _SEPARATOR.match(text)
    return (text[match.end() :], match[1]) if match else (text, "")


def _check_header(header: list[str]) -> None:
    if missing := sorted(_NEEDED - set(header)):
        raise BadImport("no_column", entry=1, field=missing[0])
    if unknown := [name for name in header if name and (name not in COLUMNS or header.count(name) > 1)]:
        raise BadImport("unknown_column", entry=1, field=unknown[0][:40])


def _row(cells: list[str], header: list[str]) -> Row:
    """Name the cells. One with something in it below no name is kept under "", so that the row is refused."""
    named = [*header, *[""] * (len(cells) - len(header))]
    row = dict.fromkeys(COLUMNS, "") | {name: _plain(cell) for name, cell in zip(named, cells, strict=False) if name}
    unnamed = any(cell.strip() for name, cell in zip(named, cells, strict=False) if not name)
    return row | {"": "more"} if unnamed else row


def _plain(cell: str) -> str:
    """Read a cell that was made harmless."""
    return cell[1:] if _HARMLESS.match(cell) else cell


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
    word = row["deliverable"].strip()
    kind = kind_of(word, Place(line, "deliverable")) if word else DeliverableKind.UNIQUE_TEXT
    return OwnProduct(
        entry=line,
        path=path,
        name=name,
        description=description_of(row["description"].strip(), Place(line, "description")),
        price=price,
        quantity_prices=quantity_prices_of(steps_of(row["quantity_prices"], steps), steps, price),
        kind=kind,
        pieces=(),
        picture=picture_of(row["picture"], Place(line, "picture")) if row["picture"].strip() else None,
        hidden=hidden,
        **{each: _limit(row[each].strip(), Place(line, each), kind) for each in LIMITS},
    )


def _limit(text: str, place: Place, kind: DeliverableKind) -> int | None:
    if not text:
        return None
    whole = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return limit_of(int(text) if whole else text, place, kind=kind)


def _path(text: str, place: Place) -> tuple[str, ...]:
    names = split_path(text_of(text, place))
    if not 1 <= len(names) <= MAX_DEPTH or not all(names):
        raise place.wrong("bad_path")
    return tuple(name_of(name, place) for name in names)


def steps_of(text: str, place: Place) -> list[dict[str, Any]]:
    """Parse quantity prices: `10=4.50 100=4.00`. Raises: BadImport."""
    steps = [_STEP.fullmatch(word) for word in text.split()]
    if not all(steps):
        raise place.wrong("bad_steps")
    return [{"from": int(step[1]), "price": step[2]} for step in steps if step]


def _pieces(row: Row, line: int, kind: DeliverableKind, before: tuple[Piece, ...]) -> list[Piece]:
    """Read the row's item, if it has one."""
    place = Place(line, "content")
    if not row["content"]:
        return []
    if kind is DeliverableKind.MADE_TO_ORDER or (
        before and kind in (DeliverableKind.SHARED_TEXT, DeliverableKind.SHARED_FILE)
    ):
        raise place.wrong("bad_items")
    if kind.is_file:
        content = bytes_of(row["content"], place, "bad_item")
        return [file_piece(row["file_name"], content, Place(line, "file_name"))]
    return [text_piece(text_of(row["content"], place))]


def write_csv(goods: OwnGoods) -> bytes:
    """Write the table: products with all fields, categories with only their names."""
    out = io.StringIO()
    # With CRLF between the rows, as RFC 4180 has it, both of its characters are put in quotes where a cell has one.
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for product in goods.products:
        writer.writerows(_written_rows(product))
    return out.getvalue().encode("utf-8-sig")


def _written_rows(product: OwnProduct) -> Iterator[dict[str, str]]:
    """Describe the product in its first row, which it has even without items."""
    place = {"path": join_path(product.path), "name": product.name}
    more = {
        "price": price_text(product.price),
        "description": product.description,
        "deliverable": product.kind.value,
        "quantity_prices": " ".join(f"{count}={price_text(price)}" for count, price in product.quantity_prices),
        "hidden": "yes" if product.hidden else "no",
        "picture": "" if product.picture is None else _base64(product.picture),
        **{each: str(getattr(product, each) or "") for each in LIMITS},
    }
    items = [_cells(piece, product.kind) for piece in product.pieces]
    yield _harmless(place | more | (items[0] if items else {}))
    for item in items[1:]:
        yield _harmless(place | item)


def _harmless(row: dict[str, str]) -> dict[str, str]:
    return {name: harmless(cell) for name, cell in row.items()}


def harmless(cell: str) -> str:
    """Mark a cell that a spreadsheet would take for a formula as text."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _cells(piece: Piece, kind: DeliverableKind) -> dict[str, str]:
    if not kind.is_file or piece.file is None:
        return {"content": piece.content}
    return {"content": _base64(piece.file), "file_name": piece.content}
