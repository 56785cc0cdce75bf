"""Measure storage choices, each against its alternative: ratios from one run.

python -m tests.bench.bench_storage
"""

import itertools
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import sqlcipher3

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Customer, HandledUpdate
from tests.bench.rows import Row, table

ROUNDS = 200
CONNECTIONS = 15


def timed(work: Callable[[], object], rounds: int) -> float:
    """Return the median of this many runs, in milliseconds."""
    taken = []
    for _ in range(rounds):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return median(taken) * 1000


def connect(path: Path, pragma: str) -> None:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(pragma)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.close()


def pair(what: str, ours: float, other: str, theirs: float) -> Row:
    """Build a row from two times in milliseconds: the chosen way, and the alternative as its yardstick."""
    return Row(what, ours, "ms", ours / theirs, other)


def connections(folder: Path, database: Database, key: DatabaseKey) -> Row:
    """Compare a raw key with a passphrase, which SQLCipher stretches again for each connection."""
    raw, words = f"PRAGMA key = \"x'{key.raw.hex()}'\"", "PRAGMA key = 'a passphrase of somebody'"
    stretched = folder / "passphrase.db"
    maker = sqlcipher3.connect(str(stretched), isolation_level=None)
    maker.execute(words)
    maker.execute("CREATE TABLE t (x)")
    maker.close()
    return pair(
        "connection, raw key", timed(lambda: connect(database.path, raw), CONNECTIONS),
        "with a passphrase", timed(lambda: connect(stretched, words), CONNECTIONS),
    )  # fmt: skip


def claims(database: Database) -> Row:
    """Compare claiming an update in a way that a power cut may lose with one that it cannot."""
    numbers = itertools.count(1)

    def claim(*, durable: bool) -> None:
        with database.transaction(durable=durable):
            HandledUpdate.claim(1, next(numbers), now=1)

    return pair(
        "claim of an update, synchronous=normal", timed(lambda: claim(durable=False), ROUNDS),
        "synchronous=full", timed(lambda: claim(durable=True), ROUNDS),
    )  # fmt: skip


def visitors(database: Database) -> Row:
    """Compare handwritten SQL with SQL built by peewee, in a query that every update makes."""
    with database.transaction():
        Customer.create(telegram_id=1001, bot_id=1, first_name="Ada", language="en", created_at=1)
    return pair(
        "a visitor's row, SQL written down", timed(lambda: Customer.by_telegram_id(1001), ROUNDS),
        "built by peewee", timed(lambda: Customer.get_or_none(Customer.telegram_id == 1001), ROUNDS),
    )  # fmt: skip


def main() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="souk-bench-") as name:
        folder, key = Path(name), DatabaseKey(secrets.token_bytes(32))
        database = Database(folder / "souk.db", key)
        database.open()
        found = [connections(folder, database, key), claims(database), visitors(database)]
        database.close()
    return found


if __name__ == "__main__":
    print(table(main()))
