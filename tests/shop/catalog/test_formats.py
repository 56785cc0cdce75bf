"""Goods files in every format: what is read, and why each bad line is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.formats.aiogram import Goods, entry_of, line_of
from shop.catalog.formats.checks import join_path, split_path
from shop.catalog.formats.decoding import samples
from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_csv import COLUMNS
from shop.catalog.formats.souk_json import OwnGoods, OwnProduct
from shop.errors.catalog import BadImport
from shop.money import Money
from tests.goods import encoded, file_item, own, png, product

LINE = "Games;Keys;A key;9.99;AAAA-BBBB"
ENTRY = {
    "category": "Games",
    "subcategory": "Keys",
    "price": 9.99,
    "description": "A key",
    "private_data": "AAAA-BBBB",
}
GOODS = Goods("Games", "Keys", "A key", Money(999, "USD"), "AAAA-BBBB")
HEAD = "path,name,price,deliverable,content,file_name,quantity_prices,hidden\n"
names = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)


def read(file: str | bytes, name: str = "goods.txt") -> Reading:
    return read_goods(file.encode() if isinstance(file, str) else file, file_name=name, currency="USD")


def listed(file: str | bytes, name: str = "goods.txt") -> list[Goods]:
    """Read a list without errors; return its goods."""
    reading = read(file, name)
    assert reading.refused == ()
    assert isinstance(reading.goods, list)
    return reading.goods


def products(file: str) -> tuple[OwnProduct, ...]:
    reading = read(file, "goods.csv")
    assert reading.refused == ()
    assert isinstance(reading.goods, OwnGoods)
    return reading.goods.products


def refused(file: str | bytes, name: str = "goods.txt") -> list[tuple[str, int | None, str | None]]:
    return [(error.reason, error.entry, error.field) for error in read(file, name).refused]


@pytest.mark.parametrize(
    "line", [LINE, "DIGITAL;" + LINE, "digital ;" + LINE, ' "Games" ; Keys;"A key";9,99;AAAA-BBBB']
)
def test_a_line_becomes_an_entry(line: str) -> None:
    assert listed(line) == [GOODS]


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("user;pass;2fa", "user;pass;2fa"),
        ('"user;pass"', "user;pass"),
        ('"say ""hi""; bye"', 'say "hi"; bye'),
        ('"AAAA"', '"AAAA"'),
        ('she said "x;y"', 'she said "x;y"'),
        ("  spaces stay ", "  spaces stay "),
        ('"half;open', '"half;open'),
        ("=1+1", "=1+1"),
        (";", ";"),
    ],
)
def test_private_data_is_the_rest_of_the_line(written: str, content: str) -> None:
    for start in ("", "DIGITAL;"):
        assert [each.content for each in listed(f"{start}Games;Keys;A key;9.99;{written}")] == [content]


def test_a_semicolon_in_quotes_belongs_to_its_column() -> None:
    [entry] = listed('"Games; new";Keys;"One; ""two""";9.99;K')
    assert (entry.category, entry.description) == ("Games; new", 'One; "two"')


def test_a_category_may_have_the_name_of_a_type_of_goods() -> None:
    assert [each.category for each in listed("DIGITAL;Keys;A key;9.99;K;1")] == ["DIGITAL"]
    assert [each.category for each in listed("PHYSICAL;Keys;A key;9.99;K")] == ["PHYSICAL"]
    assert [each.category for each in listed("DIGITAL;DIGITAL;Keys;A key;9.99;K")] == ["DIGITAL"]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "BOM"])
@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_byte_order_marks_line_endings_and_blank_lines_are_accepted(mark: str, breaks: str) -> None:
    file = mark + breaks.join(["", LINE, "   ", "", LINE, ""])
    assert listed(file) == [GOODS, GOODS]
    table = mark + HEAD.replace("\n", breaks) + breaks + f"A > B,Key,1,,K{breaks}{breaks}"
    assert [each.name for each in products(table)] == ["Key"]


