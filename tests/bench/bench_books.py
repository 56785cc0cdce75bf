"""Measure what it costs to compare a large shop's books, and whether writers have to wait for it.

python -m tests.bench.bench_books [--full]
"""

import resource
import secrets
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter

from shop.reports.figures import Span
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Customer, LedgerEntry
from tests.bench.rows import Row, table, took
from tests.conftest import NOW, StandingClock
from tests.raw_sql import engine_of
from tests.stand import ADMIN, BOT_ID, Stand, open_shop

CUSTOMERS, FEW = 10_000, 1_000
ENTRIES_EACH = 10


def fill(database: Database, customers: int) -> None:
    """Create customers whose balances go up and down; adjustments need no order and no chain."""
    engine = engine_of(database)
    with database.transaction():
        for number in range(customers):
            person = {"telegram_id": 10_000 + number, "bot_id": BOT_ID, "first_name": "Ada", "language": "en"}
            customer = Customer.insert(created_at=NOW - number, **person).execute()
            for entry in range(ENTRIES_EACH):
                adjustment = "INSERT INTO adjustment (customer_id, amount_minor, reason, admin_id, created_at)"
                amount = 100 if entry % 2 == 0 else -60
                row = engine.execute_sql(f"{adjustment} VALUES (?, ?, 'x', 1, ?)", (customer, amount, NOW)).lastrowid
                LedgerEntry.post(
                    customer,
                    kind="adjustment",
                    amount_minor=amount,
                    key=f"adjustment:{row}",
                    now=NOW - entry * 86_400,
                )


def longest_write_ms(stand: Stand, stop: threading.Event) -> list[float]:
    """Write until told to stop; return how long each write took, in milliseconds."""
    taken = []
    while not stop.is_set():
        started = perf_counter()
        with stand.database.transaction():
            Customer.reach(10_000, reachable=True)
        taken.append((perf_counter() - started) * 1000)
    stand.database.release_thread()
    return taken


def main(*, full: bool = False) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as name:
        database = Database(Path(name) / "souk.db", DatabaseKey(secrets.token_bytes(32)))
        database.open()
        stand = open_shop(database, StandingClock())
        owner = stand.visitor(ADMIN)
        fill(database, CUSTOMERS if full else FEW)
        stop, writes = threading.Event(), [0.0]
        writer = threading.Thread(target=lambda: writes.extend(longest_write_ms(stand, stop)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        writer.start()
        started = perf_counter()
        result = stand.shop.reconciliation.check(owner)
        took_s = perf_counter() - started
        stop.set()
        writer.join()
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        found = [
            took(f"books compared, {result.checked} rows", took_s, unit="s"),
            Row("memory that comparing takes", grown, "MB", noise_percent=50),
            Row("longest write meanwhile", max(writes), "ms", noise_percent=100),
        ]
        for span in Span:
            started = perf_counter()
            stand.shop.figures.charted(owner, span.value)
            found.append(took(f"figures of {span.name.lower()}", perf_counter() - started))
        database.close()
    return found


if __name__ == "__main__":
    print(table(main(full="--full" in sys.argv)))
