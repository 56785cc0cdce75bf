"""Five kinds of goods: each item is delivered once, stays visible forever, and survives races between buyers."""

from typing import Any

import pytest

from shop.catalog.deliverables import DELIVERABLES, DeliverableKind
from shop.errors.catalog import FileTooLarge
from shop.errors.refusals import NotAllowed, NotFound
from shop.errors.sales import AlreadyDelivered, BadQuantity, OutOfStock
from shop.sales.delivery import MAX_FILE_BYTES
from shop.sales.orders import Receipt
from storage.models import MadeItem, OrderLine, Outbox, Product, SharedItem, StockItem, StoredFile
from storage.text import fingerprint
from tests.conftest import refused
from tests.goods import EVERY_KIND, file_item, own, product
from tests.stand import ADMIN, Stand, audited, letters, readers

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")

NAMES = {
    DeliverableKind.UNIQUE_TEXT: "Unique text",
    DeliverableKind.UNIQUE_FILE: "Unique file",
    DeliverableKind.SHARED_TEXT: "Shared text",
    DeliverableKind.SHARED_FILE: "Shared file",
    DeliverableKind.MADE_TO_ORDER: "Made to order",
}


@pytest.fixture
def shop(stand: Stand) -> Stand:
    stand.bring(stand.visitor(ADMIN), own(*EVERY_KIND))
    return stand


def test_every_kind_has_a_delivery() -> None:
    assert set(DELIVERABLES) == set(DeliverableKind)


@pytest.mark.parametrize(
    ("kind", "quantity", "texts", "files", "waiting"),
    [
        (DeliverableKind.UNIQUE_TEXT, 2, ("KEY<1>&", "KEY-2"), [], False),
        (DeliverableKind.UNIQUE_FILE, 2, (), ["map-1.bin", "map-2.bin"], False),
        (DeliverableKind.SHARED_TEXT, 1, ("https://courses.example/?a=1&b=<2>",), [], False),
        (DeliverableKind.SHARED_FILE, 1, (), ["book.pdf"], False),
        (DeliverableKind.MADE_TO_ORDER, 3, (), [], True),
    ],
)
def test_what_was_paid_for_is_delivered_and_shown_forever(
    shop: Stand, kind: DeliverableKind, quantity: int, texts: tuple[str, ...], files: list[str], waiting: bool
) -> None:
    person = shop.rich()
    receipt = shop.buy(person, NAMES[kind], quantity)
    [line] = receipt.lines
    assert (line.kind, line.goods, [file.name for file in line.files], line.waiting) == (kind, texts, files, waiting)
    assert shop.balance(person) == 10_000 - 1000 * quantity
    with shop.database.transaction():
        Product.update(hidden=True, name="Renamed").execute()
    assert shop.shop.orders.receipt_for(person, receipt.order_id) == receipt
    assert [letter.key for letter in letters("goods_file")] == [f"file:{line.id}:{file.id}" for file in line.files]
    for file in line.files:
        assert shop.shop.delivery.file(line.id, file.id).content == StoredFile.read(file.id)
    assert all(unit not in repr(receipt) for unit in texts)


def test_a_file_of_another_order_line_is_not_given_out(shop: Stand) -> None:
    mine, other = (
        shop.buy(shop.rich(), NAMES[DeliverableKind.UNIQUE_FILE]),
        shop.buy(shop.rich(telegram_id=5), NAMES[DeliverableKind.UNIQUE_FILE]),
    )
    with pytest.raises(StopIteration) as missing:
        shop.shop.delivery.file(mine.lines[0].id, other.lines[0].files[0].id)
    assert missing.value.value is None
    with pytest.raises(NotFound) as refused_:
        shop.shop.delivery.send_files_again(shop.visitor(1001), other.order_id)
    assert refused_.value.args == ()