@pytest.mark.parametrize(
    "price", ["0", "-1", "-0.01", "9.9999", "NaN", "Infinity", "-Infinity", "1e2", "", "free", "1.2.3"]
)
def test_an_invalid_price_is_refused_with_its_line(price: str) -> None:
    bad = f"Games;Keys;A key;{price};K"
    assert refused(f"{LINE}\n{bad}\n{LINE}") == [("bad_price", 2, "price")]
    assert refused(f'{HEAD}A,Key,"{price}",,K\nA,Other,1,,K', "goods.csv") == [("bad_price", 2, "price")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("PHYSICAL;" + LINE, ("physical", 1, "item_type")),
        ("Games;Keys;A key;9.99", ("few_columns", 1, None)),
        ("no semicolon", ("few_columns", 1, None)),
        (";Keys;A key;9.99;K", ("missing_text", 1, "category")),
        ("Games;;A key;9.99;K", ("missing_text", 1, "subcategory")),
        ("Games;Keys; ;9.99;K", ("missing_text", 1, "description")),
        ("Games;Keys;A key;9.99;", ("missing_text", 1, "private_data")),
        ("Games;Keys;A key;9.99;nul\0", ("unfit_text", 1, "private_data")),
        ("x" * 65 + ";Keys;A key;9.99;K", ("name_too_long", 1, "category")),
    ],
)
def test_an_invalid_line_is_refused_and_the_others_are_not(line: str, said: tuple[Any, ...]) -> None:
    reading = read(f"{line}\n{LINE}")
    assert reading.goods == [GOODS]
    assert [(error.reason, error.entry, error.field) for error in reading.refused] == [said]


@pytest.mark.parametrize("file", ["KEY-1\nKEY-2\n", "ada@example.com:secret", "ada;secret\r\nbob;secret"])
@pytest.mark.parametrize("name", ["keys.txt", "keys"])
def test_a_plain_list_of_items_is_refused_with_its_own_reason(file: str, name: str) -> None:
    with pytest.raises(BadImport) as error:
        read(file, name)
    assert (error.value.reason, error.value.entry) == ("plain_list", None)


@pytest.mark.parametrize("delimiter", "\t;,")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_recognised_by_its_header_in_a_file_named_as_text(delimiter: str, encoding: str) -> None:
    table = "\r\n".join(delimiter.join(row) for row in (("content", "price", "Name", "path"), ("K", "1", "Key", "A")))
    reading = read(table.encode(encoding), "goods.txt")
    assert isinstance(reading.goods, OwnGoods)
    assert [(each.name, each.path) for each in reading.goods.products] == [("Key", ("A",))]


@pytest.mark.parametrize("name", ["goods.json", "goods.txt", "goods"])
def test_a_single_json_entry_is_a_list_of_one_under_any_file_name(name: str) -> None:
    assert listed(json.dumps(ENTRY), name) == [GOODS]
    assert listed(json.dumps([ENTRY]), name) == [GOODS]


@pytest.mark.parametrize("begin", [b"%PDF-1.7\n", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"Rar!\x1a", b"\x1f\x8b\x08"])
def test_a_binary_file_is_refused_without_a_question(begin: bytes) -> None:
    with pytest.raises(BadImport) as error:
        read(begin + bytes(range(256)), "goods.txt")
    assert error.value.reason == "not_text"
    assert samples(begin + b"\xe9") == ()


def test_a_line_with_only_the_separator_hint_is_not_a_header() -> None:
    with pytest.raises(BadImport) as error:
        read("sep=;\n", "goods")
    assert error.value.reason == "plain_list"


@pytest.mark.parametrize("kind", ["DIGITAL", "digital", None])
def test_an_entry_may_say_that_it_is_digital(kind: str | None) -> None:
    assert listed(json.dumps([ENTRY | {"item_type": kind}]), "goods.json") == [GOODS]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("PHYSICAL", "physical"), ("Physical", "physical"), ("x", "bad_item_type"), (1, "bad_item_type")],
)
def test_an_entry_to_be_shipped_is_refused_and_the_others_are_not(kind: Any, reason: str) -> None:
    reading = read(json.dumps([ENTRY, ENTRY | {"item_type": kind}, None, ENTRY]), "goods.json")
    assert reading.goods == [GOODS, GOODS]
    assert [(error.reason, error.entry) for error in reading.refused] == [(reason, 2), ("not_an_object", 3)]


