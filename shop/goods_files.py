"""Files of goods, read: the list that AiogramShopBot operators have, and Souk's own format (`own_format`).

The list is `[{"category", "subcategory", "price", "description", "private_data"}, …]`: a unique text each.
"""

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shop.errors import BadImport
from shop.goods_checks import MAX_NAME, Place, name_of, price_of, text_of
from shop.money import Money
from shop.own_format import OwnGoods, read_own
from storage.models.stock import Piece

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 100_000


@dataclass(frozen=True, slots=True)
class Goods:
    """One entry of a list of goods. `content` is what the buyer gets."""

    category: str
    subcategory: str
    description: str
    price: Money
    content: str = field(repr=False)


def read_goods(file: bytes, *, currency: str) -> list[Goods] | OwnGoods:
    """Read a file of goods in either format.

    Raises:
        BadImport: with the number of the entry (from 1) and the field that is wrong.
    """
    if len(file) > MAX_FILE_BYTES:
        raise BadImport("too_large")
    try:
        content = json.loads(file.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadImport("not_json") from None
    if isinstance(content, dict) and "souk" in content:
        return read_own(content, currency=currency, most=MAX_ENTRIES)
    if not isinstance(content, list) or not content:
        raise BadImport("not_a_list")
    if len(content) > MAX_ENTRIES:
        raise BadImport("too_many")
    return [_goods(entry, number, currency) for number, entry in enumerate(content, start=1)]


def title_from(description: str) -> str:
    """Name a product after the first line of its description."""
    line = description.strip().splitlines()[0].strip()
    return line if len(line) <= MAX_NAME else line[: MAX_NAME - 1].rstrip() + "…"


def text_piece(content: str) -> Piece:
    """Make a text a piece that is known again."""
    return Piece(content, hashlib.blake2b(content.encode(), digest_size=16).digest())


def _no_number(constant: str) -> Any:
    raise ValueError(constant)


def _goods(entry: Any, number: int, currency: str) -> Goods:
    if not isinstance(entry, dict):
        raise BadImport("not_an_object", entry=number)
    texts = {
        name: text_of(entry.get(name), Place(number, name))
        for name in ("category", "subcategory", "description", "private_data")
    }
    return Goods(
        category=name_of(texts["category"], Place(number, "category")),
        subcategory=name_of(texts["subcategory"], Place(number, "subcategory")),
        description=texts["description"].strip(),
        price=price_of(entry.get("price"), Place(number, "price"), currency),
        content=texts["private_data"],
    )
