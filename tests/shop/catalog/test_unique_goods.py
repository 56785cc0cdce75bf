"""A unique text or file is in the shop only once, and a sold one comes back only if an admin says so."""

import json
from typing import Any

import pytest

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.imports import Preview
from shop.catalog.lookalikes import LookAlike
from shop.catalog.plans import Holder, ImportReport, Known
from shop.errors.catalog import BadImport
from shop.people import Person
from storage.models import AuditEntry, Category, Product, StockItem
from storage.text import fingerprint
from tests.conftest import refused
from tests.goods import file_item, own, product
from tests.raw_sql import engine_of
from tests.stand import Stand

CARAVAN = {
    "category": "Games",
    "subcategory": "Keys",
    "price": "9.99",
    "description": "Caravan",
    "private_data": "KEY-1",
}


def listed(*changes: dict[str, Any]) -> bytes:
    return json.dumps([CARAVAN | change for change in changes]).encode()


def receive(stand: Stand, owner: Person, file: bytes, name: str = "goods.json") -> Preview:
    return stand.shop.imports.receive(owner, name, file)


def units() -> list[tuple[str, str]]:
    return [(item.product.name, item.content) for item in StockItem.select().order_by(StockItem.id)]


@pytest.mark.parametrize(
    "change",
    [
        {"price": "10.99"},
        {"description": "Caravans"},
        {"category": "Toys"},
        {"price": "10.99", "private_data": "key-1"},
        {"price": "10.99", "private_data": " KEY-1 \t"},
        {"price": "10.99", "private_data": "KEY-1\r\n"},
        {"price": "10.99", "private_data": "KEY\u200b-1"},
        {"price": "10.99", "private_data": "KEY-1\ufe0f"},
        {"price": "10.99", "private_data": "K\u034fEY-1"},
        {"price": "10.99", "private_data": "\u3164KEY-1"},
        {"price": "10.99", "private_data": "KEY-1\u2800"},
        {"price": "10.99", "private_data": "KEY\u2065-1"},
    ],
    ids=[
        *("price", "description", "place", "case", "blanks", "line end", "invisible", "emoji sign", "joiner"),
        *("filler", "blank pattern", "reserved"),
    ],
)
@pytest.mark.usefixtures("books_add_up_in_the_end")
def test_the_same_key_is_not_for_sale_twice_whatever_else_the_file_says(
    stand: Stand, owner: Person, change: dict[str, str]
) -> None:
    stand.bring(owner, listed({}))
    preview = receive(stand, owner, listed(change))
    assert preview.report == ImportReport(duplicates=1)
    caravan = stand.product("Caravan")
    assert preview.holders == (Holder(caravan, "Caravan", stand.usd("9.99"), 1, 0),)
    assert stand.shop.imports.confirm(owner, preview.id) == preview.report
    assert units() == [("Caravan", "KEY-1")]
    assert Product.select().count() == 1


@pytest.mark.parametrize(
    "pair",
    [
        *(("Café-1", "Cafe\u0301-1"), ("STRASSE", "straße"), ("ﬁ", "FI"), ("Ünïq", "ÜNÏQ")),
        *(("user\u00a0pass", "user pass"), ("cafe\u200d\u0301", "café"), ("e\u034f\u0323\u0301", "ẹ\u0301")),
    ],
)
def test_a_text_is_recognised_in_every_unicode_form_and_letter_case(pair: tuple[str, str]) -> None:
    assert fingerprint(pair[0]) == fingerprint(pair[1])
    assert fingerprint(pair[0]) != fingerprint(pair[0] + "2")
    assert fingerprint(pair[0]) != fingerprint(pair[0].encode())


def test_texts_that_look_different_are_different_goods() -> None:
    texts = ["user pass", "userpass", "user\tpass", "user\npass", "user\ufffdpass", "usér pass"]
    assert len({fingerprint(text) for text in texts}) == len(texts)