def test_a_bad_product_in_the_own_format_is_refused_and_the_others_are_not() -> None:
    reading = read(own(product("One"), product("Two", price=0), product("One"), product("Three")), "goods.json")
    assert isinstance(reading.goods, OwnGoods)
    assert [each.name for each in reading.goods.products] == ["One", "Three"]
    assert [(error.reason, error.entry) for error in reading.refused] == [("bad_price", 2), ("twice", 3)]


@pytest.mark.parametrize("name", ["", ".env", "../../x", "goods", "goods.JSON", "x.json.exe", "\0"])
def test_a_file_name_matters_only_where_it_states_the_format(name: str) -> None:
    assert listed(json.dumps([ENTRY]), name) == [GOODS]


@pytest.mark.parametrize("name", [".env", "../../x", "goods.TXT"])
def test_lines_and_tables_are_recognised_without_a_name(name: str) -> None:
    assert listed(LINE, name) == [GOODS]
    if "." not in name.rpartition("/")[2][1:]:
        assert isinstance(read(f"{HEAD}A,Key,1", name).goods, OwnGoods)


@pytest.mark.parametrize("name", ["goods.txt", "goods.csv", "goods.json", ".env"])
@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf\n", "empty"),
        (b"\xff\xfea\0b", "not_utf8"),
        (b"\xff\xfe\n\0", "empty"),
        (b"a\x80", "not_utf8"),
    ],
)
def test_a_file_without_text_is_refused_whole(file: bytes, reason: str, name: str) -> None:
    with pytest.raises(BadImport) as error:
        read(file, name)
    assert (error.value.reason, error.value.entry) == (reason, None)


@pytest.mark.parametrize("file", ["sep=;\r\n", ",,,\n", '""\n', "sep=;\r\n;;\r\n"])
def test_a_table_of_empty_cells_is_refused_whole(file: str) -> None:
    with pytest.raises(BadImport) as error:
        read(file, "goods.csv")
    assert error.value.reason == "empty"


@pytest.mark.parametrize(
    ("file", "name"),
    [(f"{LINE}\n" * 100_001, "x.txt"), (HEAD + "A,Key,1\n" * 100_001, "x.csv")],
    ids=["txt", "csv"],
)
def test_a_file_with_too_many_lines_is_refused(file: str, name: str) -> None:
    with pytest.raises(BadImport) as error:
        read(file, name)
    assert error.value.reason == "too_many"


