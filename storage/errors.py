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
    """The key does not open the file, or the file is damaged: SQLCipher cannot tell which."""

    def __init__(self, path: Path) -> None:
        cut_short = path.with_name(f"{path.name}.key.new").exists()
        super().__init__(
            f"{path} does not open with this key: "
            + ("a change of the key was cut short; `rekey` finishes it; otherwise " if cut_short else "")
            + "check DB_KEY, DB_PASS or the key file beside it; "
            "if the key is right, the file is damaged: restore a backup."
        )


class DatabaseUnwritable(StorageError):
    """The folder or the file cannot be written."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written ({reason}): check DATABASE_PATH and the rights on its folder.")
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
    """The configured key or the key file is not a key."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where} is not a database key: it must be 64 hexadecimal digits.")


class DatabaseKeyMissing(StorageError):
    """A database without the file that its key comes from."""

    def __init__(self, path: Path, kept: Path) -> None:
        super().__init__(f"{path} is there, but not {kept}: bring that file back beside it, or set DB_KEY.")


class NestedTransaction(RuntimeError):
    """A transaction was opened inside another one: one of the two functions is in the wrong place."""


class WriteOutsideTransaction(RuntimeError):
    """A statement that writes ran outside `Database.transaction()`."""


class CallInTransaction(RuntimeError):
    """Another server is asked while a transaction is open."""
