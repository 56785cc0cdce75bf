"""AiogramShopBot's lists: what could be read in two ways is never sold in the wrong one."""

import json
from typing import Any

import pytest

from shop.catalog.exports import Form
from shop.catalog.formats.aiogram import Goods
from shop.catalog.formats.checks import Place, name_of
from shop.catalog.formats.reading import read_goods
from shop.catalog.formats.souk_json import OwnGoods
from shop.errors.catalog import BadImport
from shop.money import Money
from shop.people import Person
from storage.models import Product
from storage.text import nfc
from tests.stand import Stand

ENTRY = {"category": "Games", "subcategory": "Keys", "price": 1, "description": "Caravan", "private_data": "KEY-1"}
READ = ("Games", "Keys", "Caravan", 100, "KEY-1")


def read(file: str, name: str = "goods.txt") -> tuple[list[tuple[str, str, str, int, str]], list[tuple[str, object]]]:
    """Return the goods of a list in a shop in US dollars, and its refusals with their fields."""
    reading = read_goods(file.encode(), file_name=name, currency="USD")
    assert isinstance(reading.goods, list)
    goods = [
        (each.category, each.subcategory, each.description, each.price.minor, each.content) for each in reading.goods
    ]
    return goods, [(error.reason, error.field) for error in reading.refused]


@pytest.mark.parametrize(
    ("price", "minor"),
    [("45", 4500), ("$45", 4500), ("45.00$", 4500), ("90 USD", 9000), (" $ 45 ", 4500), ("usd 45,50", 4550)],
)
def test_a_typed_line_may_have_a_number_as_its_description(price: str, minor: int) -> None:
    assert read(f"DIGITAL;Gift;Cards;50;{price};KEY-1") == ([("Gift", "Cards", "50", minor, "KEY-1")], [])
    assert read(f"DIGITAL;Gift;Cards;$50;{price};KEY;1") == ([("Gift", "Cards", "$50", minor, "KEY;1")], [])
    assert read(f"PHYSICAL;Gift;Cards;50;{price};null") == ([], [("physical", "item_type")])


@pytest.mark.parametrize(
    "price",
    [
        "€45",
        "45 руб.",
        "1 000",
        "1\u00a0000",
        "1'000",
        "US$45",
        "R$ 45",
        "1e3",
        "1,234.50",
        "-45",
        "$-45",
        "12,-",
        "",
        " ",
    ],
)
def test_an_odd_price_after_a_number_is_refused_and_never_sold(price: str) -> None:
    goods, refused = read(f"DIGITAL;Gift;Cards;50;{price};KEY-1")
    assert goods == []
    assert [field for _, field in refused] == ["price"]


@pytest.mark.parametrize("goods", ["KEY-1;more", "AB12;3", "user@example.com;9", "x" * 1_000_000 + ";1"])
def test_a_category_may_still_be_named_digital(goods: str) -> None:
    reading = read_goods(f"DIGITAL;Keys;A key;$9.99;{goods}".encode(), file_name="x.txt", currency="USD")
    assert reading.goods == [Goods("DIGITAL", "Keys", "A key", Money(999, "USD"), goods)]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"password": "secret"}, ("unknown_field", "password")),
        ({"Price": 100}, ("unknown_field", "Price")),
        ({"is_sold": True}, ("already_sold", "is_sold")),
        ({"is_sold": 1}, ("already_sold", "is_sold")),
        ({"is_sold": "no"}, ("bad_flag", "is_sold")),
        ({"is_sold": []}, ("bad_flag", "is_sold")),
        ({"item_type": "PHYSICAL", "shipping_cost": 5}, ("physical", "item_type")),
    ],
)
def test_no_field_of_an_entry_is_ignored(more: dict[str, Any], said: tuple[str, str]) -> None:
    file = json.dumps([ENTRY | more, ENTRY])
    assert read(file, "goods.json") == ([READ], [said])


def test_fields_of_aiogramshopbots_items_that_mean_nothing_here_are_accepted() -> None:
    more = {"id": 7, "category_id": 1, "subcategory_id": 2, "is_sold": False, "is_new": True, "item_type": "DIGITAL"}
    assert read(json.dumps([ENTRY | more]), "goods.json") == ([READ], [])


