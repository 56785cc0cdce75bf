"""Numbered steps that bring a database file to the schema of this version, and their runner.

A step is a file `NNNN_name.sql`, whose statements never change once released. The number of the last step applied is
the database's `PRAGMA user_version`; each step and its number are committed together, in a new file all of them. A
table is rebuilt, with every row, in the same transaction, only if a CHECK has to change.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import sqlcipher3
from peewee import DatabaseError, SqliteDatabase

from storage import numbers
from storage.errors import DatabaseTooNew, UpgradeFailed

FOLDER = Path(__file__).parent


def steps() -> list[Path]:
    """List the steps in order; step N is at index N - 1."""
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def upgrade(engine: SqliteDatabase, path: Path, *, before: Callable[[Path], None]) -> None:
    """Apply the steps that the file lacks; a file that already holds data is first copied by `before`.

    A new file gets all of them, and numbers to start from, or nothing.

    Raises:
        DatabaseTooNew: the file has steps that this version does not know.
        UpgradeFailed: a step could not be applied; the file is as it was before that step, a new one empty.
    """
    known = steps()
    version = engine.pragma("user_version")
    if version > len(known):
        raise DatabaseTooNew(path, found=version, known=len(known))
    if 0 < version < len(known):
        before(path.with_name(f"{path.name}.before-{version + 1:04}"))
    missing = list(enumerate(known[version:], start=version + 1))
    for steps_at_once in [missing] if version == 0 else [[each] for each in missing]:
        _apply(engine, path, steps_at_once, is_new=version == 0)


def _apply(engine: SqliteDatabase, path: Path, steps: list[tuple[int, Path]], *, is_new: bool) -> None:
    """Apply steps in one transaction. Raises UpgradeFailed."""
    number = 0
    try:
        with engine.atomic("IMMEDIATE"), nullcontext() if is_new else numbers.carried(engine.connection()):
            for number, step in steps:
                for statement in statements(step.read_text(encoding="utf-8")):
                    engine.execute_sql(statement)
                engine.execute_sql(f"PRAGMA user_version = {number}")
            if is_new:
                numbers.start(engine.connection())
    except (DatabaseError, sqlcipher3.Error) as error:
        raise UpgradeFailed(path, step=number, reason=str(error)) from None


def statements(script: str) -> Iterator[str]:
    """Split a script into statements; a trigger's inner semicolons do not split it."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlcipher3.complete_statement(pending):
            if pending.strip():
                yield pending.strip()
            pending = ""
