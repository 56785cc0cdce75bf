"""The one place where tests access the shop's database directly: to corrupt it, and to see what it contains."""

from typing import Any

from storage.database import Database


def engine_of(database: Database) -> Any:
    """Return what runs SQL on this thread's connection, bypassing the program's rules but not SQLite's."""
    return database._engine
