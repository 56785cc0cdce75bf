"""Admins change the catalogue: sold goods stay, and an offer at another price ends."""

import json
from typing import Any

import pytest

from shop.catalog.editor import Editor, Field
from shop.catalog.formats.souk_json import MAX_DEPTH, MAX_STEPS
from shop.catalog.tree import Target, path_of
from shop.errors.catalog import BadValue, BelowItself, NameTaken
from shop.errors.refusals import NotAllowed, NotFound
from shop.errors.sales import OfferChanged
from shop.people import Person
from storage.database import Database
from storage.models import AuditEntry, Category, Outbox, Product, SharedItem, StockItem, StoredFile
from tests.conftest import StandingClock
from tests.goods import EVERY_KIND, encoded, own, png, product
from tests.stand import ADMIN, Stand, open_shop


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, LOW_STOCK_THRESHOLD="3")


@pytest.fixture
def editor(stand: Stand) -> Editor:
    return stand.shop.editor


def place(name: str, parent_id: int | None = None) -> int:
    row = Category.child(name, parent_id=parent_id)
    assert row is not None
    return row.id


def warnings(stand: Stand) -> list[int]:
    """The products that admins were told of."""
    rows = Outbox.select().where(Outbox.kind == "admin_low_stock", Outbox.telegram_id == ADMIN).order_by(Outbox.id)
    return [json.loads(row.payload)["product_id"] for row in rows]


@pytest.mark.parametrize(
    ("field", "text", "column", "value"),
    [
        (Field.NAME, " New name ", "name", "New name"),
        (Field.DESCRIPTION, "A <b>\ntext", "description", "A <b>\ntext"),
        (Field.DESCRIPTION, "-", "description", ""),
        (Field.PRICE, "12,50", "price_minor", 1250),
        (Field.THRESHOLD, "0", "low_stock_threshold", 0),
        (Field.THRESHOLD, "-", "low_stock_threshold", None),
    ],
)
def test_an_edit_is_applied_and_logged(
    stand: Stand, editor: Editor, owner: Person, field: Field, text: str, column: str, value: Any
) -> None:
    product_id = stand.stock("a")
    editor.edit(owner, Target(True, product_id), field, text)
    assert getattr(Product.get_by_id(product_id), column) == value
    [entry] = AuditEntry.select()
    assert (entry.action, entry.subject) == ("product.changed", f"product {product_id}")
    assert json.loads(entry.details) == {"field": field.value, "value": text}


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        (Field.NAME, "", "missing_text"),
        (Field.NAME, "x" * 65, "name_too_long"),
        (Field.NAME, "two\nlines", "name_too_long"),
        (Field.DESCRIPTION, "x" * 4001, "text_too_long"),
        *((Field.PRICE, text, "bad_price") for text in ("0", "-1", "9.9999", "NaN", "free", "")),
        (Field.PRICE, "9.999", "ambiguous_price"),
        *((Field.STEPS, text, "bad_steps") for text in ("10", "x=1", "10=", "=4")),
        *((Field.STEPS, text, "bad_quantity_prices") for text in ("1=9", "10=10", "10=9 10=8", "10=9 5=8")),
        (Field.STEPS, "10=0", "bad_price"),
        *((Field.THRESHOLD, text, "bad_number") for text in ("-1", "1000001", "x", "", "1.5", "²")),
    ],
)
def test_an_invalid_value_is_refused_and_changes_nothing(
    stand: Stand, editor: Editor, owner: Person, field: Field, text: str, reason: str
) -> None:
    target = Target(True, stand.stock("a"))
    before = stand.shop.catalog_tree.sheet(owner, target)
    with pytest.raises(BadValue) as refused:
        editor.edit(owner, target, field, text)
    assert refused.value.reason == reason
    assert stand.shop.catalog_tree.sheet(owner, target) == before
    assert AuditEntry.select().count() == 0


