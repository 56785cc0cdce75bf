"""Files of goods, read: the lists that AiogramShopBot operators have, and Souk's own formats.

A list is JSON, `[{"category", "subcategory", "price", "description", "private_data"}, …]`, or lines of text
(`goods_txt`): a unique text each. Souk's own are JSON (`own_format`) and CSV (`goods_csv`).
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shop import goods_csv, goods_txt
from shop.errors import BadImport
from shop.goods_checks import MAX_ENTRIES, MAX_FILE_BYTES, MAX_NAME, Place, name_of, price_of, sort_out, text_of
from shop.money import Money
from shop.own_format import OwnGoods, read_own


@dataclass(frozen=True, slots=True)
class Goods:
    """One entry of a list of goods. `content` is what the buyer gets."""

    category: str
    subcategory: str
    description: str
    price: Money
    content: str = field(repr=False)

    @property
    def list_key(self) -> str:
        """What the product of this entry is known by, for ever."""
        return "\x1f".join((self.category, self.subcategory, str(self.price.minor), self.description))


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be used of a file, and what is wrong with the rest, by the number of the entry or the line."""

    goods: list[Goods] | OwnGoods
    refused: tuple[BadImport, ...]


def read_goods(file: bytes, *, file_name: str, currency: str) -> Reading:
    """Read a file of goods. Its name says what is in it, or else its first characters do.

    Raises:
        BadImport: nothing of the file can be read.
    """
    if len(file) > MAX_FILE_BYTES:
        raise BadImport("too_large")
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadImport("not_utf8") from None
    if not text.strip():
        raise BadImport("empty")
    form = _form(text, file_name)
    if form == "csv":
        return Reading(*goods_csv.read_csv(text, currency=currency, most=MAX_ENTRIES))
    if form == "txt":
        lines = goods_txt.lines_of(text)
        if len(lines) > MAX_ENTRIES:
            raise BadImport("too_many")
        return _reading(
            *sort_out(lines, lambda line, number: _goods(goods_txt.entry_of(line, number), number, currency))
        )
    return _read_json(text, currency)


def title_from(description: str) -> str:
    """Name a product after the first line of its description."""
    line = description.strip().splitlines()[0].strip()
    return line if len(line) <= MAX_NAME else line[: MAX_NAME - 1].rstrip() + "…"


def _form(text: str, file_name: str) -> str:
    suffix = file_name.rpartition(".")[2].lower()
    if suffix in ("json", "txt", "csv"):
        return suffix
    if text.lstrip().startswith(("[", "{")):
        return "json"
    return "csv" if goods_csv.is_header(text) else "txt"


def _read_json(text: str, currency: str) -> Reading:
    try:
        content = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadImport("not_json") from None
    if isinstance(content, dict) and "souk" in content:
        return _reading(*read_own(content, currency=currency, most=MAX_ENTRIES))
    if not isinstance(content, list) or not content:
        raise BadImport("not_a_list")
    if len(content) > MAX_ENTRIES:
        raise BadImport("too_many")
    return _reading(*sort_out(enumerate(content, start=1), lambda entry, number: _goods(entry, number, currency)))


def _reading(goods: list[Goods] | OwnGoods, refused: list[BadImport]) -> Reading:
    return Reading(goods, tuple(refused))


def _no_number(constant: str) -> Any:
    raise ValueError(constant)


def _goods(entry: Any, number: int, currency: str) -> Goods:
    if not isinstance(entry, dict):
        raise BadImport("not_an_object", entry=number)
    _check_type(entry.get("item_type"), Place(number, "item_type"))
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


def _check_type(value: Any, place: Place) -> None:
    """Take what is digital; the word may be left out."""
    word = value.strip().upper() if isinstance(value, str) else value
    if word == goods_txt.PHYSICAL:
        raise place.wrong("physical")
    if word not in (None, goods_txt.DIGITAL):
        raise place.wrong("bad_item_type")
