"""What it costs to watch five chains, and how soon a payment is announced: hours of simulated time.

python -m tests.bench.bench_watch
"""

import logging
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.simulation import HOUR_S, LATENCY_S, Measured, Simulation

CUSTOMERS = (10_000, 100_000)
TOP_UPS = 100
WARM_UP_S = 300


def measure(folder: Path, customers: int) -> Measured:
    simulation = Simulation(folder, customers=customers, top_ups=TOP_UPS)
    try:
        simulation.run(WARM_UP_S)
        return simulation.measure(HOUR_S)
    finally:
        simulation.close()


def print_questions(few: Measured, many: Measured) -> None:
    print(
        f"{'questions in an hour':32s}{'10 000':>9s}{'a second':>10s}{'100 000':>10s}{'a second':>10s}{'ratio':>8s}"
    )
    for name in sorted(many.asked, key=lambda name: -many.asked[name]):
        counts = few.asked.get(name, 0), many.asked[name]
        rates = [count / few.seconds for count in counts]
        ratio = f"x{counts[1] / counts[0]:.2f}" if counts[0] else "-"
        print(f"{name:32s}{counts[0]:9d}{rates[0]:10.3f}{counts[1]:10d}{rates[1]:10.3f}{ratio:>8s}")
    counts = sum(few.asked.values()), sum(many.asked.values())
    print(f"{'all':32s}{counts[0]:9d}{'':10s}{counts[1]:10d}{'':10s}{f'x{counts[1] / counts[0]:.2f}':>8s}")
    print("at most 1 a second for each provider, at most x2")


def print_delays(measured: Measured) -> None:
    print("seconds from a provider's showing a payment to the customer's message")
    for coin, delays in measured.delays.items():
        if delays:
            print(f"{coin:12s} {len(delays):4d} payments   median {median(delays):5.1f}   worst {delays[-1]:5.1f}")
    print(f"at most 30; a question takes {LATENCY_S} s")


def main() -> None:
    logging.disable(logging.CRITICAL)
    print(f"{TOP_UPS} open top-ups, evenly over the coins, each paid once; every question to a server counts")
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as folder:
        few, many = (measure(Path(folder), customers) for customers in CUSTOMERS)
    print_questions(few, many)
    print_delays(many)
    print(f"processor seconds for that hour, emulators included: {few.processor_s:.0f} and {many.processor_s:.0f}")
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    main()