def test_quantity_prices_can_be_typed_and_a_lower_price_removes_those_no_longer_below_it(
    stand: Stand, editor: Editor, owner: Person
) -> None:
    target = Target(True, stand.stock("a"))
    sheet = editor.edit(owner, target, Field.STEPS, "5=9.00 10=4.50")
    assert [(count, price.minor) for count, price in sheet.steps] == [(5, 900), (10, 450)]
    sheet = editor.edit(owner, target, Field.PRICE, "8.00")
    assert [(count, price.minor) for count, price in sheet.steps] == [(10, 450)]
    assert editor.edit(owner, target, Field.STEPS, "-").steps == ()


def test_a_customer_with_an_offer_at_the_old_price_is_told_that_it_changed(
    stand: Stand, editor: Editor, owner: Person
) -> None:
    product_id, buyer = stand.stock("a"), stand.visitor(5)
    stand.grant(buyer, "100.00")
    offer = stand.shop.checkout.offer_product(buyer, product_id, 1)
    editor.edit(owner, Target(True, product_id), Field.PRICE, "1.00")
    with pytest.raises(OfferChanged) as changed:
        stand.shop.checkout.place(buyer, offer.id)
    assert changed.value.args == ()
    assert stand.balance(buyer) == 10_000


def test_a_deleted_product_leaves_only_what_was_sold(stand: Stand, editor: Editor, owner: Person) -> None:
    product_id = stand.stock("a", "b", "c")
    stand.buy(stand.rich(telegram_id=5), product_id)
    assert editor.delete(owner, Target(True, product_id)) == place("Keys", place("Games"))
    buyer = stand.visitor(5)
    assert stand.shop.orders.receipt_for(buyer, 1).lines[0].goods == ("a",)
    assert [item.content for item in StockItem.select()] == ["a"]
    with pytest.raises(NotFound) as gone:
        stand.shop.catalog.product(product_id)
    assert gone.value.args == ()


def test_a_deleted_product_comes_back_from_its_file_without_what_was_sold(
    stand: Stand, editor: Editor, owner: Person
) -> None:
    product_id = stand.stock("a", "b")
    stand.buy(stand.rich(telegram_id=5), product_id)
    editor.delete(owner, Target(False, place("Games")))
    assert stand.shop.catalog_tree.branch(owner, None).categories == ()
    assert stand.stock("a", "b") == product_id
    assert stand.shop.catalog.product(product_id).stock_count == 1
    assert [item.content for item in StockItem.unsold(product_id)] == ["b"]


def test_deleting_stock_deletes_its_files_but_no_sold_one(stand: Stand, editor: Editor, owner: Person) -> None:
    stand.bring(owner, own(*EVERY_KIND))
    maps, shared = stand.product("Unique file"), stand.product("Shared text")
    stand.buy(stand.rich(telegram_id=5), maps)
    first = StockItem.unsold(maps)[0].id
    assert editor.discard(owner, maps, first) == 1
    assert editor.discard(owner, maps) == 1
    assert editor.discard(owner, maps, first) == 0
    assert [file.name for file in StoredFile.select().order_by(StoredFile.name)] == ["book.pdf", "map-1.bin"]
    editor.discard(owner, shared)
    assert Product.get_by_id(shared).shared_item_id is None
    assert SharedItem.select().count() == 2


def test_a_unit_for_sale_is_known_by_its_number_and_its_end_and_never_shown_in_full(
    stand: Stand, editor: Editor, owner: Person
) -> None:
    product_id = stand.stock("SOLD-KEY-0000", *(f"SECRET-KEY-NO-{number:04}" for number in range(1, 12)), "abc")
    stand.buy(stand.rich(telegram_id=5), product_id)
    stock = [item for page in range(2) for item in editor.items(owner, product_id, page=page).items]
    ends = [f"…{number:04}" for number in range(1, 12)]
    assert [(item.number, item.mark) for item in stock] == list(enumerate([*ends, "…"], start=1))
    for item in stock:
        assert editor.item(owner, product_id, item.id)[1] == item
    stand.bring(owner, own(*EVERY_KIND))
    assert [item.mark for item in editor.items(owner, stand.product("Unique file"), page=0).items] == [
        f"map-{number}.bin" for number in (1, 2, 3)
    ]


