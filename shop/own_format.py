"""Souk's own format of goods, which has everything.

`{"souk": 1, "categories": [{"path", "description", "picture", "hidden"}, …], "products": [{"path": ["A", "B"],
"name", "description", "price", "quantity_prices": [{"from": 10, "price": "4.50"}], "deliverable", "items", "picture",
"hidden"}, …]}`. An item is a text, or a file as `{"file_name", "base64"}`; a picture is base64 of PNG or JPEG. Only
path, name and price of a product must be there, and the path of a category.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from shop.deliverables import Kind
from shop.errors import BadImport
from shop.goods_checks import Place, name_of, price_of, text_of
from shop.money import Money
from shop.pictures import MAX_PICTURE_BYTES, media_type
from storage.models.stock import Piece

VERSION = 1
MAX_DEPTH = 16
MAX_DESCRIPTION = 4_000
MAX_FILE_NAME = 120
MAX_STEP = 1_000_000
_FIELDS = frozenset({"souk", "categories", "products"})
_CATEGORY_FIELDS = frozenset({"path", "description", "picture", "hidden"})
_PRODUCT_FIELDS = _CATEGORY_FIELDS | {"name", "price", "quantity_prices", "deliverable", "items"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnCategory:
    """What a file says about a category."""

    path: tuple[str, ...]
    description: str
    picture: bytes | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """What a file says about a product; `entry` is its number in the file."""

    entry: int
    path: tuple[str, ...]
    name: str
    description: str
    price: Money
    quantity_prices: tuple[tuple[int, Money], ...]
    kind: Kind
    pieces: tuple[Piece, ...]
    picture: bytes | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class OwnGoods:
    """A file in Souk's own format."""

    categories: tuple[OwnCategory, ...]
    products: tuple[OwnProduct, ...]


def read_own(content: dict[str, Any], *, currency: str, most: int) -> OwnGoods:
    """Read a file of at most `most` categories, products and items.

    Raises:
        BadImport: with the number of the entry (from 1) and the field that is wrong.
    """
    if content["souk"] != VERSION or isinstance(content["souk"], bool):
        raise BadImport("bad_version", field="souk")
    if unknown := sorted(content.keys() - _FIELDS):
        raise BadImport("unknown_field", field=unknown[0][:40])
    categories, products = content.get("categories", []), content.get("products", [])
    if not isinstance(categories, list) or not isinstance(products, list) or not categories + products:
        raise BadImport("not_a_list")
    if len(categories) + len(products) > most:
        raise BadImport("too_many")
    read = OwnGoods(
        tuple(_category(entry, number) for number, entry in enumerate(categories, start=1)),
        tuple(_product(entry, number, currency) for number, entry in enumerate(products, start=1)),
    )
    _check_once([(each.path, "") for each in read.categories])
    _check_once([(each.path, each.name) for each in read.products])
    if sum(len(product.pieces) for product in read.products) > most:
        raise BadImport("too_many")
    return read


def _check_once(names: list[tuple[tuple[str, ...], str]]) -> None:
    seen = set()
    for number, name in enumerate(names, start=1):
        if name in seen:
            raise BadImport("twice", entry=number, field="name" if name[1] else "path")
        seen.add(name)


def _category(entry: Any, number: int) -> OwnCategory:
    _check_fields(entry, number, _CATEGORY_FIELDS)
    return OwnCategory(
        path=_path(entry.get("path"), Place(number, "path")),
        description=_optional(entry, "description", number, _description, ""),
        picture=_optional(entry, "picture", number, _picture, None),
        hidden=_optional(entry, "hidden", number, _flag, False),
    )


def _product(entry: Any, number: int, currency: str) -> OwnProduct:
    _check_fields(entry, number, _PRODUCT_FIELDS)
    price = price_of(entry.get("price"), Place(number, "price"), currency)
    kind = _optional(entry, "deliverable", number, _kind, Kind.UNIQUE_TEXT)
    return OwnProduct(
        entry=number,
        path=_path(entry.get("path"), Place(number, "path")),
        name=name_of(entry.get("name"), Place(number, "name")),
        description=_optional(entry, "description", number, _description, ""),
        price=price,
        quantity_prices=_optional(
            entry, "quantity_prices", number, lambda value, place: _quantity_prices(value, place, price), ()
        ),
        kind=kind,
        pieces=_optional(entry, "items", number, lambda value, place: _pieces(value, place, kind), ()),
        picture=_optional(entry, "picture", number, _picture, None),
        hidden=_optional(entry, "hidden", number, _flag, False),
    )


