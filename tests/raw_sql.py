"""The one place where tests go behind the shop's back, to its database: to break it, and to see what is there."""

from typing import Any

from storage.database import Database


def engine_of(database: Database) -> Any:
    """Give what runs SQL on this thread's connection, past every rule of the program; SQLite's own rules hold."""
    return database._engine
