"""An empty or older file gets this version's schema and loses nothing; a newer one is refused."""

from pathlib import Path

import pytest

from storage import migrations
from storage.database import Database
from storage.errors import DatabaseTooNew, UpgradeFailed
from storage.keys import DatabaseKey
from storage.models import Secret
from tests.raw_sql import engine_of

NEXT = "CREATE TABLE later (\n  id INTEGER PRIMARY KEY\n) STRICT;\nINSERT INTO later VALUES (41);\n"
BROKEN = "CREATE TABLE half (id INTEGER) STRICT;\nCREATE TABLE nonsense (;\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the migrations, to which a test can add those of a future Souk."""
    folder = tmp_path / "steps"
    folder.mkdir()
    for step in migrations.steps():
        (folder / step.name).write_text(step.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(migrations, "FOLDER", folder)
    return folder


def next_step(folder: Path, script: str) -> int:
    number = len(migrations.steps()) + 1
    (folder / f"{number:04}_later.sql").write_text(script)
    return number


def version(database: Database) -> int:
    return int(engine_of(database).pragma("user_version"))


def test_the_steps_are_numbered_without_gaps() -> None:
    numbers = [int(step.name[:4]) for step in migrations.steps()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_empty_file_gets_every_step_and_no_copy_is_made(database: Database) -> None:
    assert version(database) == len(migrations.steps())
    assert list(database.path.parent.glob("*.before-*")) == []


def test_a_file_of_this_version_is_opened_unchanged(database: Database, key: DatabaseKey) -> None:
    with database.transaction():
        Secret.make("one", "x")
    database.close()
    database.open()
    assert (Secret.read("one"), version(database)) == ("x", len(migrations.steps()))
    assert list(database.path.parent.glob("*.before-*")) == []


def test_an_older_file_is_upgraded_in_place_and_a_copy_is_kept(
    database: Database, key: DatabaseKey, folder: Path
) -> None:
    with database.transaction():
        Secret.make("one", "x")
    database.close()
    number = next_step(folder, NEXT)
    database.open()
    assert (version(database), Secret.read("one")) == (number, "x")
    assert engine_of(database).execute_sql("SELECT id FROM later").fetchall() == [(41,)]
    database.close()
    (folder / f"{number:04}_later.sql").unlink()
    before = Database(database.path.with_name(f"souk.db.before-{number:04}"), key)
    before.open()
    assert (version(before), Secret.read("one")) == (number - 1, "x")
    before.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(database: Database, folder: Path) -> None:
    with database.transaction():
        Secret.make("one", "x")
    database.close()
    number = next_step(folder, BROKEN)
    with pytest.raises(UpgradeFailed) as refused:
        database.open()
    assert f"step {number}:" in str(refused.value)
    (folder / f"{number:04}_later.sql").unlink()
    database.open()
    assert (version(database), Secret.read("one")) == (number - 1, "x")
    tables = engine_of(database).execute_sql("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall()
    assert tables == []


def test_a_new_file_gets_all_steps_and_its_first_numbers_or_nothing(
    tmp_path: Path, key: DatabaseKey, folder: Path
) -> None:
    new = Database(tmp_path / "new.db", key)
    number = next_step(folder, BROKEN)
    with pytest.raises(UpgradeFailed) as refused:
        new.open()
    assert f"step {number}:" in str(refused.value)
    (folder / f"{number:04}_later.sql").unlink()
    new.open()
    found = engine_of(new).execute_sql("SELECT seq FROM sqlite_sequence WHERE name = 'offer'").fetchone()
    assert found is not None
    assert found[0] > 10**9
    assert list(tmp_path.glob("*.before-*")) == []
    new.close()


def test_a_newer_file_is_refused_and_left_alone(database: Database, folder: Path) -> None:
    database.close()
    number = next_step(folder, NEXT)
    database.open()
    database.close()
    (folder / f"{number:04}_later.sql").unlink()
    before = database.path.read_bytes()
    with pytest.raises(DatabaseTooNew) as refused:
        database.open()
    assert f"schema {number}, this one knows {number - 1}" in str(refused.value)
    assert database.path.read_bytes() == before


def test_a_triggers_inner_semicolons_do_not_split_it() -> None:
    script = (
        "-- a note; with a semicolon\nCREATE TABLE t (a INTEGER);\n\n"
        "CREATE TRIGGER g AFTER INSERT ON t\nBEGIN UPDATE t SET a = 1; SELECT 2;\nEND;\n\n"
    )
    split = list(migrations.statements(script))
    assert len(split) == 2
    assert split[1].startswith("CREATE TRIGGER g")
    assert split[1].endswith("END;")
