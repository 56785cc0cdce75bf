"""Tables: their separator, header row and cells, whichever program wrote them (RFC 4180, and what Excel does)."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.formats.decoding import MARK, without_marks
from shop.errors.catalog import BadImport

_SEPARATOR = re.compile(r"\s*\"?sep=([,;\t|])\"?[ \t]*(?=\r?\n|\r)", re.IGNORECASE)
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""What a name copied from a web page may carry, and nobody sees."""
_FORMULA = re.compile("'*[=+\\-@\t\r]")
_HARMLESS = re.compile("'+[=+\\-@\t\r]")
"""A formula made harmless: exports put an apostrophe before it, which is removed when the file is read."""
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
"""How programs keep a spreadsheet from reading digits as a number: `="00123"` is the text `00123`."""
_QUOTED_LINE = re.compile(r'"((?:[^"]|"")*)"')
_NEEDS_QUOTES = re.compile('[,;\t"]')
_WHOLE, _CENTS = re.compile(r"\D*[0-9]+\s*"), re.compile(r"[0-9]{1,2}\D*")
_PRICES = frozenset({"price", "regular price"})
_SHOWN, _SHOWN_NAME = 40, 40
UNNAMED = ""
"""The key for cells beyond the last named column."""
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `header` has the names of its columns in lower case; `rows` reads the others, once.

    A row comes with its first line number; blank ones are left out.
    """

    header: tuple[str, ...]
    rows: Iterator[tuple[int, Row]]


def header_of(text: str) -> tuple[str, ...]:
    """Read the first line of a text as if it were a header row; its separator may be any."""
    first = _without_separator(text)[0].strip().partition("\n")[0].partition("\r")[0]
    return tuple(map(_heading, re.split(r"[,;\t|]", first.replace('"', ""))))


def read_table(text: str) -> Table:
    """Read a table.

    Raises:
        BadImport: all its cells are empty, or its header is not a row of cells; `rows` raises it for the rows that
        follow.
    """
    csv.field_size_limit(MAX_FILE_BYTES)
    text, delimiter = _without_separator(text)
    first = (text.lstrip("\r\n").splitlines() or [""])[0]
    delimiter = delimiter or max(",", ";", "\t", "|", key=first.count)
    # Who writes `category, title, price` by hand means none of the spaces, and the quotation marks after them.
    rows = _rows(text, delimiter, spaced=0 < first.count(delimiter) == first.count(f"{delimiter} "))
    _, header = next(rows, (0, None))
    if header is None:
        raise BadImport("empty")
    names = tuple(map(_heading, header))
    named = _named_by_comma if delimiter == "," else _named
    return Table(names, ((line, named(cells, names)) for line, cells in rows))


def column_of(text: str) -> list[tuple[str, str]]:
    """Read the cells of a table of one column without a header, or else its lines; each also as it stands there.

    A cell may have several lines only if all of them are quoted: a single quotation mark may belong to the goods.
    """
    text = _without_separator(text)[0]
    try:
        rows = [row for _, row in _rows(text, ",")]
        cells = [row[0] for row in rows] if all(len(row) == 1 for row in rows) else []
    except BadImport:
        cells = []
    found = [(cell, '"' + cell.replace('"', '""') + '"') for cell in cells]
    if not cells or text.count('"') != sum(stands.count('"') for _, stands in found):
        lines = map(str.strip, re.split(r"\r\n|\n|\r", without_marks(text)))
        found = [(_unquoted(line), line) for line in lines]
    return [(_text_of(cell), stands) for cell, stands in found if cell.strip()]


def _unquoted(line: str) -> str:
    """Take quotation marks off a line that needs them in a table; around any other they belong to the goods."""
    match = _QUOTED_LINE.fullmatch(line)
    return match[1].replace('""', '"') if match and _NEEDS_QUOTES.search(match[1]) else line


def check_names(header: Collection[str], *, known: Collection[str]) -> None:
    """Raise BadImport when columns are not known, or there twice; name all of them."""
    counts = Counter(header)
    if unknown := [name for name, count in counts.items() if name and (name not in known or count > 1)]:
        named = [name[:_SHOWN_NAME] for name in unknown[:_SHOWN]]
        raise BadImport("unknown_column", entry=1, field=", ".join([*named, *["…"] * (len(unknown) > _SHOWN)]))


def _rows(text: str, delimiter: str, *, spaced: bool = False) -> Iterator[tuple[int, list[str]]]:
    begins = True

    def lines() -> Iterator[str]:
        """Yield the lines, without the byte order marks of joined files where a row begins."""
        nonlocal begins
        for each in io.StringIO(text, newline=""):
            begins, first = False, begins
            yield each.lstrip(MARK) if first else each

    reader = csv.reader(lines(), delimiter=delimiter, skipinitialspace=spaced, strict=True)
    line = 1
    try:
        for cells in reader:
            start, line, begins = line, reader.line_num + 1, True
            if any(cell.strip() for cell in cells):
                yield start, cells
    except csv.Error:
        raise BadImport("bad_csv", entry=line) from None


def _named(cells: list[str], header: tuple[str, ...]) -> Row:
    names = (*header, *[UNNAMED] * (len(cells) - len(header)))
    row = {name: _plain(cell) for name, cell in zip(names, cells, strict=False) if name}
    unnamed = "".join(cell for name, cell in zip(names, cells, strict=False) if not name)
    return row | {UNNAMED: unnamed} if unnamed.strip() else row


def _named_by_comma(cells: list[str], header: tuple[str, ...]) -> Row:
    """Name cells; a row too long in which `9,90` without quotes fills two cells has one beyond the header."""
    row = _named(cells, header)
    place = next((place for place, name in enumerate(header) if name in _PRICES), len(header))
    price, after = (*cells[place : place + 2], "", "")[:2]
    split = len(cells) > len(header) and _WHOLE.fullmatch(price) and _CENTS.fullmatch(after)
    return {UNNAMED: ""} | row if split else row


def _heading(cell: str) -> str:
    """Write the name of a column as it is compared: without capitals and what cannot be seen, in one line."""
    return " ".join(_UNSEEN.sub("", cell).lower().split())


def _without_separator(text: str) -> tuple[str, str]:
    """Blank the line `sep=;` with which Excel names the separator; it stays so that line numbers are right."""
    match = _SEPARATOR.match(text)
    return (text[match.end() :], match[1]) if match else (text, "")


def _plain(cell: str) -> str:
    """Read a cell that was made harmless, or marked as text."""
    return cell[1:] if _HARMLESS.match(cell) else _text_of(cell)


def _text_of(cell: str) -> str:
    match = _TEXT_FORMULA.fullmatch(cell)
    return match[1].replace('""', '"') if match else cell


def harmless(cell: str) -> str:
    """Mark a cell that a spreadsheet would take for a formula as text."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