@pytest.mark.parametrize("kind", [DeliverableKind.SHARED_TEXT, DeliverableKind.SHARED_FILE])
def test_an_order_takes_at_most_one_of_a_shared_product(shop: Stand, kind: DeliverableKind) -> None:
    person = shop.rich()
    with pytest.raises(BadQuantity) as too_many:
        shop.buy(person, NAMES[kind], 2)
    assert too_many.value.largest == 1
    with pytest.raises(BadQuantity) as cart:
        shop.shop.carts.set(person, shop.product(NAMES[kind]), 2)
    assert cart.value.largest == 1


def test_a_shared_product_without_content_yet_is_sold_out(stand: Stand) -> None:
    stand.bring(stand.visitor(ADMIN), own(product(deliverable="shared_file")))
    with pytest.raises(OutOfStock) as refused_:
        stand.shop.checkout.offer_product(stand.rich(), stand.product("Key"), 1)
    assert refused_.value.available == 0


@pytest.mark.parametrize("kind", [DeliverableKind.UNIQUE_TEXT, DeliverableKind.UNIQUE_FILE])
def test_thirty_buyers_of_the_last_three_units_get_one_each_or_nothing(
    shop: Stand, at_once: Any, kind: DeliverableKind
) -> None:
    people = [shop.rich(telegram_id=2000 + number) for number in range(30)]
    offers = [shop.shop.checkout.offer_product(each, shop.product(NAMES[kind]), 1) for each in people]
    places = [
        lambda person=person, offer=offer: shop.shop.checkout.place(person, offer.id)
        for person, offer in zip(people, offers, strict=True)
    ]
    outcomes = at_once(*places)
    lucky = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    units = [unit for receipt in lucky for line in receipt.lines for unit in (*line.goods, *line.files)]
    assert len(units) == len(set(units)) == len(lucky) == 3
    assert {type(outcome) for outcome in outcomes if outcome not in lucky} == {OutOfStock}
    assert sorted(shop.balance(person) for person in people) == [9000] * 3 + [10_000] * 27


@pytest.mark.parametrize(
    "kind", [DeliverableKind.SHARED_TEXT, DeliverableKind.SHARED_FILE, DeliverableKind.MADE_TO_ORDER]
)
def test_thirty_buyers_of_something_that_never_runs_out_all_get_it(
    shop: Stand, at_once: Any, kind: DeliverableKind
) -> None:
    people = [shop.rich(telegram_id=2000 + number) for number in range(30)]
    offers = [shop.shop.checkout.offer_product(each, shop.product(NAMES[kind]), 1) for each in people]
    places = [
        lambda person=person, offer=offer: shop.shop.checkout.place(person, offer.id)
        for person, offer in zip(people, offers, strict=True)
    ]
    outcomes = at_once(*places)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert {shop.balance(person) for person in people} == {9000}
    assert shop.shop.catalog.product(shop.product(NAMES[kind])).sold_count == 30


def test_everybody_gets_a_whole_text_while_it_is_being_replaced(shop: Stand, at_once: Any) -> None:
    admin = shop.visitor(ADMIN)
    people = [shop.rich(telegram_id=2000 + number) for number in range(10)]
    shared = {"deliverable": "shared_text"}
    places = [lambda person=person: shop.buy(person, NAMES[DeliverableKind.SHARED_TEXT]) for person in people]
    files = [own(product("Shared text", items=[f"edition {n}"], **shared)) for n in range(5)]
    outcomes = at_once(*places, *(lambda file=file: shop.bring(admin, file) for file in files))
    receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    assert len(receipts) == 10
    known = {item.content for item in SharedItem.select()}
    for person, receipt in zip(people, receipts, strict=True):
        assert receipt.lines[0].goods[0] in known
        assert shop.shop.orders.receipt_for(person, receipt.order_id) == receipt


