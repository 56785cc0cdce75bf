"""Souk's own goods format: everything in one file, checked to the last field, imported as a whole or not at all."""

import json
from typing import Any

import pytest

from shop.catalog.stock import ImportReport
from shop.errors.catalog import BadImport
from storage.models import Category, Picture, Product, QuantityPrice, SharedItem, StockItem, StoredFile
from tests.goods import EVERY_KIND, encoded, file_item, own, png, product
from tests.stand import ADMIN, Stand

TABLES = (Category, Product, StockItem, SharedItem, StoredFile, Picture, QuantityPrice)
WRONG_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"path": None}, "bad_path", "path"),
    ({"path": []}, "bad_path", "path"),
    ({"path": "Games"}, "bad_path", "path"),
    ({"path": ["A"] * 17}, "bad_path", "path"),
    ({"path": ["A", ""]}, "missing_text", "path[2]"),
    ({"path": ["A", "x" * 65]}, "name_too_long", "path[2]"),
    ({"path": ["A", 5]}, "unquoted_text", "path[2]"),
    ({"name": ""}, "missing_text", "name"),
    ({"name": "two\nlines"}, "name_too_long", "name"),
    ({"name": ["x"]}, "unquoted_text", "name"),
    ({"price": 0}, "bad_price", "price"),
    ({"price": None}, "bad_price", "price"),
    ({"price": "4.5055"}, "bad_price", "price"),
    ({"price": "4.505"}, "ambiguous_price", "price"),
    ({"description": 5}, "unquoted_text", "description"),
    ({"description": "x" * 4001}, "text_too_long", "description"),
    ({"description": "nul\x00"}, "unfit_text", "description"),
    ({"quantity_prices": {}}, "bad_quantity_prices", "quantity_prices"),
    ({"quantity_prices": [5]}, "bad_quantity_prices", "quantity_prices[1]"),
    ({"quantity_prices": [{"from": 10}]}, "bad_quantity_prices", "quantity_prices[1]"),
    ({"quantity_prices": [{"from": 1, "price": 5}]}, "bad_quantity_prices", "quantity_prices[1]"),
    ({"quantity_prices": [{"from": True, "price": 5}]}, "bad_quantity_prices", "quantity_prices[1]"),
    ({"quantity_prices": [{"from": "10", "price": 5}]}, "bad_quantity_prices", "quantity_prices[1]"),
    ({"quantity_prices": [{"from": 10, "price": 10}]}, "bad_quantity_prices", "quantity_prices[1]"),
    ({"quantity_prices": [{"from": 10, "price": -1}]}, "bad_price", "quantity_prices[1]"),
    (
        {"quantity_prices": [{"from": 9, "price": 5}, {"from": 9, "price": 4}]},
        "bad_quantity_prices",
        "quantity_prices[2]",
    ),
    ({"deliverable": "magic"}, "bad_deliverable", "deliverable"),
    ({"deliverable": ["unique_text"]}, "bad_deliverable", "deliverable"),
    ({"items": "x"}, "bad_items", "items"),
    ({"items": ["ok", ""]}, "missing_text", "items[2]"),
    ({"items": [{"file_name": "a", "base64": "YQ=="}]}, "unquoted_text", "items[1]"),
    ({"deliverable": "shared_text", "items": ["a", "b"]}, "bad_items", "items"),
    ({"deliverable": "made_to_order", "items": ["a"]}, "bad_items", "items"),
    ({"deliverable": "unique_file", "items": ["a"]}, "bad_item", "items[1]"),
    ({"deliverable": "unique_file", "items": [{"file_name": "a"}]}, "bad_item", "items[1]"),
    ({"deliverable": "unique_file", "items": [{"file_name": "a", "base64": "%%%"}]}, "bad_item", "items[1]"),
    ({"deliverable": "unique_file", "items": [{"file_name": "a", "base64": ""}]}, "bad_item", "items[1]"),
    ({"deliverable": "unique_file", "items": [file_item("../.env", b"x")]}, "bad_file_name", "items[1]"),
    ({"deliverable": "unique_file", "items": [file_item("a\nb", b"x")]}, "bad_file_name", "items[1]"),
    ({"picture": "no base64"}, "bad_picture", "picture"),
    ({"picture": encoded(b"GIF89a")}, "bad_picture", "picture"),
    ({"picture": encoded(png() + b"\0" * 5 * 1024 * 1024)}, "bad_picture", "picture"),
    ({"hidden": "yes"}, "bad_flag", "hidden"),
    ({"hidden": 1}, "bad_flag", "hidden"),
    ({"colour": "red"}, "unknown_field", "colour"),
]


def bring(stand: Stand, file: bytes) -> ImportReport:
    return stand.bring(stand.visitor(ADMIN), file)


def refusal(stand: Stand, file: bytes) -> tuple[str, int | None, str | None]:
    """Return why a file is refused, and check that nothing from it was stored."""
    before = [table.select().count() for table in TABLES]
    with pytest.raises(BadImport) as refused:
        bring(stand, file)
    assert [table.select().count() for table in TABLES] == before
    return refused.value.reason, refused.value.entry, refused.value.field


