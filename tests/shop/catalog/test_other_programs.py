"""Files as other programs leave them: what they mean is read, and what they spoilt is refused."""

import json

import pytest

from shop.catalog.formats.decoding import ALPHABETS, MAX_SAMPLE, samples
from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.errors.catalog import BadImport
from shop.people import Person
from tests.stand import Stand

HEAD = "category;title;price;description;key\r\n"
ROW = "Games;Chess;9,90;;KEY-1\r\n"
ENTRY = {"category": "Games", "subcategory": "Keys", "price": 1, "description": "Caravan", "private_data": "KEY-1"}
MARK, END = "\ufeff", "\x1a"
SPOILT = [
    "1,23457E+15",
    "1.23457E+15",
    "1E+12",
    "#NAME?",
    "#NOM?",
    "#ИМЯ?",
    "#¿NOMBRE?",
    "#VALUE!",
    "#¡VALOR!",
    "#####",
    "Err:509",
]


def read(file: str | bytes, name: str = "goods.csv") -> Reading:
    return read_goods(file.encode() if isinstance(file, str) else file, file_name=name, currency="USD")


def goods(reading: Reading) -> list[tuple[str, int, list[str]]]:
    """Return the name, the price and the items of each product of a file that is read without a refusal."""
    assert reading.refused == ()
    if not isinstance(reading.goods, OwnGoods):
        return [(each.category, each.price.minor, [each.content]) for each in reading.goods]
    return [
        (each.name, each.price.minor, [piece.content for piece in each.pieces]) for each in reading.goods.products
    ]


def whole(file: str | bytes, name: str = "goods.csv") -> str:
    with pytest.raises(BadImport) as refused:
        read(file, name)
    return refused.value.reason


@pytest.fixture
def admin(stand: Stand, owner: Person) -> Person:
    stand.stock("SEED", name="Key")
    stand.shop.drafts.begin_for(owner, stand.product("Key"))
    return owner


def added(stand: Stand, admin: Person, text: str, name: str = "keys.csv") -> tuple[int, tuple[str, ...]]:
    draft = stand.shop.drafts.add_file(admin, name, text.encode())
    return draft.pieces, draft.first


@pytest.mark.parametrize(
    "file",
    [
        f"{MARK}{MARK}{HEAD}{ROW}",
        f"sep=;\r\n{MARK}{HEAD}{ROW}",
        f"{HEAD}{MARK}{ROW}",
        f"{HEAD}{ROW}{END}",
        f"{HEAD}{ROW[:-2]}{END}",
        f"{HEAD}{MARK}{ROW}".replace("\r\n", "\r"),
    ],
)
def test_marks_of_joined_files_and_the_end_of_file_mark_of_dos_belong_to_no_cell(file: str) -> None:
    assert goods(read(file)) == [("Chess", 990, ["KEY-1"])]


def test_marks_of_joined_files_and_the_end_of_file_mark_of_dos_belong_to_no_line_or_json() -> None:
    line = "Games;Keys;A key;9.99;KEY-"
    lines = goods(read(f"{MARK}{MARK}{line}1\r\n{MARK}{line}2{END}", "goods.txt"))
    assert lines == [("Games", 999, ["KEY-1"]), ("Games", 999, ["KEY-2"])]
    assert goods(read(f"{MARK}{MARK}[{json.dumps(ENTRY)}]\r\n{END}", "goods.json")) == [("Games", 100, ["KEY-1"])]
    assert whole(f"{MARK}\r\n{END}") == "empty"


def test_marks_of_joined_files_and_the_end_of_file_mark_of_dos_are_not_sold(stand: Stand, admin: Person) -> None:
    joined = f"{MARK}{MARK}KEY-1\r\n{MARK}KEY-2\r\n{END}"
    assert added(stand, admin, joined, "keys.txt") == (2, ("KEY-1", "KEY-2"))


@pytest.mark.parametrize("item", [f"a\n{MARK}b", f"x\r\n{MARK}{MARK}y", f"{MARK}KEY-1", f"a\n{MARK}\n{MARK}"])
def test_a_mark_in_a_cell_is_part_of_the_item(stand: Stand, admin: Person, item: str) -> None:
    table = f'{MARK}category;title;price;key\r\n{MARK}"Games";Chess;9,90;"{item}"\r\n{MARK}Games;Chess;;KEY-2\r\n'
    assert goods(read(table)) == [("Chess", 990, [item, "KEY-2"])]
    assert added(stand, admin, f'{MARK}"{item}"\r\n{MARK}"KEY-2"\r\n') == (2, (item, "KEY-2"))


