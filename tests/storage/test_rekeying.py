"""A change of key leaves one whole database: under the new key, or as it was."""

import secrets
from pathlib import Path

import pytest

from storage import rekeying
from storage.database import Database
from storage.errors import DatabaseLocked, DatabaseUnwritable, SnapshotFailed
from storage.keys import DatabaseKey
from storage.models import Secret


def names(database: Database) -> list[str]:
    return sorted(each.name for each in database.path.parent.iterdir())


def keep_a_secret(database: Database) -> None:
    with database.transaction():
        Secret.make("words", "kept")


def require_as_before(database: Database) -> None:
    database.close()
    database.open()
    assert Secret.read("words") == "kept"
    database.close()
    assert names(database) == ["souk.db", "souk.db.lock"]


def test_the_database_goes_on_under_its_new_key(database: Database, key: DatabaseKey) -> None:
    keep_a_secret(database)
    new = DatabaseKey(secrets.token_bytes(32))
    database.rekey(new)
    with pytest.raises(DatabaseLocked) as refused:
        Database(database.path, new).open()
    assert str(database.path) in str(refused.value)
    with database.transaction():
        Secret.make("more", "written")
    database.close()
    again = Database(database.path, new)
    again.open()
    assert (Secret.read("words"), Secret.read("more")) == ("kept", "written")
    again.close()
    assert names(again) == ["souk.db", "souk.db.lock"]


@pytest.mark.parametrize("copy", [b"not sound" * 1000, None])
def test_a_copy_that_is_not_sound_is_taken_away_again(
    database: Database, key: DatabaseKey, copy: bytes | None
) -> None:
    keep_a_secret(database)
    database.close()
    if copy is not None:
        rekeying.draft_beside(database.path).write_bytes(copy)
    with pytest.raises(SnapshotFailed) as refused:
        rekeying.put_in_place(database.path, DatabaseKey(secrets.token_bytes(32)))
    assert refused.value.reason
    require_as_before(database)


def test_what_is_in_the_way_of_the_old_file_is_named(database: Database) -> None:
    keep_a_secret(database)
    in_the_way = Path(f"{database.path}.before-rekey")
    in_the_way.mkdir()
    with pytest.raises(DatabaseUnwritable) as refused:
        database.rekey(DatabaseKey(secrets.token_bytes(32)))
    assert str(in_the_way) in str(refused.value)
    in_the_way.rmdir()
    require_as_before(database)


def test_a_file_with_a_log_is_not_replaced(database: Database, key: DatabaseKey) -> None:
    keep_a_secret(database)
    rekeying.draft_beside(database.path).write_bytes(b"a copy")
    with pytest.raises(DatabaseLocked) as refused:
        rekeying.put_in_place(database.path, key)
    assert str(database.path) in str(refused.value)
    require_as_before(database)
