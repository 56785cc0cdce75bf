"""Inspection of a database file from outside, also while the shop runs: nothing is locked or written.

SQLite allows readers in other processes beside a writer (https://www.sqlite.org/wal.html); the connection is
read-only, so it cannot write even by mistake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlcipher3

from storage import migrations, numbers, snapshots
from storage.errors import DatabaseTooNew, DatabaseUnreadable, DatabaseUnwritable
from storage.keys import DatabaseKey

_NO_FILE = "unable to open"


@dataclass(frozen=True, slots=True)
class FurtherBot:
    """A bot other than the one in the settings. `off` says why it is off; None: it is on."""

    name: str
    token: str = field(repr=False)
    off: str | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """An open, read-only view of a file."""

    path: Path
    key: DatabaseKey
    _connection: Any

    @property
    def schema(self) -> int:
        """The number of the last step of the schema that the file has; 0: it is empty."""
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def damage(self) -> list[str]:
        """Read the whole file: the authentication of every page, its contents, and all references."""
        return snapshots.damage(self._connection)

    def secret(self, name: str) -> str | None:
        """Read a stored secret; None if there is none."""
        if not self.schema:
            return None
        found = self._connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def numbers(self) -> dict[str, int]:
        """Read the last number that each table gave out; tables that gave out none may be missing."""
        return numbers.given(self._connection)

    def operator_details(self) -> dict[str, str]:
        """Read the operator's details typed in the bot; nothing if the file is older than that feature."""
        there = "SELECT 1 FROM sqlite_master WHERE name = 'operator_detail'"
        if self._connection.execute(there).fetchone() is None:
            return {}
        return dict(self._connection.execute("SELECT name, value FROM operator_detail").fetchall())

    def customers_of(self, telegram_ids: tuple[int, ...]) -> set[int]:
        """Return which of these people have ever written to the bot."""
        if not self.schema:
            return set()
        marks = ", ".join("?" * len(telegram_ids))
        sql = f"SELECT DISTINCT telegram_id FROM customer WHERE telegram_id IN ({marks})"  # noqa: S608
        return {int(row[0]) for row in self._connection.execute(sql, telegram_ids)}

    def used_chains(self) -> set[str]:
        """Return the chains on which anyone ever got an address."""
        if not self.schema:
            return set()
        return {str(row[0]) for row in self._connection.execute("SELECT DISTINCT chain FROM deposit_address")}

    def further_bots(self) -> list[FurtherBot]:
        """Read the bots other than the one in the settings; none if the file is older than that feature."""
        there = "SELECT 1 FROM sqlite_master WHERE name = 'bot'"
        if self._connection.execute(there).fetchone() is None:
            return []
        sql = "SELECT name, token, reason FROM bot WHERE token IS NOT NULL ORDER BY created_at, id"
        return [FurtherBot(name, token, off) for name, token, off in self._connection.execute(sql)]

    def copy(self, target: Path) -> None:
        """Write a consistent, checked copy of the file. Raises SnapshotFailed."""
        snapshots.take(self._connection, self.key, target)


@contextmanager
def inspect(path: Path, key: DatabaseKey) -> Iterator[Inspection]:
    """Open a file for inspection.

    Raises:
        DatabaseUnreadable: there is none, the key does not open it, or it is damaged.
        DatabaseUnwritable: SQLite cannot make the files that it needs beside it.
    """
    connection = None
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode=ro"
        connection = sqlcipher3.connect(uri, uri=True, isolation_level=None, timeout=30)
        connection.execute(f"PRAGMA key = \"x'{key.raw.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield Inspection(path, key, connection)
    except sqlcipher3.OperationalError as error:
        if _NO_FILE in str(error) and not path.exists():
            raise DatabaseUnreadable(path) from None
        raise DatabaseUnwritable(path, str(error)) from None
    except sqlcipher3.DatabaseError:
        raise DatabaseUnreadable(path, key.newer) from None
    finally:
        if connection is not None:
            connection.close()


def steps_missing(found: Inspection) -> int:
    """Return how many steps of the schema this program would apply to a file.

    Raises:
        DatabaseTooNew: the file was written by a newer program.
    """
    known = len(migrations.steps())
    if found.schema > known:
        raise DatabaseTooNew(found.path, found=found.schema, known=known)
    return known - found.schema
