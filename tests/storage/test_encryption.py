"""The file on disk: unreadable without its key, used by one process at a time, never harmed by a failed opening."""

import fcntl
import re
import secrets
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage.database import Database
from storage.errors import (
    BadDatabaseKey,
    DatabaseKeyMissing,
    DatabaseLocked,
    DatabaseUnreadable,
    DatabaseUnwritable,
    KeyChangeUnfinished,
)
from storage.keys import DatabaseKey, brought_key, database_key, key_in, new_key_file, use_new_key_file
from storage.models import Secret
from tests.patience import DEADLINE_S, wait_for

ROOT = Path(__file__).resolve().parents[2]
PLAINTEXT = "a very secret sentence"


def keep_a_secret(database: Database) -> None:
    with database.transaction():
        Secret.make("words", PLAINTEXT)


def opened(path: Path, key: DatabaseKey) -> Database:
    database = Database(path, key)
    database.open()
    return database


def test_plain_sqlite_cannot_read_the_file_and_finds_no_plaintext_in_it(database: Database) -> None:
    keep_a_secret(database)
    files = [file for file in database.path.parent.iterdir() if file.name.startswith("souk.db")]
    assert {"souk.db", "souk.db-wal"} <= {file.name for file in files}
    for file in files:
        assert PLAINTEXT.encode() not in file.read_bytes()
        assert b"SQLite format 3" not in file.read_bytes()
    database.close()
    plain = sqlite3.connect(database.path)
    with pytest.raises(sqlite3.DatabaseError) as refused:
        plain.execute("SELECT * FROM secret")
    assert "not a database" in str(refused.value)
    plain.close()


def test_a_wrong_key_opens_nothing_and_harms_nothing(database: Database, key: DatabaseKey) -> None:
    keep_a_secret(database)
    database.close()
    before = database.path.read_bytes()
    with pytest.raises(DatabaseUnreadable) as refused:
        Database(database.path, DatabaseKey(secrets.token_bytes(32))).open()
    assert "DB_KEY" in str(refused.value)
    assert database.path.read_bytes() == before
    database.open()
    assert Secret.read("words") == PLAINTEXT


def test_a_damaged_file_is_told_apart_from_a_good_one(database: Database, key: DatabaseKey) -> None:
    database.close()
    content = bytearray(database.path.read_bytes())
    content[200:300] = secrets.token_bytes(100)
    database.path.write_bytes(content)
    with pytest.raises(DatabaseUnreadable) as refused:
        Database(database.path, key).open()
    assert "restore a backup" in str(refused.value)
    assert database.path.read_bytes() == bytes(content)


def test_a_file_that_is_not_a_database_is_left_as_it_is(tmp_path: Path, key: DatabaseKey) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all\n" * 500)
    with pytest.raises(DatabaseUnreadable) as refused:
        Database(path, key).open()
    assert str(path) in str(refused.value)
    assert path.read_text().startswith("not a database at all\n")


def test_a_second_process_is_refused_until_the_first_closes(database: Database, key: DatabaseKey) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from storage.database import Database; from storage.keys import DatabaseKey\n"
        "from storage.errors import DatabaseLocked\n"
        "try: Database(Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2]))).open()\n"
        "except DatabaseLocked as error: print('locked:', error)\n"
        "else: print('opened')\n"
    )
    command = [sys.executable, "-c", script, str(database.path), key.raw.hex()]

    def other_process() -> str:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=DEADLINE_S
        ).stdout

    assert other_process().startswith(f"locked: {database.path} is in use by another process")
    database.close()
    assert other_process() == "opened\n"


def test_a_second_opening_in_the_same_process_is_refused_and_the_first_carries_on(
    database: Database, key: DatabaseKey
) -> None:
    with pytest.raises(DatabaseLocked) as refused:
        Database(database.path, key).open()
    assert str(database.path) in str(refused.value)
    keep_a_secret(database)
    assert Secret.read("words") == PLAINTEXT


def test_a_failed_opening_releases_the_file(database: Database, key: DatabaseKey) -> None:
    database.close()
    for _ in range(2):
        with pytest.raises(DatabaseUnreadable) as refused:
            Database(database.path, DatabaseKey(bytes(32))).open()
        assert refused.value.__cause__ is None
    opened(database.path, key).close()


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path, key: DatabaseKey) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatabaseUnwritable) as refused:
        Database(tmp_path / "file" / "souk.db", key).open()
    assert "DATABASE_PATH" in str(refused.value)


def test_the_key_file_is_created_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "souk.db"
    first = database_key(path)
    file = path.with_name("souk.db.key")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert re.fullmatch(r"[0-9a-f]{64}\n", file.read_text())
    assert database_key(path).raw == first.raw
    assert [each.name for each in file.parent.iterdir()] == ["souk.db.key"]