def _check_fields(entry: Any, number: int, known: frozenset[str]) -> None:
    if not isinstance(entry, dict):
        raise BadImport("not_an_object", entry=number)
    if unknown := sorted(entry.keys() - known):
        raise BadImport("unknown_field", entry=number, field=unknown[0][:40])


def _optional(entry: dict[str, Any], field: str, number: int, read: Callable[[Any, Place], T], default: T) -> T:
    value = entry.get(field)
    return default if value is None else read(value, Place(number, field))


def _path(value: Any, place: Place) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_DEPTH:
        raise place.wrong("bad_path")
    return tuple(name_of(name, place.at(number)) for number, name in enumerate(value, start=1))


def _description(value: Any, place: Place) -> str:
    if value == "":
        return ""
    text = text_of(value, place).strip()
    if len(text) > MAX_DESCRIPTION:
        raise place.wrong("text_too_long")
    return text


def _flag(value: Any, place: Place) -> bool:
    if not isinstance(value, bool):
        raise place.wrong("bad_flag")
    return value


def _kind(value: Any, place: Place) -> Kind:
    if not isinstance(value, str) or value not in {kind.value for kind in Kind}:
        raise place.wrong("bad_deliverable")
    return Kind(value)


def _quantity_prices(value: Any, place: Place, price: Money) -> tuple[tuple[int, Money], ...]:
    """Read steps of which each needs more units than the one before, and costs less."""
    if not isinstance(value, list):
        raise place.wrong("bad_quantity_prices")
    steps: list[tuple[int, Money]] = []
    for number, step in enumerate(value, start=1):
        here = place.at(number)
        if not isinstance(step, dict) or step.keys() != {"from", "price"}:
            raise here.wrong("bad_quantity_prices")
        count, each = step["from"], price_of(step["price"], here, price.currency)
        last_count, last_price = steps[-1] if steps else (1, price)
        whole = isinstance(count, int) and not isinstance(count, bool)
        if not whole or not last_count < count <= MAX_STEP or each >= last_price:
            raise here.wrong("bad_quantity_prices")
        steps.append((count, each))
    return tuple(steps)


def _pieces(value: Any, place: Place, kind: Kind) -> tuple[Piece, ...]:
    most = {Kind.MADE_TO_ORDER: 0, Kind.SHARED_TEXT: 1, Kind.SHARED_FILE: 1}.get(kind)
    if not isinstance(value, list) or (most is not None and len(value) > most):
        raise place.wrong("bad_items")
    read = _file_piece if kind.is_file else _text_piece
    return tuple(read(item, place.at(number)) for number, item in enumerate(value, start=1))


def _text_piece(value: Any, place: Place) -> Piece:
    content = text_of(value, place)
    return Piece(content, hashlib.blake2b(content.encode(), digest_size=16).digest())


def _file_piece(value: Any, place: Place) -> Piece:
    if not isinstance(value, dict) or value.keys() != {"file_name", "base64"}:
        raise place.wrong("bad_item")
    name = text_of(value["file_name"], place).strip()
    if len(name) > MAX_FILE_NAME or not name.isprintable() or set(name) & set('/\\"<>|:*?'):
        raise place.wrong("bad_file_name")
    content = _bytes(value["base64"], place, "bad_item")
    return Piece(name, hashlib.blake2b(name.encode() + b"\0" + content, digest_size=16).digest(), content)


def _picture(value: Any, place: Place) -> bytes:
    content = _bytes(value, place, "bad_picture")
    if len(content) > MAX_PICTURE_BYTES or media_type(content) is None:
        raise place.wrong("bad_picture")
    return content


def _bytes(value: Any, place: Place, reason: str) -> bytes:
    if not isinstance(value, str):
        raise place.wrong(reason)
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise place.wrong(reason) from None
    if not content:
        raise place.wrong(reason)
    return content
