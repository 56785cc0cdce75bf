"""From a copy to a database: assembled, checked and upgraded before it is put in place."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3

from storage import pages, snapshots
from storage.database import Database
from storage.errors import DatabaseThere, DatabaseUnreadable, DatabaseUnwritable
from storage.keys import DatabaseKey


@contextmanager
def restored(source: Path, key: DatabaseKey, target: Path) -> Iterator[Database]:
    """Open a copy (a backup, or a folder of changed pages) beside its target, with the schema upgraded.

    It gets the target's name if the block succeeds; otherwise nothing is left of it.

    Raises:
        DatabaseThere: there is a database at the target already.
        DatabaseUnreadable: the copy does not open with this key, or is damaged.
        DatabaseUnwritable: there is no room, or the folder cannot be written.
        DatabaseTooNew, UpgradeFailed: as `Database.open`.
    """
    if target.exists():
        raise DatabaseThere(target)
    draft = target.with_name(f"{target.name}.restoring")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put_together(source, key, draft)
        database = Database(draft, key)
        database.open()
        try:
            yield database
        finally:
            database.close()
        draft.replace(target)
    except OSError as error:
        raise DatabaseUnwritable(target, error.strerror or "unknown") from None
    finally:
        for leftover in target.parent.glob(f"{draft.name}*"):
            leftover.unlink()


def _put_together(source: Path, key: DatabaseKey, draft: Path) -> None:
    if source.is_dir():
        pages.assemble(source, key, draft)
    elif source.exists():
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        shutil.copyfile(source, draft)
    else:
        raise DatabaseUnreadable(source)
    try:
        snapshots.check(draft, key)
        if source.is_dir():
            snapshots.skip_customers(draft, key)
    except sqlcipher3.Error:
        raise DatabaseUnreadable(source) from None