def test_simultaneous_starts_agree_on_one_key(tmp_path: Path) -> None:
    for attempt in range(20):
        path, gate, keys = tmp_path / str(attempt) / "souk.db", threading.Barrier(4), []

        def start(path: Path = path, gate: threading.Barrier = gate, keys: list[bytes] = keys) -> None:
            gate.wait()
            keys.append(database_key(path).raw)

        threads = [threading.Thread(target=start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(keys) == 4
        assert set(keys) == {database_key(path).raw}


def test_a_passphrase_gives_the_same_key_with_the_same_salt_and_another_with_another(tmp_path: Path) -> None:
    path = tmp_path / "souk.db"
    first = database_key(path, db_pass="correct horse")
    salt = path.with_name("souk.db.salt")
    assert stat.S_IMODE(salt.stat().st_mode) == 0o600
    assert database_key(path, db_pass="correct horse").raw == first.raw
    assert database_key(path, db_pass="correct horsf").raw != first.raw
    salt.write_text("00" * 16)
    assert database_key(path, db_pass="correct horse").raw != first.raw
    assert not path.with_name("souk.db.key").exists()


def test_a_passphrase_opens_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "souk.db"
    database = opened(path, database_key(path, db_pass="correct horse"))
    keep_a_secret(database)
    database.close()
    database = opened(path, database_key(path, db_pass="correct horse"))
    assert Secret.read("words") == PLAINTEXT
    database.close()


def test_a_configured_key_wins_and_creates_no_file(tmp_path: Path) -> None:
    path = tmp_path / "souk.db"
    assert database_key(path, db_key="0F" * 32, db_pass="unused").raw == bytes([15]) * 32
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "xyz", "00" * 31, "00" * 33, "zz" * 32, "é" * 64])
def test_a_bad_key_file_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    file = tmp_path / "souk.db.key"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadDatabaseKey) as refused:
        database_key(tmp_path / "souk.db")
    assert str(file) in str(refused.value)
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["no key", "00" * 31, "0x" + "00" * 31])
def test_a_bad_configured_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadDatabaseKey) as refused:
        database_key(tmp_path / "souk.db", db_key=text)
    assert text not in str(refused.value)


def test_a_key_does_not_show_itself(key: DatabaseKey) -> None:
    assert key.raw.hex() not in f"{key!r} {key}"
    with pytest.raises(TypeError) as refused:
        key.__reduce__()
    assert key.raw.hex() not in str(refused.value)


@pytest.mark.parametrize("secret", [{}, {"db_pass": "correct horse"}])
def test_no_key_is_created_for_an_existing_database(tmp_path: Path, secret: dict[str, str]) -> None:
    path = tmp_path / "souk.db"
    path.write_bytes(b"moved here without the file that its key comes from")
    with pytest.raises(DatabaseKeyMissing) as refused:
        database_key(path, **secret)
    assert str(path) in str(refused.value)
    assert [file.name for file in tmp_path.iterdir()] == ["souk.db"]


def test_a_key_is_kept_apart_from_the_database_if_there_is_a_folder_for_it(tmp_path: Path) -> None:
    path, folder = tmp_path / "data" / "souk.db", tmp_path / "keys"
    first = database_key(path, folder=folder)
    assert (folder / "souk.db.key").stat().st_mode & 0o077 == 0
    assert not path.with_name("souk.db.key").exists()
    assert database_key(path, folder=folder).raw == first.raw
    passed = database_key(path, db_pass="words", folder=folder)
    assert sorted(each.name for each in folder.iterdir()) == ["souk.db.key", "souk.db.salt"]
    assert database_key(path, db_pass="words", folder=folder).raw == passed.raw


def test_a_key_beside_the_database_is_used_there_with_a_warning_until_it_is_moved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, folder = tmp_path / "souk.db", tmp_path / "keys"
    first = database_key(path)
    path.touch()
    assert database_key(path, folder=folder).raw == first.raw
    assert "lies beside the database that it opens" in caplog.text
    assert not folder.exists()
    folder.mkdir()
    path.with_name("souk.db.key").rename(folder / "souk.db.key")
    caplog.clear()
    assert database_key(path, folder=folder).raw == first.raw
    assert caplog.text == ""


def test_a_new_key_replaces_the_old_one_in_the_folder(tmp_path: Path) -> None:
    path, folder = tmp_path / "souk.db", tmp_path / "keys"
    old = database_key(path, folder=folder)
    new, file = new_key_file(path, folder)
    assert file == folder / "souk.db.key.new"
    assert use_new_key_file(file) == folder / "souk.db.key.old"
    assert database_key(path, folder=folder).raw == new.raw != old.raw
    newest, file = new_key_file(path, folder)
    assert use_new_key_file(file) == folder / "souk.db.key.old-2"
    assert key_in(folder / "souk.db.key.old").raw == old.raw
    assert key_in(folder / "souk.db.key.old-2").raw == new.raw
    assert database_key(path, folder=folder).raw == newest.raw


