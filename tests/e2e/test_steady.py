"""Memory, threads and open files do not grow, however many updates arrive."""

import asyncio
from pathlib import Path

from tests.bench.bench_endurance import MOST_GROWTH_PERCENT, growth_percent, rows_of, samples_of
from tests.bench.rows import table
from tests.endurance import in_full

CUSTOMERS, ROUNDS, WARM_UP_ROUNDS = (20_000, 5, 1) if in_full() else (400, 6, 2)
"""With fewer customers, one round warms up less."""
SOME = 24
"""Senders and their connections come and go with the load; a leak in one of fifty updates would be more than this."""


def test_memory_threads_and_open_files_do_not_grow_after_the_warm_up(tmp_path: Path) -> None:
    samples = asyncio.run(samples_of(tmp_path, customers=CUSTOMERS, rounds=ROUNDS))
    print(table(rows_of(samples)))
    warm, *later = samples[WARM_UP_ROUNDS - 1 :]
    assert growth_percent([warm, *later]) < MOST_GROWTH_PERCENT
    assert max(sample.threads for sample in later) <= warm.threads + SOME
    assert max(sample.descriptors for sample in later) <= warm.descriptors + SOME
