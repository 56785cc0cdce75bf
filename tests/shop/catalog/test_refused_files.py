"""A refusal says how to mend the file, and what was meant is read where only one thing can be meant."""

import json
from typing import Any

import pytest

from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.errors.catalog import BadImport

HEAD = "category,title,price,description,key\n"
ENTRY = {"category": "Games", "subcategory": "Keys", "price": 1, "description": "Caravan", "private_data": "KEY-1"}
LINES = json.dumps(ENTRY)


def read(file: str | bytes, name: str = "goods.csv") -> Reading:
    return read_goods(file.encode() if isinstance(file, str) else file, file_name=name, currency="USD")


def keys(reading: Reading) -> list[list[str]]:
    """Return the keys of each product of a table that is read without a refusal."""
    assert reading.refused == ()
    assert isinstance(reading.goods, OwnGoods)
    return [[piece.content for piece in each.pieces] for each in reading.goods.products]


def whole(file: str | bytes, name: str) -> BadImport:
    with pytest.raises(BadImport) as error:
        read(file, name)
    return error.value


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (f"[\n{LINES},\n{LINES},\n]", 4),
        ("[", 1),
        ('{"souk": 1,\n"products": [{"name" 1}]}', 2),
        ("[{'a': 1}]", 1),
    ],
)
def test_broken_json_is_refused_with_its_line(file: str, line: int) -> None:
    error = whole(file, "goods.json")
    assert (error.reason, error.entry, error.field) == ("not_json", line, None)


@pytest.mark.parametrize("between", ["\n", ",\n", "\r\n\r\n", " "])
@pytest.mark.parametrize("name", ["goods.jsonl", "goods.json", "goods.txt"])
def test_json_lines_are_refused_with_what_to_do(between: str, name: str) -> None:
    error = whole(LINES + between + LINES, name)
    assert (error.reason, error.entry) == ("json_lines", None)


@pytest.mark.parametrize("value", [12345, 0, 1.5, True, ["KEY-1"]])
def test_goods_without_quotation_marks_are_refused_as_that(value: Any) -> None:
    [error] = read(json.dumps([ENTRY | {"private_data": value}]), "goods.json").refused
    assert (error.reason, error.entry, error.field) == ("unquoted_text", 1, "private_data")


@pytest.mark.parametrize("name", ["goods.csv", "goods.txt", "goods"])
def test_a_table_may_be_separated_by_bars(name: str) -> None:
    assert keys(read("category|title|price|key\nGames|Chess|12.50|a,b;c\n", name)) == [["a,b;c"]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("title", ["Chess", "Schach Ü", "Шахматы и другие настольные игры", "Ajedrez “x” €"])
def test_utf_16_without_its_mark_is_read(encoding: str, title: str) -> None:
    table = read(f"category;title;price;key\r\nGames;{title};1;K\r\n".encode(encoding))
    assert keys(table) == [["K"]]
    assert isinstance(table.goods, OwnGoods)
    assert table.goods.products[0].name == title
    lines = read(f"Games;Keys;{title};1;K\r\n".encode(encoding), "goods.txt")
    assert (len(lines.goods), lines.refused) == (1, ()) if isinstance(lines.goods, list) else False


@pytest.mark.parametrize(
    "file", [b"Games;Keys;Key;1;A\0\0\nGames;Keys;Key;1;B\n", b"Games;Keys;Key;1;\0A\nGames;Keys;Key;1;B"]
)
def test_a_stray_nul_in_utf_8_is_not_taken_for_utf_16(file: bytes) -> None:
    reading = read(file, "goods.txt")
    assert [(error.reason, error.entry) for error in reading.refused] == [("unfit_text", 1)]
    assert len(reading.goods) == 1 if isinstance(reading.goods, list) else False


def test_all_unknown_columns_are_named_at_once() -> None:
    error = whole("sku,category,title,price,key,stock,title,tags\nA,B,C,1,K,5,D,E\n", "goods.csv")
    assert (error.reason, error.field) == ("unknown_column", "sku, title, stock, tags")
    many = whole("category,title,price," + ",".join(f"column{n}" for n in range(1000)) + "\n", "goods.csv")
    assert len(many.field or "") < 1000


@pytest.mark.parametrize(
    "row",
    [
        'Games,Chess,"9,90",,B',
        "Games,Chess,9.90,,B",
        "Games,Chess,$9.9,,B",
        "Games,Chess, 9.9 ,,B",
        "Games,Chess,9.9,Nice ,B",
        "Games,Chess,9.9 USD,\u00a0Nice,B",
        "Games,Chess,,Nice,B",
    ],
)
def test_a_row_may_write_the_values_of_its_product_in_another_way(row: str) -> None:
    assert keys(read(f"{HEAD}Games,Chess,9.9,Nice,A\n{row}\n")) == [["A", "B"]]


def test_all_columns_of_a_row_are_compared_by_their_meaning() -> None:
    head = "path,name,price,deliverable,content,quantity_prices,hidden,seats\n"
    first = "A,Key,9,unique_text,K1,2=8.0 3=7,no,0\n"
    assert keys(read(f"{head}{first}A,Key,9.00, unique_text ,K2,2=8.00  3=7.00,FALSE,00\n")) == [["K1", "K2"]]
    others = ("8,,K2,,,", "9,shared_text,K2,,,", "9,,K2,2=8.0,,", "9,,K2,,yes,", "9,,K2,,,1", "9,x,K2,,,")
    fields = ("price", "deliverable", "quantity_prices", "hidden", "seats", "deliverable")
    for row, field in zip(others, fields, strict=True):
        [error] = read(f"{head}{first}A,Key,{row}\n").refused
        assert (error.reason, error.entry, error.field) == ("other_than_before", 3, field)