@pytest.mark.parametrize("before", ["“Best” – 5\u00a0©", "x" * 100 + " “", ""])
def test_a_sample_shows_letters_that_the_alphabets_read_differently(before: str) -> None:
    for alphabet, letters, mistaken in (("cp1252", "Clé à", "Clй а"), ("cp1251", "Ключ", "Êëþ÷")):
        found = dict(samples(f"plain\n{before}\n{before} {letters}\nа".encode(alphabet, "ignore")))
        other = next(name for name in ALPHABETS if name != alphabet)
        assert letters in found[alphabet]
        assert mistaken in found[other]
        assert max(map(len, found.values())) <= MAX_SAMPLE


def test_joined_files_of_two_encodings_are_refused_in_both_places(stand: Stand, admin: Person) -> None:
    for mixed in ("Clé-1\n".encode() + "Clé-2\n".encode("cp1252"), MARK.encode() + "Ключ".encode("cp1251")):
        assert samples(mixed) == ()
        assert whole(mixed, "goods.txt") == "not_utf8"
        assert stand.shop.drafts.letters(admin, mixed) == ()


def test_a_file_whose_foreign_letters_are_the_same_everywhere_may_be_read_in_any() -> None:
    assert dict(samples("5 ©".encode("cp1252"))) == dict.fromkeys(ALPHABETS, "5 ©")


@pytest.mark.parametrize("name", ["goods.rtf", "goods.txt", "goods.csv"])
def test_rich_text_is_not_taken_for_goods(name: str) -> None:
    assert whole("{\\rtf1\\ansi\nGames;Keys;A key;5;KEY-1\\\n}", name) == "not_text"


@pytest.mark.parametrize("key", ["\u200bKey", "license\u00a0key", "License\r\nkey", f"{MARK}key", "  Key\u00ad "])
def test_a_name_of_a_column_is_known_by_what_is_seen_of_it(key: str) -> None:
    assert goods(read(f'category;title;price;"{key}"\r\nGames;Chess;9,90;KEY-1\r\n')) == [("Chess", 990, ["KEY-1"])]


@pytest.mark.parametrize("cell", ['="00123"', '"=""00123"""'])
def test_digits_that_were_kept_from_becoming_a_number_are_read_as_text(cell: str) -> None:
    assert goods(read(f"category,title,price,key\nGames,Chess,9.90,{cell}\n")) == [("Chess", 990, ["00123"])]


def test_digits_in_an_apostrophe_of_an_export_stay_as_they_are() -> None:
    table = 'category,title,price,key\nGames,Chess,9.90,"\'=""00123"""\n'
    assert goods(read(table)) == [("Chess", 990, ['="00123"'])]


@pytest.mark.parametrize("item", SPOILT)
def test_an_item_that_a_spreadsheet_replaced_is_refused(stand: Stand, admin: Person, item: str) -> None:
    fields = "category;subcategory;price;description;private_data\r\nGames;Keys;1;A key;"
    for file, name, field in (
        (f"{HEAD}Games;Chess;9,90;;{item}\r\n", "goods.csv", "key"),
        (fields + item, "goods.csv", "private_data"),
        (f"\r\nGames;Keys;A key;1;{item}", "goods.txt", "private_data"),
    ):
        assert [(each.reason, each.entry, each.field) for each in read(file, name).refused] == [("spoilt", 2, field)]
    assert goods(read(json.dumps([ENTRY | {"private_data": item}]), "goods.json")) == [("Games", 100, [item])]
    with pytest.raises(BadImport) as refused:
        added(stand, admin, f"KEY-1\r\n{item}\r\n")
    assert (refused.value.reason, refused.value.entry) == ("spoilt", 2)


def test_only_the_row_of_an_item_that_a_spreadsheet_replaced_is_refused() -> None:
    table = "path;name;price;content\nGames;Go;5;#HELLO!\nGames;Go;;KEY-2\nGames;Chess;9;#REF!\nGames;Chess;;#NAME?\n"
    reading = read(table)
    assert [(each.reason, each.entry) for each in reading.refused] == [("spoilt", line) for line in (2, 4, 5)]
    assert goods(Reading(reading.goods, ())) == [("Go", 500, ["KEY-2"])]


@pytest.mark.parametrize("item", ["1234567890123456", "1.5e+15", "12E4567", "#secret!", "#NAME", "E+12", "err:509"])
def test_an_item_that_only_resembles_what_a_spreadsheet_writes_is_taken(item: str) -> None:
    assert goods(read(f"{HEAD}Games;Chess;9,90;;{item}\r\n")) == [("Chess", 990, [item])]


