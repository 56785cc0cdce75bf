"""Souk's own JSON format for goods, read and written (`docs/goods.md`)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from shop.catalog.deliverables import SHARED, DeliverableKind
from shop.catalog.formats.characters import seen_only
from shop.catalog.formats.checks import (
    Place,
    Repeated,
    base64_text,
    check_fields,
    json_bytes,
    name_of,
    price_of,
    price_text,
    sort_out,
    text_of,
    text_piece,
    words_of,
)
from shop.errors.catalog import BadImport
from shop.money import Money
from shop.pictures import MAX_PICTURE_BYTES, media_type
from storage.models.stock import Piece
from storage.text import plain_blanks

VERSION = 1
MAX_DEPTH = 16
MAX_DESCRIPTION = 4_000
MAX_FILE_NAME = 120
UNFIT_IN_FILE_NAMES = re.compile(r'[/\\"<>|:*?\x00-\x1f\x7f-\x9f]')
MAX_STEP = 1_000_000
MAX_STEPS = 20
"""The most quantity prices of a product, since the screen shows all of them."""
_FIELDS = frozenset({"souk", "categories", "products"})
_CATEGORY_FIELDS = frozenset({"path", "description", "picture", "hidden"})
LIMITS = ("seats", "per_customer", "per_day")
"""Fields that limit how many a customer may buy, or how many customers can; 0 means no limit."""
MAX_LIMIT = 1_000_000
_PRODUCT_FIELDS = _CATEGORY_FIELDS | {"name", "price", "quantity_prices", "deliverable", "items", *LIMITS}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnCategory:
    """A category in a file."""

    path: tuple[str, ...]
    description: str
    picture: bytes | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """A product in a file; `entry` is its number. Limits that it does not name stay as they are; 0 means no limit."""

    entry: int
    path: tuple[str, ...]
    name: str
    description: str
    price: Money
    quantity_prices: tuple[tuple[int, Money], ...]
    kind: DeliverableKind
    pieces: tuple[Piece, ...]
    picture: bytes | None
    hidden: bool
    seats: int | None = None
    per_customer: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class OwnGoods:
    """A file in Souk's own format."""

    categories: tuple[OwnCategory, ...]
    products: tuple[OwnProduct, ...]


def read_own(content: dict[str, Any], *, currency: str, most: int) -> tuple[OwnGoods, list[BadImport]]:
    """Read a file of at most `most` categories, products and items; return refusals of invalid ones.

    Raises:
        BadImport: nothing in the file can be read.
    """
    if content["souk"] != VERSION or isinstance(content["souk"], bool):
        raise BadImport("bad_version", field="souk")
    check_fields(content, None, _FIELDS)
    categories, products = content.get("categories", []), content.get("products", [])
    if not isinstance(categories, list) or not isinstance(products, list) or not categories + products:
        raise BadImport("not_a_list")
    if len(categories) + len(products) > most:
        raise BadImport("too_many")
    shelves, wrong_shelves = sort_out(enumerate(categories, start=1), once(_category, lambda each: each.path, "path"))
    read = once(lambda entry, number: _product(entry, number, currency), lambda each: (each.path, each.name), "name")
    goods, wrong_goods = sort_out(enumerate(products, start=1), read)
    if sum(len(product.pieces) for product in goods) > most:
        raise BadImport("too_many")
    return OwnGoods(tuple(shelves), tuple(goods)), wrong_shelves + wrong_goods


def once(read: Callable[[Any, int], T], key: Callable[[T], Hashable], field: str) -> Callable[[Any, int], T]:
    """Refuse duplicates."""
    seen: set[Hashable] = set()

    def read_once(entry: Any, number: int) -> T:
        found = read(entry, number)
        if key(found) in seen:
            raise BadImport("twice", entry=number, field=field)
        seen.add(key(found))
        return found

    return read_once


def _category(entry: Any, number: int) -> OwnCategory:
    check_fields(entry, number, _CATEGORY_FIELDS)
    return OwnCategory(
        path=_path(entry.get("path"), Place(number, "path")),
        description=_optional(entry, "description", number, description_of, ""),
        picture=_optional(entry, "picture", number, picture_of, None),
        hidden=_optional(entry, "hidden", number, _flag, False),
    )


def _product(entry: Any, number: int, currency: str) -> OwnProduct:
    check_fields(entry, number, _PRODUCT_FIELDS)
    price = price_of(entry.get("price"), Place(number, "price"), currency)
    kind = _optional(entry, "deliverable", number, kind_of, DeliverableKind.UNIQUE_TEXT)
    return OwnProduct(
        entry=number,
        path=_path(entry.get("path"), Place(number, "path")),
        name=name_of(entry.get("name"), Place(number, "name")),
        description=_optional(entry, "description", number, description_of, ""),
        price=price,
        quantity_prices=_optional(
            entry, "quantity_prices", number, lambda value, place: quantity_prices_of(value, place, price), ()
        ),
        kind=kind,
        pieces=_optional(entry, "items", number, lambda value, place: _pieces(value, place, kind), ()),
        picture=_optional(entry, "picture", number, picture_of, None),
        hidden=_optional(entry, "hidden", number, _flag, False),
        **{each: _optional(entry, each, number, partial(limit_of, kind=kind), None) for each in LIMITS},
    )


