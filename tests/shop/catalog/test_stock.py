"""Goods files: their contents are put in stock as a whole, or not at all."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.stock import ImportReport
from shop.errors.catalog import BadImport
from shop.errors.refusals import NotAllowed
from shop.people import Right
from storage.models import Category, Customer, Product, StockItem
from storage.text import nfc
from tests.stand import ADMIN, MANAGER, Stand

GOOD = {
    "category": "Games",
    "subcategory": "Keys",
    "price": 9.99,
    "description": "A key\nfor a game",
    "private_data": "AAAA-BBBB",
}


def bring(stand: Stand, file: bytes | str | list[Any], admin_id: int = ADMIN) -> ImportReport:
    content = json.dumps(file) if isinstance(file, list) else file
    raw = content.encode() if isinstance(content, str) else content
    return stand.bring(stand.visitor(admin_id), raw)


def refusal(stand: Stand, file: bytes | str | list[Any]) -> tuple[str, int | None, str | None]:
    """Return why a file is refused, and check that nothing from it was stored."""
    with pytest.raises(BadImport) as refused:
        bring(stand, file)
    assert (Category.select().count(), Product.select().count(), StockItem.select().count()) == (0, 0, 0)
    return refused.value.reason, refused.value.entry, refused.value.field


def test_a_file_becomes_categories_products_and_stock(stand: Stand) -> None:
    report = bring(stand, [GOOD, GOOD | {"private_data": "CCCC"}, GOOD | {"price": "12,50", "private_data": "D"}])
    assert report == ImportReport(products=2, items=3, duplicates=0)
    cheap, dear = Product.select().order_by(Product.price_minor)
    assert (cheap.name, cheap.description, cheap.price_minor, cheap.stock_count) == (
        "A key",
        "A key\nfor a game",
        999,
        2,
    )
    assert (dear.price_minor, dear.stock_count) == (1250, 1)
    assert [(c.name, c.parent_id) for c in Category.select().order_by(Category.id)] == [("Games", None), ("Keys", 1)]


@pytest.mark.parametrize("breaks", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a BOM"])
def test_a_byte_order_mark_and_any_line_endings_are_accepted(stand: Stand, mark: bytes, breaks: str) -> None:
    text = json.dumps([GOOD], indent=1).replace("\n", breaks) + breaks * 2
    assert bring(stand, mark + text.encode()).items == 1


def test_goods_are_stored_exactly_to_the_last_character(stand: Stand) -> None:
    content = "  <b>&amp;\t;DROP TABLE\r\n'\"`ключ🔑 cafe\u0301 \u212b \u1112\u1161\u11ab ❤\ufe0f\u00a0\u2126\n\n "
    bring(stand, [GOOD | {"private_data": content}])
    assert StockItem.get().content == content
    assert bring(stand, [GOOD | {"private_data": nfc(content)}]) == ImportReport(duplicates=1)


def test_names_and_descriptions_are_stored_in_one_form(stand: Stand) -> None:
    bring(stand, [GOOD | {"category": "Cafe\u0301s", "description": "Cafe\u0301 \u212b"}])
    assert (Category.get(Category.parent.is_null()).name, Product.get().name) == ("Caf\u00e9s", "Caf\u00e9 \u00c5")
    assert Product.get().description == "Caf\u00e9 \u00c5"


def test_importing_the_same_file_twice_adds_nothing_new(stand: Stand) -> None:
    bring(stand, [GOOD, GOOD | {"private_data": "CCCC"}])
    assert bring(stand, [GOOD, GOOD | {"private_data": "DDDD"}]) == ImportReport(products=0, items=1, duplicates=1)
    assert Product.get().stock_count == 3


def test_a_unit_given_twice_in_one_file_is_stocked_once(stand: Stand) -> None:
    assert bring(stand, [GOOD, GOOD, GOOD]) == ImportReport(products=1, items=1, twice=2)


def test_a_sold_unit_does_not_come_back_with_the_same_file(stand: Stand) -> None:
    bring(stand, [GOOD])
    buyer = stand.visitor(5)
    stand.grant(buyer, "10.00")
    offer = stand.shop.checkout.offer_product(buyer, Product.get().id, 1)
    stand.shop.checkout.place(buyer, offer.id)
    assert bring(stand, [GOOD]) == ImportReport(products=0, items=0, duplicates=1)
    assert Product.get().stock_count == 0


@pytest.mark.parametrize(
    "price",
    [0, -1, -0.01, 9.999, 0.001, True, None, [], {}, "", "free", "-5", "1e2", 10**16, 10**30, 1e300],
)
def test_an_invalid_price_is_refused_with_its_place(stand: Stand, price: Any) -> None:
    assert refusal(stand, [GOOD, GOOD | {"price": price}]) == ("bad_price", 2, "price")


@pytest.mark.parametrize("price", ["1,000", "9.999"])
def test_an_ambiguous_price_is_refused_with_its_place(stand: Stand, price: str) -> None:
    assert refusal(stand, [GOOD, GOOD | {"price": price}]) == ("ambiguous_price", 2, "price")


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_refused(stand: Stand, literal: str) -> None:
    assert refusal(stand, json.dumps([GOOD]).replace("9.99", literal)) == ("not_json", None, None)


@pytest.mark.parametrize("literal", ["1e999999999", "1e-999999999", "0e999999999", "1e400", "1" * 4000])
def test_an_absurdly_large_number_is_refused_at_once(stand: Stand, literal: str) -> None:
    start = time.process_time()
    assert refusal(stand, json.dumps([GOOD]).replace("9.99", literal)) == ("bad_price", 1, "price")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("literal", "minor"), [("9.99", 999), ("9.990", 999), ("1e2", 10000), ("64.5", 6450), ("7", 700)]
)
def test_prices_are_exact_however_json_writes_them(stand: Stand, literal: str, minor: int) -> None:
    bring(stand, json.dumps([GOOD]).replace("9.99", literal))
    assert Product.get().price_minor == minor


def test_no_price_goes_through_a_float(stand: Stand) -> None:
    text = json.dumps([GOOD]).replace("9.99", "9.99000000000000000000000000000001")
    assert refusal(stand, text) == ("bad_price", 1, "price")
    assert Decimal("9.99000000000000000000000000000001") != Decimal("9.99")


@pytest.mark.parametrize("field", ["category", "subcategory", "description", "private_data"])
@pytest.mark.parametrize("value", [None, "", " \r\n", 5, ["x"], "nul\x00byte", "half a pair \ud800"])
def test_a_missing_or_unusable_text_is_named(stand: Stand, field: str, value: Any) -> None:
    unfit = isinstance(value, str) and value.strip()
    unquoted = value is not None and not isinstance(value, str)
    reason = "unfit_text" if unfit else "unquoted_text" if unquoted else "missing_text"
    assert refusal(stand, [GOOD, GOOD, GOOD | {field: value}]) == (reason, 3, field)


@pytest.mark.parametrize("field", ["category", "subcategory", "description", "private_data", "price"])
def test_a_missing_field_is_named(stand: Stand, field: str) -> None:
    lacking = {name: value for name, value in GOOD.items() if name != field}
    reason = "bad_price" if field == "price" else "missing_text"
    assert refusal(stand, [lacking]) == (reason, 1, field)


@pytest.mark.parametrize("field", ["category", "subcategory"])
@pytest.mark.parametrize("name", ["x" * 65, "two\nlines"])
def test_a_name_too_long_for_a_button_is_refused(stand: Stand, field: str, name: str) -> None:
    assert refusal(stand, [GOOD | {field: name}]) == ("name_too_long", 1, field)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe[\x00]\x00", "not_a_list"),
        (b"PK\x03\x04\x00", "spreadsheet"),
        (b"[" * 100_000, "not_json"),
        (b"[]", "not_a_list"),
        (b"{}", "not_a_list"),
        (b"null", "not_a_list"),
        (b'"text"', "not_a_list"),
    ],
    ids=["empty", "blank", "BOM", "utf-16", "zip", "deep", "no-entry", "object", "null", "text"],
)
def test_a_file_that_is_not_a_list_of_goods_is_refused(stand: Stand, file: bytes, reason: str) -> None:
    assert refusal(stand, file) == (reason, None, None)


@pytest.mark.parametrize("entry", [None, 5, "text", [GOOD]])
def test_an_entry_that_is_not_an_object_is_named(stand: Stand, entry: Any) -> None:
    assert refusal(stand, [GOOD, entry]) == ("not_an_object", 2, None)


def test_a_file_that_is_too_large_is_refused_unread(stand: Stand) -> None:
    assert refusal(stand, b" " * MAX_FILE_BYTES + b"[") == ("too_large", None, None)


def test_a_file_with_too_many_entries_is_refused(stand: Stand) -> None:
    assert refusal(stand, b"[" + b"0," * 100_000 + b"0]") == ("too_many", None, None)


def test_a_product_is_named_after_the_first_line_of_its_description(stand: Stand) -> None:
    bring(stand, [GOOD | {"description": "\n\n  " + "word " * 20 + "\nmore"}])
    assert Product.get().name == ("word " * 20)[:63].rstrip() + "…"
    assert len(Product.get().name) <= 64


def test_a_stranger_and_a_banned_manager_stock_nothing(stand: Stand) -> None:
    stranger, manager = stand.visitor(78), stand.appoint(Right.CATALOGUE)
    with stand.database.transaction():
        Customer.change(manager.id, banned=True)
    for person in (stranger, manager, stand.visitor(MANAGER)):
        with pytest.raises(NotAllowed) as refused:
            stand.bring(person, json.dumps([GOOD]).encode())
        assert refused.value.args == ()
    assert StockItem.select().count() == 0


def test_two_admins_sending_the_same_file_at_once_stock_it_once(stand: Stand, at_once: Any) -> None:
    file = [GOOD | {"private_data": f"unit {number}"} for number in range(300)]
    reports = at_once(lambda: bring(stand, file), lambda: bring(stand, file, 2))
    assert sorted(report.items for report in reports) == [0, 300]
    assert Product.get().stock_count == 300