def test_a_file_imports_everything_it_contains(stand: Stand) -> None:
    report = bring(stand, own(*EVERY_KIND))
    assert report == ImportReport(products=5, items=8, duplicates=0)
    kinds = {row.name: (row.deliverable, row.stock_count, row.shared_item_id is not None) for row in Product.select()}
    assert kinds == {
        "Unique text": ("unique_text", 3, False),
        "Unique file": ("unique_file", 3, False),
        "Shared text": ("shared_text", 0, True),
        "Shared file": ("shared_file", 0, True),
        "Made to order": ("made_to_order", 0, False),
    }
    assert sorted(file.name for file in StoredFile.select()) == ["book.pdf", "map-1.bin", "map-2.bin", "map-3.bin"]


def test_importing_the_same_file_twice_adds_nothing_new(stand: Stand) -> None:
    bring(stand, own(*EVERY_KIND))
    assert bring(stand, own(*EVERY_KIND)) == ImportReport(products=0, items=0, duplicates=8, changed=0)
    assert StoredFile.select().count() == 4


def test_an_existing_product_becomes_what_the_file_says(stand: Stand) -> None:
    bring(stand, own(product(items=["a"], description="Old", picture=encoded(png(1)))))
    steps = [{"from": 5, "price": "7.00"}]
    changed = own(product(price="8.00", description="New", items=["a", "b"], quantity_prices=steps, hidden=True))
    assert bring(stand, changed) == ImportReport(products=0, items=1, duplicates=1, changed=1)
    row = Product.get()
    assert (row.price_minor, row.description, row.hidden, row.stock_count) == (800, "New", True, 2)
    assert Picture.read(row.picture_id) == png(1)
    assert [(step.from_quantity, step.unit_price_minor) for step in QuantityPrice.of([row.id])] == [(5, 700)]
    assert bring(stand, changed).changed == 0


def test_products_with_the_same_price_and_no_description_are_kept_apart(stand: Stand) -> None:
    same = {"description": "Delivered at once"}
    names = ["A", "B", "C", "D"]
    bring(stand, own(product("A"), product("B"), product("C", **same), product("D", **same)))
    assert sorted(row.name for row in Product.select()) == names


def test_both_formats_recognise_each_others_products(stand: Stand) -> None:
    entry = {
        "category": "Games",
        "subcategory": "Keys",
        "price": 10,
        "description": "Key\nA good one",
        "private_data": "a",
    }
    listed = json.dumps([entry]).encode()
    bring(stand, own(product(description="A good one", items=["a", "b"])))
    assert bring(stand, listed) == ImportReport(products=0, items=0, duplicates=1)
    with stand.database.transaction():
        Product.update(description="Edited").execute()
    assert bring(stand, listed) == ImportReport(products=0, items=0, duplicates=1)
    assert Product.get().description == "Edited"


def test_a_new_shared_text_goes_to_new_buyers_and_earlier_buyers_keep_the_old_one(stand: Stand) -> None:
    shared = {"deliverable": "shared_text"}
    person = stand.visitor()
    stand.grant(person, "100.00")
    bring(stand, own(product(items=["first"], **shared)))
    checkout, key = stand.shop.checkout, stand.product("Key")
    old = checkout.place(person, checkout.offer_product(person, key, 1).id)
    assert bring(stand, own(product(items=["second"], **shared))).items == 1
    new = checkout.place(person, checkout.offer_product(person, key, 1).id)
    assert [stand.shop.orders.receipt_for(person, each.order_id).lines[0].goods for each in (old, new)] == [
        ("first",),
        ("second",),
    ]
    assert bring(stand, own(product(items=["first"], **shared))).items == 1
    assert SharedItem.select().count() == 2


@pytest.mark.parametrize(("wrong", "reason", "field"), WRONG_FIELDS, ids=[str(each[1:]) for each in WRONG_FIELDS])
def test_an_error_is_reported_with_its_place(stand: Stand, wrong: dict[str, Any], reason: str, field: str) -> None:
    file = own(product("Good", items=["x"], picture=encoded(png())), product("Bad") | wrong)
    assert refusal(stand, file) == (reason, 2, field)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"souk": 2, "products": [product()]}, "bad_version"),
        ({"souk": True, "products": [product()]}, "bad_version"),
        ({"souk": "1", "products": [product()]}, "bad_version"),
        ({"souk": 1, "products": []}, "not_a_list"),
        ({"souk": 1}, "not_a_list"),
        ({"souk": 1, "products": {}}, "not_a_list"),
        ({"souk": 1, "products": [product()], "shop": "x"}, "unknown_field"),
        ({"souk": 1, "products": [None]}, "not_an_object"),
        ({"souk": 1, "products": [product(), product()]}, "twice"),
        ({"souk": 1, "categories": [{"path": ["A"]}, {"path": ["A"]}], "products": []}, "twice"),
        ({"souk": 1, "products": [0] * 100_001}, "too_many"),
    ],
)
def test_a_file_in_an_unknown_format_is_refused(stand: Stand, content: dict[str, Any], reason: str) -> None:
    assert refusal(stand, json.dumps(content).encode())[0] == reason


def test_a_product_cannot_change_its_kind_and_the_whole_file_is_refused(stand: Stand) -> None:
    bring(stand, own(product(items=["a"])))
    file = own(product("Other", items=["x"]), product(deliverable="shared_text", items=["b"]))
    assert refusal(stand, file) == ("other_deliverable", 2, "deliverable")
    assert [row.name for row in Product.select()] == ["Key"]
