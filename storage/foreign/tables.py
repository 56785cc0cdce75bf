"""A foreign database as plain tables of strings, and the errors of its file.

Every value is text as written in the file, or None: the reader interprets it, and no number is rounded on the way.
Names of tables and columns are in lower case.
"""

from pathlib import Path

from storage.errors import StorageError

Row = dict[str, str | None]
Tables = dict[str, list[Row]]

MAX_BYTES = 2 * 1024**3
"""The largest file to read; no shop of this kind is larger."""


class SourceUnreadable(StorageError):
    """A file of an unknown kind, or a damaged one; `reason` says which."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}.")
        self.reason = reason


class PassphraseNeeded(StorageError):
    """A file looks encrypted, and the passphrase is missing or wrong."""

    def __init__(self, path: Path, *, given: bool) -> None:
        words = "does not open with this passphrase" if given else "is encrypted or no database"
        super().__init__(
            f"{path} {words}: give DB_PASS of the old bot in AIOGRAM_DB_PASS, or type it when you are asked."
        )
        self.given = given


def table(name: str) -> str:
    """Write the name of a table or a column as it is looked up: no schema, no quotes, small letters."""
    return name.rpartition(".")[2].strip().strip('"').lower()


def text_of(value: object) -> str | None:
    """Write a value as text; a number in the shortest form that reads back the same, bytes as UTF-8."""
    if value is None or isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def require_size(path: Path) -> None:
    """Refuse a file that is too large. Raises: SourceUnreadable."""
    if path.stat().st_size > MAX_BYTES:
        raise SourceUnreadable(path, f"it is larger than {MAX_BYTES // 1024**3} GiB")
