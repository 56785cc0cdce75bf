"""The numbers of rows: no restored or new database gives out those that an earlier one gave out.

Telegram keeps messages that a database has lost, and their buttons name rows by number: what a button once meant, it
must never do to another row. Nor may anybody get the address of a customer who came after a copy was taken, since
addresses are derived from customers' numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SKIPPED = 1_000_000
"""How many numbers of each table a restored database skips; the nine digits of a product's link allow for hundreds of
restores.
"""
SKIPPED_OF_SHOWN = 10_000
"""How many of those that people read, or that addresses are derived from."""
_MINUTES = 50_000
"""After how many minutes what a restore skips begins anew."""
_COMPLETE = """
INSERT INTO sqlite_sequence (name, seq)
SELECT name, 0 FROM sqlite_master
WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)
"""
"""A table gets its row in SQLite's list of numbers with its first row only."""
_SKIP = """
UPDATE sqlite_sequence
SET seq = seq + CASE WHEN name IN ('customer', 'orders', 'ticket', 'announcement') THEN ? ELSE ? END
"""
_CARRY = """
UPDATE sqlite_sequence SET seq = max(seq, coalesce(?, CAST(strftime('%s', 'now') AS INTEGER))) WHERE name = ?
"""
_START = """
UPDATE sqlite_sequence SET seq = CAST(strftime('%s', 'now') AS INTEGER) WHERE name IN ('offer', 'adjustment')
"""
"""Only what one tap confirms, for money: the orders of a new shop start at 1."""


def skip(connection: Any) -> None:
    """Skip the numbers that may have been given out since this copy was taken."""
    connection.execute(_COMPLETE)
    connection.execute(_SKIP, (SKIPPED_OF_SHOWN, SKIPPED))


def skip_by_time(connection: Any, now: int) -> None:
    """Skip further numbers, so that two restores of one copy give out different ones; `now` is in Unix seconds.

    A copy that an earlier version took has skipped customers' numbers only.
    """
    connection.execute(_COMPLETE)
    connection.execute(_SKIP, (now // 60 % _MINUTES, SKIPPED + now % (60 * _MINUTES)))


def given(connection: Any) -> dict[str, int]:
    """Read the last number that each table gave out; tables that gave out none may be missing."""
    return dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())


@contextmanager
def carried(connection: Any) -> Iterator[None]:
    """Let an upgrade set no table's numbers back, and start those of a table that it makes at the time.

    A table that is rebuilt would forget the numbers of rows that are gone. A table that is made may have been there
    before: a copy from before the upgrade was restored, and is now upgraded again. Needs an open transaction.
    """
    connection.execute(_COMPLETE)
    before = given(connection)
    yield
    connection.execute(_COMPLETE)
    for name in given(connection):
        connection.execute(_CARRY, (before.get(name), name))


def start(connection: Any) -> None:
    """Start the numbers of a new database at the time: the same bot may have had another one before.

    Needs an open transaction.
    """
    connection.execute(_COMPLETE)
    connection.execute(_START)