@pytest.mark.parametrize("price", ["9,90", "$9,90", "9,9", "9,90 USD"])
def test_a_price_cut_at_its_decimal_comma_is_refused(price: str) -> None:
    reading = read(f"category,title,price,key,description\nGames,Chess,{price},KEY-1,\nGames,Go,9.90,KEY-2,,\n")
    assert [(each.reason, each.entry) for each in reading.refused] == [("many_columns", 2)]
    assert isinstance(reading.goods, OwnGoods)
    assert [(each.name, each.price.minor) for each in reading.goods.products] == [("Go", 990)]


def test_numbers_beside_a_price_are_none_of_it_where_a_semicolon_separates() -> None:
    table = "path;name;price;per_day;content\nGames;Chess;9;5;KEY-1;\n"
    assert goods(read(table)) == [("Chess", 900, ["KEY-1"])]


@pytest.mark.parametrize(
    ("path", "names"), [("AC\\DC", ["AC\\DC"]), ("A\\", ["A\\"]), ("A\\\\>B\\>C", ["A\\", "B>C"])]
)
def test_a_backslash_that_escapes_nothing_stays_in_the_name(path: str, names: list[str]) -> None:
    table = read(f"category;title;price;key\r\n{path};Chess;9,90;KEY-1\r\n")
    assert isinstance(table.goods, OwnGoods)
    assert table.goods.products[0].path == tuple(names)


@pytest.mark.parametrize("file", ['[{"\\ud800": 1}]', '[{"\\ud800": 1, "\\ud800": 2}]', '[{"a\\u0000": 1}]'])
def test_a_field_that_cannot_be_sent_is_named_without_what_hinders_it(file: str) -> None:
    [error] = read(file, "goods.json").refused
    assert (error.field or "").encode().endswith(b"?")


@pytest.mark.parametrize(
    "text",
    [
        '["KEY-1", "KEY-2"]',
        '[\n "KEY-1",\n "KEY-2"\n]',
        '[\n "KEY-1",\n "KEY-2",\n]',
        "[123, 456]",
        '["KEY-1",\n]',
        '["KEY-1", {"a": 1}]',
        '["KEY-1"]\n["KEY-2",',
        '[{"a": "b",\n"c": 1}]',
    ],
)
def test_a_list_of_items_in_json_is_refused(stand: Stand, admin: Person, text: str) -> None:
    with pytest.raises(BadImport) as refused:
        added(stand, admin, text, "keys.json")
    assert refused.value.reason == "json_items"


@pytest.mark.parametrize(
    "text",
    [
        '[{"domain": ".x"}]\n[{"domain": ".y"}]',
        '["me", "word"]\n["you", "word"]',
        '[{"domain": ".x"}]',
        "[1] A\n[2] B",
        "[1,000 coins] CODE-1\n[2,000 coins] CODE-2",
        "[1, 2] CODE-1",
        '["Steam"] AAAA-BBBB\n["Epic"] CCCC-DDDD',
        '["Steam", "EU"] AAAA-BBBB',
        '["Steam", EU] AAAA-BBBB',
        '["Steam',
        "[12]\nAAAA-BBBB",
    ],
)
def test_json_that_is_sold_line_by_line_is_a_plain_list(stand: Stand, admin: Person, text: str) -> None:
    lines = text.split("\n")
    assert added(stand, admin, text, "keys.txt") == (len(lines), tuple(lines))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('"KEY-1"\r\n"KEY-2"\r\n', ("KEY-1", "KEY-2")),
        ('sep=;\r\n"user: a\r\nword: ""b"""\r\n\r\n"user: c, word: d"', ('user: a\r\nword: "b"', "user: c, word: d")),
        ('KEY-1\r\n"a,b;c"\r\n', ("KEY-1", "a,b;c")),
        ('KEY-1\r\n"a ""b"""\r\n', ("KEY-1", 'a "b"')),
        ('KEY-1\r\n"KEY-2"\r\n', ("KEY-1", '"KEY-2"')),
        ('="001"\n"=""002"""', ("001", "002")),
        ('"a\nb"c', ('"a', 'b"c')),
        ('"a\nKEY-1"\nKEY-2', ('"a', 'KEY-1"')),
        ('"a","b"\n"c","d"', ('"a","b"', '"c","d"')),
        ("'=a\n'b", ("'=a", "'b")),
    ],
)
def test_a_table_of_one_column_is_sold_without_its_quotation_marks(
    stand: Stand, admin: Person, text: str, items: tuple[str, ...]
) -> None:
    assert added(stand, admin, text)[1] == items
    assert added(stand, admin, '"KEY-9"', "keys.txt")[1] == ('"KEY-9"',)
