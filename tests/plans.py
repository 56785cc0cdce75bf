"""SQLite's query plan for each of the shop's statements: `EXPLAIN QUERY PLAN`, analysed by table.

The statements are those that the shop's own code runs while a `Recorder` listens; a test's own are left out.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.database import Database, _SqlCipher
from tests.raw_sql import engine_of

SORT = "sort"
"""A step that sorts rows without an index."""
ROOT = str(Path(__file__).resolve().parents[1]) + "/"
_QUESTIONS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b")
_COARSE = re.compile(
    r"SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) \((?:(?:chain|asset|state|kind|bot_id)=\?(?: AND )?)+\)$"
)
"""A search by columns with a handful of values, which reads a large part of the table."""
_NAMED = re.compile(r'(?:FROM|JOIN|INTO|UPDATE|,)\s+"?(\w+)"?(?:\s+AS)?(?:\s+"?(\w+)"?)?')
_TRIGGER = re.compile(r"\bBEGIN\b(.*)\bEND\b", re.DOTALL | re.IGNORECASE)
_WHEN = re.compile(r"\bWHEN\b(.*?)\bBEGIN\b", re.DOTALL | re.IGNORECASE)
_RAISE = re.compile(r"RAISE\s*\(\s*(?:IGNORE|ABORT\s*,\s*(?:'[^']*'\s*)+)\)", re.IGNORECASE)
_LIST = re.compile(r"IN \(\?(?:, \?)+\)")
_SEMICOLON = re.compile(r";(?=(?:[^']*'[^']*')*[^']*$)")
_PASSED_BY = ("storage/database.py", "storage/models/base.py")
"""These only pass on others' statements."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that one of the shop's functions runs, with plausible values."""

    place: str
    sql: str
    values: Any


@dataclass(frozen=True, slots=True)
class Step:
    """A plan's step whose cost grows with the table. `place`: the calling function; `what`: the table, or a sort."""

    place: str
    what: str
    sql: str


class Recorder:
    """Collects each statement once, with the shop's function that runs it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Statement] = {}

    @property
    def statements(self) -> list[Statement]:
        """The collected statements."""
        return list(self._found.values())

    def note(self, sql: str, values: Any) -> None:
        """Record a statement, unless a test runs it."""
        place = _place()
        if place and _QUESTIONS.match(sql):
            self._found.setdefault((place, _LIST.sub("IN (?)", sql)), Statement(place, sql, values))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Record what every connection runs inside the `with` block."""
        run = _SqlCipher.execute_sql

        def execute_sql(engine: _SqlCipher, sql: str, params: Any = None) -> Any:
            self.note(sql, params)
            return run(engine, sql, params)

        _SqlCipher.execute_sql = execute_sql  # type: ignore[method-assign]
        try:
            yield
        finally:
            _SqlCipher.execute_sql = run  # type: ignore[method-assign]


def _place() -> str:
    """Return the shop's function that runs the statement; empty for a test's own statement."""
    frame = sys._getframe(3)
    while frame is not None:
        file = frame.f_code.co_filename
        name = file.removeprefix(ROOT) if file.startswith(ROOT) else ""
        # Libraries may be installed inside the project folder.
        if name and "/site-packages/" not in name and name not in _PASSED_BY:
            return "" if name.startswith("tests/") else f"{name}:{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""


class Plans:
    """The plans of statements in the schema of a database."""

    def __init__(self, database: Database) -> None:
        self._engine = engine_of(database)
        rows = self._engine.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        self.tables = {name for (name,) in rows}
        parts = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
        self.parts = {name for (name,) in self._engine.execute_sql(parts).fetchall()}
        """Partial indexes, for rows of one kind: what is pending, hidden or for sale."""

    def of_statement(self, asked: Statement) -> list[Step]:
        """List a statement's steps that scan a whole table or sort."""
        names, found = self._names(asked.sql), []
        for *_, detail in self._engine.execute_sql(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values).fetchall():
            if "(0 = 1)" in asked.sql:  # peewee's form of an empty list: nothing is read
                continue
            if scan := re.match(r"SCAN (\w+)(?:.* INDEX (\w+))?", detail):
                if scan[1] in names and scan[2] not in self.parts:
                    found.append(Step(asked.place, names[scan[1]], asked.sql))
            elif coarse := _COARSE.match(detail):
                if coarse[1] in names and coarse[2] not in self.parts:
                    found.append(Step(asked.place, names[coarse[1]], asked.sql))
            elif made := re.match(r"SEARCH (\w+) USING AUTOMATIC", detail):  # an index built for this query only
                if made[1] in names:
                    found.append(Step(asked.place, names[made[1]], asked.sql))
            elif "TEMP B-TREE" in detail:
                found.append(Step(asked.place, SORT, asked.sql))
        return found

    def of_triggers(self) -> list[Step]:
        """List the steps of the schema's triggers, and of their conditions, that scan a whole table or sort."""
        rows = self._engine.execute_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        parts = [Statement(name, part, [1] * part.count("?")) for name, sql in rows for part in _parts(sql)]
        return [step for part in parts for step in self.of_statement(part)]

    def of_deletions(self, parents: set[str]) -> list[Step]:
        """List the tables that are scanned when a row of `parents` is deleted, because they could refer to it."""
        found = []
        for table in sorted(self.tables):
            for key in self._engine.execute_sql(f"PRAGMA foreign_key_list({table})").fetchall():
                if key[2] in parents:
                    sql = f"SELECT 1 FROM {table} WHERE {key[3]} = ?"
                    found += self.of_statement(Statement(f"{table}.{key[3]}", sql, [1]))
        return found

    def _names(self, sql: str) -> dict[str, str]:
        """Read which table each alias in a statement stands for."""
        names: dict[str, str] = {}
        for table, alias in _NAMED.findall(sql):
            if table in self.tables:
                names[table] = table
                names.setdefault(alias, table)
        return names


def _parts(trigger: str) -> Iterator[str]:
    """Turn a trigger's body into separate statements, with its row's columns as values."""
    body, condition = _TRIGGER.search(trigger), _WHEN.search(trigger)
    texts = _SEMICOLON.split(body[1]) if body else []
    if condition:
        texts.append(f"SELECT 1 WHERE {condition[1]}")
    for text in texts:
        plain = _RAISE.sub("1", re.sub(r"\b(?:NEW|OLD)\.\w+", "?", text)).strip()
        if plain:
            yield plain
