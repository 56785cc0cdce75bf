"""A database that takes the place of another gives out none of the numbers that the other may have given out."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage import off_site
from storage.database import Database
from storage.inspection import inspect
from storage.keys import DatabaseKey
from storage.numbers import SKIPPED, SKIPPED_OF_SHOWN
from storage.restoring import restored
from tests.conftest import NOW
from tests.older_file import older_file
from tests.raw_sql import engine_of
from tests.storage.conftest import Rows

LONGEST_LINK = 10**9
"""Links name products by numbers of at most nine digits."""


def numbers(database: Database) -> dict[str, int]:
    """Read the last number that each table gave out; tables that gave out none may be missing."""
    return dict(engine_of(database).execute_sql("SELECT name, seq FROM sqlite_sequence").fetchall())


def counted(database: Database) -> set[str]:
    """List the tables that never give out a number twice."""
    found = engine_of(database).execute_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
    return {name for (name,) in found.fetchall()}


@contextmanager
def opened(path: Path, key: DatabaseKey) -> Iterator[Database]:
    database = Database(path, key)
    database.open()
    yield database
    database.close()


def copied(database: Database, folder: Path) -> Path:
    database.backup(folder / "copy.db")
    return folder / "copy.db"


def copied_page_by_page(database: Database, folder: Path) -> Path:
    off_site.PageLog.open(folder / "far", database.key).write(database, now=NOW)
    return put_in_place(folder / "far", database.key)


def put_in_place(copy: Path, key: DatabaseKey, now: int = NOW) -> Path:
    target = copy.parent / f"restored-{now}.db"
    with restored(copy, key, target, now=now):
        return target


@pytest.mark.parametrize("copy", [copied, copied_page_by_page], ids=["a backup", "an off-site copy"])
def test_a_copy_skips_numbers_of_every_table_with_or_without_rows(
    database: Database, rows: Rows, tmp_path: Path, copy: Callable[[Database, Path], Path]
) -> None:
    with database.transaction():  # as in a file of an earlier version: a table gets its number with its first row
        engine_of(database).execute_sql("DELETE FROM sqlite_sequence WHERE seq = 0")
    before, tables = numbers(database), counted(database)
    assert before["order_line"] == rows.line_id
    assert tables > before.keys()
    path = copy(database, tmp_path)
    database.close()
    with opened(path, database.key) as again:
        after = numbers(again)
    assert after.keys() == tables
    skipped = {name: after[name] - before.get(name, 0) for name in tables}
    assert {name for name in tables if skipped[name] < SKIPPED} == {"customer", "orders", "ticket", "announcement"}
    assert min(skipped.values()) >= SKIPPED_OF_SHOWN
    assert 100 * skipped["product"] < LONGEST_LINK


def test_two_restores_of_one_copy_give_out_different_numbers(database: Database, rows: Rows, tmp_path: Path) -> None:
    copy = copied(database, tmp_path)
    database.close()
    after = []
    for at in (NOW, NOW + 3600):
        with opened(put_in_place(copy, database.key, at), database.key) as again:
            after.append(numbers(again))
    assert {name for name in after[0] if after[1][name] - after[0][name] == 3600} >= {"offer", "order_line"}
    assert after[1]["orders"] - after[0]["orders"] == 60


def test_a_new_database_starts_what_one_tap_confirms_at_the_time_and_the_rest_at_one(
    tmp_path: Path, key: DatabaseKey
) -> None:
    before = int(time.time())
    with opened(tmp_path / "new.db", key) as new:
        started = {name: number for name, number in numbers(new).items() if number}
    assert started.keys() == {"offer", "adjustment"}
    assert all(before <= number <= time.time() for number in started.values())


def test_a_new_key_changes_no_number(database: Database, rows: Rows) -> None:
    before = numbers(database)
    other = DatabaseKey(bytes(32))
    database.rekey(other)
    database.close()
    with opened(database.path, other) as again:
        assert numbers(again) == before


GONE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at) VALUES (7, 1, 'A', 'en', 0);
INSERT INTO pending_import (id, admin_id, file_name, created_at, content) VALUES (500, 1, 'a.csv', 0, X'61');
DELETE FROM pending_import;
DELETE FROM sqlite_sequence WHERE seq = 0;
"""


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file of the first released schema, whose newest import is gone."""
    return older_file(tmp_path, monkeypatch, key, before="0018", rows=GONE)


def test_an_upgrade_sets_no_numbers_back_and_starts_only_new_tables_at_the_time(older: Database) -> None:
    with inspect(older.path, older.key) as found:
        before = found.numbers()
    started = int(time.time())
    with opened(older.path, older.key) as upgraded:
        after, tables = numbers(upgraded), counted(upgraded)
    assert after.keys() == tables
    assert {name: after[name] for name in before} == before
    assert before["pending_import"] == 500
    rest = {name: number for name, number in after.items() if name not in before}
    assert {rest[name] for name in ("orders", "product", "order_line")} == {0}, "there, with no row yet"
    assert min(rest[name] for name in ("star_payment", "sweep", "refund", "goods_draft")) >= started


def test_a_copy_from_before_an_upgrade_skips_the_numbers_of_every_table(
    older: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with inspect(older.path, older.key) as found:
        before = found.numbers()
        found.copy(tmp_path / "copy.db")
    started = int(time.time())
    with opened(put_in_place(tmp_path / "copy.db", older.key), older.key) as again:
        after = numbers(again)
        assert after.keys() == counted(again)
    assert min(after[name] - before.get(name, 0) for name in after) >= SKIPPED_OF_SHOWN
    assert after["star_payment"] >= started, "an earlier upgrade may have given out the first ones"