def test_the_product_that_has_the_goods_takes_price_and_description_if_the_admin_says_so(
    stand: Stand, owner: Person
) -> None:
    stand.bring(owner, listed({}, {"private_data": "KEY-2"}))
    dearer = {"price": "10.99", "description": "Caravan!"}
    file = listed(dearer, dearer | {"private_data": "KEY-2"}, dearer | {"private_data": "KEY-3"})
    preview = receive(stand, owner, file)
    assert (preview.updates, preview.sold, preview.report.products) == (1, 0, 1)
    report = stand.shop.imports.confirm(owner, preview.id, known=Known.UPDATE)
    assert report == ImportReport(items=1, duplicates=2, changed=1)
    [row] = Product.select()
    assert (row.name, row.description, row.price_minor, row.stock_count) == ("Caravan!", "Caravan!", 1099, 3)
    again = receive(stand, owner, file)
    assert (again.report, again.holders, again.updates) == (ImportReport(duplicates=3), (), 0)


def test_a_file_with_another_name_updates_the_product_that_has_the_goods(stand: Stand, owner: Person) -> None:
    steps = [{"from": 5, "price": "8.00"}]
    stand.bring(owner, own(product("Key", "10.00", items=["A", "B"], quantity_prices=steps)))
    file = own(product("Other", "9.00", items=["a ", "B", "C"]))
    preview = receive(stand, owner, file)
    assert preview.report == ImportReport(products=1, items=1, duplicates=2)
    assert stand.shop.imports.confirm(owner, preview.id, known=Known.UPDATE).changed == 1
    assert units() == [("Key", "A"), ("Key", "B"), ("Key", "C")]
    assert Product.get().price_minor == 900


def test_goods_of_two_products_are_reported_and_update_neither(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(product("One", items=["A"]), product("Two", items=["B", "C"])))
    preview = receive(stand, owner, own(product("Three", items=["A", "B", "C", "D"])))
    assert [(each.name, each.for_sale) for each in preview.holders] == [("Two", 2), ("One", 1)]
    assert preview.updates == 0
    assert stand.shop.imports.confirm(owner, preview.id, known=Known.UPDATE) == preview.report
    assert units()[-1] == ("Three", "D")


@pytest.mark.usefixtures("books_add_up_in_the_end")
def test_sold_goods_come_back_only_when_an_admin_says_so(stand: Stand, owner: Person) -> None:
    stand.bring(owner, listed({}))
    stand.bought(stand.visitor(), "Caravan")
    for known in (Known.SKIP, Known.UPDATE):
        preview = receive(stand, owner, listed({"price": "10.99"}))
        assert preview.sold == 1
        assert stand.shop.imports.confirm(owner, preview.id, known=known).items == 0
        assert Product.get().stock_count == 0
    preview = receive(stand, owner, listed({"price": "10.99"}))
    assert stand.shop.imports.confirm(owner, preview.id, known=Known.AGAIN).items == 1
    assert (Product.get().stock_count, units()) == (1, [("Caravan", "KEY-1")] * 2)
    assert json.loads(AuditEntry.select().order_by(AuditEntry.id.desc()).get().details)["known"] == "again"
    assert receive(stand, owner, listed({})).sold == 0
    assert "twice" not in {each.kind for each in stand.shop.reconciliation.check(owner).differences}


def test_a_dialog_says_what_the_shop_already_had_and_sells_it_again_only_when_told_to(
    stand: Stand, owner: Person
) -> None:
    stand.bring(owner, listed({}, {"private_data": "KEY-2"}))
    stand.bought(stand.visitor(), "Caravan")
    drafts, category = stand.shop.drafts, Category.get(Category.name == "Games").id
    for again, count in ((False, 1), (True, 2)):
        drafts.begin(owner, category)
        for field, text in (("name", f"Other {again}"), ("text", "-"), ("price", "1")):
            drafts.type(owner, field, text)
        drafts.choose(owner, DeliverableKind.UNIQUE_TEXT)
        draft = drafts.add_text(owner, f"key-1\nkey-2\nnew {again}")
        assert (draft.sold, draft.holders[0].for_sale) == (1, 1)
        assert Product.get_by_id(drafts.confirm(owner, again=again)).stock_count == count


def test_a_file_is_recognised_by_its_bytes(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(product("Map", deliverable="unique_file", items=[file_item("a.png", b"map")])))
    other = own(product("Chart", deliverable="unique_file", items=[file_item("b.png", b"map")]))
    assert receive(stand, owner, other).report == ImportReport(duplicates=1)


