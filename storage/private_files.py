"""A database's files are readable only by the user who runs the shop.

Their content is encrypted, but their sizes and times reveal how business is going, and a copy can be attacked for
years.
"""

import logging
import os
from pathlib import Path

_log = logging.getLogger("souk.storage")

_BESIDE = ("", "-wal", "-shm", ".lock")
_OTHER_FILES = ("backups", "headers-")
_OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make a folder for a database, with the folders above it.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def keep_private(database: Path) -> None:
    """Create the database's file with mode 0600 if there is none; remove other users' access to the files and the
    folder.

    A folder with other things in it keeps its mode; the operator is warned instead.

    Raises:
        OSError: a file cannot be made.
    """
    os.close(os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for end in _BESIDE:
        _take_from_others(database.with_name(database.name + end), 0o600)
    folder = database.parent.resolve()
    if all(_is_ours(each, database) for each in folder.iterdir()):
        _take_from_others(folder, 0o700)
    if folder.stat().st_mode & _OTHERS:
        _log.warning("other users can read %s: give the database a separate folder (mode 0700)", folder)


def sync(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_ours(entry: Path, database: Path) -> bool:
    return entry.name.startswith((database.stem, *_OTHER_FILES))


def _take_from_others(path: Path, mode: int) -> None:
    """Set a mode if the file exists, belongs to this user, and lets others in."""
    if path.exists() and path.stat().st_uid == os.geteuid() and path.stat().st_mode & _OTHERS:
        path.chmod(mode)
