"""Everybody's orders: listed by what is left to do, searched, exported, and shown with the customer's note."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from shop.catalog.editor import Field
from shop.catalog.tree import Target
from shop.errors.refusals import NotAllowed, SearchLimit, StaleScreen, TextTooLong
from shop.people import Person, Right
from shop.sales.checkout import MAX_NOTE
from shop.sales.coupon_admin import CouponTerms
from shop.support.orders import LOOKS_S, MOST_LOOKS, OrderFilter
from shop.support.workload import Waiting
from storage.models import AuditEntry, Order, OrderLine
from tests.goods import own, product
from tests.stand import ADMIN, Stand, payloads


@pytest.fixture
def manager(stand: Stand) -> Person:
    return stand.appoint(Right.CUSTOMERS)


@pytest.fixture
def portrait(stand: Stand) -> int:
    """A product that is made to order."""
    stand.bring(stand.visitor(ADMIN), own(product("Portrait", deliverable="made_to_order")))
    return stand.product("Portrait")


def ids(stand: Stand, admin: Person, which: OrderFilter, page: int = 0) -> list[int]:
    return [each.summary.id for each in stand.shop.order_support.page(admin, which, page=page).orders]


def found(stand: Stand, admin: Person, text: str) -> list[int]:
    return [each.summary.id for each in stand.shop.order_support.search(admin, text).orders]


def test_orders_are_listed_newest_first_and_page_by_page(stand: Stand, manager: Person) -> None:
    for number in range(10):
        stand.sell(stand.visitor(), f"Key {number}")
    assert ids(stand, manager, OrderFilter.EVERY) == [10, 9, 8, 7, 6, 5, 4, 3]
    assert ids(stand, manager, OrderFilter.EVERY, page=9) == [2, 1]
    page = stand.shop.order_support.page(manager, OrderFilter.EVERY, page=0)
    assert (page.count, page.pages, page.orders[0].customer) == (10, 2, "Ada (1001)")


def test_orders_to_make_are_listed_until_they_are_made_or_refunded(
    stand: Stand, manager: Person, portrait: int
) -> None:
    lines = [stand.bought(stand.visitor(), portrait) for _ in range(3)]
    stand.sell(stand.visitor(), "Key")
    assert ids(stand, manager, OrderFilter.TO_MAKE) == [1, 2, 3], "who waits longest comes first"
    assert stand.shop.workload.of(manager) == Waiting(to_make=3)
    stand.shop.delivery.deliver(manager, lines[1], "Made")
    stand.shop.refunds.refund_line(manager, lines[0], stand.usd("9.99"))
    assert ids(stand, manager, OrderFilter.TO_MAKE) == [1, 3]
    stand.shop.refunds.refund_line(manager, lines[0])
    assert ids(stand, manager, OrderFilter.TO_MAKE) == [3]
    assert ids(stand, manager, OrderFilter.REFUNDED) == [1]
    assert stand.shop.workload.of(manager) == Waiting(to_make=1)


def test_the_workload_covers_what_the_rights_allow(stand: Stand, portrait: int) -> None:
    stand.bought(stand.visitor(), portrait)
    stand.shop.tickets.open(stand.visitor(), "Hello?")
    stand.stock("KEY")
    stand.shop.editor.edit(stand.visitor(ADMIN), Target(True, stand.product("Key")), Field.THRESHOLD, "5")
    assert stand.shop.workload.of(stand.visitor(ADMIN)) == Waiting(1, 1, 1)
    assert stand.shop.workload.of(stand.appoint(Right.CUSTOMERS)) == Waiting(1, 1, 0)
    assert stand.shop.workload.of(stand.appoint(Right.CATALOGUE, telegram_id=78)) == Waiting(0, 0, 1)
    with pytest.raises(NotAllowed) as refused:
        stand.shop.workload.of(stand.visitor())
    assert refused.value.alert


def test_an_order_is_found_by_number_customer_and_product(stand: Stand, manager: Person) -> None:
    stand.sell(stand.visitor(1001, username="ada_l"), "Steam key")
    stand.sell(stand.visitor(2002, first_name="Élodie"), "Ticket")
    stand.sell(stand.visitor(2002, first_name="Élodie"), "Map 100%_")
    for numbers, texts in (
        ([1], ("#1", "1", "@ada_l", "1001", "steam", " KEY ")),
        ([3, 2], ("elodie", "Élo", "2002")),
        ([3], ("%_", "100%")),
        ([], ("#9", "9" * 40, "nobody", "", "%%", "Steam%key")),
    ):
        for text in texts:
            assert found(stand, manager, text) == numbers, text


def test_a_search_is_paged(stand: Stand, manager: Person) -> None:
    for number in range(9):
        stand.sell(stand.visitor(), f"Key {number}")
    first = stand.shop.order_support.search(manager, "key")
    assert (first.count, first.pages, first.search_id is not None) == (9, 2, True)
    second = stand.shop.order_support.found(manager, first.search_id or 0, page=1)
    assert [each.summary.id for each in second.orders] == [1]
    other = stand.appoint(Right.CUSTOMERS, telegram_id=78)
    assert stand.shop.order_support.found(other, first.search_id or 0, page=0).count == 0, "somebody else's search"


def test_a_unit_of_goods_is_found_and_the_search_is_logged_without_it(
    stand: Stand, manager: Person, portrait: int
) -> None:
    stand.stock("AAAA-1111-bbbb", "CCCC-2222", name="Key")
    stand.bought(stand.visitor(), "Key")
    stand.shop.delivery.deliver(manager, stand.bought(stand.visitor(), portrait), "made by HAND for you")
    page = stand.shop.order_support.search(manager, "a-1111-BB")
    assert ([each.summary.id for each in page.orders], page.in_goods) == ([1], True)
    assert found(stand, manager, "by hand") == [2]
    assert found(stand, manager, "CCCC-2222") == [], "it is not sold"
    assert found(stand, manager, "111") == [], "too short to mean one"
    log = AuditEntry.select().where(AuditEntry.action == "orders.searched").order_by(AuditEntry.id)
    assert [json.loads(row.details) for row in log] == [
        {"characters": 9, "found": 1},
        {"characters": 7, "found": 1},
        {"characters": 9, "found": 0},
    ]


def test_a_manager_cannot_spell_out_a_key_by_searching_again_and_again(stand: Stand, manager: Person) -> None:
    stand.stock("AAAA-1111", name="Key")
    stand.bought(stand.visitor(), "Key")
    for number in range(MOST_LOOKS):
        found(stand, manager, f"AAAA-{number}")
        stand.clock.pass_s(60)
    with pytest.raises(SearchLimit) as refused:
        found(stand, manager, "AAAA-1111")
    assert refused.value.most == MOST_LOOKS
    assert found(stand, manager, "#1") == [1], "other searches go on"
    other = stand.appoint(Right.CUSTOMERS, telegram_id=78)
    for one in (other, stand.visitor(ADMIN)):
        assert found(stand, one, "AAAA-1111") == [1]
    stand.clock.pass_s(LOOKS_S - MOST_LOOKS * 60)
    assert found(stand, manager, "AAAA-1111") == [1]
    with pytest.raises(SearchLimit) as refused:
        found(stand, manager, "AAAA-1111")
    assert refused.value.most == MOST_LOOKS


def test_searches_while_the_clock_was_ahead_refuse_none_once_it_is_right(stand: Stand, manager: Person) -> None:
    stand.clock.pass_s(365 * LOOKS_S)
    for number in range(MOST_LOOKS):
        found(stand, manager, f"AAAA-{number}")
    stand.clock.pass_s(-365 * LOOKS_S)
    assert found(stand, manager, "AAAA-1111") == []


def test_the_orders_file_has_no_goods_and_no_formulas(stand: Stand, manager: Person) -> None:
    stand.sell(stand.visitor(first_name="=HYPERLINK(1)"), "Key", quantity=2)
    stand.shop.refunds.refund_line(manager, 1, stand.usd("5"))
    text = stand.shop.order_support.csv(manager, OrderFilter.EVERY, tuple("abcdefgh"))
    [head, row] = csv.reader(io.StringIO(text))
    assert head == list("abcdefgh")
    assert row[0] == "1"
    assert row[2:] == ["'=HYPERLINK(1) (1001)", "2 × Key", "20.00", "0.00", "5.00", ""]
    assert "SECRET" not in text
    assert AuditEntry.select().where(AuditEntry.action == "orders.exported").count() == 1


def test_everything_needs_the_right_to_customers(stand: Stand) -> None:
    customer, orders = stand.appoint(Right.CATALOGUE), stand.shop.order_support
    for call in (
        lambda: orders.page(customer, OrderFilter.EVERY, page=0),
        lambda: orders.search(customer, "x"),
        lambda: orders.found(customer, 1, page=0),
        lambda: orders.csv(customer, OrderFilter.EVERY, ()),
    ):
        with pytest.raises(NotAllowed) as refused:
            call()
        assert refused.value.alert


def test_an_orders_note_reaches_whoever_makes_it(
    stand: Stand, manager: Person, portrait: int, books_add_up: Callable[[], None]
) -> None:
    person = stand.rich()
    offer = stand.shop.checkout.offer_product(person, portrait, 2)
    assert offer.is_made
    noted = stand.shop.checkout.with_note(person, offer.id, "  In blue,\n please ")
    assert (noted.note, noted.total) == ("In blue, please", offer.total)
    receipt = stand.shop.checkout.place(person, noted.id)
    assert (receipt.note, Order.get().note) == ("In blue, please", "In blue, please")
    [told] = payloads("admin_to_make", to=ADMIN)
    assert stand.shop.delivery.line(told["line_id"]).note == "In blue, please"
    books_add_up()


def test_a_note_survives_a_coupon_and_is_removed_with_a_dash(stand: Stand, portrait: int) -> None:
    person, checkout = stand.rich(), stand.shop.checkout
    stand.shop.coupons.create(stand.visitor(ADMIN), CouponTerms(code="TENTH", percent=10))
    offer = checkout.with_note(person, checkout.offer_product(person, portrait, 1).id, "In blue")
    reduced = checkout.with_coupon(person, offer.id, "TENTH")
    assert (reduced.note, reduced.total) == ("In blue", stand.usd("9"))
    assert checkout.with_note(person, reduced.id, "-").note == ""


def test_goods_from_stock_carry_no_note(stand: Stand) -> None:
    person = stand.rich()
    stand.stock("KEY")
    offer = stand.shop.checkout.offer_product(person, stand.product("Key"), 1)
    assert not offer.is_made
    noted = stand.shop.checkout.with_note(person, offer.id, "Quick!")
    assert stand.shop.checkout.place(person, noted.id).note == ""


def test_a_note_is_short_and_only_for_ones_own_open_offer(stand: Stand, portrait: int) -> None:
    person, eve, checkout = stand.rich(), stand.visitor(2002), stand.shop.checkout
    offer = checkout.offer_product(person, portrait, 1)
    with pytest.raises(TextTooLong) as long:
        checkout.with_note(person, offer.id, "x" * (MAX_NOTE + 1))
    assert long.value.most == MAX_NOTE
    checkout.place(person, offer.id)
    for who in (eve, person):
        with pytest.raises(StaleScreen) as stale:
            checkout.with_note(who, offer.id, "x")
        assert stale.value.args == ()
    assert OrderLine.select().count() == 1
