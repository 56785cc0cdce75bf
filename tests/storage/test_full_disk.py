"""The error on a full disk, and which of the database's files other users can read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import DatabaseUnwritable
from storage.keys import DatabaseKey
from storage.models import Secret
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of

ROOT = Path(__file__).resolve().parents[2]
WRITE_WITH_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from peewee import DatabaseError
from storage.database import Database
from storage.errors import DatabaseUnwritable
from storage.keys import DatabaseKey
from storage.models import Secret
database = Database(Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2])))
database.open()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = resource.getrlimit(resource.RLIMIT_FSIZE)
full = Path(sys.argv[1] + "-wal").stat().st_size + 10_000
resource.setrlimit(resource.RLIMIT_FSIZE, (full, room[1]))
try:
    with database.transaction():
        for number in range(2_000):
            Secret.make(f"many {number}", "x" * 10_000)
except DatabaseError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, room[1]))
try:
    database.require_writable()
except DatabaseUnwritable as error:
    print(error.reason)
resource.setrlimit(resource.RLIMIT_FSIZE, room)
database.require_writable()
print(Secret.select().where(Secret.name.startswith("many")).count())
database.close()
"""
CLOSE_WITHOUT_ROOM = """
import logging, resource, sys
from pathlib import Path
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Secret
logging.basicConfig(format="%(message)s", stream=sys.stdout)
database = Database(Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2])))
database.open()
database.close()
database.open()  # the schema is in the file: what follows is too little to be folded before the end
with database.transaction():
    for number in range(200):
        Secret.make(f"many {number}", "x" * 10_000)
room = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, room[1]))
database.close()
resource.setrlimit(resource.RLIMIT_FSIZE, room)
database.open()
print(Secret.select().where(Secret.name.startswith("many")).count())
database.close()
"""
RESTORE_WITH_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from storage.errors import StorageError
from storage.keys import DatabaseKey
from storage.models import Secret
from storage.restoring import restored
source, key = Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), room[1]))
target = source.with_name("new") / "souk.db"
try:
    with restored(source, key, target, now=1_790_000_000) as found:
        with found.database.transaction():
            Secret.make("late", "x")
        if len(sys.argv) > 4:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), room[1]))
    print("restored")
except StorageError as error:
    print(type(error).__name__, error)
print(sorted(each.name for each in target.parent.iterdir()))
"""


def modes(folder: Path) -> dict[str, str]:
    return {each.name: oct(each.stat().st_mode & 0o777) for each in (folder, *folder.iterdir())}


def test_a_full_disk_is_reported_and_not_the_failed_clean_up_after_it(tmp_path: Path, key: DatabaseKey) -> None:
    command = [sys.executable, "-c", WRITE_WITH_LITTLE_ROOM, str(tmp_path / "souk.db"), key.raw.hex()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    first, probe, kept = done.stdout.splitlines()
    assert "rollback" not in first + probe
    assert first in {"disk I/O error", "database or disk is full"}
    assert probe in {"disk I/O error", "database or disk is full"}
    assert kept == "0", "a transaction that failed leaves nothing"


def test_a_shop_stops_on_a_full_disk_and_nothing_is_lost(tmp_path: Path, key: DatabaseKey) -> None:
    command = [sys.executable, "-c", CLOSE_WITHOUT_ROOM, str(tmp_path / "souk.db"), key.raw.hex()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    said, kept = done.stdout.splitlines()
    assert said.startswith("the write-ahead log remains next to the database: ")
    assert kept == "200"


def test_a_restore_without_room_for_its_log_says_so_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    """The file and the log get there: only together they are longer than any file may be."""
    with database.transaction():
        for number in range(400):
            Secret.make(f"many {number}", "x" * 4_000)
    files = [tmp_path / name for name in ("set aside.db", "set aside.db-wal")]
    for file, end in zip(files, ("", "-wal"), strict=True):
        file.write_bytes(Path(f"{database.path}{end}").read_bytes())
    database.close()
    told, left = restored_with_room(files[0], database.key, max(file.stat().st_size for file in files))
    assert told.startswith(f"DatabaseUnwritable {tmp_path / 'new' / 'souk.db'} cannot be written (")
    assert left == "['souk.db.lock']"


def test_a_restore_whose_newest_rows_do_not_get_into_its_file_has_failed(database: Database, tmp_path: Path) -> None:
    database.backup(tmp_path / "copy.db")
    database.close()
    told, left = restored_with_room(tmp_path / "copy.db", database.key, 2**30, 1)
    assert "no room" in told
    assert left == "['souk.db.lock']"


def restored_with_room(source: Path, key: DatabaseKey, *longest: int) -> list[str]:
    command = [sys.executable, "-c", RESTORE_WITH_LITTLE_ROOM, str(source), key.raw.hex(), *map(str, longest)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_error_raised_in_a_transaction_is_passed_on_unchanged(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():
        Secret.make("half", "done")
        raise ZeroDivisionError
    assert Secret.read("half") is None


def test_the_original_error_is_raised_although_the_rollback_fails_too(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction():
        engine_of(database).execute_sql("ROLLBACK")
        raise ZeroDivisionError
    database.require_writable()


def test_a_small_write_proves_that_the_file_is_writable(database: Database) -> None:
    database.require_writable()
    first = Secret.read("written at")
    database.require_writable()
    assert int(first or 0) < int(Secret.read("written at") or 0)
    engine_of(database).execute_sql("PRAGMA query_only = 1")
    with pytest.raises(DatabaseUnwritable) as refused:
        database.require_writable()
    assert "readonly" in refused.value.reason
    engine_of(database).execute_sql("PRAGMA query_only = 0")


def test_other_users_cannot_read_the_files_of_a_new_database(tmp_path: Path, key: DatabaseKey) -> None:
    before = os.umask(0)
    try:
        database = Database(tmp_path / "new" / "souk.db", key)
        database.open()
        database.require_writable()
    finally:
        os.umask(before)
    assert modes(tmp_path / "new") == {
        "new": "0o700",
        **dict.fromkeys(("souk.db", "souk.db-wal", "souk.db-shm", "souk.db.lock"), "0o600"),
    }
    database.close()


def test_an_older_database_is_closed_to_other_users_at_the_next_start(tmp_path: Path, key: DatabaseKey) -> None:
    folder = tmp_path / "old"
    for _ in range(2):
        database = Database(folder / "souk.db", key)
        database.open()
        database.close()
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755)
    database.open()
    assert set(modes(folder).values()) == {"0o700", "0o600"}
    database.close()


def test_a_folder_with_other_files_keeps_its_mode_and_the_operator_is_told(
    tmp_path: Path, key: DatabaseKey, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "website").mkdir()
    database = Database(folder / "souk.db", key)
    database.open()
    assert (modes(folder)["shared"], modes(folder)["souk.db"]) == ("0o755", "0o600")
    assert f"other users can read {folder}" in caplog.text
    database.close()
