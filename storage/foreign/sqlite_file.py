"""SQLite and SQLCipher files. They are read from a private copy, write-ahead log included, so that they are never
changed: opening a database in place writes beside it, and may checkpoint its log.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import sqlcipher3

from storage.foreign.tables import PassphraseNeeded, SourceUnreadable, Tables, require_size, table, text_of

MAGIC = b"SQLite format 3\x00"
_BESIDE = ("", "-wal", "-journal")
_COMPATIBLE = (None, 3, 2, 1)
"""The formats of SQLCipher, the current one first (`PRAGMA cipher_compatibility`)."""


def read(path: Path, passphrase: str) -> Tables:
    """Read every table of a database.

    Raises:
        PassphraseNeeded: it is encrypted, and this passphrase does not open it.
        SourceUnreadable: it is damaged, or too large.
    """
    require_size(path)
    with path.open("rb") as file:
        plain = file.read(len(MAGIC)) == MAGIC
    if not plain and not passphrase:
        raise PassphraseNeeded(path, given=False)
    with _copy(path) as copy:
        if plain:
            return _tables(path, sqlcipher3.connect(copy))
        for words in dict.fromkeys((passphrase, unquote(passphrase))):  # it may be escaped as in a URL
            for version in _COMPATIBLE:
                connection = _unlocked(copy, words, version)
                if connection is not None:
                    return _tables(path, connection)
    raise PassphraseNeeded(path, given=True)


@contextmanager
def _copy(path: Path) -> Iterator[str]:
    """Copy a database to a folder that only this user can read, for the duration of the block."""
    with tempfile.TemporaryDirectory(prefix="souk-moving-") as folder:
        for end in _BESIDE:
            beside = path.with_name(path.name + end)
            if beside.exists():
                shutil.copyfile(beside, Path(folder, "source.db" + end))
        yield str(Path(folder, "source.db"))


def _unlocked(copy: str, passphrase: str, version: int | None) -> Any:
    """Open an encrypted copy; None if the passphrase or the format does not match."""
    connection = sqlcipher3.connect(copy)
    quoted = passphrase.replace("'", "''")
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # a wrong passphrase is not worth an error in the log
        connection.execute(f"PRAGMA key = '{quoted}'")
        if version is not None:
            connection.execute(f"PRAGMA cipher_compatibility = {version}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlcipher3.Error:
        connection.close()
        return None
    return connection


def _tables(path: Path, connection: Any) -> Tables:
    found: Tables = {}
    with closing(connection):
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                quoted = '"' + name.replace('"', '""') + '"'
                rows = connection.execute(f"SELECT * FROM {quoted}")  # noqa: S608 - a name of the file's own, quoted
                columns = [table(each[0]) for each in rows.description]
                found[table(name)] = [dict(zip(columns, map(text_of, row), strict=True)) for row in rows]
        except sqlcipher3.Error as error:
            raise SourceUnreadable(path, str(error)) from None
    return found
