"""Check that the process does not grow: 100 000 updates from 20 000 customers, with its memory measured meanwhile.

python -m tests.bench.bench_endurance [--full]
"""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf
from bot_handlers.callbacks.checkout import BuyNow
from bot_handlers.callbacks.orders import ShowHistory
from storage.keys import DatabaseKey
from tests.bench.crowd import Crowd, Places, stock_shop
from tests.bench.programs import Shop, until
from tests.bench.rows import Row, table
from tests.bench.telegram import Poster, Telegram, Update
from tests.stand import BOT_ID

CUSTOMERS, FEW = 20_000, 2_000
ROUNDS = 5
CONNECTIONS = 16
FIRST_PERSON = 7_000_000
MOST_GROWTH_PERCENT = 5
_FOR_EVER_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held after this many updates."""

    updates: int
    seconds: float
    memory_mb: float
    threads: int
    descriptors: int


class Returning(Crowd):
    """Customers who come once in every round; every round has the same mix of updates."""

    def rounds(self, customers: int, rounds: int) -> Iterator[Iterator[Iterator[Update]]]:
        """Yield the updates of each round, with the customers in a different order each time."""
        dice, people = Random(11), list(range(FIRST_PERSON, FIRST_PERSON + customers))
        for number in range(rounds):
            dice.shuffle(people)
            yield (iter([self._visit(person, number)]) for person in people)

    def _visit(self, person: int, number: int) -> Update:
        product = self._places.products[person % len(self._places.products)]
        presses: list[Callback] = [ShowShelf(None, 0), ShowProduct(product, 1), BuyNow(product, 1), ShowHistory(0)]
        turn = (person + number) % (len(presses) + 1)
        return self._message(person, "/start") if turn == 0 else self._press(person, presses[turn - 1].pack())


async def samples_of(folder: Path, *, customers: int, rounds: int) -> list[Sample]:
    """Run a shop under this load, and measure it after each round."""
    key, telegram = DatabaseKey(secrets.token_bytes(32)), Telegram()
    places: Places = stock_shop(folder, key)
    shop = Shop(folder, key, telegram_port=await telegram.listen())
    try:
        await until(lambda: telegram.secret and shop.is_listening, shop)
        poster, found = Poster(shop.port, f"/telegram/{BOT_ID}", telegram.secret), list[Sample]()
        for number, walks in enumerate(Returning(telegram, places).rounds(customers, rounds), start=1):
            started = time.perf_counter()
            taken = await poster.post_all(walks, connections=CONNECTIONS, seconds=_FOR_EVER_S)
            assert len(taken) == customers, "every update was taken"
            found.append(_sample(shop, number * customers, time.perf_counter() - started))
        return found
    finally:
        code, errors = await asyncio.to_thread(shop.program.stop)
        assert code == 0, errors


def _sample(shop: Shop, updates: int, seconds: float) -> Sample:
    process = Path(f"/proc/{shop.program.process.pid}")
    threads = len(list((process / "task").iterdir()))
    return Sample(updates, seconds, shop.memory_mb, threads, len(list((process / "fd").iterdir())))


def growth_percent(samples: list[Sample]) -> float:
    """Return how much memory grew from the end of the first round, which warms up, to the end of the last."""
    return 100 * (samples[-1].memory_mb / samples[0].memory_mb - 1)


def rows_of(samples: list[Sample]) -> list[Row]:
    """Build rows of what the process held at the end, with the end of the first round beside it."""
    first, last = samples[0], samples[-1]
    before = samples[-2].updates if len(samples) > 1 else 0
    first_round = f"after {first.updates} updates"
    return [
        Row("updates a second", (last.updates - before) / last.seconds, "a second", noise_percent=30),
        Row(
            f"memory after {last.updates} updates",
            last.memory_mb,
            "MB",
            last.memory_mb / first.memory_mb,
            first_round,
            3,
        ),
        Row(f"growth (aim: under {MOST_GROWTH_PERCENT} %)", growth_percent(samples), "%", noise_percent=100),
        Row("threads", last.threads, "", last.threads / first.threads, first_round, 30),
        Row("open files", last.descriptors, "", last.descriptors / first.descriptors, first_round, 30),
    ]


def main(*, full: bool = False) -> list[Row]:
    customers, rounds = (CUSTOMERS, ROUNDS) if full else (FEW, 2)
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as name:
        return rows_of(asyncio.run(samples_of(Path(name), customers=customers, rounds=rounds)))


if __name__ == "__main__":
    print(table(main(full="--full" in sys.argv)))
