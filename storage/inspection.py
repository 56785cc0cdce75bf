"""A database file looked at from outside, also beside a running shop: nothing is taken, locked or written.

SQLite lets readers of other processes in beside a writer (https://www.sqlite.org/wal.html); the connection is opened
read-only, so what it may not do it cannot do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlcipher3

from storage import migrations, snapshots
from storage.errors import DatabaseTooNew, DatabaseUnreadable, DatabaseUnwritable
from storage.keys import DatabaseKey

_NO_FILE = "unable to open"


@dataclass(frozen=True, slots=True)
class FurtherBot:
    """A bot beside that of the settings. `off` says why it is off; None: it is on."""

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
        """Read all of the file: the seal of every page, what the pages say, and what refers to what."""
        return snapshots.damage(self._connection)

    def secret(self, name: str) -> str | None:
        """Read something that the shop remembers; None where there is none."""
        found = self._connection.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else None

    def operator_details(self) -> dict[str, str]:
        """Read what was typed in the bot about who runs the shop; nothing where the file is older than that."""
        there = "SELECT 1 FROM sqlite_master WHERE name = 'operator_detail'"
        if self._connection.execute(there).fetchone() is None:
            return {}
        return dict(self._connection.execute("SELECT name, value FROM operator_detail").fetchall())

    def customers_of(self, telegram_ids: tuple[int, ...]) -> set[int]:
        """Return which of these people have ever written to the bot."""
        marks = ", ".join("?" * len(telegram_ids))
        sql = f"SELECT DISTINCT telegram_id FROM customer WHERE telegram_id IN ({marks})"  # noqa: S608
        return {int(row[0]) for row in self._connection.execute(sql, telegram_ids)}

    def further_bots(self) -> list[FurtherBot]:
        """Read the bots beside that of the settings; none where the file is older than that."""
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
    """Open a file to look at it.

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
        raise DatabaseUnreadable(path) from None
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
