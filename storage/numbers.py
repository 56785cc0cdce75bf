"""The numbers of rows: no restored or new database gives out those that an earlier one gave out.

Telegram keeps messages that a database has lost, and their buttons name rows by number: what a button once meant, it
must never do to another row. Nor may anybody get the address of a customer who came after a copy was taken, since
addresses are derived from customers' numbers.
"""

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


def start(connection: Any) -> None:
    """Start the numbers of a new database at the time: the same bot may have had another one before."""
    connection.execute(_COMPLETE)
    connection.execute(_START)
