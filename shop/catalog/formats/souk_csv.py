"""Tables of goods: Souk's own, read and written, and those of other shops, read (`docs/goods.md`)."""

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.formats.checks import (
    Place,
    base64_text,
    is_spoilt,
    join_path,
    name_of,
    price_of,
    price_text,
    split_path,
    text_of,
    text_piece,
    words_of,
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
from shop.catalog.formats.tables import UNNAMED, Row, Table, check_names, harmless
from shop.errors.catalog import BadImport
from storage.models.stock import Piece

COLUMNS = (
    *("path", "name", "price", "description", "deliverable"),
    *("content", "file_name", "quantity_prices", "hidden", "picture"),
    *LIMITS,
)
_NEEDED = frozenset({"path", "name", "price"})
ALSO_CALLED = {
    **dict.fromkeys(("category", "categories"), "path"),
    **dict.fromkeys(("title", "product", "product name", "item"), "name"),
    "regular price": "price",
    **dict.fromkeys(("private_data", "key", "license key", "code", "account"), "content"),
}
"""Other shops' names for Souk's columns. If a file has both, Souk's own name wins."""
_BELOW = "subcategory"
_MANY = "categories"
_COMMA = re.compile(r"(?<!\\)(?:\\\\)*,")
"""A comma that is not escaped: in WooCommerce's column of this name, it separates the categories of a product."""
_OF_PRODUCTS = tuple(sorted({*COLUMNS} - {"path", "name", "content", "file_name"}))
_FLAGS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
_STEP = re.compile(r"([0-9]{1,9})=([0-9.,]{1,24})")
_MOST_DIGITS = 9


@dataclass(slots=True)
class _Shelf:
    """A product and the row that describes it. `taken`: one of its rows at least is not refused.

    `doubtful`: the columns in which a later row differed. The rows after it may belong to another product of the
    same name, until one repeats the first row's values.
    """

    first: Row
    product: OwnProduct
    pieces: list[Piece] = field(default_factory=list)
    taken: bool = False
    doubtful: set[str] = field(default_factory=set)

    def check(self, row: Row, line: int) -> None:
        """Raise BadImport when a row describes another product, or may belong to one."""
        other = [column for column in _OF_PRODUCTS if row[column].strip() and not self._repeats(row, column)]
        if other:
            self.doubtful.update(other)
            raise BadImport("other_than_before", entry=line, field=other[0])
        if self.doubtful:
            told = row["price"].strip() and all(self._repeats(row, column) for column in self.doubtful)
            if not told:
                raise BadImport("unclear_row", entry=line)
            self.doubtful.clear()

    def _repeats(self, row: Row, column: str) -> bool:
        """Return whether a cell says the same as the first row's, however it is written."""
        if row[column] == self.first[column]:
            return True
        cells = dict.fromkeys(COLUMNS, "") | {name: self.first[name] for name in ("price", "deliverable")}
        product = self.product
        try:
            made = _product(cells | {column: row[column]}, 0, product.path, product.name, product.price.currency)
        except BadImport:
            return False
        attribute = "kind" if column == "deliverable" else column
        return bool(getattr(made, attribute) == getattr(product, attribute))


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table. `own`: the table's name for each of Souk's columns that it has."""

    own: dict[str, str] = field(default_factory=dict)
    has_subcategories: bool = False

    @classmethod
    def of(cls, header: Collection[str]) -> "_Columns":
        """Recognise columns by their names."""
        own = {name: name for name in COLUMNS if name in header}
        for name in header:
            if name in ALSO_CALLED:
                own.setdefault(ALSO_CALLED[name], name)
        return cls(own, _BELOW in header and own.get("path") == "category")

    @property
    def missing(self) -> list[str]:
        """Name the required columns that this table lacks."""
        return sorted(_NEEDED - set(self.own))

    def check(self, header: Collection[str]) -> None:
        """Raise BadImport when a column is missing, not known, or there twice."""
        if missing := self.missing:
            raise BadImport("no_column", entry=1, field=missing[0])
        check_names(header, known={*self.own.values(), *([_BELOW] if self.has_subcategories else [])})

    def read(self, row: Row, line: int) -> Row:
        """Name the cells of a row as Souk does. Raises: BadImport."""
        own = dict.fromkeys(COLUMNS, "") | {name: row.get(theirs, "") for name, theirs in self.own.items()}
        if self.own["path"] == _MANY and _COMMA.search(own["path"]):
            raise BadImport("many_categories", entry=line, field="path")
        if self.has_subcategories and row.get(_BELOW, "").strip():
            own["path"] = f"{own['path']} > {row[_BELOW]}"
        return own | {UNNAMED: row[UNNAMED]} if UNNAMED in row else own

    def place(self, error: BadImport) -> BadImport:
        """Name the place of a refusal as the table does."""
        return error if error.field is None else replace(error, field=self.own.get(error.field, error.field))


def is_goods_table(header: Collection[str]) -> bool:
    """Return whether a header row has the columns that a table of goods needs."""
    return not _Columns.of(header).missing


def read_csv(table: Table, *, currency: str, most: int) -> tuple[OwnGoods, tuple[BadImport, ...]]:
    """Read a table of at most `most` rows; return refusals of invalid ones.

    Raises:
        BadImport: nothing in the table can be read.
    """
    columns = _Columns.of(table.header)
    columns.check(table.header)
    shelves: dict[tuple[tuple[str, ...], str], _Shelf] = {}
    refused: list[BadImport] = []
    for count, (line, row) in enumerate(table.rows, start=1):
        if count > most:
            raise BadImport("too_many")
        try:
            _read(columns.read(row, line), line, shelves, currency)
        except BadImport as error:
            refused.append(columns.place(error))
    goods = tuple(replace(shelf.product, pieces=tuple(shelf.pieces)) for shelf in shelves.values() if shelf.taken)
    return OwnGoods((), goods), tuple(refused)


def _read(row: Row, line: int, shelves: dict[Any, _Shelf], currency: str) -> None:
    path = _path(row["path"], Place(line, "path"))
    name = name_of(row["name"], Place(line, "name"))
    shelf = shelves.get((path, name))
    if shelf is not None:
        shelf.check(row, line)
    if UNNAMED in row:
        raise BadImport("many_columns", entry=line)
    if shelf is None:
        shelf = shelves[path, name] = _Shelf(row, _product(row, line, path, name, currency))
    shelf.pieces += _pieces(row, line, shelf.product.kind, tuple(shelf.pieces))
    shelf.taken = True


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
    names = split_path(words_of(text, place))
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
    if is_spoilt(row["content"]):
        raise place.wrong("spoilt")
    return [text_piece(text_of(row["content"], place))]


def write_csv(goods: OwnGoods) -> bytes:
    """Write the table: products with all fields, categories with only their names."""
    out = io.StringIO()
    # With CRLF between rows, as in RFC 4180, the writer quotes any cell that contains either character.
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
        "picture": "" if product.picture is None else base64_text(product.picture),
        **{each: str(getattr(product, each) or "") for each in LIMITS},
    }
    items = [_cells(piece, product.kind) for piece in product.pieces]
    yield _harmless(place | more | (items[0] if items else {}))
    for item in items[1:]:
        yield _harmless(place | item)


def _harmless(row: dict[str, str]) -> dict[str, str]:
    return {name: harmless(cell) for name, cell in row.items()}


def _cells(piece: Piece, kind: DeliverableKind) -> dict[str, str]:
    if not kind.is_file or piece.file is None:
        return {"content": piece.content}
    return {"content": base64_text(piece.file), "file_name": piece.content}
