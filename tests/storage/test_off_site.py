"""Changed pages, copied file by file: a lost machine costs only minutes, and a damaged copy is detected."""

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3

from storage import off_site
from storage.database import Database
from storage.errors import DatabaseUnreadable, SnapshotFailed
from storage.keys import DatabaseKey
from storage.models import Secret
from storage.off_site import Gathered, PageLog, assemble, has_gap, series_of
from tests.conftest import NOW
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "second"


@pytest.fixture
def log(folder: Path, key: DatabaseKey) -> PageLog:
    return PageLog.open(folder, key)


def note(database: Database, *names: str, size: int = 10) -> None:
    with database.transaction():
        for name in names:
            Secret.make(name, "x" * size)


def names_in(path: Path, key: DatabaseKey) -> set[str]:
    """Open a copy as a shop would; return the names in it."""
    copy = Database(path, key)
    copy.open()
    try:
        assert engine_of(copy).execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert engine_of(copy).execute_sql("PRAGMA cipher_integrity_check").fetchall() == []
        return {row.name for row in Secret.select()}
    finally:
        copy.close()


def restored(folder: Path, key: DatabaseKey, database: Database, name: str = "again.db") -> set[str]:
    target = folder.with_name(name)
    assemble(folder, key, target)
    database.close()
    found = names_in(target, key)
    database.open()
    return found


def test_the_latest_writes_are_included_and_only_changes_are_copied(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog
) -> None:
    note(database, "one", size=400_000)
    first = log.write(database, now=NOW)
    note(database, "two")
    second = log.write(database, now=NOW + 900)
    assert first is not None
    assert second is not None
    assert second.stat().st_size < first.stat().st_size // 10
    assert [path.name for path in folder.iterdir()] and first.name == "20260921T141320Z-0000.pages"
    assert second.name == "20260921T141320Z-0001.pages"
    assert assemble(folder, key, folder.with_name("at.db")) == Gathered(NOW + 900, unused=0)
    assert {"one", "two"} <= restored(folder, key, database)
    assert b"SQLite" not in first.read_bytes()


def test_files_after_a_damaged_or_missing_one_are_counted_as_unused(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog
) -> None:
    pieces = []
    for number in range(4):
        note(database, f"n{number}")
        pieces.append(log.write(database, now=NOW + number))
    second = pieces[1]
    assert second is not None
    sound = second.read_bytes()
    second.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    assert assemble(folder, key, folder.with_name("at.db")) == Gathered(NOW, unused=3)
    assert not has_gap(folder)
    second.unlink()
    assert assemble(folder, key, folder.with_name("at.db")) == Gathered(NOW, unused=2)
    assert has_gap(folder)


@pytest.mark.parametrize("lost", ["all", "first", "cut"])
def test_a_new_series_begins_once_a_file_of_the_last_one_is_gone(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog, lost: str
) -> None:
    """The folder may have been tidied, or its share may not be mounted any more."""
    for number in range(3):
        note(database, f"n{number}")
        log.write(database, now=NOW + number)
    first, *others = series_of(folder)[-1]
    if lost == "cut":
        first.write_bytes(first.read_bytes()[:-1])
    for path in {"all": [first, *others], "first": [first], "cut": []}[lost]:
        path.unlink()
    note(database, "after")
    log.write(database, now=NOW + 60)
    assert {"n0", "n1", "n2", "after"} <= restored(folder, key, database)
    assert assemble(folder, key, folder.with_name("at.db")) == Gathered(NOW + 60, unused=0)