def test_a_category_can_move_but_never_below_itself(stand: Stand, editor: Editor, owner: Person) -> None:
    one = editor.new_category(owner, None, "One")
    two = editor.new_category(owner, one, "Two")
    other = editor.new_category(owner, None, "Two")
    for into in (one, two):
        with pytest.raises(BelowItself) as refused:
            editor.move(owner, Target(False, one), into)
        assert refused.value.args == ()
    with pytest.raises(NameTaken) as taken:
        editor.move(owner, Target(False, two), None)
    assert taken.value.args == ()
    editor.delete(owner, Target(False, other))
    editor.move(owner, Target(False, two), None)
    assert stand.shop.catalog_tree.branch(owner, two).path == ("Two",)


def test_a_product_can_move_unless_a_file_could_no_longer_tell_it_from_another(
    stand: Stand, editor: Editor, owner: Person
) -> None:
    product_id = stand.stock("a")
    twin = stand.stock("b", category="Other")
    elsewhere = Product.get_by_id(stand.product("Key")).category_id
    assert elsewhere in {Product.get_by_id(each).category_id for each in (product_id, twin)}
    rows = list(Product.select().order_by(Product.id))
    with pytest.raises(NameTaken) as taken:
        editor.move(owner, Target(True, rows[0].id), rows[1].category_id)
    assert taken.value.args == ()
    with pytest.raises(NotFound) as nowhere:
        editor.move(owner, Target(True, rows[0].id), None)
    assert nowhere.value.args == ()
    made = editor.new_category(owner, None, "New")
    assert editor.move(owner, Target(True, rows[0].id), made).parent_id == made


def test_only_admins_see_hidden_things(stand: Stand, editor: Editor, owner: Person) -> None:
    product_id = stand.stock("a")
    assert editor.hide(owner, Target(True, product_id), hidden=True).hidden
    category_id = Product.get_by_id(product_id).category_id
    [node] = stand.shop.catalog_tree.branch(owner, category_id).products
    assert (node.hidden, node.stock_count) == (True, 1)
    assert stand.shop.catalog.shelf(category_id, page=0).products == ()
    assert not editor.hide(owner, Target(True, product_id), hidden=False).hidden
    assert len(stand.shop.catalog.shelf(category_id, page=0).products) == 1


@pytest.mark.parametrize("is_product", [True, False])
def test_a_picture_can_be_added_and_removed(stand: Stand, editor: Editor, owner: Person, is_product: bool) -> None:
    product_id = stand.stock("a")
    target = Target(is_product, product_id if is_product else place("Games"))
    assert editor.put_picture(owner, target, png()).has_picture
    assert not editor.put_picture(owner, target, None).has_picture
    for content in (b"GIF89a", b"", png() + bytes(5 * 1024 * 1024)):
        with pytest.raises(BadValue) as refused:
            editor.put_picture(owner, target, content)
        assert refused.value.reason == "bad_photo"


