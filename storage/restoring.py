"""From a copy to a database: assembled, checked and upgraded before it is put in place."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path

import sqlcipher3

from storage import off_site, snapshots
from storage.database import CANNOT_WRITE, Database, locked
from storage.errors import BackupMissing, DatabaseThere, DatabaseUnreadable, DatabaseUnwritable, StorageError
from storage.inspection import inspect
from storage.keys import DatabaseKey

_LOGS = ("-wal", "-shm", "-journal")
"""SQLite's files beside a database. It would replay one that another database left into the restored file."""

_NO_TABLE = "no such table"
"""What SQLite says about a file that is empty."""


@dataclass(frozen=True, slots=True)
class Restored:
    """An open copy. `gathered` says what a folder of changed pages gave; None for a single file."""

    database: Database
    gathered: off_site.Gathered | None


@contextmanager
def restored(
    source: Path,
    key: DatabaseKey,
    target: Path,
    *,
    now: int,
    aside: bool = False,
    others: tuple[DatabaseKey, ...] = (),
) -> Iterator[Restored]:
    """Open a copy (a backup, or a folder of changed pages) beside its target, with the schema upgraded.

    It gets the target's name if the block succeeds; otherwise nothing is left of it. With `aside`, a database that is
    there is then moved into a folder beside it (`place_aside`). The numbers given out by a database that is there, or
    in such a folder, are skipped if the key, or one of the `others`, opens it. Until the end, no shop and no other
    restore can have the target. `now` is in Unix seconds.

    Raises:
        BackupMissing: there is no copy.
        DatabaseThere: there is a database at the target, or the log of one, and `aside` is not set.
        DatabaseLocked: a shop or another restore has the target.
        DatabaseUnreadable: the copy does not open with this key, or is damaged.
        DatabaseUnwritable: there is no room, or the folder cannot be written.
        DatabaseTooNew, UpgradeFailed: as `Database.open`.
    """
    file = target.resolve()  # a link to a database stays one; SQLite's other files are beside the database itself
    draft = file.with_name(f"{file.name}.restoring")
    with _alone(target, file):
        if _files_of(file) and not aside:
            raise DatabaseThere(target)
        try:
            _remove(draft)  # a restore that was killed leaves one
            gathered = _put_together(source, key, draft, now)
            database = Database(draft, key)
            database.open()
            try:
                database.skip_numbers(_given_beside(file, (*others, key)))
                yield Restored(database, gathered)
            finally:
                database.close()
            if _files_of(draft) != [draft]:
                raise OSError(0, "there is no room for the newest rows")  # they are only in the log
            _put_in_place(draft, file, now)
        except (OSError, *CANNOT_WRITE) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise DatabaseUnwritable(target, reason or "unknown") from None
        finally:
            _remove(draft)


@contextmanager
def _alone(target: Path, file: Path) -> Iterator[None]:
    """Keep the target, and so the draft beside it, from everybody else."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnwritable(target, error.strerror or "unknown") from None
    with locked(target):
        yield


def _remove(draft: Path) -> None:
    for leftover in draft.parent.glob(f"{escape(draft.name)}*"):
        leftover.unlink()


def place_aside(target: Path, now: int) -> Path:
    """Name the folder for a database that makes room for a restored one at this time."""
    file = target.resolve()
    return file.with_name(f"{file.name}.aside-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}")


def _files_of(target: Path) -> list[Path]:
    return [file for end in ("", *_LOGS) if (file := target.with_name(target.name + end)).exists()]


def _given_beside(file: Path, keys: tuple[DatabaseKey, ...]) -> dict[str, int]:
    """Read the last numbers of the database that is there, and of those set aside before, if a key opens them."""
    highest: dict[str, int] = {}
    for path in (file, *file.parent.glob(f"{escape(file.name)}.aside-*/{escape(file.name)}")):
        for key in keys:
            with suppress(StorageError), inspect(path, key) as found:
                for name, number in found.numbers().items():
                    highest[name] = max(number, highest.get(name, 0))
                break
    return highest


def _put_in_place(draft: Path, target: Path, now: int) -> None:
    """Give a draft the name of the database, which first gets a folder of its own together with its logs.

    Both are whole in that folder before either leaves its place. If an error is raised, all is as it was.
    """
    folder, files = place_aside(target, now), _files_of(target)
    logs = [file for file in files if file != target]
    if files:
        folder.mkdir(mode=0o700)
    try:
        for file in files:
            _double(file, folder / file.name)
        for log in reversed(logs):
            log.unlink()
        draft.replace(target)
    except BaseException:
        for log in logs:
            if not log.exists():
                _double(folder / log.name, log)
        if files:
            shutil.rmtree(folder)
        raise


def _double(file: Path, other: Path) -> None:
    try:
        other.hardlink_to(file)
    except OSError:  # a file system without links
        shutil.copy2(file, other)


def _put_together(source: Path, key: DatabaseKey, draft: Path, now: int) -> off_site.Gathered | None:
    """Write the draft from a copy, check it, and skip numbers in it.

    Raises: BackupMissing, DatabaseUnreadable, and CANNOT_WRITE.
    """
    gathered = None
    if source.is_dir():
        gathered = off_site.assemble(source, key, draft)
    elif source.exists():
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        shutil.copyfile(source, draft)
        whole = source.resolve()  # a log is beside the database itself
        log = whole.with_name(whole.name + "-wal")
        if log.exists():  # of a database that was set aside after a kill: the newest rows are only there
            shutil.copyfile(log, draft.with_name(draft.name + "-wal"))
    else:
        raise BackupMissing(source)
    try:
        # The check reads only the file itself, and a power cut tears pages that the log has whole.
        snapshots.fold(draft, key)
        snapshots.check(draft, key)
        snapshots.skip_numbers(draft, key, now)
    except sqlcipher3.Error as error:
        if isinstance(error, CANNOT_WRITE) and _NO_TABLE not in str(error):
            raise
        raise DatabaseUnreadable(source) from None
    return gathered
