"""The old bot's data: recognises the kind of file, and reads its tables."""

import csv
from pathlib import Path

from storage.foreign import postgres_dump, sqlite_file
from storage.foreign.tables import Row, SourceUnreadable, Tables, require_size, table

_TEXT_BYTES = 4_096


def is_encrypted(path: Path) -> bool:
    """Return whether a file can only be one that takes a passphrase: neither a folder, nor SQLite, nor text."""
    if path.is_dir():
        return False
    with path.open("rb") as file:
        head = file.read(_TEXT_BYTES)
    return not head.startswith((sqlite_file.MAGIC, postgres_dump.CUSTOM_FORMAT)) and not _is_text(head)


def read(path: Path, passphrase: str = "") -> Tables:
    """Read the tables of an SQLite or SQLCipher file, of a plain PostgreSQL dump, or of a folder of CSV files.

    Raises:
        PassphraseNeeded: it is encrypted, and this passphrase does not open it.
        SourceUnreadable: it is none of these, or damaged.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        with path.open("rb") as file:
            head = file.read(_TEXT_BYTES)
        if head.startswith(sqlite_file.MAGIC) or not (head.startswith(b"PGDMP") or _is_text(head)):
            return sqlite_file.read(path, passphrase)
        return postgres_dump.read(path)
    except OSError as error:
        raise SourceUnreadable(path, error.strerror or "unknown") from None


def _is_text(head: bytes) -> bool:
    """Recognise text by its beginning, since random bytes are not valid UTF-8 for long. The cut may split a
    character.
    """
    try:
        head[: len(head) - 4 if len(head) == _TEXT_BYTES else None].decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == _TEXT_BYTES and error.start > len(head) - 8
    return b"\x00" not in head


def _read_folder(folder: Path) -> Tables:
    """Read `TABLE.csv` for each table, as `COPY … TO … WITH CSV HEADER` writes it. What is empty is NULL."""
    found = {table(file.stem): _read_csv(file) for file in sorted(folder.iterdir()) if file.suffix.lower() == ".csv"}
    if not found:
        raise SourceUnreadable(folder, "it contains no CSV file")
    return found


def _read_csv(path: Path) -> list[Row]:
    require_size(path)
    csv.field_size_limit(2**27)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise SourceUnreadable(path, str(error)) from None
    names = [table(name) for name in rows[0]] if rows else []
    if any(len(row) != len(names) for row in rows):
        raise SourceUnreadable(path, "a row has a different number of columns than the first line")
    return [dict(zip(names, (value or None for value in row), strict=True)) for row in rows[1:]]
