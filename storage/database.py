"""The encrypted file: opened once per process, one connection per thread, written only in `BEGIN IMMEDIATE`."""

import fcntl
import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import sqlcipher3
from peewee import DatabaseError, DatabaseProxy, OperationalError, SqliteDatabase

from storage import migrations, numbers, rekeying, snapshots
from storage.errors import (
    CallInTransaction,
    DatabaseLocked,
    DatabaseUnreadable,
    DatabaseUnwritable,
    NestedTransaction,
    SnapshotFailed,
    WriteOutsideTransaction,
)
from storage.keys import DatabaseKey
from storage.private_files import keep_private, make_folder
from storage.text import fingerprint, fold, nfc

CANNOT_WRITE = (OperationalError, sqlcipher3.OperationalError)
"""What a write raises if the disk or the file is at fault (full, damaged, locked), not the data."""
_log = logging.getLogger("souk.storage")

proxy = DatabaseProxy()
"""The database that the models are bound to; `Database.open` points it at the open file."""

_PRAGMAS = (("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", "full"), ("cache_size", -4_000))
_UNREADABLE = ("not a database", "malformed", "encrypted")
"""SQLCipher's messages for a wrong key or a damaged file; any other (disk full, read-only) is about writing."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


KEPT_OPEN = 4
"""The most idle connections kept for the next thread. Each holds the schema, 0.75 MB, and cached pages."""
_WRITTEN_AT = "written at"
_BUSY_MS = 30_000
_MOMENT_S = 0.0005
_PATIENCE_S = 1.0
_FOLD_MS = 3_000
"""The longest that writers wait while the write-ahead log is folded into the file, in milliseconds."""


@contextmanager
def _first_cause() -> Iterator[None]:
    """Raise the error that ended a transaction, not one from the rollback after it.

    When the disk is full, SQLite has already rolled back and refuses to do it again.
    """
    try:
        yield
    except (DatabaseError, sqlcipher3.Error) as error:
        first: BaseException = error
        while "cannot rollback" in str(first) and first.__context__ is not None:
            first = first.__context__
        if first is error:
            raise
        raise first from None


class _SqlCipher(SqliteDatabase):
    """peewee's SQLite on SQLCipher with a raw key, refusing to write outside a transaction.

    A connection that a thread gives back is the next one taken, so few stay in use, and those have warm caches.
    """

    def __init__(self, path: Path, key: DatabaseKey) -> None:
        super().__init__(str(path), pragmas=_PRAGMAS, timeout=_BUSY_MS // 1000)
        self._key = key
        for function, name in ((fold, "casefold"), (nfc, "nfc"), (fingerprint, "goods_fingerprint")):
            self.register_function(function, name, 1)
        self._opened: list[Any] = []
        self._idle: list[Any] = []
        self._opened_lock = threading.Lock()

    def _connect(self) -> Any:
        with self._opened_lock:
            if self._idle:
                return self._idle.pop()
        connection = sqlcipher3.connect(
            self.database, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA key = \"x'{self._key.raw.hex()}'\"")
            self._add_conn_hooks(connection)
        except sqlcipher3.Error:
            connection.close()
            raise
        with self._opened_lock:
            self._opened.append(connection)
        return connection

    def _close(self, connection: Any) -> None:
        with self._opened_lock:
            if len(self._idle) < KEPT_OPEN and not connection.in_transaction:
                self._idle.append(connection)
                return
            self._opened.remove(connection)
        super()._close(connection)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if sql.startswith(_WRITES) and not self.in_transaction():
            raise WriteOutsideTransaction(sql.split("(", 1)[0])
        return super().execute_sql(sql, params)

    def close_every_connection(self) -> None:
        """Close the connections of all threads, which the caller knows to be idle."""
        with self._opened_lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
            self._idle.clear()


class Database:
    """One encrypted SQLite file, owned by this process for as long as it is open."""

    def __init__(self, path: Path, key: DatabaseKey) -> None:
        self.path = path
        self.key = key
        self._engine = _SqlCipher(path, key)
        self._writer = threading.Lock()
        self._queue: deque[int] = deque()
        """The threads that wait for `_writer`. A deque's operations are atomic."""
        self._copying = threading.Lock()
        self._committed = threading.local()
        self._waiting = threading.Lock()
        self._riders: list[tuple[str, tuple[object, ...], Callable[[], None]]] = []
        """Statements for the next transaction: any thread appends; the writing thread takes from the front."""
        self._lock_file: IO[bytes] | None = None
        self.transactions = 0
        """The number of transactions since the start, including those rolled back."""
        self.waited_s = 0.0
        """Seconds that transactions waited for each other."""
        self.written_s = 0.0
        """Seconds that transactions took."""

    def open(self) -> None:
        """Lock the file for this process, check the key, upgrade the schema, bind the models.

        Raises:
            DatabaseLocked: another process has it.
            DatabaseUnreadable: wrong key, or not a database.
            DatabaseUnwritable: the folder cannot be written.
            DatabaseTooNew: written by a newer version.
            UpgradeFailed: a step of the schema could not be applied.
        """
        self._lock_file = _lock(self.path)
        try:
            keep_private(self.path)
            self._engine.connect()
            self._engine.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()
            migrations.upgrade(self._engine, self.path, before=self.backup)
            rekeying.forget_old(self.path)  # a change of the key was cut short
        except DatabaseError as error:
            self._let_go()
            if any(words in str(error) for words in _UNREADABLE):
                raise DatabaseUnreadable(self.path, self.key.newer) from None
            raise DatabaseUnwritable(self.path, str(error)) from None
        except OSError as error:
            self._let_go()
            raise DatabaseUnwritable(self.path, error.strerror or "unknown") from None
        except BaseException:
            self._let_go()
            raise
        proxy.initialize(self._engine)

    def close(self) -> None:
        """Checkpoint the write-ahead log and release the file. No thread may use it any more.

        On a full disk the log stays beside the file: nothing is lost, and the next start reads both.
        """
        if self._lock_file is None:
            return
        with self._copying:  # a copy in progress uses one of our connections
            try:
                self.write_waiting()
                self._engine.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except DatabaseError as error:
                _log.warning("the write-ahead log remains next to the database: %s", error)
            finally:
                self._let_go()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """Run a block as one `BEGIN IMMEDIATE` transaction: committed whole, or not at all.

        Writers queue on a lock of this process instead of sleeping in SQLite's busy handler. With `durable=False` the
        commit survives the death of the process but not necessarily a power cut: only for writes that can safely be
        repeated.

        Raises:
            NestedTransaction: this thread is in a transaction already.
        """
        if self._engine.in_transaction():
            raise NestedTransaction
        self._committed.calls = []
        asked_at = time.monotonic()
        with self._turn(), self._timed(asked_at):
            if not durable:
                self._engine.execute_sql("PRAGMA synchronous = normal")
            try:
                with _first_cause(), self._engine.atomic("IMMEDIATE"):
                    riders = self._riders[:]
                    for sql, values, _ in riders:
                        self._engine.execute_sql(sql, values)
                    yield
                del self._riders[: len(riders)]
            finally:
                if not durable:
                    self._engine.execute_sql("PRAGMA synchronous = full")
        for call in (*(written for _, _, written in riders), *self._committed.calls):
            call()

    def write_along(self, sql: str, values: tuple[object, ...], *, written: Callable[[], None]) -> None:
        """Write a row together with the next transaction on any thread, since a separate commit would cost more than
        the row.

        So it is there no later than anything this thread writes from now on. After a rollback, the next transaction
        writes it. Rows still waiting when the process dies are lost. The statement must not fail on any row.
        `written` is called after the commit.
        """
        self._riders.append((sql, values, written))

    def write_waiting(self) -> None:
        """Write the rows passed to `write_along` that still wait, for all threads in one transaction.

        Threads that arrive meanwhile find their rows written, or write the next ones together. Not durable, in the
        sense of `transaction`.
        """
        with self._waiting:
            if self._riders:
                with self.transaction(durable=False):
                    pass

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Acquire the write lock and hold it."""
        self._queue.append(threading.get_ident())
        try:
            self._writer.acquire()
        finally:
            self._queue.remove(threading.get_ident())
        try:
            yield
        finally:
            self._writer.release()

    def give_way(self) -> None:
        """Let waiting writers go first; a thread with many transactions calls this between them.

        The lock is not fair: a thread that releases it could take it again before the others wake up.
        """
        for thread in tuple(self._queue):
            deadline = time.monotonic() + _PATIENCE_S
            while thread in self._queue and time.monotonic() < deadline:
                time.sleep(_MOMENT_S)

    @contextmanager
    def _timed(self, asked_at: float) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.transactions += 1
            self.waited_s += begun - asked_at
            self.written_s += time.monotonic() - begun

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in a block as of one moment, while others keep writing; the block cannot write.

        Keep it short, because the write-ahead log is kept until it ends.

        Raises:
            NestedTransaction: this thread is in a transaction already.
        """
        if self._engine.in_transaction():
            raise NestedTransaction
        self._engine.execute_sql("PRAGMA query_only = 1")
        try:
            with self._engine.atomic("DEFERRED"):
                yield
        finally:
            self._engine.execute_sql("PRAGMA query_only = 0")

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call a function after this thread's transaction is committed; a rollback drops it."""
        self._committed.calls.append(call)

    def in_transaction(self) -> bool:
        """Return whether this thread has a transaction open."""
        return bool(self._engine.in_transaction())

    def require_no_transaction(self) -> None:
        """Guard every call to another server.

        Raises:
            CallInTransaction: this thread has a transaction open, so all writers would wait for that server.
        """
        if self.in_transaction():
            raise CallInTransaction

    def require_writable(self) -> None:
        """Make a small durable write, without reading.

        Raises:
            DatabaseUnwritable: it fails; the reason is SQLite's.
        """
        try:
            with self.transaction():
                self._engine.execute_sql(
                    "INSERT INTO secret (name, value) VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    (_WRITTEN_AT, str(time.time_ns())),
                )
        except (DatabaseError, sqlcipher3.Error) as error:
            raise DatabaseUnwritable(self.path, str(error)) from None

    @property
    def size_bytes(self) -> int:
        """The size of the file and its write-ahead log."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @property
    def free_bytes(self) -> int:
        """The space left on its file system for this process."""
        return shutil.disk_usage(self.path.parent).free

    def release_thread(self) -> None:
        """Give this thread's connection back; a thread that waits for work, or ends, calls it."""
        if not self._engine.is_closed():
            self._engine.close()

    def skip_numbers(self, others: dict[str, int]) -> None:
        """Give out none of the numbers, by table, that other databases of this shop gave out."""
        with self.transaction():
            numbers.skip_others(self._engine.connection(), others)

    def backup(self, target: Path) -> None:
        """Write a consistent copy, encrypted with the same key and checked, while others read and write.

        Raises:
            SnapshotFailed: there is none; anything previously at `target` is still there.
        """
        with self._copying:
            snapshots.take(self._engine.connection(), self.key, target)

    def rekey(self, key: DatabaseKey) -> None:
        """Replace the file with a checked copy under another key, and go on with that; no other thread may use it.

        Raises:
            DatabaseLocked, DatabaseUnwritable: as `rekeying.put_in_place`.
            SnapshotFailed: there is no room, or the copy is not sound.
            In each case, the file is as it was, under its old key.
        """
        with self._copying:
            if not self._folded():
                raise DatabaseLocked(self.path)
            snapshots.take(self._engine.connection(), key, rekeying.draft_beside(self.path), skips=False)
            self._engine.close()
            self._engine.close_every_connection()
            rekeying.put_in_place(self.path, key)
            self.key, self._engine = key, _SqlCipher(self.path, key)
            proxy.initialize(self._engine)

    @contextmanager
    def frozen(self) -> Iterator[Path]:
        """Keep the file's bytes unchanged while a block reads them; others keep reading and writing, in the log.

        The log is checkpointed into the file first. A reader that then begins reads only the file, and no checkpoint
        may touch the file while there is such a reader (https://www.sqlite.org/walformat.html, "WAL read locks").

        Raises:
            SnapshotFailed: a long read blocks the checkpoint.
        """
        with self._copying:
            connection = self._engine.connection()
            with self._writer:
                if not self._folded():
                    raise SnapshotFailed(self.path, "another connection has been reading for too long")
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            try:
                yield self.path
            finally:
                connection.execute("ROLLBACK")

    def _folded(self) -> bool:
        """Fold the write-ahead log into the file; return whether no long read was in the way."""
        connection = self._engine.connection()
        connection.execute(f"PRAGMA busy_timeout = {_FOLD_MS}")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        return not busy

    def _let_go(self) -> None:
        self._engine.close()
        self._engine.close_every_connection()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other process from opening a database, or making it, without opening it.

    Raises:
        DatabaseLocked: another process has it.
        DatabaseUnwritable: the folder cannot be written.
    """
    with _lock(path):
        yield


def _lock(path: Path) -> IO[bytes]:
    """Lock the file beside a database itself, also if a link leads to it; closing it releases the lock."""
    itself = path.resolve()
    file = itself.with_name(itself.name + ".lock")
    try:
        make_folder(itself.parent)
        lock_file = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb")
    except OSError as error:
        raise DatabaseUnwritable(path, error.strerror or "unknown") from None
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock_file.close()
        raise DatabaseLocked(path) from None
    return lock_file