def test_a_brought_key_goes_to_the_folder_even_from_beside_the_database(tmp_path: Path) -> None:
    path, folder = tmp_path / "souk.db", tmp_path / "keys"
    beside = tmp_path / "souk.db.key"
    beside.write_text("ab" * 32)
    with brought_key(beside, path, is_salt=False, folder=folder) as replaced:
        assert replaced is None
    beside.unlink()
    assert database_key(path, folder=folder).raw == bytes.fromhex("ab" * 32)
    salt = tmp_path / "souk.db.salt"
    salt.write_text("cd" * 16)
    with brought_key(salt, path, is_salt=True, folder=folder) as replaced:
        assert replaced is None
    assert (folder / "souk.db.salt").read_text() == "cd" * 16 + "\n"


def test_no_key_is_made_or_brought_while_a_new_one_waits(tmp_path: Path) -> None:
    path, folder = tmp_path / "souk.db", tmp_path / "keys"
    waiting, file = new_key_file(path, folder)
    source = tmp_path / "brought"
    source.write_text("ab" * 32)
    with pytest.raises(KeyChangeUnfinished) as refused:
        database_key(path, folder=folder)
    assert str(file) in str(refused.value)
    with pytest.raises(KeyChangeUnfinished) as refused:
        brought_key(source, path, is_salt=False, folder=folder).__enter__()
    assert str(file) in str(refused.value)
    assert [each.name for each in folder.iterdir()] == ["souk.db.key.new"]
    path.touch()
    with pytest.raises(DatabaseKeyMissing) as missing:
        database_key(path, folder=folder)
    assert "`rekey` finishes it" in str(missing.value)
    assert use_new_key_file(file) is None
    assert database_key(path, folder=folder).raw == waiting.raw


@pytest.mark.parametrize("before", ["22" * 32, "ab" * 32, None])
def test_a_brought_key_is_taken_away_again_if_the_database_does_not_come(tmp_path: Path, before: str | None) -> None:
    path, source, key_file = tmp_path / "souk.db", tmp_path / "brought", tmp_path / "souk.db.key"
    source.write_text("ab" * 32)
    if before is not None:
        key_file.write_text(before)
    with pytest.raises(RuntimeError), brought_key(source, path, is_salt=False):
        assert key_in(key_file).raw == key_in(source).raw
        raise RuntimeError
    assert (key_file.read_text() if key_file.exists() else None) == before
    assert not key_file.with_name("souk.db.key.old").exists()


@pytest.mark.parametrize("before", ["22" * 32, None])
def test_if_a_brought_key_cannot_be_written_the_other_one_stays(tmp_path: Path, before: str | None) -> None:
    path, source, key_file = tmp_path / "souk.db", tmp_path / "brought", tmp_path / "souk.db.key"
    source.write_text("ab" * 32)
    if before is not None:
        key_file.write_text(before)
    (tmp_path / "souk.db.key.draft").mkdir()
    with pytest.raises(DatabaseUnwritable, match=r"souk\.db\.key cannot be written"):
        brought_key(source, path, is_salt=False).__enter__()
    assert (key_file.read_text() if key_file.exists() else None) == before
    assert not key_file.with_name("souk.db.key.old").exists()


def test_a_key_that_a_starting_shop_makes_meanwhile_is_not_taken_for_the_brought_one(tmp_path: Path) -> None:
    path, source, key_file = tmp_path / "souk.db", tmp_path / "brought", tmp_path / "souk.db.key"
    source.write_text("ab" * 32)
    key_file.write_text("22" * 32)
    refused: list[DatabaseUnwritable] = []

    def bring() -> None:
        try:
            brought_key(source, path, is_salt=False).__enter__()
        except DatabaseUnwritable as error:
            refused.append(error)

    with (tmp_path / "souk.db.key.draft").open("w") as draft:  # as held by the process that makes a key
        fcntl.flock(draft, fcntl.LOCK_EX)
        bringing = threading.Thread(target=bring)
        bringing.start()
        wait_for(key_file.with_name("souk.db.key.old").exists, "the old key is set aside")
        key_file.write_text("33" * 32)
    bringing.join(DEADLINE_S)
    assert "another process" in str(refused[0])
    assert key_file.read_text() == "22" * 32
    assert key_file.with_name("souk.db.key.old-2").read_text() == "33" * 32
