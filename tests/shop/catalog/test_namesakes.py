"""Products of one name in one category: files keep them apart, each with its own price and goods."""

import json
from pathlib import Path

import pytest

from shop.catalog.exports import Form
from shop.catalog.formats.checks import MAX_NAME, told_apart
from shop.catalog.formats.reading import Reading, read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.catalog.plans import Known
from shop.errors.catalog import BadImport
from shop.people import Person
from storage.models import Product, StockItem
from tests.conftest import StandingClock, open_new_database
from tests.goods import own, product
from tests.stand import ADMIN, Stand, open_shop

HEAD = "path,name,price,description,content\n"
TWO_PRICES = b"""Games;Keys;Steam key;1;CHEAP-1
Games;Keys;Steam key;50;DEAR-1
Games;Keys;Steam key;50;DEAR-2
Games;Keys;Steam key;50;DEAR-3
"""
PRICED = [("Steam key", 100, ["CHEAP-1"]), ("Steam key (2)", 5000, ["DEAR-1", "DEAR-2", "DEAR-3"])]
TWO_DESCRIPTIONS = [("Steam key", 100, ["EU-1"]), ("Steam key (2)", 100, ["US-1", "US-2"])]
FORMS = {Form.OWN: "x.json", Form.TABLE: "x.csv"}


def two_descriptions() -> bytes:
    goods = [("EU", "EU-1"), ("US", "US-1"), ("US", "US-2")]
    place = {"category": "Games", "subcategory": "Keys", "price": 1}
    return json.dumps(
        [place | {"description": f"Steam key\nfor {where}", "private_data": key} for where, key in goods]
    ).encode()


def for_sale() -> list[tuple[str, int, list[str]]]:
    return [
        (row.name, row.price_minor, [item.content for item in StockItem.unsold(row.id)])
        for row in Product.select().order_by(Product.id)
    ]


def read(rows: str) -> Reading:
    return read_goods((HEAD + rows).encode(), file_name="x.csv", currency="USD")


def sold_at(reading: Reading) -> list[tuple[str, int, list[str]]]:
    assert isinstance(reading.goods, OwnGoods)
    return [(each.name, each.price.minor, [p.content for p in each.pieces]) for each in reading.goods.products]


def refused(reading: Reading) -> list[tuple[str, int | None, str | None]]:
    return [(each.reason, each.entry, each.field) for each in reading.refused]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("goods", [TWO_PRICES, two_descriptions()], ids=["two prices", "two descriptions"])
def test_an_export_keeps_products_of_one_name_apart_and_adds_nothing_to_its_shop(
    stand: Stand, owner: Person, form: Form, goods: bytes
) -> None:
    stand.bring(owner, goods, "x.json" if goods.startswith(b"[") else "x.txt")
    before = for_sale()
    made = stand.shop.exports.export(owner, None, form)
    preview = stand.shop.imports.receive(owner, FORMS[form], made.content)
    assert (preview.refused, preview.holders) == ((), ())
    report = stand.shop.imports.confirm(owner, preview.id)
    assert (report.products, report.items, report.changed) == (0, 0, 0)
    assert for_sale() == before


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("goods", "expected"),
    [(TWO_PRICES, PRICED), (two_descriptions(), TWO_DESCRIPTIONS)],
    ids=["two prices", "two descriptions"],
)
def test_a_new_shop_sells_each_at_its_own_price(
    stand: Stand, owner: Person, tmp_path: Path, form: Form, goods: bytes, expected: object
) -> None:
    stand.bring(owner, goods, "x.json" if goods.startswith(b"[") else "x.txt")
    made = stand.shop.exports.export(owner, None, form).content
    stand.database.close()
    database = open_new_database(tmp_path / "second")
    second = open_shop(database, StandingClock())
    preview = second.shop.imports.receive(second.visitor(ADMIN), FORMS[form], made)
    assert preview.refused == ()
    second.shop.imports.confirm(second.visitor(ADMIN), preview.id)
    assert for_sale() == expected
    database.close()


def test_a_sold_out_namesake_is_not_made_again(stand: Stand, owner: Person) -> None:
    stand.bring(owner, b"Games;Keys;Steam key;1;A\nGames;Keys;Steam key;2;B\n", "x.txt")
    buyer = stand.rich()
    stand.buy(buyer, Product.select().order_by(Product.id.desc()).get().id)
    made = stand.shop.exports.export(owner, None, Form.TABLE).content
    report = stand.bring(owner, made, "x.csv")
    assert (report.products, report.items, report.changed) == (0, 0, 0)


