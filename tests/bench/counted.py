"""Run the shop and count its database operations: python tests/bench/counted.py FILE.

Statements are counted when they are passed to SQLite, so those inside triggers are not; commits are counted as SQLite
reports them (sqlite3_trace_v2). A commit is durable if it wrote anything while `synchronous` was FULL: then SQLite
calls fsync once on the write-ahead log before it returns (https://www.sqlite.org/pragma.html#pragma_synchronous). The
counts are written to the file as they change, so that another process can read them at any moment.
"""

import mmap
import struct
import sys
import threading
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import sqlcipher3

ROOT = Path(__file__).resolve().parents[2]
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass(slots=True)
class Counts:
    """Counts for threads that serve updates, and for all other threads."""

    statements: int = 0
    commits: int = 0
    durable: int = 0
    statements_beside: int = 0
    commits_beside: int = 0
    durable_beside: int = 0

    @classmethod
    def read(cls, file: Path) -> "Counts":
        """Read another process's counts so far."""
        return cls(*_FORM.unpack(file.read_bytes()[: _FORM.size]))

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


_FORM = struct.Struct("6q")


class Counter:
    """Counts in a memory-mapped file."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(_FORM.size))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _FORM.size)
        self._lock = threading.Lock()
        self._counts = Counts()

    def add(self, what: str) -> None:
        """Add one to the count of the thread that does it."""
        name = what if threading.current_thread().name.startswith("waitress") else f"{what}_beside"
        with self._lock:
            setattr(self._counts, name, getattr(self._counts, name) + 1)
            _FORM.pack_into(self._shared, 0, *astuple(self._counts))


class _Cursor(sqlcipher3.Cursor):  # type: ignore[misc]
    def execute(self, sql: str, *values: Any) -> Any:
        if not sql.startswith(_CONTROL):
            counter.add("statements")
        return super().execute(sql, *values)


class _Connection(sqlcipher3.Connection):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._written = self.total_changes
        self._is_full = True
        self.set_trace_callback(self._note)

    def cursor(self, *arguments: Any) -> Any:
        return super().cursor(*(arguments or (_Cursor,)))

    def _note(self, sql: str) -> None:
        words = sql.upper()
        if words.startswith("PRAGMA SYNCHRONOUS"):
            self._is_full = "FULL" in words
        elif words.startswith("BEGIN"):
            self._written = self.total_changes
        elif words.startswith("COMMIT"):
            counter.add("commits")
            if self._is_full and self.total_changes != self._written:
                counter.add("durable")


if __name__ == "__main__":
    counter = Counter(Path(sys.argv.pop(1)))
    connect = sqlcipher3.connect
    sqlcipher3.connect = lambda *arguments, **named: connect(*arguments, factory=_Connection, **named)
    sys.path.insert(0, str(ROOT))
    from app import cli

    cli()
