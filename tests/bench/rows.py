"""The result of every bench: rows in one format, for a table, a file, and a comparison of two files.

A bench is a module `bench_*.py` in this folder with a `main()` that returns its rows. A bench with a larger size also
takes `full: bool`. A row's ratio is to a yardstick measured in the same run, so it means the same on slow and fast
machines.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

YARDSTICK = "20 000 rows in Python"
NOISE_PERCENT = 15.0
_ROUNDS = 9
_IN_A_SECOND = {"s": 1, "ms": 1_000, "µs": 1_000_000}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `ratio` is to `yardstick`; two runs of the same code differ by up to `noise_percent`."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    yardstick: str = ""
    noise_percent: float = NOISE_PERCENT


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench's rows, and the processor time that it took, in seconds, including its programs."""

    processor_s: float
    rows: tuple[Row, ...]


@cache
def yardstick_s() -> float:
    """Time some work like the shop's, once per process: objects, texts, dicts and a hash."""
    taken = []
    for _ in range(_ROUNDS):
        begun = process_time()
        rows = [{"id": number, "text": f"row {number}"} for number in range(20_000)]
        hashlib.sha256("".join([str(row["text"]) for row in rows if row["id"]]).encode()).digest()
        taken.append(process_time() - begun)
    return median(taken)


def took(name: str, seconds: float, *, unit: str = "ms", noise_percent: float = NOISE_PERCENT) -> Row:
    """Build a row of how long something took, with the yardstick."""
    return Row(name, seconds * _IN_A_SECOND[unit], unit, seconds / yardstick_s(), YARDSTICK, noise_percent)


def table(rows: Iterable[Row]) -> str:
    """Format rows as lines of text."""
    lines = []
    for row in rows:
        ratio = "" if row.ratio is None else f"x{row.ratio:.3g} of {row.yardstick}"
        lines.append(f"  {row.name:48s}{row.value:12,.2f} {row.unit:10s}{ratio}".rstrip())
    return "\n".join(lines)


def write(path: Path, benches: Mapping[str, Bench]) -> None:
    """Write a run's results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({name: asdict(bench) for name, bench in benches.items()}, indent=1) + "\n", "utf-8")


def read(path: Path) -> dict[str, Bench]:
    """Read a run's results."""
    written: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return {
        name: Bench(bench["processor_s"], tuple(Row(**row) for row in bench["rows"]))
        for name, bench in written.items()
    }
