"""Writes use one kind of transaction, which is all or nothing, and a backup can be taken at any time."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3

from storage.database import Database
from storage.errors import NestedTransaction, SnapshotFailed, WriteOutsideTransaction
from storage.keys import DatabaseKey
from storage.models import Customer, HandledUpdate, LedgerEntry, Secret
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of
from tests.small_disk import MountedDisk, small_disk


class Boom(Exception):
    pass


@pytest.mark.parametrize(
    "write",
    [
        lambda: Secret.make("name", "a value"),
        lambda: Secret.update(value="x").execute(),
        lambda: Secret.delete().execute(),
        lambda: Secret.replace(name="a", value="b").execute(),
        lambda: HandledUpdate.claim(1, 2, now=3),
    ],
    ids=["insert", "update", "delete", "replace", "insert or ignore"],
)
def test_a_write_outside_a_transaction_is_refused(database: Database, write: Callable[[], Any]) -> None:
    with pytest.raises(WriteOutsideTransaction) as refused:
        write()
    assert "a value" not in str(refused.value)
    assert Secret.select().count() == 0


def test_a_nested_transaction_is_refused_and_the_outer_one_is_rolled_back(database: Database) -> None:
    with pytest.raises(NestedTransaction) as refused, database.transaction():
        Secret.make("outer", "x")
        with database.transaction():
            Secret.make("inner", "x")
    assert refused.value.__context__ is None
    assert Secret.select().count() == 0
    assert not database.in_transaction()


def test_a_rollback_leaves_nothing(database: Database) -> None:
    with pytest.raises(Boom) as raised, database.transaction():
        Secret.make("one", "x")
        Secret.make("two", "x")
        raise Boom("half way")
    assert str(raised.value) == "half way"
    assert Secret.select().count() == 0
    assert not database.in_transaction()
    with database.transaction():
        Secret.make("one", "x")
    assert Secret.read("one") == "x"


def test_only_its_own_thread_sees_a_transaction_before_the_commit(database: Database, at_once: Any) -> None:
    with database.transaction():
        Secret.make("one", "x")
        assert database.in_transaction()
        [(other_in, other_sees)] = at_once(lambda: (database.in_transaction(), Secret.read("one")))
        assert (other_in, other_sees) == (False, None)
    [seen] = at_once(lambda: Secret.read("one"))
    assert seen == "x"


def test_a_transaction_holds_the_write_lock_from_the_start(database: Database, key: DatabaseKey) -> None:
    other = sqlcipher3.connect(str(database.path), timeout=0, isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{key.raw.hex()}'\"")
    with database.transaction():
        with pytest.raises(sqlcipher3.OperationalError) as refused:
            other.execute("BEGIN IMMEDIATE")
        assert "locked" in str(refused.value)
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_callbacks_run_after_the_commit_and_in_order(database: Database, at_once: Any) -> None:
    said: list[Any] = []
    with database.transaction():
        Secret.make("one", "x")
        database.after_commit(lambda: said.append((database.in_transaction(), *at_once(lambda: Secret.read("one")))))
        database.after_commit(lambda: said.append("second"))
        assert said == []
    assert said == [(False, "x"), "second"]


def test_callbacks_are_dropped_by_a_rollback(database: Database) -> None:
    said: list[str] = []
    with pytest.raises(Boom) as raised, database.transaction():
        database.after_commit(lambda: said.append("never"))
        raise Boom("undone")
    assert str(raised.value) == "undone"
    with database.transaction():
        Secret.make("one", "x")
    assert said == []


def along(database: Database, number: int, said: list[int]) -> None:
    """Leave the claim of an update to be written along with the next write."""
    database.write_along(HandledUpdate.CLAIM, (1, number, 3), written=lambda: said.append(number))


def claimed() -> list[int]:
    return [row.update_id for row in HandledUpdate.list_by("bot_id = 1 ORDER BY update_id")]


def test_a_row_is_written_along_with_the_next_write_and_reported_after_the_commit(database: Database) -> None:
    said: list[int] = []
    along(database, 1, said)
    along(database, 2, said)
    assert claimed() == []

    def somebody_else() -> None:
        with database.transaction():
            assert claimed() == [1, 2]
            assert said == []
            Secret.make("one", "x")
        database.release_thread()

    thread = threading.Thread(target=somebody_else)
    thread.start()
    thread.join(DEADLINE_S)
    assert (claimed(), said) == ([1, 2], [1, 2])


def test_a_row_survives_the_rollback_of_the_write_it_went_along_with(database: Database) -> None:
    said: list[int] = []
    along(database, 1, said)
    with pytest.raises(Boom) as raised, database.transaction():
        Secret.make("one", "x")
        along(database, 2, said)
        raise Boom("undone")
    assert str(raised.value) == "undone"
    assert (claimed(), said, Secret.read("one")) == ([], [], None)
    database.write_waiting()
    assert (claimed(), said) == ([1, 2], [1, 2])


def test_waiting_rows_are_written_by_one_of_the_threads_that_want_them_written(
    database: Database, at_once: Any
) -> None:
    said: list[int] = []
    for number in range(8):
        along(database, number, said)
    before = database.transactions
    at_once(*[database.write_waiting] * 8)
    assert (database.transactions - before, claimed(), said) == (1, [*range(8)], [*range(8)])


def test_waiting_rows_are_written_before_the_file_is_closed(tmp_path: Path) -> None:
    key = DatabaseKey(bytes(32))
    database = Database(tmp_path / "shop.db", key)
    database.open()
    along(database, 7, [])
    database.close()
    again = Database(tmp_path / "shop.db", key)
    again.open()
    assert claimed() == [7]
    again.close()


def test_a_non_durable_transaction_leaves_the_next_one_durable(database: Database) -> None:
    def level() -> int:
        return int(engine_of(database).pragma("synchronous"))

    with database.transaction(durable=False):
        assert level() == 1
        Secret.make("one", "x")
    assert level() == 2
    with pytest.raises(Boom) as raised, database.transaction(durable=False):
        raise Boom("undone")
    assert str(raised.value) == "undone"
    assert (level(), Secret.read("one")) == (2, "x")


def test_parallel_writers_lose_nothing(database: Database, at_once: Any) -> None:
    with database.transaction():
        customer = Customer.create(telegram_id=7, bot_id=1, first_name="Ada", language="en", created_at=0)

    def post(thread: int) -> int:
        posted = 0
        for number in range(25):
            with database.transaction():
                posted += LedgerEntry.post(
                    customer.id, kind="deposit", amount_minor=3, key=f"{thread}:{number}", now=number
                )
        return posted

    assert at_once(*(lambda thread=thread: post(thread) for thread in range(8))) == [25] * 8
    assert Customer.balance_of(customer.id) == 8 * 25 * 3
    assert sum(entry.amount_minor for entry in LedgerEntry.of(customer.id)) == 8 * 25 * 3


def test_a_key_is_posted_once_however_many_threads_post_it(database: Database, at_once: Any) -> None:
    with database.transaction():
        customer = Customer.create(telegram_id=7, bot_id=1, first_name="Ada", language="en", created_at=0)

    def post() -> bool:
        with database.transaction():
            return LedgerEntry.post(customer.id, kind="deposit", amount_minor=500, key="same", now=0)

    assert sorted(at_once(*[post] * 12)) == [False] * 11 + [True]
    assert Customer.balance_of(customer.id) == 500


def test_a_backup_taken_during_writes_opens_with_the_key_and_its_books_add_up(
    database: Database, key: DatabaseKey, tmp_path: Path, wait_for: Any
) -> None:
    with database.transaction():
        ids = [
            Customer.create(telegram_id=n, bot_id=1, first_name="Ada", language="en", created_at=0).id
            for n in range(1, 5)
        ]
    stop, posted = threading.Event(), [0] * 4

    def write(place: int, customer_id: int) -> None:
        while not stop.is_set():
            with database.transaction():
                LedgerEntry.post(
                    customer_id, kind="deposit", amount_minor=7, key=f"{customer_id}:{posted[place]}", now=0
                )
            posted[place] += 1
        database.release_thread()

    writers = [threading.Thread(target=write, args=each) for each in enumerate(ids)]
    for writer in writers:
        writer.start()
    copies = [tmp_path / f"copy-{number}.db" for number in range(3)]
    for number, copy in enumerate(copies):
        wait_for(lambda number=number: min(posted) > number * 5, "every writer wrote")
        database.backup(copy)
    stop.set()
    for writer in writers:
        writer.join()
    database.close()
    for copy in copies:
        assert b"SQLite format 3" not in copy.read_bytes()
        restored = Database(copy, key)
        restored.open()
        for customer in Customer.select():
            entries = LedgerEntry.of(customer.id)
            assert customer.balance_minor == sum(entry.amount_minor for entry in entries) == 7 * len(entries)
        assert LedgerEntry.select().count() > 0
        restored.close()
    database.open()
    assert LedgerEntry.select().count() == sum(posted)


def test_a_backup_replaces_an_older_one_or_says_why_it_cannot(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("older")
    database.backup(target)
    assert target.stat().st_size > 4096
    with pytest.raises(SnapshotFailed) as refused:
        database.backup(tmp_path / "missing" / "copy.db")
    assert "copy.db" in str(refused.value)


def test_a_place_that_refuses_everything_is_named_as_the_reason(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SnapshotFailed, match="Not a directory"):
        database.backup(file / "copy.db")
    with pytest.raises(SnapshotFailed, match="name too long"):
        database.backup(tmp_path / ("x" * 255))


def test_a_read_only_file_system_is_named_as_the_reason(database: Database, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        if not isinstance(disk, MountedDisk):
            pytest.skip("needs the right to mount (root)")
        subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True, timeout=DEADLINE_S)
        with pytest.raises(SnapshotFailed, match="Read-only file system"):
            database.backup(disk.folder / "copy.db")


def test_closing_merges_the_log_into_the_file_and_may_happen_twice(database: Database, key: DatabaseKey) -> None:
    with database.transaction():
        Secret.make("one", "x")
    database.close()
    database.close()
    assert not database.path.with_name("souk.db-wal").exists()
    moved = database.path.rename(database.path.with_name("moved.db"))
    again = Database(moved, key)
    again.open()
    assert Secret.read("one") == "x"
    again.close()