def test_an_edited_price_goes_to_the_namesake_that_the_export_numbered(stand: Stand, owner: Person) -> None:
    stand.bring(owner, TWO_PRICES, "x.txt")
    made = stand.shop.exports.export(owner, None, Form.TABLE).content
    stand.bring(owner, made.replace(b"Steam key (2),50.00", b"Steam key (2),60.00"), "x.csv")
    assert [(name, minor) for name, minor, _ in for_sale()] == [("Steam key", 100), ("Steam key", 6000)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("price", "new", "entry"), [("1.00", "50.00", 0), ("50.00", "1.00", 1)])
def test_a_price_edited_to_that_of_a_namesake_is_refused_and_changes_neither(
    stand: Stand, owner: Person, form: Form, price: str, new: str, entry: int
) -> None:
    stand.bring(owner, TWO_PRICES, "x.txt")
    before = for_sale()
    made = stand.shop.exports.export(owner, None, form).content.decode()
    edited = made.replace(f",{price},", f",{new},").replace(f'"price": "{price}"', f'"price": "{new}"')
    preview = stand.shop.imports.receive(owner, FORMS[form], edited.encode())
    line = entry + (2 if form is Form.TABLE else 1)
    assert [(e.reason, e.entry, e.field) for e in preview.refused] == [("price_of_another", line, "price")]
    assert stand.shop.imports.confirm(owner, preview.id).changed == 0
    assert for_sale() == before


def test_two_products_edited_to_the_same_new_price_are_refused_as_a_whole(stand: Stand, owner: Person) -> None:
    stand.bring(owner, TWO_PRICES, "x.txt")
    before = for_sale()
    made = stand.shop.exports.export(owner, None, Form.TABLE).content
    edited = made.replace(b",1.00,", b",70.00,").replace(b",50.00,", b",70.00,")
    with pytest.raises(BadImport) as refusal:
        stand.bring(owner, edited, "x.csv")
    assert (refusal.value.reason, refusal.value.entry) == ("price_of_another", 3)
    assert for_sale() == before


def test_a_product_is_not_given_a_price_that_its_namesake_has(stand: Stand, owner: Person) -> None:
    stand.bring(owner, TWO_PRICES, "x.txt")
    file = own(product("Other", price="50.00", items=["CHEAP-1"]))
    preview = stand.shop.imports.receive(owner, "x.json", file)
    assert (preview.updates, preview.refused) == (0, ())
    stand.shop.imports.confirm(owner, preview.id, known=Known.UPDATE)
    assert [(name, minor) for name, minor, _ in for_sale()][:2] == [("Steam key", 100), ("Steam key", 5000)]


def test_the_rows_after_a_row_with_another_price_do_not_join_the_first_product() -> None:
    reading = read("Games,Chess,1,,A\nGames,Chess,50,,B\nGames,Chess,,,C\nGames,Go,2,,D\nGames,Chess,,,E\n")
    assert sold_at(reading) == [("Chess", 100, ["A"]), ("Go", 200, ["D"])]
    assert refused(reading) == [
        ("other_than_before", 3, "price"),
        ("unclear_row", 4, None),
        ("unclear_row", 6, None),
    ]


def test_rows_join_the_first_product_again_once_one_repeats_its_values() -> None:
    reading = read("Games,Chess,1,,A\nGames,Chess,50,,B\nGames,Chess,1.00,,C\nGames,Chess,,,D\n")
    assert sold_at(reading) == [("Chess", 100, ["A", "C", "D"])]
    reading = read(
        "Games,Chess,1,Old,A\nGames,Chess,1,New,B\nGames,Chess,1,,C\nGames,Chess,1,Old,D\nGames,Chess,,,E\n"
    )
    assert sold_at(reading) == [("Chess", 100, ["A", "D", "E"])]
    assert refused(reading) == [("other_than_before", 3, "description"), ("unclear_row", 4, None)]


def test_a_row_with_too_many_cells_can_describe_another_product_too() -> None:
    reading = read("Games,Chess,1,,A\nGames,Chess,50,,B,more\nGames,Chess,,,C\n")
    assert sold_at(reading) == [("Chess", 100, ["A"])]
    assert [each.entry for each in reading.refused] == [3, 4]


def test_numbers_avoid_names_that_exist_and_names_that_are_too_long() -> None:
    assert told_apart(["A", "A", "A (2)", "A", "B"]) == ["A", "A (3)", "A (2)", "A (4)", "B"]
    for letter in ("n", "👩\u200d"):
        long = (letter * MAX_NAME)[: MAX_NAME - 1] + "x"
        first, second = told_apart([long, long])
        assert (first, second.endswith(" (2)"), len(second) <= MAX_NAME) == (long, True, True)
        file = own(product(second))
        assert read_goods(file, file_name="x.json", currency="USD").refused == ()