def limit_of(value: Any, place: Place, *, kind: DeliverableKind) -> int:
    """Check a limit; 0 means no limit. Raises: BadImport."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_LIMIT:
        raise place.wrong("bad_number")
    if place.field == "seats" and value and kind not in SHARED:
        raise place.wrong("bad_seats")
    return value


def _optional(entry: dict[str, Any], field: str, number: int, read: Callable[[Any, Place], T], default: T) -> T:
    value = entry.get(field)
    return default if value is None else read(value, Place(number, field))


def _path(value: Any, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_DEPTH:
        raise place.wrong("bad_path")
    return tuple(name_of(name, place.at(number)) for number, name in enumerate(value, start=1))


def description_of(value: Any, place: Place) -> str:
    """Check a description; it may be empty. Raises: BadImport."""
    if value == "":
        return ""
    text = words_of(value, place).strip()
    if len(text) > MAX_DESCRIPTION:
        raise place.wrong("text_too_long")
    return text


def _flag(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.wrong("bad_flag")
    return value


def kind_of(value: Any, place: Place) -> DeliverableKind:
    """Read a kind of goods. Raises: BadImport."""
    if not isinstance(value, str) or value not in {kind.value for kind in DeliverableKind}:
        raise place.wrong("bad_deliverable")
    return DeliverableKind(value)


def quantity_prices_of(value: Any, place: Place, price: Money) -> tuple[tuple[int, Money], ...]:
    """Read quantity prices: each step needs more items than the one before, and costs less. Raises: BadImport."""
    if not isinstance(value, list):
        raise place.wrong("bad_quantity_prices")
    if len(value) > MAX_STEPS:
        raise place.wrong("many_steps")
    steps: list[tuple[int, Money]] = []
    for number, step in enumerate(value, start=1):
        here = place.at(number)
        if not isinstance(step, dict) or isinstance(step, Repeated) or step.keys() != {"from", "price"}:
            raise here.wrong("bad_quantity_prices")
        count, each = step["from"], price_of(step["price"], here, price.currency)
        last_count, last_price = steps[-1] if steps else (1, price)
        whole = isinstance(count, int) and not isinstance(count, bool)
        if not whole or not last_count < count <= MAX_STEP or each >= last_price:
            raise here.wrong("bad_quantity_prices")
        steps.append((count, each))
    return tuple(steps)


def _pieces(value: Any, place: Place, kind: DeliverableKind) -> tuple[Piece, ...]:
    most = {DeliverableKind.MADE_TO_ORDER: 0, DeliverableKind.SHARED_TEXT: 1, DeliverableKind.SHARED_FILE: 1}.get(
        kind
    )
    if not isinstance(value, list) or (most is not None and len(value) > most):
        raise place.wrong("bad_items")
    read = _file_item if kind.is_file else lambda item, here: text_piece(text_of(item, here))
    return tuple(read(item, place.at(number)) for number, item in enumerate(value, start=1))


def _file_item(value: Any, place: Place) -> Piece:
    if not isinstance(value, dict) or isinstance(value, Repeated) or value.keys() != {"file_name", "base64"}:
        raise place.wrong("bad_item")
    return file_piece(value["file_name"], bytes_of(value["base64"], place, "bad_item"), place)


def file_piece(file_name: Any, content: bytes, place: Place) -> Piece:
    """Make a piece of a file, with the digest that identifies it; what its name hides is an underscore.

    Raises: BadImport.
    """
    name = plain_blanks(words_of(file_name, place)).strip()
    if len(name) > MAX_FILE_NAME or UNFIT_IN_FILE_NAMES.search(name):
        raise place.wrong("bad_file_name")
    name = seen_only(name)
    return Piece(name, hashlib.blake2b(name.encode() + b"\0" + content, digest_size=16).digest(), content)


def picture_of(value: Any, place: Place) -> bytes:
    """Read a picture in base64. Raises: BadImport."""
    content = bytes_of(value, place, "bad_picture")
    if len(content) > MAX_PICTURE_BYTES or media_type(content) is None:
        raise place.wrong("bad_picture")
    return content


def bytes_of(value: Any, place: Place, reason: str) -> bytes:
    """Read base64 of at least one byte. Raises: BadImport."""
    if not isinstance(value, str):
        raise place.wrong(reason)
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise place.wrong(reason) from None
    if not content:
        raise place.wrong(reason)
    return content


def write_own(goods: OwnGoods) -> bytes:
    """Write Souk's own format, which holds every field."""
    content = {
        "souk": VERSION,
        "categories": [_written_category(each) for each in goods.categories],
        "products": [_written_product(each) for each in goods.products],
    }
    return json_bytes(content)


def _written_category(each: OwnCategory) -> dict[str, Any]:
    written = {"path": list(each.path), "description": each.description, "hidden": each.hidden}
    return written if each.picture is None else written | {"picture": base64_text(each.picture)}


def _written_product(each: OwnProduct) -> dict[str, Any]:
    written = {
        "path": list(each.path),
        "name": each.name,
        "description": each.description,
        "price": price_text(each.price),
        "quantity_prices": [{"from": count, "price": price_text(price)} for count, price in each.quantity_prices],
        "deliverable": each.kind.value,
        "items": [_written_item(piece) for piece in each.pieces],
        "hidden": each.hidden,
        **{limit: value for limit in LIMITS if (value := getattr(each, limit)) is not None},
    }
    return written if each.picture is None else written | {"picture": base64_text(each.picture)}


def _written_item(piece: Piece) -> str | dict[str, str]:
    return piece.content if piece.file is None else {"file_name": piece.content, "base64": base64_text(piece.file)}
