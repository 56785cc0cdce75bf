"""Measure what watching five chains costs, and how soon a payment is announced, over hours of simulated time.

python -m tests.bench.bench_watch [--full]
"""

import logging
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.rows import Row, table, took
from tests.bench.simulation import HOUR_S, LATENCY_S, Measured, Simulation

CUSTOMERS, FEWER = (10_000, 100_000), (500, 5_000)
TOP_UPS = 100
WARM_UP_S = 300


def measure(folder: Path, customers: int, *, seconds: int) -> Measured:
    simulation = Simulation(folder, customers=customers, top_ups=TOP_UPS)
    try:
        simulation.run(WARM_UP_S)
        return simulation.measure(seconds)
    finally:
        simulation.close()


def questions(few: Measured, many: Measured) -> list[Row]:
    """Count the requests to each server in an hour; the ratio is to the shop with fewer customers."""
    found = []
    for name in sorted(many.asked, key=lambda name: -many.asked[name]):
        before, count = few.asked.get(name, 0), many.asked[name]
        ratio = count / before if before else None
        found.append(
            Row(f"{name} (at most 1, x2)", count / many.seconds, "a second", ratio, "a tenth of the customers")
        )
    return found


def delays(measured: Measured) -> list[Row]:
    """Measure how soon a customer gets a message about a payment once a provider shows it; at most 30 s."""
    return [
        Row(f"{coin}: {what} wait for the message", seconds, "s", noise_percent=50)
        for coin, taken in measured.delays.items()
        if taken
        for what, seconds in (("median", median(taken)), ("longest", taken[-1]))
    ]


def main(*, full: bool = False) -> list[Row]:
    logging.disable(logging.CRITICAL)
    print(f"{TOP_UPS} open top-ups, evenly over the coins, each paid once; a question takes {LATENCY_S} s")
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as folder:
        few, many = (
            measure(Path(folder), customers, seconds=HOUR_S if full else HOUR_S // 2)
            for customers in (CUSTOMERS if full else FEWER)
        )
    logging.disable(logging.NOTSET)
    share = HOUR_S / many.seconds
    hour = took("an hour of watching, emulators included", many.processor_s * share, unit="s")
    return [*questions(few, many), *delays(many), hour]


if __name__ == "__main__":
    print(table(main(full="--full" in sys.argv)))
