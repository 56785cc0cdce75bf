"""A shop with a catalogue and known customers, and the updates that customers send."""

import itertools
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf
from bot_handlers.callbacks.checkout import BuyNow, Confirm, ShowCart
from bot_handlers.callbacks.home import Home
from bot_handlers.callbacks.orders import ShowHistory
from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp
from shop.catalog.formats.aiogram import Goods
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Category, Product
from tests.bench.telegram import Telegram, Update
from tests.conftest import StandingClock
from tests.raw_sql import engine_of
from tests.stand import ADMIN, open_shop

KNOWN_PEOPLE = 4_000
BUYERS = 500
ROOTS, BELOW, PRODUCTS_EACH, ITEMS_EACH = 8, 7, 9, 9
ITEMS = 5_000
FIRST_PERSON = 5_000_000
SLOW = range(6_000_000, 6_000_008)


@dataclass(frozen=True, slots=True)
class Places:
    """The categories, products and so on that customers can open."""

    roots: list[int]
    categories: list[int]
    products: list[int]


class Crowd:
    """Build updates from people who use the shop."""

    def __init__(self, telegram: Telegram, places: Places) -> None:
        self._telegram = telegram
        self._places = places
        self._updates = itertools.count(1)
        self._new = itertools.count(FIRST_PERSON + 100_000)
        self._known = iter(range(FIRST_PERSON + BUYERS, FIRST_PERSON + KNOWN_PEOPLE))
        self._buyers = iter(range(FIRST_PERSON, FIRST_PERSON + BUYERS))

    def arrive(self) -> Iterator[Iterator[Update]]:
        """New customers send /start."""
        for person in self._new:
            yield iter([self._message(person, "/start")])

    def come_back(self) -> Iterator[Iterator[Update]]:
        """Known customers send /start repeatedly, below the burst that the shop allows them."""
        for person in self._known:
            yield self._starts(person, 20)

    def top_up(self) -> Iterator[Iterator[Update]]:
        """Known customers choose a coin, see where to pay, then choose another coin."""
        walk = (ChooseCoin(None), ShowTopUp("SOL", None), ChooseCoin(None), ShowTopUp("TRX", None))
        for person in self._known:
            yield self._walk(person, walk)

    def hurry(self) -> Iterator[Iterator[Update]]:
        """Eight customers send /start repeatedly, below the burst that the shop allows them."""
        for person in itertools.islice(itertools.cycle(SLOW), 20 * len(SLOW)):
            yield iter([self._message(person, "/start")])

    def browse(self) -> Iterator[Iterator[Update]]:
        """Known customers browse the shop, one press per screen."""
        products = itertools.cycle(self._places.products)
        for number, person in enumerate(self._known):
            root = self._places.roots[number % len(self._places.roots)]
            category = self._places.categories[number % len(self._places.categories)]
            walk: list[Callback] = [ShowShelf(None, 0), ShowShelf(root, 0), ShowShelf(category, 0)]
            for page in (1, 0):
                product = next(products)
                walk += [ShowProduct(product, 1), ShowProduct(product, 2), ShowShelf(category, page)]
            walk += [ShowCart(), Home(), ShowHistory(0)]
            yield self._walk(person, walk)

    def buy(self) -> Iterator[Iterator[Update]]:
        """Customers with a balance buy one unit: the offer, then its confirmation."""
        for number, person in enumerate(self._buyers):
            yield self._purchase(person, self._places.products[number % len(self._places.products)])

    # A generator expression in the loops above would look up `person` only when its turn comes: sixteen connections
    # would then all act as the person who came last, who is slowed down.

    def _starts(self, person: int, count: int) -> Iterator[Update]:
        for _ in range(count):
            yield self._message(person, "/start")

    def _walk(self, person: int, steps: Iterable[Callback]) -> Iterator[Update]:
        for step in steps:
            yield self._press(person, step.pack())

    def _purchase(self, person: int, product: int) -> Iterator[Update]:
        yield self._press(person, BuyNow(product, 1).pack())
        yield self._press(person, self._button(person, Confirm.prefix))

    def _button(self, person: int, prefix: str) -> str:
        buttons = (button for row in self._telegram.keyboards[person] for button in row)
        return next(b["callback_data"] for b in buttons if b.get("callback_data", "").startswith(f"{prefix}:"))

    def _message(self, person: int, text: str) -> Update:
        return {"update_id": next(self._updates), "message": {
            "message_id": 1, "date": 1, "chat": {"id": person, "type": "private"}, "from": _user(person),
            "text": text, "entities": [{"type": "bot_command", "offset": 0, "length": len(text)}],
        }}  # fmt: skip

    def _press(self, person: int, data: str) -> Update:
        number = next(self._updates)
        return {"update_id": number, "callback_query": {
            "id": str(number), "from": _user(person), "chat_instance": "1", "data": data, "message": {
                "message_id": 7, "date": 1, "chat": {"id": person, "type": "private"}, "text": "-"}}}  # fmt: skip


def _user(person: int) -> dict[str, object]:
    return {"id": person, "is_bot": False, "first_name": "Ada", "language_code": "en"}


def stock_shop(folder: Path, key: DatabaseKey) -> Places:
    """Fill a database with a catalogue, known customers, and a balance for those who buy."""
    database = Database(folder / "souk.db", key)
    database.open()
    try:
        engine_of(database).execute_sql("PRAGMA synchronous = off")  # nobody needs this shop after a power cut
        clock = StandingClock()
        clock.now = int(time.time())
        stand = open_shop(database, clock)
        below = [(f"Category {n // BELOW + 1}", f"Shelf {n + 1}") for n in range(ROOTS * BELOW)]
        products = [(*place, f"Product {n + 1} of {place[1]}") for place in below for n in range(PRODUCTS_EACH)]
        units = itertools.islice(itertools.cycle(products), ITEMS)
        stand.shop.inventory.stock(
            [Goods(*product, stand.usd("4.50"), f"KEY-{secrets.token_hex(8)}-{n}") for n, product in enumerate(units)]
        )
        admin, adjustments = stand.visitor(ADMIN), stand.shop.adjustments
        for number in range(KNOWN_PEOPLE):
            person = stand.visitor(FIRST_PERSON + number)
            if number < BUYERS:
                wanted = adjustments.propose(admin, person.id, stand.usd("100.00"), "to buy with")
                adjustments.make(admin, wanted.id)
        return Places(
            roots=[row.id for row in Category.select().where(Category.parent.is_null())],
            categories=[row.id for row in Category.select().where(Category.parent.is_null(False))],
            products=[row.id for row in Product.select()],
        )
    finally:
        database.close()
