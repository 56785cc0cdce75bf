"""Lines of goods: `CATEGORY;SUBCATEGORY;DESCRIPTION;PRICE;PRIVATE_DATA`, perhaps with `DIGITAL;` before them.

What comes after the price is the private data, to the last character, semicolons included. A column before it may
stand in quotes, and has semicolons then; a quote inside is doubled. Private data is taken out of its quotes only
where it holds a semicolon: otherwise the quotes belong to the goods.
"""

import re

from shop.errors import BadImport

DIGITAL, PHYSICAL = "DIGITAL", "PHYSICAL"
COLUMNS = ("category", "subcategory", "description", "price")
_COLUMN = re.compile(r'\s*"((?:[^"]|"")*)"\s*;|([^;]*);')
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*;(?:[^"]|"")*)"\s*')
_PRICE = re.compile(r"\s*[0-9]*[.,]?[0-9]+\s*")


def lines_of(text: str) -> list[tuple[int, str]]:
    """Number the lines from 1, leaving out blank ones."""
    return [(number, line) for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1) if line.strip()]


def entry_of(line: str, number: int) -> dict[str, str]:
    """Take a line apart.

    Raises:
        BadImport: it has too few columns.
    """
    kind, rest = "", line
    first, after = _columns(line, 1)
    if first and first[0].strip().upper() in (DIGITAL, PHYSICAL):
        values, _ = _columns(line, 5)
        # A category may be called like that: then the price stands a column earlier.
        if len(values) > 4 and not (_PRICE.fullmatch(values[3]) and not _PRICE.fullmatch(values[4])):
            kind, rest = first[0], after
    values, content = _columns(rest, len(COLUMNS))
    if len(values) < len(COLUMNS):
        raise BadImport("few_columns", entry=number)
    quoted = _QUOTED.fullmatch(content)
    data = quoted[1].replace('""', '"') if quoted else content
    entry = dict(zip(COLUMNS, values, strict=True)) | {"private_data": data}
    return entry | {"item_type": kind} if kind else entry


def line_of(category: str, subcategory: str, description: str, price: str, content: str) -> str | None:
    """Write a line that reads the same; None where lines cannot hold it."""
    if any(re.search(r"[\r\n]", text) for text in (category, subcategory, description, content)):
        return None
    data = _quote(content) if _QUOTED.fullmatch(content) else content
    columns = [
        _quote(each) if ";" in each or each.startswith('"') else each for each in (category, subcategory, description)
    ]
    kind = [DIGITAL] if category.upper() in (DIGITAL, PHYSICAL) else []
    return ";".join([*kind, *columns, price, data])


def _columns(line: str, count: int) -> tuple[list[str], str]:
    """Take up to `count` columns off a line; return them and what is left."""
    values: list[str] = []
    position = 0
    while len(values) < count and (match := _COLUMN.match(line, position)):
        values.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        position = match.end()
    return values, line[position:]


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
