"""Count what one update costs: statements and commits of the database, calls and bytes to Telegram.

Counted in the running shop (`counted.py`), one update after another. Threads that serve no updates, such as the one
that sends letters, are shown separately, minus what they do in the same time while nobody writes to the shop.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from storage.keys import DatabaseKey
from tests.bench.counted import Counts
from tests.bench.crowd import Crowd
from tests.bench.programs import Shop, until
from tests.bench.telegram import Poster, Telegram, Update

WALKS = 20
IDLE_S = 4.0
QUIET_S = 1.2
"""Longer than the letters' thread waits between two rounds."""
Walks = Callable[[], Iterator[Iterator[Update]]]


def kinds_of(crowd: Crowd) -> dict[str, Walks]:
    """List the kinds of update. A purchase (offer, confirmation) and a top-up (coin, address) are two each."""
    return {
        "/start of new customers": crowd.arrive,
        "/start of known ones": crowd.come_back,
        "browsing": crowd.browse,
        "buying": crowd.buy,
        "topping up": crowd.top_up,
    }


async def print_costs(folder: Path, key: DatabaseKey, telegram: Telegram, crowd: Crowd, *, port: int) -> None:
    """Start the shop with its counters, send each kind of update, and print what one of them cost."""
    counts = folder / "counts"
    shop = Shop(folder, key, telegram_port=port, counts=counts)
    try:
        await until(lambda: telegram.secret and telegram.knows_prices and shop.is_listening, shop)
        poster = Poster(shop.port, shop.path, telegram.secret)
        await poster.post_all(itertools.islice(crowd.browse(), 5), connections=1, seconds=IDLE_S)
        await quiet(telegram)
        idle = await _idle(counts)
        print(f"{'an update of':26s}{'statements':>11s}{'commits':>9s}{'durable':>9s}", end="")
        print(f"{'beside:':>10s}{'st.':>6s}{'com.':>6s}{'dur.':>6s}{'calls':>8s}{'bytes':>8s}")
        for name, walks in kinds_of(crowd).items():
            await _count(name, itertools.islice(walks(), WALKS), poster, telegram, counts=counts, idle=idle)
        a_second = (idle.statements_beside, idle.commits_beside, idle.durable_beside)
        print(f"an idle second:{'':50s}" + "".join(f"{each / IDLE_S:6.1f}" for each in a_second))
    finally:
        telegram.secret, telegram.knows_prices = "", False
        await asyncio.to_thread(shop.program.stop)


async def _idle(counts: Path) -> Counts:
    before = Counts.read(counts)
    await asyncio.sleep(IDLE_S)
    return Counts.read(counts) - before


async def quiet(telegram: Telegram) -> None:
    """Wait until nothing has been sent for a moment."""
    seen = -1
    while seen != telegram.calls:
        seen = telegram.calls
        await asyncio.sleep(QUIET_S)


async def _count(
    name: str, walks: Iterator[Iterator[Update]], poster: Poster, telegram: Telegram, *, counts: Path, idle: Counts
) -> None:
    telegram.reads_keyboards = name == "buying"
    before, calls, taken, started = Counts.read(counts), telegram.calls, telegram.bytes_taken, time.perf_counter()
    updates = len(await poster.post_all(walks, connections=1, seconds=600))
    await quiet(telegram)
    cost, idle_times = Counts.read(counts) - before, (time.perf_counter() - started) / IDLE_S
    beside = [
        (mine - nothing * idle_times) / updates
        for mine, nothing in (
            (cost.statements_beside, idle.statements_beside),
            (cost.commits_beside, idle.commits_beside),
            (cost.durable_beside, idle.durable_beside),
        )
    ]
    print(
        f"{name:26s}{cost.statements / updates:11.1f}{cost.commits / updates:9.1f}{cost.durable / updates:9.1f}"
        f"{'':10s}"
        + "".join(f"{max(0.0, each):6.1f}" for each in beside)
        + f"{(telegram.calls - calls) / updates:8.1f}{(telegram.bytes_taken - taken) / updates:8.0f}"
    )
