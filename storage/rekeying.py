"""The last steps of a change of key: a copy under the new key takes the place of the database.

The process may die between any two of them: there is always one whole file at the database's path, under one of the
two keys. The old file stays beside it, as `<path>.before-rekey`, until the new one has been read in its place.
"""

import shutil
from pathlib import Path

import sqlcipher3

from storage import snapshots
from storage.errors import DatabaseLocked, DatabaseUnwritable, SnapshotFailed
from storage.keys import DatabaseKey
from storage.private_files import sync


def draft_beside(path: Path) -> Path:
    """Return where the copy is written: beside the file itself, if the database's path is a link to it."""
    return _beside(path, ".rekeyed")


def put_in_place(path: Path, key: DatabaseKey) -> None:
    """Replace a database that this process has closed with the copy beside it, and read that in its place.

    Raises:
        DatabaseLocked: another process is reading the file.
        DatabaseUnwritable: what an earlier change left cannot be removed.
        SnapshotFailed: the copy cannot be put there, or is not sound.
        In each case, the file is as it was.
    """
    file, draft, before = path.resolve(), draft_beside(path), _beside(path, ".before-rekey")
    try:
        # The last connection to a file folds the log into it and removes the log. A log that is still there is open
        # in another process, and would be taken for that of the new file.
        if _beside(path, "-wal").exists():
            raise DatabaseLocked(path)
        forget_old(path)
        try:
            before.hardlink_to(file)
        except OSError:  # a file system without links
            shutil.copy2(file, before)
        try:
            draft.replace(file)
            sync(file.parent)
            snapshots.check(file, key)
        except BaseException:
            before.replace(file)
            raise
    except (OSError, sqlcipher3.Error) as error:
        raise SnapshotFailed(path, str(error)) from None
    finally:
        draft.unlink(missing_ok=True)
    forget_old(path)


def forget_old(path: Path) -> None:
    """Remove the old file, once the database has been opened. Raises DatabaseUnwritable."""
    before = _beside(path, ".before-rekey")
    try:
        before.unlink(missing_ok=True)
    except OSError as error:
        raise DatabaseUnwritable(before, error.strerror or "unknown") from None


def _beside(path: Path, end: str) -> Path:
    file = path.resolve()
    return file.with_name(file.name + end)
