"""Measure what an update costs and how many per second the shop handles.

The shop is the unmodified program with a webhook, and Telegram answers at once. The same run also measures the
smallest application of this kind, alternating every second.

python -m tests.bench.bench_updates
"""

import asyncio
import itertools
import json
import secrets
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

from storage.keys import DatabaseKey
from tests.bench.bench_costs import kinds_of, print_costs, quiet
from tests.bench.crowd import ITEMS, SLOW, Crowd, stock_shop
from tests.bench.programs import YARDSTICK_SECRET, Measured, Shop, Yardstick, until
from tests.bench.rows import Row
from tests.bench.telegram import Poster, Telegram, Update

ROUNDS, ROUND_S, YARDSTICK_S = 4, 1.0, 0.5
SLOW_S = 5.0
HEALTH_REPORTS = 500
SMALLEST = "the smallest application"
_NOISE_PERCENT = 30.0
AIMS = {"browsing": 0.55, "/start of new customers": 0.5, "/start of known ones": 0.5, "buying": 0.35}
"""Minimum shares of the yardstick's updates per second."""


@dataclass(slots=True)
class Load:
    """A program under load: the seconds that each update took, and the total."""

    program: Measured
    poster: Poster
    taken: list[float] = field(default_factory=list)
    passed_s: float = 0.0
    used_s: float = 0.0

    async def run(self, walks: Iterator[Iterator[Update]], *, connections: int, seconds: float) -> None:
        """Post for a given time."""
        used, started = self.program.processor_s, time.perf_counter()
        self.taken += await self.poster.post_all(walks, connections=connections, seconds=seconds)
        self.passed_s += time.perf_counter() - started
        self.used_s += self.program.processor_s - used

    @property
    def a_second(self) -> float:
        return len(self.taken) / self.passed_s

    @property
    def cpu_ms(self) -> float:
        return self.used_s * 1000 / len(self.taken)


def show(name: str, shop: Load, yardstick: Load | None = None) -> list[Row]:
    """Print a row; with a yardstick, also the shop's share of it in updates per second and in processor time."""
    cuts = quantiles(shop.taken, n=100)
    row = f"{name:38s}{shop.a_second:9.0f}{shop.cpu_ms:9.2f}{cuts[49] * 1000:9.2f}{cuts[98] * 1000:9.2f}"
    row += f"{cuts[98] / cuts[49]:9.1f}{shop.program.memory_mb:6.0f}"
    if yardstick is not None:
        row += f"{yardstick.a_second:12.0f}{yardstick.cpu_ms:8.2f}"
        row += f"{shop.a_second / yardstick.a_second:9.2f}{yardstick.cpu_ms / shop.cpu_ms:9.2f}"
    print(row, flush=True)
    rate, by_cpu = (
        (None, None) if yardstick is None else (shop.a_second / yardstick.a_second, shop.cpu_ms / yardstick.cpu_ms)
    )
    return [
        Row(name, shop.a_second, "updates/s", rate, SMALLEST, _NOISE_PERCENT),
        Row(f"{name}: processor", shop.cpu_ms, "ms", by_cpu, SMALLEST),
        Row(f"{name}: p99 to p50", cuts[98] / cuts[49], "", noise_percent=2 * _NOISE_PERCENT),
    ]


async def compare(crowd: Crowd, telegram: Telegram, shop: Load, yardstick: Load) -> list[Row]:
    """Give both programs the same updates, in turns, on one connection and on sixteen."""
    print(f"{'':38s}{'a second':>9s}{'cpu ms':>9s}{'p50 ms':>9s}{'p99 ms':>9s}{'p99/p50':>9s}{'MB':>6s}", end="")
    print(f"{'yardstick:':>12s}{'cpu ms':>8s}{'ratio':>9s}{'by cpu':>9s}")
    rows = list[Row]()
    for name, walks in kinds_of(crowd).items():
        for connections in (1, 16):
            ours, theirs, people = (
                Load(shop.program, shop.poster),
                Load(yardstick.program, yardstick.poster),
                walks(),
            )
            for _ in range(ROUNDS):
                telegram.reads_keyboards = name == "buying"
                await ours.run(people, connections=connections, seconds=ROUND_S)
                telegram.reads_keyboards = False
                await theirs.run(crowd.arrive(), connections=connections, seconds=YARDSTICK_S)
            rows += show(f"{name}, connections: {connections}", ours, theirs)
    aims = ", ".join(f"{name} {ratio}" for name, ratio in AIMS.items())
    print(f"aims, as ratios: {aims}; p99 at most 3 times p50; under 80 MB")
    return rows