def test_something_made_to_order_is_delivered_by_an_admin_once(shop: Stand) -> None:
    person, admin = shop.rich(), shop.visitor(ADMIN)
    receipt = shop.buy(person, NAMES[DeliverableKind.MADE_TO_ORDER], 2)
    line_id = receipt.lines[0].id
    assert readers("admin_to_make") == [1, 2]
    assert shop.shop.delivery.to_make(admin, line_id).quantity == 2
    shop.shop.delivery.deliver(admin, line_id, "<made> & ready")
    [line] = shop.shop.orders.receipt_for(person, receipt.order_id).lines
    assert (line.goods, line.waiting) == (("<made> & ready",), False)
    assert readers("made") == [1001]
    made = {"goods": NAMES[DeliverableKind.MADE_TO_ORDER], "quantity": 2}
    assert audited()[-1] == ("item.made", f"order {receipt.order_id}", made)
    for again in (
        lambda: shop.shop.delivery.to_make(admin, line_id),
        lambda: shop.shop.delivery.deliver(admin, line_id, "other"),
    ):
        with pytest.raises(AlreadyDelivered) as refused_:
            again()
        assert refused_.value.args == ()
    assert shop.shop.orders.receipt_for(person, receipt.order_id).lines[0].goods == ("<made> & ready",)


def test_something_made_to_order_may_be_a_file(shop: Stand) -> None:
    person, admin = shop.rich(), shop.visitor(ADMIN)
    receipt = shop.buy(person, NAMES[DeliverableKind.MADE_TO_ORDER])
    line_id = receipt.lines[0].id
    with pytest.raises(FileTooLarge) as refused_:
        shop.shop.delivery.deliver(admin, line_id, "huge.bin", file=b"x" * (MAX_FILE_BYTES + 1))
    assert refused_.value.largest_mb == 20
    shop.shop.delivery.deliver(admin, line_id, "portrait.png", file=b"\x89PNG")
    [file] = shop.shop.orders.receipt_for(person, receipt.order_id).lines[0].files
    assert (file.name, file.size, StoredFile.read(file.id)) == ("portrait.png", 4, b"\x89PNG")
    assert [letter.key for letter in letters("goods_file")] == [f"file:{line_id}:{file.id}"]


def test_two_admins_who_deliver_at_once_deliver_once(shop: Stand, at_once: Any) -> None:
    receipt = shop.buy(shop.rich(), NAMES[DeliverableKind.MADE_TO_ORDER])
    line_id = receipt.lines[0].id
    admins = [shop.visitor(ADMIN), shop.visitor(2)]
    outcomes = at_once(
        *(lambda admin=admin: shop.shop.delivery.deliver(admin, line_id, f"by {admin.id}") for admin in admins * 5)
    )
    assert sum(isinstance(outcome, AlreadyDelivered) for outcome in outcomes) == 9
    assert (MadeItem.select().count(), len(letters("made"))) == (1, 1)
    assert [action for action, *_ in audited()].count("item.made") == 1


def test_a_stranger_delivers_nothing_and_a_line_of_another_kind_is_not_found(shop: Stand) -> None:
    made, key = (
        shop.buy(shop.rich(), NAMES[DeliverableKind.MADE_TO_ORDER]),
        shop.buy(shop.rich(telegram_id=5), NAMES[DeliverableKind.UNIQUE_TEXT]),
    )
    for call in (shop.shop.delivery.to_make, lambda who, line: shop.shop.delivery.deliver(who, line, "x")):
        with pytest.raises(NotAllowed) as stranger:
            call(shop.visitor(1001), made.lines[0].id)
        assert stranger.value.args == ()
        for line_id in (key.lines[0].id, 0, -1, 10**17):
            with pytest.raises(NotFound) as missing:
                call(shop.visitor(ADMIN), line_id)
            assert missing.value.args == ()
    assert MadeItem.select().count() == 0


