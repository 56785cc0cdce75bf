"""Errors of the database file. Each message is one sentence that says what to do."""

from pathlib import Path


class StorageError(Exception):
    """The database cannot be used; the text is meant for the operator."""


class DatabaseLocked(StorageError):
    """Another process is using the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is in use by another process: stop that one first, or set DATABASE_PATH to another file."
        )


class DatabaseUnreadable(StorageError):
    """The key does not open the file, or the file is damaged: SQLCipher cannot tell which.

    `newer` is a new key that a `rekey` has left, if it was cut short: that one may open the file.
    """

    def __init__(self, path: Path, newer: Path | None = None) -> None:
        super().__init__(
            f"{path} does not open with this key: "
            + (f"{_cut_short(newer)} otherwise " if newer else "")
            + "check DB_KEY, DB_PASS or the key file; if the key is right, the file is damaged: restore a backup."
        )


class BackupMissing(StorageError):
    """There is nothing to restore: no file, or a folder without changed pages."""

    def __init__(self, source: Path) -> None:
        super().__init__(f"There is no backup at {source}: name the file of one, or a folder of changed pages.")


class DatabaseUnwritable(StorageError):
    """The folder or the file cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be written ({reason}): check DATABASE_PATH, the rights on its folder, and the room on "
            "its disk."
        )
        self.reason = reason


class DatabaseThere(StorageError):
    """A copy would replace a database."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} or its log is there already: stop the shop, and add --set-aside to move the old database into a "
            "folder beside it."
        )


class SnapshotFailed(StorageError):
    """No copy was made; nothing half is left behind."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} could not be written as a copy of the database: {reason}.")
        self.reason = reason


class DatabaseTooNew(StorageError):
    """The file was written by a newer Souk."""

    def __init__(self, path: Path, *, found: int, known: int) -> None:
        super().__init__(f"{path} was written by a newer Souk (schema {found}, this one knows {known}): update Souk.")


class UpgradeFailed(StorageError):
    """A step of the schema could not be applied."""

    def __init__(self, path: Path, *, step: int, reason: str) -> None:
        super().__init__(
            f"{path} could not be brought up to date (step {step}: {reason}): nothing of that step was kept; "
            "free disk space if it is full, or go back to the version that ran before."
        )


class BadDatabaseKey(StorageError):
    """The configured key, the key file or the salt is not valid."""

    def __init__(self, where: str, *, is_salt: bool = False) -> None:
        what, digits = ("the salt of a passphrase", 32) if is_salt else ("a database key", 64)
        super().__init__(f"{where} is not {what}: it must be {digits} hexadecimal digits.")


class KeyUnreadable(StorageError):
    """A key file or a salt cannot be read."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} cannot be read ({reason}).")


class DatabaseKeyMissing(StorageError):
    """A database without the file that its key comes from."""

    def __init__(self, path: Path, kept: Path, newer: Path | None = None) -> None:
        super().__init__(
            f"{path} is there, but not {kept}: "
            + (f"{_cut_short(newer)} otherwise " if newer else "")
            + "bring that file back, or set DB_KEY."
        )


class KeyChangeUnfinished(StorageError):
    """Another key would come into use although an unfinished `rekey` left a new one.

    That one may be the only key of a database.
    """

    def __init__(self, newer: Path) -> None:
        super().__init__(
            f"{newer} is there: it may be the only key of a database whose change of key was cut short. Run `rekey` "
            "with that database in its place. If it is gone for good, rename this key file."
        )


def _cut_short(newer: Path) -> str:
    return f"{newer} is there, so a change of the key was cut short: `rekey` finishes it;"


class NestedTransaction(RuntimeError):
    """A transaction was opened inside another one: one of the two functions is in the wrong place."""


class WriteOutsideTransaction(RuntimeError):
    """A statement that writes ran outside `Database.transaction()`."""


class CallInTransaction(RuntimeError):
    """Another server is asked while a transaction is open."""
