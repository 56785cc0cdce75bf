"""A database file as an earlier version left it."""

from pathlib import Path

import pytest

from storage import migrations
from storage.database import Database
from storage.keys import DatabaseKey
from tests.raw_sql import engine_of


def older_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey, *, before: str, rows: str
) -> Database:
    """Write a file with the schema before a step, named by its number, and with these rows; return it closed.

    Opening it applies the steps that it lacks.
    """
    steps = migrations.steps()
    database = Database(folder / "old.db", key)
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "steps", lambda: [step for step in steps if step.name < before])
        database.open()
        with database.transaction():
            for statement in migrations.statements(rows):
                engine_of(database).execute_sql(statement)
        database.close()
    return database