def test_the_database_stores_the_same_goods_only_once(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(product("One", items=["A"]), product("Two", items=["B"])))
    two = stand.product("Two")

    def put(content: str, mark: bytes, **more: Any) -> None:
        row = {"product": two, "content": content, "content_hash": mark, "created_at": 1, "fingerprint": mark}
        StockItem.create(**row | more)

    database = stand.database
    assert "UNIQUE" in refused(database, lambda: put("a", fingerprint("A")))
    assert "fingerprint" in refused(database, lambda: put("A", fingerprint("C")))
    assert "fingerprint" in refused(database, lambda: put("A", b"", fingerprint=None))
    again = {"occurrence": 2, "again_by": owner.id}
    assert "comes again" in refused(database, lambda: put("A", fingerprint("A"), **again))
    stand.bought(stand.visitor(), "One")
    assert "comes again" in refused(database, lambda: put("A", fingerprint("A"), occurrence=2))
    assert "never changed" in refused(database, lambda: StockItem.update(content="Z").execute())


def test_the_reconciliation_lists_goods_that_the_shop_has_twice(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(product("One", items=["A"]), product("Two", items=["B"])))
    with stand.database.transaction():
        engine = engine_of(stand.database)
        engine.execute_sql("DROP TRIGGER stock_item_comes_again")
        mark = fingerprint("A")
        twin = {"content": "A", "content_hash": b"", "created_at": 1, "fingerprint": mark, "occurrence": 2}
        StockItem.create(product=stand.product("Two"), **twin)
    [difference] = stand.shop.reconciliation.check(owner).differences
    assert (difference.kind, difference.subject, difference.found) == ("twice", stand.product("Two"), 1)


@pytest.mark.parametrize("name", ["Cafe\u0301", "Café"])
def test_a_name_is_the_same_in_every_unicode_form(stand: Stand, owner: Person, name: str) -> None:
    stand.bring(owner, own(product(path=["Café"], items=["A"])))
    stand.bring(owner, own(product(path=[name], items=["B"])))
    assert [row.name for row in Category.select()] == ["Café"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Key\u200b",
            "\u202eyeK",
            "Key\u2066",
            "\u2800",
            "\u3164",
            "Ke\u00ady",
            "Key\ufeff",
            "\u200eKey",
            "Key\ufe00",
            "Key\ufffd",
        ),
        *("Key\x07", "Ke\u2028y", "\u200dKey", "Key\u200d", "Key\U000e0041"),
    ],
)
def test_a_name_with_an_invisible_character_is_refused(stand: Stand, owner: Person, name: str) -> None:
    preview = receive(stand, owner, own(product(name), product("Good")))
    assert [error.field for error in preview.refused] == ["name"]
    assert preview.refused[0].reason in ("bad_name", "missing_text")
    with pytest.raises(BadImport) as wrong:
        stand.bring(owner, listed({"category": name}))
    assert wrong.value.field == "category"


@pytest.mark.parametrize("name", ["❤️ Keys", "👨‍👩‍👧 Family", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England", "می‌خواهم", "क्‍ष", "Ключи", "日本語", "№ 1"])
def test_a_name_may_contain_the_joiners_its_script_needs(stand: Stand, owner: Person, name: str) -> None:
    stand.bring(owner, own(product(name)))
    assert Product.get().name == name


def test_blanks_in_a_name_become_plain_spaces(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(product("Half\u00a0Life\u202f2\u3000")))
    assert Product.get().name == "Half Life 2"


def test_names_that_look_like_others_are_reported(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(product("Key", path=["Games", "Keys"])))
    near = [
        product("Кеу", path=["Games", "Keys"]),
        product("X", path=["Gаmes"]),
        product("Y", path=["games", "Keys"]),
    ]
    assert set(receive(stand, owner, own(*near)).look_alikes) == {
        LookAlike("Кеу", "Key"),
        LookAlike("Gаmes", "Games"),
        LookAlike("games", "Games"),
    }
    assert receive(stand, owner, own(product("Key", path=["Games", "Keys"]), product("Lock"))).look_alikes == ()