def test_a_file_that_cannot_be_looked_at_once_does_not_stop_the_next_one(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.stat

    def stale(self: Path, **options: Any) -> Any:
        if self.suffix == ".pages":
            raise OSError(116, "Stale file handle")
        return plain(self, **options)

    with monkeypatch.context() as moment:
        moment.setattr(Path, "stat", stale)
        with pytest.raises(SnapshotFailed):
            log.write(database, now=NOW)
    note(database, "later")
    assert log.write(database, now=NOW + 60) is not None
    assert "later" in restored(folder, key, database)


def test_nothing_is_written_if_nothing_changed(database: Database, log: PageLog, folder: Path) -> None:
    assert log.write(database, now=NOW)
    assert log.write(database, now=NOW + 900) is None
    assert len(series_of(folder)[0]) == 1


def test_a_restart_continues_the_existing_series(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog
) -> None:
    log.write(database, now=NOW)
    note(database, "two")
    piece = PageLog.open(folder, key).write(database, now=NOW + 900)
    assert piece is not None
    assert piece.name.endswith("-0001.pages")
    assert "two" in restored(folder, key, database)


def test_a_file_that_shrank_is_restored_as_it_was(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog
) -> None:
    note(database, "large", size=3_000_000)
    log.write(database, now=NOW)
    with database.transaction():
        Secret.delete().where(Secret.name == "large").execute()
    engine_of(database).execute_sql("VACUUM")
    log.write(database, now=NOW + 900)
    target = folder.with_name("small.db")
    assemble(folder, key, target)
    assert target.stat().st_size == database.path.stat().st_size < 3_000_000
    assert "large" not in restored(folder, key, database)


def damaged(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "changed":
        content[len(content) // 2] ^= 1
    elif how == "cut":
        del content[-5000:]
    path.write_bytes(content)
    if how == "gone":
        path.unlink()


@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_a_damaged_piece_ends_the_copy_before_it_and_a_new_series_begins(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog, how: str
) -> None:
    for number in range(3):
        note(database, f"n{number}", size=20_000)
        log.write(database, now=NOW + 900 * number)
    damaged(series_of(folder)[0][1], how)
    found = restored(folder, key, database)
    assert ("n0" in found, "n1" in found, "n2" in found) == (True, False, False)
    piece = PageLog.open(folder, key).write(database, now=NOW + 9_000)
    assert piece is not None
    assert piece.name.endswith("-0000.pages")
    assert "n2" in restored(folder, key, database, "later.db")


def test_pieces_encrypted_with_another_key_are_refused(database: Database, folder: Path, log: PageLog) -> None:
    log.write(database, now=NOW)
    with pytest.raises(DatabaseUnreadable):
        assemble(folder, DatabaseKey(bytes(32)), folder.with_name("x.db"))
    assert not folder.with_name("x.db").exists()


def test_series_end_and_old_ones_are_deleted(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(off_site, "LONGEST_SERIES", 3)
    for number in range(10):
        note(database, f"n{number}")
        log.write(database, now=NOW + 900 * number)
    assert [len(series) for series in series_of(folder)] == [3, 1]
    assert "n9" in restored(folder, key, database)


@pytest.mark.parametrize("named_ahead", [1, 2])
def test_series_named_by_a_clock_that_was_ahead_are_not_the_newest_for_ever(
    database: Database,
    key: DatabaseKey,
    folder: Path,
    log: PageLog,
    monkeypatch: pytest.MonkeyPatch,
    named_ahead: int,
) -> None:
    monkeypatch.setattr(off_site, "LONGEST_SERIES", 2)
    for number in range(2 * named_ahead):
        note(database, f"ahead {number}")
        log.write(database, now=NOW + 86_400 * 30 + number)
    for number in range(5):
        note(database, f"n{number}")
        log.write(database, now=NOW + 900 * number)
        assert f"n{number}" in restored(folder, key, database, f"again{number}.db")
    assert len(series_of(folder)) == 2
    note(database, "later")
    assert PageLog.open(folder, key).write(database, now=NOW + 9_000)
    assert "later" in restored(folder, key, database)


@pytest.fixture
def storm(database: Database) -> Iterator[Callable[[], int]]:
    """Write without a pause; yield a function that counts what was committed."""
    stop, done = threading.Event(), [0]

    def write() -> None:
        for number in itertools.count():
            if stop.is_set():
                break
            note(database, f"storm-{number:08}", size=3_000)
            done[0] = number + 1
        database.release_thread()

    thread = threading.Thread(target=write)
    thread.start()
    yield lambda: done[0]
    stop.set()
    thread.join(DEADLINE_S)


def test_a_copy_made_during_a_storm_of_writes_is_complete_and_does_not_block_writers(
    database: Database, key: DatabaseKey, folder: Path, log: PageLog, storm: Callable[[], int], wait_for: Any
) -> None:
    known, written = [], 0
    for number in range(6):
        wait_for(lambda written=written: storm() >= written + 20, "writes since the last copy")
        before = storm()
        assert log.write(database, now=NOW + number)
        known.append(before)
        written = storm()
    with database.frozen() as path:
        frozen, before = path.read_bytes(), storm()
        wait_for(lambda: storm() > before + 20, "writers go on while the file is frozen")
        assert path.read_bytes() == frozen
    target = folder.with_name("storm.db")
    assemble(folder, key, target)
    assert len(list(folder.glob("*.pages"))) == 6
    copied = count_of_storm(target, key)
    assert copied >= known[-1]


def count_of_storm(path: Path, key: DatabaseKey) -> int:
    """Count on a separate connection, because the models are bound to the database that is being written."""
    from storage.inspection import inspect

    with inspect(path, key) as found:
        assert found.damage() == []
    copy = sqlcipher3.connect(str(path))
    copy.execute(f"PRAGMA key = \"x'{key.raw.hex()}'\"")
    rows = copy.execute("SELECT name FROM secret WHERE name LIKE 'storm-%' ORDER BY name").fetchall()
    copy.close()
    assert [name for (name,) in rows] == [f"storm-{number:08}" for number in range(len(rows))]
    return len(rows)
