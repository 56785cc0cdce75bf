"""Threads share connections, so few are open, and each thread sees what the last one wrote."""

import threading
from collections.abc import Callable

import pytest
from peewee import OperationalError

from storage.database import KEPT_OPEN, Database
from storage.models import Secret
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of


def opened(database: Database) -> int:
    """Count open connections. Open files are no measure: SQLite keeps those of closed connections (POSIX locks)."""
    return len(engine_of(database)._opened)


def on_a_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()


def write(database: Database, name: str) -> None:
    with database.transaction():
        Secret.make(name, name)
    database.release_thread()


def test_one_connection_serves_successive_threads(database: Database) -> None:
    before = opened(database)
    for number in range(10):
        on_a_thread(lambda number=number: write(database, f"thread {number}"))
    assert opened(database) <= before + 1
    assert [Secret.read(f"thread {number}") for number in range(10)] == [f"thread {n}" for n in range(10)]


def test_many_threads_leave_few_connections_behind(database: Database) -> None:
    together = threading.Barrier(KEPT_OPEN + 8)

    def read() -> None:
        Secret.read("anything")
        together.wait(DEADLINE_S)
        database.release_thread()

    threads = [threading.Thread(target=read) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert opened(database) <= KEPT_OPEN + 1, "this thread has one besides"


def test_a_thread_in_a_transaction_keeps_its_connection(database: Database) -> None:
    with pytest.raises(OperationalError, match="transaction is open"), database.transaction():
        database.release_thread()
    write(database, "afterwards")
    assert Secret.read("afterwards") == "afterwards"


def test_one_threads_rollback_does_not_affect_the_next_thread(database: Database) -> None:
    def fail() -> None:
        with pytest.raises(ZeroDivisionError), database.transaction():
            Secret.make("undone", "undone")
            raise ZeroDivisionError
        database.release_thread()

    on_a_thread(fail)
    on_a_thread(lambda: write(database, "done"))
    assert (Secret.read("undone"), Secret.read("done")) == (None, "done")
