"""Where the database key comes from: `DB_KEY`, `DB_PASS`, or a key file made at the first start.

SQLCipher derives a key from a passphrase again on every connection (256 000 rounds of PBKDF2, about 0.1 s), so it
always gets the 32 raw bytes; a passphrase is stretched once per start, by Argon2id (RFC 9106, second recommended
parameters: 3 passes, 64 MiB, 4 lanes).
"""

import fcntl
import logging
import os
import secrets
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw

from storage.errors import BadDatabaseKey, DatabaseKeyMissing, DatabaseUnwritable

_log = logging.getLogger("souk.storage")

KEY_BYTES = 32
SALT_BYTES = 16


class DatabaseKey:
    """32 raw bytes that say nothing about themselves when printed."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise BadDatabaseKey("the key")
        self.raw = raw

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
        BadDatabaseKey: `db_key` or the key file is not 64 hexadecimal digits.
        DatabaseKeyMissing: the database exists, but its key file or salt does not.
        DatabaseUnwritable: the key file or the salt cannot be kept.
    """
    if db_key:
        return _from_hex(db_key, "DB_KEY")
    if db_pass:
        salt_file = key_place(path, folder, ".salt")
        _beside(path, salt_file)
        return _stretched(db_pass, _kept(salt_file, SALT_BYTES))
    key_file = key_place(path, folder)
    _beside(path, key_file)
    return DatabaseKey(_kept(key_file, KEY_BYTES))


def new_key_file(path: Path, folder: Path | None = None) -> tuple[DatabaseKey, Path]:
    """Create a new key beside the old one, in a file that is not used yet, `<path>.key.new`; an existing one is kept.

    Raises: BadDatabaseKey, DatabaseUnwritable.
    """
    place = key_place(path, folder)
    file = place.with_name(f"{place.name}.new")
    return DatabaseKey(_kept(file, KEY_BYTES)), file


def use_new_key_file(path: Path, folder: Path | None = None) -> Path | None:
    """Put the new key file into use; return where the old one, which opens older backups, is kept."""
    file = key_place(path, folder)
    new, old = file.with_name(f"{file.name}.new"), file.with_name(f"{file.name}.old")
    if file.exists():
        file.replace(old)
    new.replace(file)
    return old if old.exists() else None


def bring_key(source: Path, path: Path, *, is_salt: bool, folder: Path | None = None) -> None:
    """Copy a key file or a salt to its place for a database that is about to be restored.

    Raises:
        BadDatabaseKey: it is none.
        DatabaseUnwritable: it cannot be read or written, or another one is there.
    """
    target = key_place(path, folder, ".salt" if is_salt else ".key")
    try:
        content = bytes.fromhex(source.read_text(encoding="ascii").strip())
        if len(content) != (SALT_BYTES if is_salt else KEY_BYTES):
            raise BadDatabaseKey(str(source))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(target, content.hex())
    except OSError as error:
        raise DatabaseUnwritable(target, error.strerror or "unknown") from None
    except ValueError:
        raise BadDatabaseKey(str(source)) from None


def _beside(path: Path, kept: Path) -> None:
    """Refuse to create a key or salt for an existing database, which it could not open."""
    if path.exists() and not kept.exists():
        raise DatabaseKeyMissing(path, kept)


def _from_hex(text: str, where: str) -> DatabaseKey:
    try:
        return DatabaseKey(bytes.fromhex(text.strip()))
    except ValueError:
        raise BadDatabaseKey(where) from None


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
        content = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except OSError as error:
        raise DatabaseUnwritable(file, error.strerror or "unknown") from None
    except ValueError:
        raise BadDatabaseKey(str(file)) from None
    if len(content) != size:
        raise BadDatabaseKey(str(file))
    return content


def _write_private(file: Path, text: str) -> None:
    """Write a file atomically, readable only by the owner, unless another process was faster.

    Two processes may start at the same moment: the second waits here for the first and then finds its file.
    """
    draft = file.with_name(file.name + ".new")
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