def test_a_table_can_hold_everything_about_a_product() -> None:
    text = (
        "path;name;price;description;deliverable;content;file_name;quantity_prices;hidden;picture\n"
        f'Games > A\\>B\\\\;Maps;5,00;"For; you\nand me";unique_file;{encoded(b"one")};1.bin;'
        f"10=4.50 100=4.00;yes;{encoded(png())}\n"
        f"Games > A\\>B\\\\;Maps;;;;{encoded(b'two')};2.bin\n"
        "Games;Course;1;;shared_text;https://c.example\n"
        "Games;Portrait;1;;made_to_order\n"
    )
    maps, course, portrait = products(text)
    assert (maps.path, maps.description, maps.hidden) == (("Games", "A>B\\"), "For; you\nand me", True)
    assert [(piece.content, piece.file) for piece in maps.pieces] == [("1.bin", b"one"), ("2.bin", b"two")]
    assert maps.quantity_prices == ((10, Money(450, "USD")), (100, Money(400, "USD")))
    assert maps.picture == png()
    assert (course.kind, portrait.kind, portrait.pieces) == (
        DeliverableKind.SHARED_TEXT,
        DeliverableKind.MADE_TO_ORDER,
        (),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",Key,1,,K", ("missing_text", 2, "path")),
        ("A >,Key,1,,K", ("bad_path", 2, "path")),
        ("A > > B,Key,1,,K", ("bad_path", 2, "path")),
        (" > ".join("A" * 17) + ",Key,1,,K", ("bad_path", 2, "path")),
        ("A,,1,,K", ("missing_text", 2, "name")),
        ("A,Key,1,gift,K", ("bad_deliverable", 2, "deliverable")),
        ("A,Key,1,made_to_order,K", ("bad_items", 2, "content")),
        ("A,Key,1,unique_file,not base64!,x.bin", ("bad_item", 2, "content")),
        ("A,Key,1,unique_file,QUJD,../../x", ("bad_file_name", 2, "file_name")),
        ("A,Key,1,unique_file,QUJD,", ("missing_text", 2, "file_name")),
        ("A,Key,1,,K,,10", ("bad_steps", 2, "quantity_prices")),
        ("A,Key,1,,K,,10=0.50 10=0.40", ("bad_quantity_prices", 2, "quantity_prices[2]")),
        ("A,Key,1,,K,,10=2", ("bad_quantity_prices", 2, "quantity_prices[1]")),
        ("A,Key,1,,K,,,maybe", ("bad_flag", 2, "hidden")),
        ("A,Key,1,,K,,,,more", ("many_columns", 2, None)),
    ],
)
def test_an_invalid_row_is_refused_and_the_others_are_not(row: str, said: tuple[Any, ...]) -> None:
    reading = read(f"{HEAD}{row}\nA,Other,1,,K", "goods.csv")
    assert isinstance(reading.goods, OwnGoods)
    assert [each.name for each in reading.goods.products] == ["Other"]
    assert [(error.reason, error.entry, error.field) for error in reading.refused] == [said]


def test_a_row_that_contradicts_the_first_row_of_its_product_is_refused() -> None:
    rows = 'A,Key,1,,"two\nlines"\nA,Key,2,,K2\nA,Key,,unique_file,K3\nA,Key,1,,K4\nB,One,1,shared_text,x\nB,One,,,y'
    assert refused(HEAD + rows, "goods.csv") == [
        ("other_than_before", 4, "price"),
        ("other_than_before", 5, "deliverable"),
        ("bad_items", 8, "content"),
    ]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("name,price\nKey,1", ("no_column", 1, "path")),
        ("path,name,price,colour\nA,Key,1,red", ("unknown_column", 1, "colour")),
        ("path,name,price,name\nA,Key,1,x", ("unknown_column", 1, "name")),
        (HEAD + 'A,"Key,1', ("bad_csv", 2, None)),
        (HEAD + 'A,"Key"x,1', ("bad_csv", 2, None)),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole(file: str, said: tuple[Any, ...]) -> None:
    with pytest.raises(BadImport) as error:
        read(file, "goods.csv")
    assert (error.value.reason, error.value.entry, error.value.field) == said


def test_a_cell_may_hold_a_file_of_many_kilobytes() -> None:
    [one] = products(f"{HEAD}A,Map,1,unique_file,{encoded(bytes(500_000))},map.bin")
    assert one.pieces[0].file == bytes(500_000)


def test_a_list_cannot_contain_a_file_item() -> None:
    assert refused(json.dumps([ENTRY | {"private_data": file_item("a", b"x")}]), "x.json") == [
        ("unquoted_text", 1, "private_data")
    ]


@given(st.lists(names, min_size=1, max_size=5))
def test_a_path_reads_back_as_written(path: list[str]) -> None:
    assert split_path(join_path(tuple(path))) == path


@given(names, names, names, st.sampled_from(["9.99", "1", "0.01"]), st.text(min_size=1))
def test_a_line_reads_back_as_written(category: str, sub: str, description: str, price: str, content: str) -> None:
    line = line_of(category, sub, description, price, content)
    if line is not None:
        read_again = entry_of(line, 1)
        again = [read_again[name].strip() for name in ("category", "subcategory", "description")]
        assert again == [category, sub, description]
        assert (read_again["price"], read_again["private_data"]) == (price, content)
        assert read_again.get("item_type", "DIGITAL") == "DIGITAL"


def test_every_column_of_a_table_is_known() -> None:
    assert set(HEAD.strip().split(",")) < set(COLUMNS)
