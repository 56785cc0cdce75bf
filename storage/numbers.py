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
"""How many of those that people read, or that addresses are derived from. Backups have skipped them once already."""
_MINUTES = 50_000
"""After how many minutes what a restore skips begins anew."""
_COMPLETE = """
INSERT INTO sqlite_sequence (name, seq)
SELECT name, 0 FROM sqlite_master
WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)
"""
"""A table gets its row in SQLite's list of numbers with its first row only."""
_SKIP = "CASE WHEN name IN ('customer', 'orders', 'ticket', 'announcement') THEN ? ELSE ? END"
_SKIP_OWN = f"UPDATE sqlite_sequence SET seq = seq + {_SKIP}"  # noqa: S608
_SKIP_OTHERS = f"UPDATE sqlite_sequence SET seq = max(seq, ? + {_SKIP}) WHERE name = ?"  # noqa: S608
_CARRY = """
UPDATE sqlite_sequence SET seq = max(seq, coalesce(?, CAST(strftime('%s', 'now') AS INTEGER))) WHERE name = ?
"""
_START = """
UPDATE sqlite_sequence SET seq = CAST(strftime('%s', 'now') AS INTEGER) WHERE name IN ('offer', 'adjustment')
"""
"""Only what one tap confirms, for money: the orders of a new shop start at 1."""


def skip(connection: Any) -> None:
    """Skip the numbers that may be given out after a copy is taken: it may be put in place by hand."""
    connection.execute(_COMPLETE)
    connection.execute(_SKIP_OWN, (SKIPPED_OF_SHOWN, SKIPPED))


def skip_by_time(connection: Any, now: int) -> None:
    """Skip the numbers that may have been given out since this file was written, and further ones, so that two
    restores of one copy give out different ones; `now` is in Unix seconds.

    Only some files have skipped any so far: an off-site copy and a database that was set aside have not.
    """
    connection.execute(_COMPLETE)
    further = SKIPPED_OF_SHOWN + now // 60 % _MINUTES, SKIPPED + now % (60 * _MINUTES)
    connection.execute(_SKIP_OWN, further)


def skip_others(connection: Any, others: dict[str, int]) -> None:
    """Skip the last numbers that other databases of this shop gave out, and as many more as a copy skips."""
    for name, number in others.items():
        connection.execute(_SKIP_OTHERS, (number, SKIPPED_OF_SHOWN, SKIPPED, name))


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
