"""Where the database key comes from: `DB_KEY`, `DB_PASS`, or a key file made at the first start.

SQLCipher derives a key from a passphrase again on every connection (256 000 rounds of PBKDF2, about 0.1 s), so it
always gets the 32 raw bytes; a passphrase is stretched once per start, by Argon2id (RFC 9106, second recommended
parameters: 3 passes, 64 MiB, 4 lanes).
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from itertools import count
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw

from storage.errors import (
    BadDatabaseKey,
    DatabaseKeyMissing,
    DatabaseUnwritable,
    KeyChangeUnfinished,
    KeyUnreadable,
    StorageError,
)
from storage.private_files import sync

_log = logging.getLogger("souk.storage")

KEY_BYTES = 32
SALT_BYTES = 16


class DatabaseKey:
    """32 raw bytes that say nothing about themselves when printed.

    `newer` is the file of a new key that a `rekey` has left beside this one, if it was cut short: that one may open
    the database.
    """

    __slots__ = ("newer", "raw")

    def __init__(self, raw: bytes, newer: Path | None = None) -> None:
        if len(raw) != KEY_BYTES:
            raise BadDatabaseKey("the key")
        self.raw = raw
        self.newer = newer

    def __repr__(self) -> str:
        return "DatabaseKey(…)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a database key is not pickled")


def key_place(path: Path, folder: Path | None, end: str = ".key") -> Path:
    """Return the place of a database's key file or salt: in the key folder, or beside the database.

    One that is already beside the database is used there, with a warning; moving it is the operator's decision.
    """
    beside = path.with_name(path.name + end)
    if folder is None:
        return beside
    apart = folder / beside.name
    if beside.exists() and not apart.exists():
        _log.warning("%s lies beside the database that it opens: stop the shop, and move it to %s", beside, folder)
        return beside
    return apart


def database_key(path: Path, *, db_key: str = "", db_pass: str = "", folder: Path | None = None) -> DatabaseKey:
    """Find the key of the database at `path`.

    Without `db_key` and `db_pass` it is read from `<path>.key`, or from a file of this name in `folder`. It is made
    at the first start, readable by the owner only. With `db_pass`, the salt is kept the same way, in `<path>.salt`.

    Raises:
        BadDatabaseKey: `db_key`, the key file or the salt is not one.
        DatabaseKeyMissing: the database exists, but its key file or salt does not.
        DatabaseUnwritable: the key file or the salt cannot be kept.
        KeyChangeUnfinished: a key would be made while another waits to come into use.
        KeyUnreadable: the key file or the salt cannot be read.
    """
    if db_key:
        return from_hex(db_key, "DB_KEY")
    file = key_place(path, folder, ".salt" if db_pass else ".key")
    newer = None if db_pass else waiting_key(path, folder)
    if not file.exists():
        if path.exists():
            raise DatabaseKeyMissing(path, file, newer)
        if newer is not None:
            raise KeyChangeUnfinished(newer)
    return passphrase_key(path, db_pass, folder) if db_pass else DatabaseKey(_kept(file, KEY_BYTES), newer)


def from_hex(text: str, where: str) -> DatabaseKey:
    """Read a key from 64 hexadecimal digits. Raises BadDatabaseKey, which names `where` they are from."""
    try:
        return DatabaseKey(bytes.fromhex(text.strip()))
    except (ValueError, BadDatabaseKey):
        raise BadDatabaseKey(where) from None


def passphrase_key(path: Path, db_pass: str, folder: Path | None = None) -> DatabaseKey:
    """Stretch a passphrase for a database that may have another key now; the first time, make the salt.

    Raises: BadDatabaseKey, DatabaseUnwritable, KeyUnreadable.
    """
    return _stretched(db_pass, _kept(key_place(path, folder, ".salt"), SALT_BYTES))


def key_in(file: Path, *, db_pass: str = "") -> DatabaseKey:
    """Read the key from a key file; with `db_pass`, stretch that with the salt in the file.

    Raises: BadDatabaseKey, KeyUnreadable.
    """
    return _stretched(db_pass, _read(file, SALT_BYTES)) if db_pass else DatabaseKey(_read(file, KEY_BYTES))


def keys_beside(path: Path, folder: Path | None = None) -> tuple[DatabaseKey, ...]:
    """Read every key file of a database, also those that a `rekey` or a restore has replaced or left."""
    found = []
    for place in {path.parent, folder or path.parent}:
        for file in sorted(place.glob(f"{escape(path.name)}.key*")):
            with suppress(StorageError):
                found.append(key_in(file))
    return tuple(found)


def waiting_key(path: Path, folder: Path | None = None) -> Path | None:
    """Find the new key of a `rekey` that was cut short, `<path>.key.new`; None if there is none."""
    beside = path.with_name(f"{path.name}.key.new")
    places = (beside,) if folder is None else (folder / beside.name, beside)
    return next((place for place in places if place.exists()), None)


def new_key_file(path: Path, folder: Path | None = None) -> tuple[DatabaseKey, Path]:
    """Create a new key beside the old one, in a file that is not used yet, `<path>.key.new`; an existing one is kept.

    Raises: BadDatabaseKey, DatabaseUnwritable, KeyUnreadable.
    """
    place = key_place(path, folder)
    file = waiting_key(path, folder) or place.with_name(f"{place.name}.new")
    return DatabaseKey(_kept(file, KEY_BYTES)), file


def use_new_key_file(new: Path) -> Path | None:
    """Put a new key file into use; return where the old one, which opens older backups, is kept.

    None: a call that was cut short has moved it already.
    """
    file = new.with_suffix("")
    old = _set_aside(file) if file.exists() else None
    new.replace(file)
    return old


@contextmanager
def brought_key(source: Path, path: Path, *, is_salt: bool, folder: Path | None = None) -> Iterator[Path | None]:
    """Put the key file or the salt that has opened a backup in its place, for the database restored from it.

    Yield where another one that was in this place is kept; None if there was none. If the block fails, all is as it
    was.

    Raises:
        BadDatabaseKey: it is not a key or a salt.
        DatabaseUnwritable: it cannot be kept.
        KeyChangeUnfinished: a new key waits to come into use.
        KeyUnreadable: it cannot be read.
    """
    content = _read(source, SALT_BYTES if is_salt else KEY_BYTES)
    target = (folder or path.parent) / (path.name + (".salt" if is_salt else ".key"))
    newer = None if is_salt else waiting_key(path, folder)
    if newer is not None:
        raise KeyChangeUnfinished(newer)
    is_there = _holds(target, content)
    old = None if is_there else _install(target, content)
    try:
        yield old
    except BaseException:
        if not is_there:
            _put_back(target, content, old)
        raise


def _holds(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes().strip().lower() == content.hex().encode()
    except OSError:
        return False


def _install(file: Path, content: bytes) -> Path | None:
    """Write a key file or a salt; return where another one is kept. Raises DatabaseUnwritable: all is as it was."""
    old = None
    try:
        old = _set_aside(file) if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(file, content.hex())
        if not _holds(file, content):  # a shop that is being started was faster, with a new one
            raise OSError(0, "another process has just written one")
    except OSError as error:
        _put_back(file, content, old)
        raise DatabaseUnwritable(file, error.strerror or "unknown") from None
    return old


def _put_back(file: Path, content: bytes, old: Path | None) -> None:
    """Undo `_install`. A file that is neither the one that was brought nor the old one is kept, too."""
    if _holds(file, content):
        file.unlink()
    if old is not None:
        if file.exists():
            _set_aside(file)
        old.rename(file)


def _set_aside(file: Path) -> Path:
    """Rename a key file or a salt, which may open older backups, to a name that is free."""
    names = (file.with_name(f"{file.name}.old" + (f"-{number}" if number > 1 else "")) for number in count(1))
    return file.rename(next(name for name in names if not name.exists()))


def _stretched(passphrase: str, salt: bytes) -> DatabaseKey:
    raw = hash_secret_raw(
        passphrase.encode(),
        salt,
        time_cost=3,
        memory_cost=65_536,
        parallelism=4,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )
    return DatabaseKey(raw)


def _kept(file: Path, size: int) -> bytes:
    """Read `size` bytes in hexadecimal from `file`; the first time, make them."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            _write_private(file, secrets.token_hex(size))
    except OSError as error:
        raise DatabaseUnwritable(file, error.strerror or "unknown") from None
    return _read(file, size)


def _read(file: Path, size: int) -> bytes:
    """Read `size` bytes in hexadecimal. Raises BadDatabaseKey, KeyUnreadable."""
    try:
        content = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except OSError as error:
        raise KeyUnreadable(file, error.strerror or "unknown") from None
    except ValueError:
        content = b""
    if len(content) != size:
        raise BadDatabaseKey(str(file), is_salt=size == SALT_BYTES)
    return content


def _write_private(file: Path, text: str) -> None:
    """Write a file atomically, readable only by the owner, unless another process was faster.

    Two processes may start at the same moment: the second waits here for the first and then finds its file.
    """
    draft = file.with_name(file.name + ".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if file.exists():
            draft.unlink(missing_ok=True)
            return
        handle.truncate()
        handle.write(text + "\n")
        handle.flush()
        os.fsync(handle.fileno())
        draft.replace(file)
    sync(file.parent)  # before a database is written that only this key opens, perhaps to another disk
