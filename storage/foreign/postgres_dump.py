"""Plain dumps of PostgreSQL, read as text: no server is needed.

`pg_dump` writes the rows of a table after `COPY … FROM stdin;`, one a line, columns apart by tabs, `\\N` for NULL and
`\\.` at the end (COPY, «Text Format»), or, with `--inserts`, as `INSERT INTO … VALUES (…)`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from storage.foreign.tables import Row, SourceUnreadable, Tables, require_size, table

CUSTOM_FORMAT = b"PGDMP"
_COPY = re.compile(r"COPY\s+(\S+)\s*\(([^)]*)\)\s+FROM\s+stdin;", re.IGNORECASE)
_CREATE = re.compile(r"CREATE TABLE(?: IF NOT EXISTS)?\s+(\S+)\s*\(\s*$", re.IGNORECASE)
_COLUMN = re.compile(r'\s*("[^"]+"|\w+)\s')
_NO_COLUMN = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE")
_INSERT = re.compile(
    r"INSERT INTO\s+(\S+)\s*(?:\(([^)]*)\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES", re.IGNORECASE
)
_VALUE = re.compile(
    r"\s*(?:(?:E'(?P<escaped>(?:[^'\\]|''|\\.)*)'|'(?P<text>(?:[^']|'')*)')(?:::[\w\s\[\]\".]+)?"
    r"|(?P<bare>[^,()'\s]+))\s*(?P<end>[,)])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def read(path: Path) -> Tables:
    """Read every table of a plain dump.

    Raises:
        SourceUnreadable: it is in pg_dump's custom format, not text, cut short, or not a dump.
    """
    require_size(path)
    with path.open("rb") as file:
        if file.read(len(CUSTOM_FORMAT)) == CUSTOM_FORMAT:
            raise SourceUnreadable(path, "it is in pg_dump's own format: make it plain with `pg_restore -f dump.sql`")
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")  # line breaks inside values stay as they are
    except UnicodeDecodeError:
        raise SourceUnreadable(path, "it is not text in UTF-8") from None
    found: Tables = {}
    columns: dict[str, list[str]] = {}
    rest = iter(lines)
    for line in rest:
        if copied := _COPY.match(line):
            found.setdefault(table(copied[1]), []).extend(_copied(path, rest, _names(copied[2])))
        elif made := _CREATE.match(line):
            columns[table(made[1])] = list(_made(rest))
        elif _INSERT.match(line):
            name, rows = _inserted(path, _statement(line, rest), columns)
            found.setdefault(name, []).extend(rows)
    if not found:
        raise SourceUnreadable(path, "it contains no rows of a PostgreSQL dump")
    return found


def _names(text: str) -> list[str]:
    return [table(each) for each in text.split(",")]


def _made(lines: Iterator[str]) -> Iterator[str]:
    """Read the names of a table's columns, in their order."""
    for line in lines:
        if line.startswith(")"):
            return
        match = _COLUMN.match(line)
        if match and match[1].upper() not in _NO_COLUMN:
            yield table(match[1])


def _copied(path: Path, lines: Iterator[str], columns: list[str]) -> Iterator[Row]:
    for line in lines:
        if line.rstrip("\r") == "\\.":
            return
        values = [None if each == "\\N" else _unescaped(each) for each in line.rstrip("\r").split("\t")]
        if not line and len(columns) > 1:
            break
        if len(values) != len(columns):
            raise SourceUnreadable(path, "a row has a different number of columns than its table")
        yield dict(zip(columns, values, strict=True))
    raise SourceUnreadable(path, "it ends in the middle of a table")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_letter, text) if "\\" in text else text


def _letter(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "01234567":
        return chr(int(code, 8))
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    return _LETTERS.get(code, code)


def _statement(line: str, rest: Iterator[str]) -> str:
    """Read on until a statement ends: a semicolon outside quotes, at the end of a line."""
    text = line
    while not (text.rstrip().endswith(";") and _quotes(text) % 2 == 0):
        following = next(rest, None)
        if following is None:
            return text
        text += "\n" + following
    return text


def _quotes(text: str) -> int:
    """Count the quotes that open or close a text; only `E'…'` can have one behind a backslash inside."""
    return text.count("'") - (text.count("\\'") if "E'" in text else 0)


def _inserted(path: Path, statement: str, columns: dict[str, list[str]]) -> tuple[str, list[Row]]:
    match = _INSERT.match(statement)
    name = table(match[1]) if match else ""
    names = _names(match[2]) if match and match[2] else columns.get(name, [])
    rows, at = [], match.end() if match else 0
    while (at := statement.find("(", at)) >= 0:
        values: list[str | None] = []
        at += 1
        while value := _VALUE.match(statement, at):
            values.append(_plain(value))
            at = value.end()
            if value["end"] == ")":
                break
        if len(values) != len(names):
            raise SourceUnreadable(path, f"a row of {name} has a different number of columns than its table")
        rows.append(dict(zip(names, values, strict=True)))
    return name, rows


def _plain(value: re.Match[str]) -> str | None:
    """Read a literal, ignoring the type that it is cast to."""
    if value["escaped"] is not None:
        return _unescaped(value["escaped"].replace("''", "'"))
    if value["text"] is not None:
        return value["text"].replace("''", "'")
    bare = value["bare"].partition("::")[0]
    return None if bare.upper() == "NULL" else bare