def test_an_entry_with_a_field_twice_is_refused() -> None:
    twice = json.dumps(ENTRY).replace('"price": 1', '"price": 1, "price": 100')
    assert read(f"[{twice}, {json.dumps(ENTRY)}]", "goods.json") == ([READ], [("repeated_field", "price")])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('"price": 1, "price": 100', ("repeated_field", "price")),
        (
            '"price": 9, "quantity_prices": [{"from": 2, "from": 3, "price": 8}]',
            ("bad_quantity_prices", "quantity_prices[1]"),
        ),
        (
            '"price": 9, "deliverable": "unique_file", "items": [{"file_name": "a", "base64": "QQ==", "base64": ""}]',
            ("bad_item", "items[1]"),
        ),
    ],
)
def test_a_product_with_a_field_twice_is_refused(more: str, said: tuple[str, str]) -> None:
    products = f'{{"path": ["A"], "name": "Key", {more}}}, {{"path": ["A"], "name": "Other", "price": 1}}'
    reading = read_goods(f'{{"souk": 1, "products": [{products}]}}'.encode(), file_name="x.json", currency="USD")
    assert isinstance(reading.goods, OwnGoods)
    assert [each.name for each in reading.goods.products] == ["Other"]
    assert [(error.reason, error.field) for error in reading.refused] == [said]


def test_a_file_with_its_products_twice_is_refused_whole() -> None:
    file = b'{"souk": 1, "products": [{"path": ["A"], "name": "Key", "price": 1}], "products": []}'
    with pytest.raises(BadImport) as error:
        read_goods(file, file_name="x.json", currency="USD")
    assert (error.value.reason, error.value.field) == ("repeated_field", "products")


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("\u202eevil", "evil"),
        ("\ufeffHello", "Hello"),
        ("Hel\u200blo", "Hello"),
        ("a\tb", "a b"),
        ("a\u00a0b", "a b"),
        ("\u200b\nReal", "Real"),
        ("\u2800\n \n\u200d Real \nmore", "Real"),
        ("👩\u200d💻 Code", "👩\u200d💻 Code"),
        ("e\u200b\u0301", "é"),
        ("\x01", "_"),
        ("n" * 65, "n" * 63 + "…"),
        ("👩\u200d" * 40, "👩\u200d" * 31 + "👩…"),
    ],
)
def test_a_product_gets_a_name_that_every_format_accepts(
    stand: Stand, owner: Person, description: str, name: str
) -> None:
    entry = json.dumps([ENTRY | {"description": description}]).encode()
    stand.bring(owner, entry)
    row = Product.select().get()
    assert (row.name, row.description) == (name, nfc(description.strip()))
    assert name_of(name, Place(1, "name")) == name
    for form, file_name in ((Form.OWN, "x.json"), (Form.TABLE, "x.csv"), (Form.LIST, "x.json")):
        made = stand.shop.exports.export(owner, None, form).content
        preview = stand.shop.imports.receive(owner, file_name, made)
        assert preview.refused == ()
        report = stand.shop.imports.confirm(owner, preview.id)
        assert (report.products, report.items, report.changed) == (0, 0, 0)


@pytest.mark.parametrize("form", [Form.OWN, Form.TABLE])
def test_a_name_from_before_names_were_checked_can_be_brought_back(stand: Stand, owner: Person, form: Form) -> None:
    product_id = stand.stock("KEY-1", name="Key")
    with stand.database.transaction():
        Product.change(product_id, name="\u202eKey")
    made = stand.shop.exports.export(owner, None, form)
    preview = stand.shop.imports.receive(owner, made.file_name, made.content)
    assert preview.refused == ()
    assert (preview.report.products, preview.report.items, preview.report.changed) == (0, 0, 0)


def test_a_description_is_no_longer_in_a_list_than_elsewhere() -> None:
    assert read(f"Games;Keys;{'x' * 4001};1;K") == ([], [("text_too_long", "description")])
    assert [each[2] for each in read(f"Games;Keys;{'x' * 4000};1;K")[0]] == ["x" * 4000]
