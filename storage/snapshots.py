"""Copies of the open file: consistent, encrypted with its key, checked, and atomic."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlcipher3

from storage import numbers
from storage.errors import SnapshotFailed
from storage.keys import DatabaseKey
from storage.private_files import sync

_SPARE_BYTES = 16 * 1024**2
"""Disk space that a copy leaves free, since the shop keeps writing to that disk."""


def take(source: Any, key: DatabaseKey, target: Path, *, skips: bool = True) -> None:
    """Copy the database as a connection sees it now to `target`, and check the copy before it gets that name.

    Other connections read and write meanwhile, since a reader blocks no one in WAL mode. The copy is encrypted with
    `key`, which may differ from the source's; it `skips` numbers that the source may give out from now on.

    Raises:
        SnapshotFailed: there is no room, the target cannot be written, or the copy is not sound.
    """
    draft = target.with_name(f".{target.name}.new")
    try:
        _require_room(source, target.parent)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        copy = _opened(draft, key)
        try:
            copy.execute("PRAGMA synchronous = off")  # it is synced once, before it is renamed below
            source.backup(copy)
            if skips:
                numbers.skip(copy)
        finally:
            copy.close()
        check(draft, key)
        sync(draft)
        draft.replace(target)
        sync(target.parent)
    except (OSError, sqlcipher3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise SnapshotFailed(target, reason or str(error)) from None
    finally:
        for leftover in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):  # a read-only place refuses even this, and the reason is told above
                draft.with_name(draft.name + leftover).unlink(missing_ok=True)


def fold(path: Path, key: DatabaseKey) -> None:
    """Fold the log that was brought with a copy into it. Raises sqlcipher3.Error."""
    copy = _opened(path, key)
    try:
        copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        copy.close()


def skip_numbers(path: Path, key: DatabaseKey, now: int) -> None:
    """Skip numbers in a copy that is restored at this time. Raises sqlcipher3.Error."""
    copy = _opened(path, key)
    try:
        numbers.skip_by_time(copy, now)
    finally:
        copy.close()


def _opened(path: Path, key: DatabaseKey) -> Any:
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{key.raw.hex()}'\"")
    return connection


def _require_room(source: Any, folder: Path) -> None:
    pages, page_bytes = (int(source.execute(f"PRAGMA {of}").fetchone()[0]) for of in ("page_count", "page_size"))
    if shutil.disk_usage(folder).free < pages * page_bytes + _SPARE_BYTES:
        raise OSError(0, "there is not enough room on the disk")


def check(path: Path, key: DatabaseKey) -> None:
    """Open a copy with the key and check all of it. Raises sqlcipher3.Error."""
    copy = _opened(path, key)
    try:
        problems = damage(copy)
    finally:
        copy.close()
    if problems:
        raise sqlcipher3.DatabaseError(f"the copy is not sound, {problems[0]}")


def damage(connection: Any) -> list[str]:
    """Check a whole file through a connection: the authentication of every page, and its contents."""
    problems = [text for (text,) in connection.execute("PRAGMA cipher_integrity_check")]
    problems += [text for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]
    problems += ["a reference leads nowhere" for _ in connection.execute("PRAGMA foreign_key_check")]
    return problems
