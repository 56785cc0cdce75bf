"""The encrypted file: opened once per process, one connection per thread, written only in `BEGIN IMMEDIATE`."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import sqlcipher3
from peewee import DatabaseError, DatabaseProxy, SqliteDatabase

from storage import migrations, snapshots
from storage.errors import (
    CallInTransaction,
    DatabaseLocked,
    DatabaseUnreadable,
    DatabaseUnwritable,
    NestedTransaction,
    WriteOutsideTransaction,
)
from storage.keys import DatabaseKey
from storage.text import fold

proxy = DatabaseProxy()
"""What the models are bound to; `Database.open` points it at the open file."""

_PRAGMAS = (("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", "full"), ("cache_size", -4_000))
_UNREADABLE = ("not a database", "malformed", "encrypted")
"""What SQLCipher says to a wrong key or a damaged file; anything else (disk full, read-only) is about writing."""
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class _SqlCipher(SqliteDatabase):
    """peewee's SQLite on SQLCipher with a raw key, refusing to write outside a transaction."""

    def __init__(self, path: Path, key: DatabaseKey) -> None:
        super().__init__(str(path), pragmas=_PRAGMAS, timeout=30)
        self._key = key
        self.register_function(fold, "casefold", 1)
        self._opened: list[Any] = []
        self._opened_lock = threading.Lock()

    def _connect(self) -> Any:
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
            self._opened.remove(connection)
        super()._close(connection)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if sql.startswith(_WRITES) and not self.in_transaction():
            raise WriteOutsideTransaction(sql.split("(", 1)[0])
        return super().execute_sql(sql, params)

    def close_every_connection(self) -> None:
        """Close the connections of all threads. The caller knows that they are idle."""
        with self._opened_lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()


class Database:
    """One encrypted SQLite file, owned by this process for as long as it is open."""

    def __init__(self, path: Path, key: DatabaseKey) -> None:
        self.path = path
        self._key = key
        self._engine = _SqlCipher(path, key)
        self._writer = threading.Lock()
        self._copying = threading.Lock()
        self._committed = threading.local()
        self._lock_file: IO[bytes] | None = None

    def open(self) -> None:
        """Take the file for this process, check the key, bring the schema up to date, bind the models.

        Raises:
            DatabaseLocked: another process has it.
            DatabaseUnreadable: wrong key, or not a database.
            DatabaseUnwritable: the folder cannot be written.
            DatabaseTooNew: written by a newer version.
            UpgradeFailed: a step of the schema could not be applied.
        """
        self._take_lock()
        try:
            self._engine.connect()
            self._engine.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()
            migrations.upgrade(self._engine, self.path, before=self.backup)
        except DatabaseError as error:
            self._let_go()
            if any(words in str(error) for words in _UNREADABLE):
                raise DatabaseUnreadable(self.path) from None
            raise DatabaseUnwritable(self.path, str(error)) from None
        except BaseException:
            self._let_go()
            raise
        proxy.initialize(self._engine)

    def close(self) -> None:
        """Fold the write-ahead log into the file and let it go. No thread may use it any more."""
        if self._lock_file is None:
            return
        with self._copying:  # a copy that is being made reads through a connection of ours
            self._engine.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._let_go()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """Run a block as one `BEGIN IMMEDIATE` transaction: committed whole, or not at all.

        Writers queue on a lock of this process instead of sleeping in SQLite's busy handler. With `durable=False`
        the commit survives the death of the process but need not survive a power cut: only for what may happen
        again without harm.

        Raises:
            NestedTransaction: this thread is in a transaction already.
        """
        if self._engine.in_transaction():
            raise NestedTransaction
        self._committed.calls = []
        with self._writer:
            if not durable:
                self._engine.execute_sql("PRAGMA synchronous = normal")
            try:
                with self._engine.atomic("IMMEDIATE"):
                    yield
            finally:
                if not durable:
                    self._engine.execute_sql("PRAGMA synchronous = full")
        for call in self._committed.calls:
            call()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in a block as it stood at one moment, while others go on writing; the block cannot write.

        Short all the same: the write-ahead log is kept until its end.

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
        """Call something once the transaction of this thread is committed; a rollback forgets it."""
        self._committed.calls.append(call)

    def in_transaction(self) -> bool:
        """Tell whether this thread has a transaction open."""
        return bool(self._engine.in_transaction())

    def require_no_transaction(self) -> None:
        """Stand before every call to another server.

        Raises:
            CallInTransaction: this thread has a transaction open; everybody who writes would wait for that server.
        """
        if self.in_transaction():
            raise CallInTransaction

    def answers(self) -> bool:
        """Tell whether the file can be read now."""
        try:
            self._engine.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()
        except (DatabaseError, sqlcipher3.Error):
            return False
        return True

    def release_thread(self) -> None:
        """Close this thread's connection; a thread that ends calls it."""
        if not self._engine.is_closed():
            self._engine.close()

    def backup(self, target: Path) -> None:
        """Write a consistent copy, encrypted with the same key and checked, while others read and write.

        Raises:
            SnapshotFailed: there is none; what was at `target` before is still there.
        """
        with self._copying:
            snapshots.take(self._engine.connection(), self._key, target)

    def _take_lock(self) -> None:
        lock_path = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock_file = lock_path.open("wb")
        except OSError as error:
            raise DatabaseUnwritable(self.path, error.strerror or "unknown") from None
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock_file.close()
            raise DatabaseLocked(self.path) from None
        self._lock_file = lock_file

    def _let_go(self) -> None:
        self._engine.close()
        self._engine.close_every_connection()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None
