"""Stocking the shop: a JSON file of goods becomes categories, products and stock items, all or nothing.

The format is the one that AiogramShopBot operators have:
`[{"category", "subcategory", "price", "description", "private_data"}, …]`.
"""

import hashlib
import json
import logging
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shop.customers import Customers, Person
from shop.errors import BadImport
from shop.money import InvalidAmount, Money, parse
from storage.database import Database
from storage.models import Category, Product, StockItem

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ENTRIES = 100_000
MAX_NAME = 64
MAX_DIGITS = 24
_UNFIT = re.compile("[\x00\ud800-\udfff]")
"""Characters that cannot be stored or sent: NUL, and halves of a UTF-16 pair."""
_FIELDS = ("category", "subcategory", "description", "private_data")

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class Goods:
    """One entry of a file of goods. `content` is what the buyer gets."""

    category: str
    subcategory: str
    description: str
    price: Money
    content: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: new products, new stock items, and entries skipped because the shop had them already."""

    products: int
    items: int
    duplicates: int


class Inventory:
    """What admins do to the stock."""

    def __init__(self, database: Database, customers: Customers, *, clock: Callable[[], int], currency: str) -> None:
        self._database = database
        self._customers = customers
        self._clock = clock
        self._currency = currency

    def import_json(self, admin: Person, file: bytes) -> ImportReport:
        """Put a file of goods into the shop in one transaction.

        Raises:
            NotAllowed: only admins may.
            BadImport: the first thing that is wrong with the file; nothing of it is kept.
        """
        self._customers.require_admin(admin)
        return self.stock(read_json(file, currency=self._currency))

    def stock(self, goods: list[Goods]) -> ImportReport:
        """Put goods into the shop in one transaction."""
        shelves: dict[tuple[str, str, str, Money], list[str]] = defaultdict(list)
        for entry in goods:
            shelves[entry.category, entry.subcategory, entry.description, entry.price].append(entry.content)
        new_products = new_items = 0
        with self._database.transaction():
            for (category, subcategory, description, price), contents in shelves.items():
                root = Category.ensure(category, parent_id=None)
                product_id, new = Product.ensure(
                    Category.ensure(subcategory, parent_id=root),
                    name=name_from(description),
                    description=description,
                    price_minor=price.minor,
                    now=self._clock(),
                )
                new_products += new
                new_items += StockItem.add(product_id, [(c, content_hash(c)) for c in contents], now=self._clock())
        _log.info("import: %d new products, %d new items", new_products, new_items)
        return ImportReport(products=new_products, items=new_items, duplicates=len(goods) - new_items)


def read_json(file: bytes, *, currency: str) -> list[Goods]:
    """Read a JSON file of goods.

    Raises:
        BadImport: with the number of the entry (from 1) and the field that is wrong.
    """
    if len(file) > MAX_FILE_BYTES:
        raise BadImport("too_large")
    try:
        entries = json.loads(file.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadImport("not_json") from None
    if not isinstance(entries, list) or not entries:
        raise BadImport("not_a_list")
    if len(entries) > MAX_ENTRIES:
        raise BadImport("too_many")
    return [_goods(entry, number, currency) for number, entry in enumerate(entries, start=1)]


def name_from(description: str) -> str:
    """Name a product after the first line of its description."""
    line = description.strip().splitlines()[0].strip()
    return line if len(line) <= MAX_NAME else line[: MAX_NAME - 1].rstrip() + "…"


def content_hash(content: str) -> bytes:
    """Fingerprint a deliverable, to know it again."""
    return hashlib.blake2b(content.encode(), digest_size=16).digest()


def _no_number(constant: str) -> Any:
    raise ValueError(constant)


def _goods(entry: Any, number: int, currency: str) -> Goods:
    if not isinstance(entry, dict):
        raise BadImport("not_an_object", entry=number)
    texts = {}
    for field in _FIELDS:
        text = entry.get(field)
        if not isinstance(text, str) or not text.strip() or _UNFIT.search(text):
            raise BadImport("missing_text", entry=number, field=field)
        texts[field] = text if field == "private_data" else text.strip()
    return Goods(
        category=_short(texts["category"], number, "category"),
        subcategory=_short(texts["subcategory"], number, "subcategory"),
        description=texts["description"],
        price=_price(entry.get("price"), number, currency),
        content=texts["private_data"],
    )


def _short(text: str, number: int, field: str) -> str:
    if len(text) > MAX_NAME or "\n" in text:
        raise BadImport("name_too_long", entry=number, field=field)
    return text


def _price(value: Any, number: int, currency: str) -> Money:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise BadImport("bad_price", entry=number, field="price")
    try:
        price = parse(_plain(value) if isinstance(value, Decimal) else str(value), currency)
    except InvalidAmount:
        raise BadImport("bad_price", entry=number, field="price") from None
    if price.minor <= 0:
        raise BadImport("bad_price", entry=number, field="price")
    return price


def _plain(value: Decimal) -> str:
    """Write a JSON number without exponent and trailing zeros; one beyond all sense stays what no price is."""
    if abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
        return str(value)
    return f"{value.normalize():f}"
