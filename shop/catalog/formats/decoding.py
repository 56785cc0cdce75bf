"""From the bytes of a file to its text: UTF-8, UTF-16, or an alphabet that an admin chose."""

import codecs
import re

from shop.errors.catalog import BadImport

ALPHABETS = ("cp1251", "cp1252")
"""Encodings that Windows programs use without declaring them: Cyrillic, and Western European."""
MAX_SAMPLE = 60
_DISPUTED = re.compile(
    b"[%s]" % bytes(n for n in range(128, 256) if len({bytes([n]).decode(each, "replace") for each in ALPHABETS}) > 1)
)
"""A byte that these read as different letters."""
_TELLING = 4096
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARK = "\ufeff"
"""The byte order mark."""
_START = re.compile(f"[{MARK}\\s]*")
_JOINED = re.compile(f"(?<![^\\r\\n]){MARK}+")
"""Marks at the start of a line: a file was marked twice, or joined of several with one each."""
_DOS_END = "\x1a"
"""What Windows' `copy a.txt+b.txt` writes at the end."""
_SPREADSHEETS = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))
"""The first bytes of XLSX and ODS files (ZIP), and of XLS files (compound file)."""


_NO_TEXT = tuple(map(bytes.fromhex, ("25504446", "89504e47", "ffd8ff", "47494638", "52617221", "377abcaf", "1f8b")))
"""The first bytes of PDF, PNG, JPEG, GIF, RAR, 7z and gzip files."""
_RICH_TEXT = b"{\\rtf"
"""The first bytes of RTF, which TextEdit and WordPad write: text, but its goods stand among its markup."""


def decode(file: bytes) -> str:
    """Read the text of a file, without the byte order marks at its start and the end-of-file mark of DOS.

    Raises:
        BadImport: a spreadsheet or another file that isn't text, neither UTF-8 nor UTF-16, or without text.
    """
    if file.startswith(_SPREADSHEETS):
        raise BadImport("spreadsheet")
    if file.startswith((*_NO_TEXT, _RICH_TEXT)):
        raise BadImport("not_text")
    unmarked = (b"", _unmarked_utf16(file) or "utf-8")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if file.startswith(mark)), unmarked)
    try:
        text = file[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        raise BadImport("not_utf8") from None
    text = _START.sub(lambda start: start[0].replace(MARK, ""), text, count=1).rstrip(_DOS_END)
    if not text.strip():
        raise BadImport("empty")
    return text


def without_marks(text: str) -> str:
    """Remove the byte order marks at the start of each line. A quoted cell of a table may have one there itself."""
    return _JOINED.sub("", text)


def _unmarked_utf16(file: bytes) -> str | None:
    """Recognise UTF-16 without its mark: the upper byte of most letters outside Asia is below nine, and often NUL."""
    start = file[:_TELLING]
    for name, upper, lower in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        low = sum(map(upper.count, range(9)))
        if b"\0" in upper and b"\0" not in lower and len(file) % 2 == 0 and low * 10 >= len(upper) * 9:
            return name
    return None


def samples(file: bytes) -> tuple[tuple[str, str], ...]:
    """Read a line with a foreign letter in each alphabet that the file may be written in.

    It is one that the alphabets read differently, so that an admin sees which one makes sense. Empty if the file is
    not text at all, or if some of its lines are in UTF-8: joined files of several encodings are in none.
    """
    if b"\0" in file or file.startswith((*_SPREADSHEETS, *_NO_TEXT, _RICH_TEXT, codecs.BOM_UTF8)):
        return ()
    lines = [line for line in file.splitlines() if not line.isascii()]
    if any(map(_is_utf_8, lines)):
        return ()
    telling = next(filter(None, map(_DISPUTED.search, lines)), None)
    line = _around(telling) if telling else lines[0][:MAX_SAMPLE] if lines else b""
    found = []
    for alphabet in ALPHABETS if line else ():
        try:
            file.decode(alphabet)
        except UnicodeDecodeError:
            continue
        found.append((alphabet, line.decode(alphabet)))
    return tuple(found)


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _around(found: re.Match[bytes]) -> bytes:
    """Cut what can be shown out of the line that something was found in."""
    line = found.string
    start = max(min(found.start() - MAX_SAMPLE // 2, len(line) - MAX_SAMPLE), 0)
    return line[start : start + MAX_SAMPLE]