def test_an_orders_files_are_queued_again_one_by_one(shop: Stand) -> None:
    person = shop.rich()
    receipt = shop.buy(person, NAMES[DeliverableKind.UNIQUE_FILE], 3)
    with shop.database.transaction():
        Outbox.update(sent_at=1).execute()
    shop.shop.delivery.send_files_again(person, receipt.order_id)
    assert [letter.sent_at for letter in letters("goods_file")] == [None] * 3
    assert [letter.sent_at for letter in letters("goods")] == [1]


def test_the_database_refuses_goods_of_another_kind(shop: Stand) -> None:
    text, shared, made = (
        shop.product(NAMES[kind])
        for kind in (DeliverableKind.UNIQUE_TEXT, DeliverableKind.SHARED_TEXT, DeliverableKind.MADE_TO_ORDER)
    )
    piece = {"content_hash": b"x", "created_at": 0, "content": "x"}
    unique = piece | {"fingerprint": fingerprint("x")}
    for product_id in (shared, made):
        assert "own kind" in refused(shop.database, lambda p=product_id: StockItem.create(product=p, **unique))
    file = {"file_id": 1, "fingerprint": fingerprint(StoredFile.read(1))}
    assert "own kind" in refused(shop.database, lambda: StockItem.create(product=text, **piece | file))
    assert "own kind" in refused(shop.database, lambda: SharedItem.create(product=text, **piece))
    assert "keeps its kind" in refused(
        shop.database, lambda: Product.update(deliverable="shared_text").where(Product.id == text).execute()
    )
    item = SharedItem.get(SharedItem.product == shared)
    assert "its own" in refused(shop.database, lambda: Product.change(text, shared_item_id=item.id))
    assert "never changed" in refused(shop.database, lambda: SharedItem.update(content="y").execute())
    assert "never changed" in refused(shop.database, lambda: StoredFile.update(name="y").execute())


def test_the_database_never_changes_what_an_order_line_was_given(shop: Stand) -> None:
    person, admin = shop.rich(), shop.visitor(ADMIN)
    shared = shop.buy(person, NAMES[DeliverableKind.SHARED_TEXT])
    made = shop.buy(person, NAMES[DeliverableKind.MADE_TO_ORDER])
    shop.shop.delivery.deliver(admin, made.lines[0].id, "made")
    line = OrderLine.get_by_id(shared.lines[0].id)
    assert "once" in refused(shop.database, lambda: OrderLine.attach_shared(line.id, line.shared_item_id))
    assert "its own product" in refused(
        shop.database, lambda: OrderLine.attach_shared(made.lines[0].id, line.shared_item_id)
    )
    assert "kept" in refused(shop.database, lambda: MadeItem.update(content="other").execute())
    assert "kept" in refused(shop.database, lambda: MadeItem.delete().execute())
    by_hand = {"content": "x", "made_by": admin.id, "created_at": 0}
    assert "by hand" in refused(shop.database, lambda: MadeItem.create(order_line_id=line.id, **by_hand))
    wrong = {"product_name": "x", "unit_price_minor": 1, "quantity": 1, "deliverable": "shared_file"}
    assert "kind of its product" in refused(
        shop.database,
        lambda: OrderLine.create(order=made.order_id, product_id=shop.product("Unique text"), **wrong),
    )


def test_all_goods_of_a_mixed_cart_are_delivered(shop: Stand) -> None:
    person = shop.rich()
    for name in NAMES.values():
        shop.shop.carts.add(person, shop.product(name), 1)
    receipt = shop.shop.checkout.place(person, shop.shop.checkout.offer_cart(person).id)
    assert {line.kind for line in receipt.lines} == set(DeliverableKind)
    assert len(letters("goods_file")) == 2
    assert shop.balance(person) == 5000


def test_a_file_with_the_same_content_is_the_same_file_whatever_its_name(stand: Stand) -> None:
    items = [file_item("a", b"same"), file_item("b", b"same"), file_item("a", b"same")]
    report = stand.bring(stand.visitor(ADMIN), own(product(deliverable="unique_file", items=items)))
    assert (report.items, report.twice) == (1, 2)
