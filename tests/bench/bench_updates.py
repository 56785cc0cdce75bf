"""How many updates a second the shop takes: the program as it comes, a webhook, a Telegram that answers at once.

python -m tests.bench.bench_updates
"""

import asyncio
import itertools
import os
import resource
import secrets
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf
from bot_handlers.callbacks.checkout import BuyNow, Confirm, ShowCart
from bot_handlers.callbacks.home import Home
from bot_handlers.callbacks.orders import ShowHistory
from shop.catalog.formats.aiogram import Goods
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Category, Product
from tests.bench.telegram import Poster, Telegram, Update
from tests.conftest import StandingClock
from tests.e2e.driver import Program
from tests.stand import ADMIN, BOT_ID, TOKEN, open_shop

SECONDS = 6.0
UPDATES_PER_PERSON = 25
"""Below the burst that the shop lets a person have: this measures the shop, not its throttle."""
KNOWN_PEOPLE = 1_600
BUYERS = 700
ROOTS, BELOW, PRODUCTS_EACH, ITEMS_EACH = 8, 7, 9, 9
ITEMS = 5_000
FIRST_PERSON = 5_000_000
SLOW = range(6_000_000, 6_000_008)
SLOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Places:
    """What there is to look at."""

    roots: list[int]
    categories: list[int]
    products: list[int]


class Crowd:
    """Makes the updates of people who use the shop."""

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

    def hurry(self) -> Iterator[Iterator[Update]]:
        """Eight customers send /start again and again, below the burst that the shop lets them have."""
        for person in itertools.islice(itertools.cycle(SLOW), 20 * len(SLOW)):
            yield iter([self._message(person, "/start")])

    def browse(self) -> Iterator[Iterator[Update]]:
        """Known customers walk through the shop, one press a screen."""
        products = itertools.cycle(self._places.products)
        for number, person in enumerate(self._known):
            root = self._places.roots[number % len(self._places.roots)]
            category = self._places.categories[number % len(self._places.categories)]
            walk: list[Callback] = [ShowShelf(None, 0), ShowShelf(root, 0), ShowShelf(category, 0)]
            for page in (1, 0):
                product = next(products)
                walk += [ShowProduct(product, 1), ShowProduct(product, 2), ShowShelf(category, page)]
            walk += [ShowCart(), Home(), ShowHistory(0)]
            yield (self._press(person, step.pack()) for step in walk)

    def buy(self) -> Iterator[Iterator[Update]]:
        """Customers with a balance buy one unit: the offer, then its confirmation."""
        for number, person in enumerate(self._buyers):
            yield self._purchase(person, self._places.products[number % len(self._places.products)])

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


class Shop:
    """The program under load, and what the system says of its process."""

    def __init__(self, folder: Path, key: DatabaseKey, *, telegram_port: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe, socket.create_server(("127.0.0.1", 0)) as closed:
            self.port, nobody = probe.getsockname()[1], f"http://127.0.0.1:{closed.getsockname()[1]}"
        chains = ("BTC_API_URLS", "LTC_API_URLS", "ETH_RPC_URLS", "ETHPLORER_URL", "TRONGRID_URLS", "SOLANA_RPC_URLS")
        self.program = Program(
            cwd=folder,
            TOKEN=TOKEN,
            ADMIN_ID_LIST="1",
            TELEGRAM_API_URL=f"http://127.0.0.1:{telegram_port}",
            PUBLIC_URL=f"http://127.0.0.1:{self.port}",
            WEBAPP_PORT=str(self.port),
            DATABASE_PATH=str(folder / "souk.db"),
            DB_KEY=key.raw.hex(),
            PRICE_URLS=f"{nobody}/coingecko",
            PRICE_SOURCES_NEEDED="1",
            LOG_LEVEL="ERROR",
            **dict.fromkeys(chains, nobody),
        )

    @property
    def processor_s(self) -> float:
        """Say how many seconds of a processor the program has used, in user and in system mode."""
        fields = Path(f"/proc/{self.program.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory_mb(self) -> float:
        """Say how much memory the program holds (RSS)."""
        pages = int(Path(f"/proc/{self.program.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6

    @property
    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def stock_shop(folder: Path, key: DatabaseKey) -> Places:
    """Fill a database: a catalogue, people who are known, and a balance for those who buy."""
    database = Database(folder / "souk.db", key)
    database.open()
    try:
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


async def until(condition: Callable[[], object], shop: Shop) -> None:
    """Wait for a condition, as long as the program lives."""
    while not condition():
        if shop.program.process.poll() is not None:
            raise RuntimeError(shop.program.stop()[1])
        await asyncio.sleep(0.05)


def show(name: str, taken: list[float], started: float, used: float, shop: Shop) -> None:
    """Print a row: `started` and `used` are the readings of the clock and of the processor before it."""
    passed, used = time.perf_counter() - started, shop.processor_s - used
    cuts = quantiles(taken, n=100)
    print(
        f"{name:38s}{len(taken) / passed:9.0f}"
        f"{used * 1000 / len(taken):9.2f}{cuts[49] * 1000:9.2f}{cuts[98] * 1000:9.2f}{shop.memory_mb:7.0f}"
    )


async def load(shop: Shop, telegram: Telegram, places: Places) -> None:
    await until(lambda: telegram.secret and shop.is_listening, shop)
    poster = Poster(shop.port, f"/telegram/{BOT_ID}", telegram.secret)
    crowd = Crowd(telegram, places)
    print(f"{'':38s}{'a second':>9s}{'cpu ms':>9s}{'p50 ms':>9s}{'p99 ms':>9s}{'MB':>7s}")
    await poster.post_all(itertools.islice(crowd.browse(), 40), connections=16, seconds=SECONDS)
    kinds = {"/start of new customers": crowd.arrive, "browsing": crowd.browse, "buying": crowd.buy}
    for name, walks in kinds.items():
        telegram.reads_keyboards = name == "buying"
        for connections in (1, 16):
            used, started = shop.processor_s, time.perf_counter()
            taken = await poster.post_all(walks(), connections=connections, seconds=SECONDS)
            show(f"{name}, connections: {connections}", taken, started, used, shop)
    telegram.reads_keyboards = False
    for name in ("429", f"{SLOW_S:.0f} s"):
        telegram.made_to_wait = set(SLOW) if name == "429" else set()
        telegram.slow = {} if name == "429" else dict.fromkeys(SLOW, SLOW_S)
        used, started = shop.processor_s, time.perf_counter()
        beside = asyncio.create_task(poster.post_all(crowd.hurry(), connections=len(SLOW), seconds=SECONDS))
        taken = await poster.post_all(crowd.arrive(), connections=1, seconds=SECONDS)
        show(f"/start beside 8 customers with {name}", taken, started, used, shop)
        await beside
    print("aims: 480 browsing updates a second at 16 connections, p50 under 3 ms at one, under 100 MB")


async def run() -> None:
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as name:
        folder, key = Path(name), DatabaseKey(secrets.token_bytes(32))
        places = stock_shop(folder, key)
        print(
            f"{len(places.roots) + len(places.categories)} categories, {len(places.products)} products, {ITEMS} items"
        )
        telegram = Telegram()
        shop = Shop(folder, key, telegram_port=await telegram.listen())
        try:
            await load(shop, telegram, places)
        finally:
            _, errors = await asyncio.to_thread(shop.program.stop)
        if errors.strip():
            print(f"the program said: {errors.strip()[:2000]}")


def main() -> None:
    print(f"{os.cpu_count()} processors; load of this machine before: {os.getloadavg()[0]:.2f}")
    asyncio.run(run())


if __name__ == "__main__":
    main()
