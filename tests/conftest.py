"""Fixtures for every room: a real encrypted database, a clock that the test moves, real threads, polling waits."""

import functools
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from peewee import IntegrityError

from storage.database import Database
from storage.keys import DatabaseKey
from tests import patience
from tests.endurance import in_full
from tests.patience import DEADLINE_S
from tests.progress import Progress

NOW = 1_790_000_000
RECURSION_LIMIT = 1_000

FAST = ("tests/storage/", "tests/shop/", "tests/wallet/", "tests/bot_handlers/callbacks/", "tests/locales/")
SLOW = (
    *("differential", "properties", "runtime", "tronweb", "machine", "crash", "scale", "cli", "/chains/"),
    *("languages", "/sweeps/", "/moving/", "star_books", "slices", "inventions", "figures", "reconciliation"),
    *("invoices", "backups", "witnesses", "heights", "exporting", "plan_commands", "exports", "secp256k1"),
    *("full_disk", "many_parts", "fifty", "whatever", "no_change", "damaged", "random", "thousand"),
    *("both_ways", "libwally"),
)
"""Tests that start programs, ask servers or try thousands of cases; `-m fast` leaves them out."""


LONGEST_TEXT = 60
LONGEST_ID = 250

MEMORY = Path("/dev/shm")
LEAST_MEMORY_BYTES = 6 << 30


def has_room_in_memory() -> bool:
    """Return whether /dev/shm can hold databases, so that no commit waits for a disk, and can run programs."""
    if not os.access(MEMORY, os.W_OK):
        return False
    system = os.statvfs(MEMORY)
    return system.f_bavail * system.f_frsize >= LEAST_MEMORY_BYTES and not system.f_flag & os.ST_NOEXEC


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose where temporary files go; report by room if this process is the one that reports."""
    if has_room_in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(reporter), "souk-progress")


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val: object) -> str | None:
    """Shorten a long text to its beginning and its length; pytest would print megabytes of it."""
    if not isinstance(val, str | bytes):
        return None
    shown = ascii(val[: LONGEST_TEXT + 1]).removeprefix("b")[1:-1]
    return None if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]}... ({len(val)})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse ids so long that workers are slow to exchange them; mark the tests quick enough for the loop."""
    for item in items:
        if len(item.nodeid) > LONGEST_ID:
            raise pytest.UsageError(f"the id of a test is too long, give `ids`: {item.nodeid[:LONGEST_ID]}")
        if item.nodeid.startswith(FAST) and not any(word in item.nodeid for word in SLOW):
            item.add_marker(pytest.mark.fast)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Restore Python's recursion limit: `py_ecc`, which a test imports, raises it beyond what the stack can hold."""
    sys.setrecursionlimit(RECURSION_LIMIT)


# The usual run is the same each time; `make endurance` draws new inputs.
settings.register_profile("souk", deadline=None, max_examples=60, derandomize=not in_full())
settings.load_profile("souk")


class StandingClock:
    """The time in Unix seconds, moved only by the test. It can be set back, which `monotonic` ignores."""

    def __init__(self) -> None:
        self.now = NOW
        self._passed_s = 0

    def __call__(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self._passed_s

    def pass_s(self, seconds: int) -> None:
        self.now += seconds
        self._passed_s += max(0, seconds)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@functools.cache
def new_database() -> tuple[DatabaseKey, bytes]:
    """Create an encrypted, migrated database once for all tests; return its key and its file for them to copy."""
    key = DatabaseKey(secrets.token_bytes(32))
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "souk.db", key)
        database.open()
        database.close()
        return key, database.path.read_bytes()


def open_new_database(folder: Path) -> Database:
    """Open a copy of that database; migrating a new one takes thirty times as long."""
    key, content = new_database()
    database = Database(folder / "souk.db", key)
    folder.mkdir(exist_ok=True)
    database.path.write_bytes(content)
    database.open()
    return database


@pytest.fixture(scope="session")
def key() -> DatabaseKey:
    return new_database()[0]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the new database to a file."""
    path = tmp_path_factory.mktemp("blank") / "souk.db"
    path.write_bytes(new_database()[1])
    return path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_new_database(tmp_path)
    yield database
    database.close()


def outcome_of(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the exception that it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the test checks which exception it is
        return error


def refused(database: Database, write: Callable[[], Any]) -> str:
    """Return the database's message about a write that it refuses."""
    with pytest.raises(IntegrityError) as error, database.transaction():
        write()
    return str(error.value)


@pytest.fixture
def at_once(database: Database) -> Callable[..., list[Any]]:
    """Return a function that runs calls on threads started together, and returns each result or exception."""

    def at_once(*calls: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(calls))
        outcomes: list[Any] = [None] * len(calls)

        def run(place: int, call: Callable[[], Any]) -> None:
            gate.wait()
            outcomes[place] = outcome_of(call)
            database.release_thread()

        threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"
        return outcomes

    return at_once


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    """Return a function that polls until a condition holds, and returns its value."""
    return patience.wait_for