def test_nobody_else_can_look_or_change(stand: Stand, editor: Editor) -> None:
    target, branches = Target(True, stand.stock("a")), stand.shop.catalog_tree
    person = stand.visitor(5)
    for attempt in (
        lambda: branches.branch(person, None),
        lambda: branches.scarce(person, page=0),
        lambda: branches.sheet(person, target),
        lambda: editor.new_category(person, None, "x"),
        lambda: editor.edit(person, target, Field.PRICE, "1"),
        lambda: editor.put_picture(person, target, None),
        lambda: editor.hide(person, target, hidden=True),
        lambda: editor.move(person, target, 1),
        lambda: editor.delete(person, target),
        lambda: editor.items(person, target.id, page=0),
        lambda: editor.discard(person, target.id),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.args == ()
    assert AuditEntry.select().count() == 0


def test_low_stock_is_reported_once_until_it_is_refilled(stand: Stand, editor: Editor, owner: Person) -> None:
    product_id = stand.stock("1", "2", "3", "4", "5")
    stand.buy(stand.rich(telegram_id=5), product_id)
    assert warnings(stand) == []
    stand.buy(stand.rich(telegram_id=5), product_id)
    stand.buy(stand.rich(telegram_id=5), product_id)
    assert warnings(stand) == [product_id]
    stand.stock("6")
    stand.buy(stand.rich(telegram_id=5), product_id)
    assert warnings(stand) == [product_id]
    stand.stock("7", "8", "9")
    stand.buy(stand.rich(telegram_id=5), product_id, 2)
    assert warnings(stand) == [product_id] * 2
    assert [node.id for node in stand.shop.catalog_tree.scarce(owner, page=0).products] == [product_id]
    editor.edit(owner, Target(True, product_id), Field.THRESHOLD, "0")
    assert stand.shop.catalog_tree.scarce(owner, page=0).products == ()
    stand.buy(stand.rich(telegram_id=5), product_id)
    assert len(warnings(stand)) == 2


def test_a_products_own_threshold_overrides_the_setting(stand: Stand, owner: Person) -> None:
    shop = open_shop(stand.database, stand.clock, LOW_STOCK_THRESHOLD="0")
    product_id = shop.stock("1", "2", "3")
    shop.buy(shop.rich(telegram_id=5), product_id)
    assert warnings(shop) == []
    shop.shop.editor.edit(owner, Target(True, product_id), Field.THRESHOLD, "1")
    shop.buy(shop.rich(telegram_id=5), product_id)
    assert warnings(shop) == [product_id]


def test_something_that_never_runs_out_never_runs_low(stand: Stand, owner: Person) -> None:
    stand.bring(owner, own(*EVERY_KIND, product("Pictured", picture=encoded(png()), items=["x"])))
    for name in ("Shared text", "Made to order"):
        stand.buy(stand.rich(telegram_id=5), stand.product(name))
    assert warnings(stand) == []
    low = stand.shop.catalog_tree.scarce(owner, page=0).products
    assert [node.name for node in low] == ["Pictured", "Unique file", "Unique text"]


@pytest.mark.parametrize("text", ["0000000001234567", "0" * 30 + "9" * 30, "1000001", "9" * 4300 + "9"])
def test_a_threshold_that_is_too_large_is_refused_however_it_is_written(
    stand: Stand, owner: Person, editor: Editor, text: str
) -> None:
    product_id = stand.stock("a")
    with pytest.raises(BadValue) as refusal:
        editor.edit(owner, Target(True, product_id), Field.THRESHOLD, text)
    assert refusal.value.reason == "bad_number"


def test_a_category_can_move_no_deeper_than_a_goods_file_can_name(
    stand: Stand, owner: Person, editor: Editor
) -> None:
    roots = [editor.new_category(owner, None, name) for name in ("Deep", "Other")]
    above = roots[0]
    for number in range(MAX_DEPTH - 1):
        above = editor.new_category(owner, above, f"Level {number}")
    below = editor.new_category(owner, roots[1], "Below")
    with pytest.raises(BadValue) as refusal:
        editor.move(owner, Target(False, roots[1]), category_above(above))
    assert refusal.value.reason == "bad_path"
    assert Category.get_by_id(roots[1]).parent_id is None
    editor.move(owner, Target(False, below), category_above(above))
    assert len(path_of(below)) == MAX_DEPTH


def category_above(category_id: int) -> int:
    parent_id = Category.get_by_id(category_id).parent_id
    assert parent_id is not None
    return int(parent_id)


def test_a_product_has_no_more_quantity_prices_than_its_screen_shows(
    stand: Stand, owner: Person, editor: Editor
) -> None:
    product_id = stand.stock("a", price="100.00")
    steps = [f"{number}={10_000 - number}" for number in range(2, MAX_STEPS + 3)]
    target = Target(True, product_id)
    editor.edit(owner, target, Field.PRICE, "10000")
    with pytest.raises(BadValue) as refusal:
        editor.edit(owner, target, Field.STEPS, " ".join(steps))
    assert refusal.value.reason == "many_steps"
    assert len(editor.edit(owner, target, Field.STEPS, " ".join(steps[:MAX_STEPS])).steps) == MAX_STEPS
