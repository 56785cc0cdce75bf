"""Refunds return what was paid, once, whoever presses and however often."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shop.catalog.formats.aiogram import Goods
from shop.errors.refusals import MoneyRightNeeded, NotAllowed, NotFound, OwnAccount, StaleScreen
from shop.errors.sales import LineRefunded, NothingToRefund, RefundTooHigh
from shop.ledger import EntryKind
from shop.people import Person, Right
from shop.sales.orders import Receipt
from storage.models import (
    AuditEntry,
    Customer,
    LedgerEntry,
    Order,
    OrderLine,
    Product,
    Refund,
    StockItem,
)
from tests.goods import own, product
from tests.stand import ADMIN, Stand, payloads

MANAGER = 77


def entries(person: Person, kind: EntryKind = EntryKind.REFUND) -> list[int]:
    return [entry.amount_minor for entry in LedgerEntry.of(person.id) if entry.kind == kind.value]


def test_a_line_is_refunded_to_the_balance_logged_and_announced(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    receipt = stand.sell(person, "Key", "Map", quantity=2)
    before = stand.balance(person)
    done = stand.shop.refunds.refund_line(admin, receipt.lines[0].id)
    assert (done.amount, stand.balance(person)) == (stand.usd("20"), before + 2000)
    after = stand.shop.orders.receipt_for(person, receipt.order_id)
    assert [line.refunded for line in after.lines] == [True, False]
    assert (after.total, after.refunded) == (stand.usd("40"), stand.usd("20"))
    assert payloads("refunded") == [{"order_id": receipt.order_id, "line_ids": [receipt.lines[0].id], "minor": 2000}]
    [entry] = AuditEntry.page(page=0, size=9)
    assert (entry.admin_id, entry.action, entry.subject) == (admin.id, "order.refunded", f"order {receipt.order_id}")
    assert json.loads(entry.details)["amount"] == "20.00 USD"
    books_add_up()


def test_refunding_an_order_refunds_all_lines_not_yet_refunded(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    receipt = stand.sell(person, "Key", "Map", "Pin")
    refunds = stand.shop.refunds
    refunds.refund_line(admin, receipt.lines[1].id)
    assert refunds.of_order(admin, receipt.order_id).names == ("Key", "Pin")
    assert refunds.refund_order(admin, receipt.order_id).amount == stand.usd("20")
    assert sorted(entries(person)) == [1000, 1000, 1000]
    assert stand.shop.orders.history(person, page=0).orders[0].refunded == stand.usd("30")
    for again in (
        lambda: refunds.refund_order(admin, receipt.order_id),
        lambda: refunds.refund_line(admin, receipt.lines[0].id),
        lambda: refunds.of_order(admin, receipt.order_id),
    ):
        with pytest.raises(NothingToRefund):
            again()
    assert len(payloads("refunded")) == 2
    books_add_up()


def test_a_discounted_line_is_refunded_at_what_was_paid(stand: Stand, books_add_up: Callable[[], None]) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    receipt = stand.sell(person, "Key")
    with stand.database.transaction():
        LedgerEntry.post(person.id, kind="deposit", amount_minor=667, key="more", now=0)
        order = Order.create(customer=person.id, key="offer:99", total_minor=667, discount_minor=333, created_at=0)
        of_line = {"order": order.id, "product_id": receipt_product(receipt), "product_name": "Key"}
        reduced = OrderLine.create(unit_price_minor=1000, quantity=1, discount_minor=333, **of_line)
        StockItem.add(receipt_product(receipt), [("more", b"more")], now=0)
        StockItem.take(receipt_product(receipt), 1, order_line_id=reduced.id)
        coupon(person.id, order.id)
        LedgerEntry.post(person.id, kind="purchase", amount_minor=-667, key=f"order:{order.id}", now=0)
    assert stand.shop.refunds.refund_order(admin, order.id).amount == stand.usd("6.67")
    assert entries(person) == [667]
    books_add_up()


def receipt_product(receipt: Receipt) -> int:
    return int(OrderLine.get_by_id(receipt.lines[0].id).product_id)


def coupon(customer_id: int, order_id: int) -> None:
    from storage.models import Coupon, CouponUse

    terms = {"code": "THIRD", "fixed_minor": 333, "created_by": customer_id, "created_at": 0}
    used = Coupon.create(**terms)
    CouponUse.create(coupon=used.id, customer=customer_id, order_id=order_id, created_at=1)


def test_goods_and_sales_are_unchanged_by_a_refund(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    receipt = stand.sell(person, "Key")
    stand.shop.refunds.refund_order(admin, receipt.order_id)
    after = stand.shop.orders.receipt_for(person, receipt.order_id)
    assert after.lines[0].goods == receipt.lines[0].goods
    sold = Product.get_by_id(stand.product("Key"))
    assert (sold.stock_count, sold.sold_count) == (0, 1)


def test_an_order_to_make_is_not_made_after_a_refund(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.bring(admin, own(product("Portrait", deliverable="made_to_order")))
    stand.grant(person, "10.00")
    offer = stand.shop.checkout.offer_product(person, stand.product("Portrait"), 1)
    line = stand.shop.checkout.place(person, offer.id).lines[0]
    stand.shop.refunds.refund_line(admin, line.id)
    for late in (
        lambda: stand.shop.delivery.to_make(admin, line.id),
        lambda: stand.shop.delivery.deliver(admin, line.id, "here"),
    ):
        with pytest.raises(LineRefunded):
            late()
    [shown] = stand.shop.orders.receipt_for(person, line_order(line.id)).lines
    assert (shown.waiting, shown.refunded) == (False, True)


def line_order(line_id: int) -> int:
    return int(OrderLine.get_by_id(line_id).order_id)


def test_the_statement_and_its_file_give_a_refunds_order_number(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    stand.sell(stand.visitor(5), "Pin", "Map")
    receipt = stand.sell(person, "Key")
    stand.shop.refunds.refund_order(admin, receipt.order_id)
    newest = stand.shop.statements.page(person, page=0).entries[0]
    assert (newest.kind, newest.subject, newest.amount) == (
        EntryKind.REFUND,
        f"#{receipt.order_id}",
        stand.usd("10"),
    )
    last = stand.shop.statements.csv(person, lambda kind: kind.value, ("head",)).splitlines()[-1]
    assert f"refund,#{receipt.order_id},10.00," in last


@pytest.mark.parametrize("rights", [(), (Right.MONEY, Right.CATALOGUE)])
def test_somebody_without_the_right_to_customers_refunds_nothing(stand: Stand, rights: tuple[Right, ...]) -> None:
    person = stand.visitor()
    receipt = stand.sell(person, "Key")
    other = stand.appoint(*rights)
    for refund in (stand.shop.refunds.refund_order, stand.shop.refunds.of_order):
        with pytest.raises(NotAllowed):
            refund(other, receipt.order_id)
    with pytest.raises(NotAllowed):
        stand.shop.refunds.refund_order(person, receipt.order_id)
    assert entries(person) == []


def test_managers_can_refund_others_but_not_themselves_and_an_owner_anybody(stand: Stand) -> None:
    helper, owner = stand.appoint(Right.CUSTOMERS), stand.visitor(ADMIN)
    own_order, others = stand.sell(helper, "Key"), stand.sell(stand.visitor(), "Map")
    with pytest.raises(OwnAccount):
        stand.shop.refunds.refund_order(helper, own_order.order_id)
    stand.shop.refunds.refund_order(helper, others.order_id)
    stand.shop.refunds.refund_order(owner, stand.sell(owner, "Pin").order_id)
    assert (entries(helper), entries(owner)) == ([], [1000])


@pytest.mark.parametrize("number", [0, -1, 999, 10**17])
def test_something_that_does_not_exist_is_not_refunded(stand: Stand, number: int) -> None:
    admin = stand.visitor(ADMIN)
    for refund in (stand.shop.refunds.refund_order, stand.shop.refunds.refund_line):
        with pytest.raises(NotFound):
            refund(admin, number)
    assert Refund.select().count() == 0


def test_twenty_simultaneous_refunds_are_one(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admins, person = [stand.visitor(ADMIN), stand.visitor(2)], stand.visitor()
    receipt = stand.sell(person, "Key", "Map")
    before = stand.balance(person)
    refunds = stand.shop.refunds

    def press(number: int) -> Callable[[], Any]:
        admin = admins[number % 2]
        if number % 3:
            return lambda: refunds.refund_order(admin, receipt.order_id)
        return lambda: refunds.refund_line(admin, receipt.lines[0].id)

    outcomes = at_once(*(press(number) for number in range(20)))
    done = [each for each in outcomes if not isinstance(each, Exception)]
    assert {type(each) for each in outcomes if isinstance(each, Exception)} == {NothingToRefund}
    assert sum(each.amount.minor for each in done) == 2000
    assert stand.balance(person) == before + 2000
    assert len(payloads("refunded")) == len(done) == AuditEntry.select().count()
    books_add_up()


def test_a_refund_a_deposit_and_a_purchase_at_once_all_count(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.rich()
    stand.shop.inventory.stock([Goods("Games", "Keys", "Disc", stand.usd("10"), f"D{n}") for n in range(8)])
    receipts = [stand.sell(person, name) for name in ("Key", "Map", "Pin", "Cup")]
    offers = [stand.shop.checkout.offer_product(person, stand.product("Disc"), 1) for _ in range(4)]
    before = stand.balance(person)
    calls: list[Callable[[], Any]] = [
        call
        for receipt, offer in zip(receipts, offers, strict=True)
        for call in (
            lambda receipt=receipt: stand.shop.refunds.refund_order(admin, receipt.order_id),
            lambda: stand.grant(person, "5.00"),
            lambda offer=offer: stand.shop.checkout.place(person, offer.id),
        )
    ]
    outcomes = at_once(*calls)
    assert not any(isinstance(each, Exception) for each in outcomes), outcomes
    assert stand.balance(person) == before + 4 * (1000 + 500 - 1000)
    books_add_up()


def test_a_banned_customer_can_be_refunded_too(stand: Stand) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    receipt = stand.sell(person, "Key")
    with stand.database.transaction():
        Customer.change(person.id, banned=True)
    assert stand.shop.refunds.refund_order(admin, receipt.order_id).amount == stand.usd("10")


def test_a_line_is_refunded_in_parts_and_never_more_than_was_paid(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    line_id = stand.sell(person, "Key", quantity=3).lines[0].id
    refunds = stand.shop.refunds
    assert refunds.of_line(admin, line_id).unit == stand.usd("10")
    refunds.refund_line(admin, line_id, stand.usd("10"))
    line = stand.shop.orders.receipt_for(person, 1).lines[0]
    assert (line.refunded, line.returned, line.refundable) == (False, stand.usd("10"), stand.usd("20"))
    for too_much in ("20.01", "0"):
        with pytest.raises(RefundTooHigh) as refused:
            refunds.refund_line(admin, line_id, stand.usd(too_much))
        assert refused.value.left == stand.usd("20")
    refunds.refund_line(admin, line_id, stand.usd("0.01"))
    assert refunds.refund_line(admin, line_id).amount == stand.usd("19.99")
    assert entries(person) == [1000, 1, 1999]
    assert [each["minor"] for each in payloads("refunded")] == [1000, 1, 1999]
    with pytest.raises(NothingToRefund) as over:
        refunds.of_line(admin, line_id)
    assert over.value.alert
    subjects = [each.subject for each in stand.shop.statements.page(person, page=0).entries]
    assert subjects[:3] == ["#1", "#1", "#1"]
    books_add_up()


def test_twenty_presses_for_a_partial_refund_refund_it_once(
    stand: Stand, at_once: Callable[..., list[Any]], books_add_up: Callable[[], None]
) -> None:
    admin, person = stand.visitor(ADMIN), stand.visitor()
    line_id = stand.sell(person, "Key", quantity=3).lines[0].id
    press = {"amount": stand.usd("10"), "before": stand.usd("0")}
    outcomes = at_once(*(lambda: stand.shop.refunds.refund_line(admin, line_id, **press) for _ in range(20)))
    assert sum(isinstance(each, StaleScreen) for each in outcomes) == 19
    assert entries(person) == [1000]
    books_add_up()


def test_a_line_with_both_a_replacement_and_a_refund_needs_the_right_to_money(
    stand: Stand, books_add_up: Callable[[], None]
) -> None:
    manager, person = stand.appoint(Right.CUSTOMERS), stand.visitor()
    replaced, reduced = (stand.sell(person, name, quantity=2).lines[0].id for name in ("Key", "Map"))
    stand.stock("SPARE-1", name="Key")
    stand.stock("SPARE-2", name="Map")
    of = {line: StockItem.pieces_of(line)[0].id for line in (replaced, reduced)}
    stand.shop.replacements.replace(manager, of[replaced])
    stand.shop.refunds.refund_line(manager, reduced, stand.usd("10"))
    for both in (
        lambda: stand.shop.refunds.of_line(manager, replaced),
        lambda: stand.shop.refunds.refund_line(manager, replaced, stand.usd("1")),
        lambda: stand.shop.refunds.refund_order(manager, 1),
        lambda: stand.shop.replacements.replace(manager, of[reduced]),
    ):
        with pytest.raises(MoneyRightNeeded) as refused:
            both()
        assert refused.value.alert
    assert entries(person) == [1000]
    stand.appoint(Right.MONEY)
    stand.shop.refunds.refund_line(manager, replaced)
    stand.shop.replacements.replace(manager, of[reduced])
    books_add_up()
