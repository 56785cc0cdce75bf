"""A faulty item is replaced once, from stock, free of charge, and the original stays on record."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shop.administration.restoring import hold_goods
from shop.errors.catalog import GoodsHeld
from shop.errors.refusals import NotAllowed, NotFound, OwnAccount
from shop.errors.sales import AlreadyReplaced, LineRefunded, OutOfStock
from shop.people import Person, Right
from storage.models import AuditEntry, ManagerRight, Outbox, Replacement, StockItem
from tests.goods import file_item, own, product
from tests.stand import ADMIN, Stand


def item(content: str) -> int:
    return int(StockItem.get(StockItem.content == content).id)


def goods(stand: Stand, person: Person) -> Any:
    [line] = stand.shop.orders.receipt_for(person, 1).lines
    return line


def test_a_faulty_unit_is_replaced_and_delivered_and_stays_in_the_history(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.stock("AAAA-1111", "BBBB-2222", "CCCC-3333")
    line_id, before = stand.bought(person, "Key", 2), stand.balance(person)
    page = stand.shop.replacements.pieces(admin, line_id, page=0)
    assert [(piece.number, piece.mark) for piece in page.pieces] == [(1, "…11"), (2, "…22")]
    stand.shop.replacements.replace(admin, item("AAAA-1111"))
    assert (goods(stand, person).goods, goods(stand, person).faulty) == (("BBBB-2222", "CCCC-3333"), ("AAAA-1111",))
    assert stand.balance(person) == before
    [letter] = Outbox.select().where(Outbox.kind == "replaced")
    assert json.loads(letter.payload) == {"line_id": line_id, "item_id": item("CCCC-3333")}
    order_id, alone = stand.shop.delivery.replacement(line_id, item("CCCC-3333"))
    assert (order_id, alone.goods, alone.quantity, alone.paid.minor) == (1, ("CCCC-3333",), 1, 0)
    [entry] = AuditEntry.page(page=0, size=9)
    details = {"goods": "Key", "number": 1}
    assert (entry.admin_id, entry.action, entry.subject) == (admin.id, "item.replaced", "order 1")
    assert json.loads(entry.details) == details
    books_add_up()


def test_a_file_is_replaced_by_a_file_and_both_can_still_be_sent(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    files = [file_item(f"map-{number}.bin", b"\0map %d" % number) for number in (1, 2)]
    stand.bring(admin, own(product("Map", deliverable="unique_file", items=files)))
    line_id = stand.bought(person, "Map")
    old = goods(stand, person).files[0].id
    assert stand.shop.replacements.pieces(admin, line_id, page=0).pieces[0].mark == "map-1.bin"
    stand.shop.replacements.replace(admin, item("map-1.bin"))
    [new] = goods(stand, person).files
    assert (new.name, goods(stand, person).faulty) == ("map-2.bin", ("map-1.bin",))
    assert stand.shop.delivery.file(line_id, new.id).content == b"\0map 2"
    assert stand.shop.delivery.file(line_id, old).content == b"\0map 1"
    sent = [json.loads(row.payload) for row in Outbox.select().where(Outbox.kind == "goods_file")]
    assert {"line_id": line_id, "file_id": new.id} in sent
    books_add_up()


def test_twenty_presses_at_once_replace_once(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.stock("A", *(f"spare-{number}" for number in range(20)))
    stand.bought(person, "Key")
    outcomes = at_once(*[lambda: stand.shop.replacements.replace(admin, item("A"))] * 20)
    assert sorted(type(each).__name__ for each in outcomes) == ["AlreadyReplaced"] * 19 + ["Faulty"]
    assert Replacement.select().count() == AuditEntry.select().count() == 1
    assert Outbox.select().where(Outbox.kind == "replaced").count() == 1
    books_add_up()


def test_the_last_unit_goes_to_a_buyer_or_a_replacement_never_to_both(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admin, person, other = stand.visitor(ADMIN), stand.visitor(), stand.visitor(5)
    stand.stock("A", "B")
    stand.bought(person, "Key")
    stand.grant(other, "10.00")
    offer = stand.shop.checkout.offer_product(other, stand.product("Key"), 1)
    outcomes = at_once(
        lambda: stand.shop.replacements.replace(admin, item("A")),
        lambda: stand.shop.checkout.place(other, offer.id),
    )
    assert sum(isinstance(each, OutOfStock) for each in outcomes) == 1
    books_add_up()


def test_without_stock_the_refusal_says_so_and_nothing_changes(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.stock("A")
    stand.bought(person, "Key")
    with pytest.raises(OutOfStock) as refused:
        stand.shop.replacements.replace(admin, item("A"))
    assert (refused.value.product_name, refused.value.available) == ("Key", 0)
    assert (goods(stand, person).goods, AuditEntry.select().count()) == (("A",), 0)


def test_a_replacement_can_be_replaced_too_but_no_unit_twice(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.stock("A", "B", "C")
    stand.bought(person, "Key")
    replacements = stand.shop.replacements
    replacements.replace(admin, item("A"))
    replacements.replace(admin, item("B"))
    for old in ("A", "B"):
        with pytest.raises(AlreadyReplaced):
            replacements.faulty(admin, item(old))
    assert (goods(stand, person).goods, goods(stand, person).faulty) == (("C",), ("A", "B"))


def test_units_that_are_unsold_or_refunded_and_other_kinds_of_goods_are_not_replaced(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.stock("A", "B")
    line_id = stand.bought(person, "Key")
    replacements = stand.shop.replacements
    for number in (item("B"), 0, -1, 10**17):
        with pytest.raises(NotFound):
            replacements.replace(admin, number)
    stand.bring(admin, own(product("Portrait", deliverable="made_to_order")))
    with pytest.raises(NotFound):
        replacements.pieces(admin, stand.bought(person, "Portrait"), page=0)
    stand.shop.refunds.refund_line(admin, line_id)
    with pytest.raises(LineRefunded):
        replacements.replace(admin, item("A"))


def test_somebody_without_the_right_and_a_manager_who_is_the_buyer_are_refused(stand: Stand) -> None:
    owner, helper = stand.visitor(ADMIN), stand.visitor(77)
    stand.stock("A", "B", "C")
    stand.bought(helper, "Key")
    with pytest.raises(NotAllowed):
        stand.shop.replacements.replace(helper, item("A"))
    with stand.database.transaction():
        ManagerRight.create(telegram_id=77, right_name=Right.CUSTOMERS.value, given_by=owner.id, given_at=1)
    with pytest.raises(OwnAccount):
        stand.shop.replacements.replace(stand.shop.customers.person(helper.id), item("A"))


def test_many_units_are_paged_and_short_ones_are_not_revealed(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.stock(*(f"K{number}" for number in range(9)))
    line_id = stand.bought(person, "Key", 9)
    page = stand.shop.replacements.pieces(admin, line_id, page=7)
    assert [(piece.number, piece.mark) for piece in page.pieces] == [(9, "…")]
    assert (page.page, page.pages) == (1, 2)


def test_a_restored_shop_replaces_nothing_until_an_owner_releases_the_goods(stand: Stand) -> None:
    line_id = stand.bought(stand.visitor(), stand.stock("KEY-1", "KEY-2"))
    with stand.database.transaction():
        hold_goods(stand.clock())
    owner, unit = stand.visitor(ADMIN), StockItem.pieces_of(line_id)[0].id
    with pytest.raises(GoodsHeld) as refused:
        stand.shop.replacements.replace(owner, unit)
    assert refused.value.alert
    stand.shop.held_goods.release(owner, None)
    stand.shop.replacements.replace(owner, unit)
    assert [item.content for item in StockItem.pieces_of(line_id)] == ["KEY-2"]