async def beside_slow_ones(crowd: Crowd, telegram: Telegram, shop: Load) -> list[Row]:
    """Let customers arrive while Telegram delays eight others."""
    rows = list[Row]()
    for name in ("429", f"{SLOW_S:.0f} s"):
        telegram.made_to_wait = set(SLOW) if name == "429" else set()
        telegram.slow = {} if name == "429" else dict.fromkeys(SLOW, SLOW_S)
        seconds = ROUNDS * ROUND_S
        beside = asyncio.create_task(shop.poster.post_all(crowd.hurry(), connections=len(SLOW), seconds=seconds))
        load = Load(shop.program, shop.poster)
        await load.run(crowd.arrive(), connections=1, seconds=seconds)
        rows += show(f"/start beside 8 customers with {name}", load)
        await beside
    return rows


def report_health(shop: Shop) -> Row:
    """Ask for the health report many times; a monitor asks every few seconds, so an answer may cost 2 ms."""
    used, connection = shop.processor_s, HTTPConnection("127.0.0.1", shop.port)
    for _ in range(HEALTH_REPORTS):
        connection.request("GET", "/healthz")
        answer = json.load(connection.getresponse())
        if not answer.get("status"):
            raise RuntimeError(answer)
    connection.close()
    spent_ms = (shop.processor_s - used) * 1_000 / HEALTH_REPORTS
    return Row("an answer of /healthz (at most 2): processor", spent_ms, "ms")


async def measure(folder: Path, key: DatabaseKey, telegram: Telegram, crowd: Crowd, *, port: int) -> list[Row]:
    """Start the shop and the yardstick, and print how long each takes."""
    shop = Shop(folder, key, telegram_port=port)
    yardstick = Yardstick(folder, key, telegram_port=port)
    try:
        await until(lambda: telegram.secret and telegram.knows_prices and shop.is_listening, shop)
        await until(lambda: yardstick.is_listening, yardstick)
        loads = (
            Load(shop, Poster(shop.port, shop.path, telegram.secret)),
            Load(yardstick, Poster(yardstick.port, yardstick.path, YARDSTICK_SECRET)),
        )
        await loads[0].poster.post_all(itertools.islice(crowd.browse(), 40), connections=16, seconds=ROUND_S)
        await loads[1].poster.post_all(crowd.arrive(), connections=16, seconds=YARDSTICK_S)
        await quiet(telegram)  # everyone who was given a balance has received a letter about it
        rows = await compare(crowd, telegram, *loads)
        rows.append(await asyncio.to_thread(report_health, shop))
        return rows + await beside_slow_ones(crowd, telegram, loads[0])
    finally:
        yardstick.program.stop(signal.SIGKILL)
        _, errors = await asyncio.to_thread(shop.program.stop)
        if errors.strip():
            print(f"the program said: {errors.strip()[:2000]}")


async def run() -> list[Row]:
    """Count what updates cost, then measure how many the shop handles per second."""
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as name:
        folder, key = Path(name), DatabaseKey(secrets.token_bytes(32))
        places = stock_shop(folder, key)
        print(
            f"{len(places.roots) + len(places.categories)} categories, {len(places.products)} products, {ITEMS} items"
        )
        telegram = Telegram()
        port, crowd = await telegram.listen(), Crowd(telegram, places)
        await print_costs(folder, key, telegram, crowd, port=port)
        print()
        return await measure(folder, key, telegram, crowd, port=port)


def main() -> list[Row]:
    """Measure updates."""
    return asyncio.run(run())


if __name__ == "__main__":
    main()
