"""Measure a shop's memory (RSS) step by step: the interpreter, its imports, the start, 2 000 updates, and more.

python -m tests.bench.bench_memory [--full]
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

from storage.keys import DatabaseKey
from tests.bench.bench_endurance import CONNECTIONS, Returning
from tests.bench.crowd import stock_shop
from tests.bench.programs import Shop, until
from tests.bench.rows import Row, table, took
from tests.bench.telegram import Poster, Telegram
from tests.e2e.driver import ROOT
from tests.stand import BOT_ID

CUSTOMERS = 2_000
ROUNDS, MORE = 2, 50
LEAST_MB = 0.3
"""Libraries smaller than this share one row."""
AIM_MB, AIM_AFTER_MB, AIM_S = 80, 90, 2
_NOISE_PERCENT = 3
_QUIET_S = 3.0
"""By this time after its start, a shop has run every job once."""
_FOR_EVER_S = 86_400.0
_IMPORT = """
import importlib._bootstrap as machinery, json, os, sys
def held():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
steps, inner, load = [], [0], machinery._load_unlocked
def measured(spec):
    before = held()
    inner.append(0)
    try:
        return load(spec)
    finally:
        whole = held() - before
        steps.append((spec.name, whole - inner.pop()))
        inner[-1] += whole
start, machinery._load_unlocked = held(), measured
import commands.serving
print(json.dumps({"start": start, "end": held(), "steps": steps}))
"""
"""Import the shop, and record how much each module adds to the process, without the modules that it imports."""


def imports() -> list[Row]:
    """Return the memory of the interpreter, of each library and room, and of all together."""
    command, home = [sys.executable, "-c", _IMPORT], {"PYTHONPATH": str(ROOT)}
    environ = {**{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}, **home}
    for _ in range(2):  # the first run may compile modules, which takes more memory
        said = subprocess.run(command, env=environ, capture_output=True, check=True, text=True, cwd=ROOT).stdout
    found = json.loads(said)
    added: Counter[str] = Counter()
    for module, grown in found["steps"]:
        name = module.partition(".")[0]
        added["Python's own modules" if name in sys.stdlib_module_names else name] += grown
    large = {name: size for name, size in added.most_common() if size / 1e6 >= LEAST_MB}
    large["everything else"] = found["end"] - found["start"] - sum(large.values())
    return [
        _row("the interpreter", found["start"] / 1e6),
        *(_row(f"import: {name}", size / 1e6, noise_percent=25) for name, size in large.items()),
        _row("with all imports", found["end"] / 1e6),
    ]


async def lived(folder: Path, *, rounds: int) -> list[Row]:
    """Start a shop and send it updates; measure how long it takes to start, and its memory then and later."""
    key, telegram = DatabaseKey(secrets.token_bytes(32)), Telegram()
    places, port = stock_shop(folder, key), await telegram.listen()
    begun = perf_counter()
    shop = Shop(folder, key, telegram_port=port)
    try:
        await until(lambda: telegram.secret and shop.is_listening, shop)
        poster = Poster(shop.port, f"/telegram/{BOT_ID}", telegram.secret)
        first, *walks = Returning(telegram, places).rounds(CUSTOMERS, 1 + rounds)
        await poster.post_all(iter([next(first)]), connections=1, seconds=_FOR_EVER_S)
        found = [
            took(
                f"start to the first update served (aim: {AIM_S} s)",
                perf_counter() - begun,
                unit="s",
                noise_percent=30,
            ),
            took("the same, of a processor", shop.processor_s, unit="s"),
        ]
        await asyncio.sleep(_QUIET_S)
        found.append(_row(f"after the start (aim: {AIM_MB} MB)", shop.memory_mb))
        await poster.post_all(first, connections=CONNECTIONS, seconds=_FOR_EVER_S)
        found.append(_row(f"after {CUSTOMERS} updates", shop.memory_mb))
        for walk in walks:
            await poster.post_all(walk, connections=CONNECTIONS, seconds=_FOR_EVER_S)
        found.append(_row(f"after {CUSTOMERS * (1 + rounds)} updates (aim: {AIM_AFTER_MB} MB)", shop.memory_mb))
        return found
    finally:
        code, errors = await asyncio.to_thread(shop.program.stop)
        assert code == 0, errors


def _row(name: str, megabytes: float, *, noise_percent: float = _NOISE_PERCENT) -> Row:
    return Row(name, megabytes, "MB", noise_percent=noise_percent)


def main(*, full: bool = False) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as name:
        return imports() + asyncio.run(lived(Path(name), rounds=(MORE if full else ROUNDS) - 1))


if __name__ == "__main__":
    print(table(main(full="--full" in sys.argv)))
