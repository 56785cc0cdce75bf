"""A few missing cents: a waiting order is placed within the tolerance, and booked as such."""

from typing import Any

import pytest
from peewee import IntegrityError

from shop import ledger
from shop.ledger import EntryKind
from shop.people import Person
from shop.reports.figures import Span
from shop.settings.loading import SettingsError
from storage.database import Database
from storage.models import LedgerEntry, Order, Tolerance
from tests.conftest import StandingClock
from tests.shop.payments.starry import StarShop
from tests.shop.sales.test_waiting import deposit, wish
from tests.stand import ADMIN, Stand, letters, open_shop, settings_of

CENT = 20
"""Satoshi, at 50 000 USD a coin."""


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, PAYMENT_TOLERANCE="1%, 0.05", RESERVATION_MINUTES="0")


def entries(person: Person) -> list[tuple[str, int]]:
    return [(entry.kind, entry.amount_minor) for entry in LedgerEntry.of(person.id)]


def books_agree(stand: Stand) -> bool:
    return stand.shop.reconciliation.check(stand.visitor(ADMIN)).differing == 0


def test_three_missing_cents_are_tolerated_and_booked_as_such(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    deposit(stand, ada, units=997 * CENT)
    assert entries(ada) == [("deposit", 997), ("tolerance", 3), ("purchase", -1000)]
    [order] = Order.select()
    assert (order.total_minor, stand.balance(ada)) == (1000, 0)
    receipt = stand.shop.orders.receipt_for(ada, order.id)
    assert receipt.let_pass == stand.usd("0.03")
    assert [entry.subject for entry in stand.shop.statements.page(ada, page=0).entries] == ["#1", "#1", ""]
    assert books_agree(stand)


def test_one_cent_more_than_the_tolerance_leaves_the_order_waiting(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    deposit(stand, ada, units=994 * CENT)
    assert (Order.select().count(), entries(ada)) == (0, [("deposit", 994)])
    assert len(letters("still_short")) == 1
    deposit(stand, ada, units=100 * CENT, txid="bb")
    assert (Order.select().count(), stand.balance(ada)) == (1, 94)
    assert Tolerance.select().count() == 0


def test_without_the_setting_every_cent_counts(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, RESERVATION_MINUTES="0")
    person = stand.visitor()
    wish(stand, person)
    deposit(stand, person, units=999 * CENT)
    assert (Order.select().count(), stand.balance(person)) == (0, 999)


def test_no_cent_is_tolerated_without_a_payment(stand: Stand, ada: Person, clock: StandingClock) -> None:
    stand.grant(ada, "9.99")
    clock.pass_s(1)
    wish(stand, ada)
    stand.shop.waiting.settle()
    assert (Order.select().count(), stand.balance(ada)) == (0, 999)


def test_after_a_crash_following_the_credit_the_next_check_places_the_order(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    stand.grant(ada, "9.98")
    stand.shop.waiting.settle()
    stand.shop.waiting.settle()
    assert entries(ada) == [("deposit", 998), ("tolerance", 2), ("purchase", -1000)]


def test_a_confirmed_purchase_has_no_tolerance(stand: Stand, ada: Person) -> None:
    stand.grant(ada, "9.99")
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1)
    assert offer.missing == stand.usd("0.01")
    assert stand.shop.waiting.wait(ada, offer.id) == stand.usd("0.01")


def test_a_refund_returns_what_was_paid(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    deposit(stand, ada, units=996 * CENT)
    [order] = Order.select()
    refund = stand.shop.refunds.refund_order(stand.visitor(ADMIN), order.id)
    assert (refund.amount, stand.balance(ada)) == (stand.usd("9.96"), 996)
    assert stand.shop.orders.receipt_for(ada, order.id).refunded == stand.usd("9.96")
    assert entries(ada)[3:] == [("refund", 1000), ("tolerance", -4)]
    assert books_agree(stand)
    figures = stand.shop.figures.report(stand.visitor(ADMIN), Span.EVER.value).now
    assert (figures.purchased, figures.revenue) == (stand.usd("10.00"), stand.usd("0"))


def test_refunding_single_lines_takes_back_no_more_than_was_tolerated(stand: Stand, ada: Person) -> None:
    for name, price in (("Map", "0.02"), ("Key", "9.98")):
        stand.shop.carts.add(ada, stand.stock(f"unit {name}", name=name, price=price), 1)
    stand.shop.waiting.wait(ada, stand.shop.checkout.offer_cart(ada).id)
    deposit(stand, ada, units=997 * CENT)
    receipt = stand.shop.orders.receipt_for(ada, 1)
    cheap, dear = sorted(receipt.lines, key=lambda line: line.paid.minor)
    owner = stand.visitor(ADMIN)
    assert stand.shop.refunds.refund_line(owner, cheap.id).amount == stand.usd("0")
    assert stand.shop.refunds.refund_line(owner, dear.id).amount == stand.usd("9.97")
    assert (stand.balance(ada), Tolerance.left_of(1)) == (997, 0)
    assert books_agree(stand)


def test_a_partial_refund_works_on_a_balance_that_a_chargeback_left_below_zero(
    database: Database, clock: StandingClock
) -> None:
    shop = StarShop(database, clock, PAYMENT_TOLERANCE="1%, 0.05", RESERVATION_MINUTES="0")
    stand, ada = shop.stand, shop.customer()
    wish(stand, ada)
    shop.pay(ada, "9.97")
    charge_id = next(iter(shop.book.charges))
    shop.refunds.went_back(charge_id)
    assert stand.balance(ada) == -997
    [line] = stand.shop.orders.receipt_for(ada, 1).lines
    first = stand.shop.refunds.refund_line(shop.owner, line.id, stand.usd("4.00"))
    assert (first.amount, stand.balance(ada)) == (stand.usd("4.00"), -597)
    rest = stand.shop.refunds.refund_line(shop.owner, line.id)
    assert (rest.amount, stand.balance(ada), Tolerance.left_of(1)) == (stand.usd("5.97"), 0, 0)
    assert books_agree(stand)


def test_a_tolerated_shortfall_is_not_revenue(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    deposit(stand, ada, units=995 * CENT)
    report = stand.shop.figures.report(stand.visitor(ADMIN), Span.DAY.value)
    assert report.now.revenue == stand.usd("9.95")
    course = stand.shop.figures.course(stand.visitor(ADMIN), Span.DAY.value)
    assert sum(each.revenue.minor for each in course) == 995


def test_simultaneous_deposits_place_one_order_and_use_the_tolerance_once(
    stand: Stand, ada: Person, at_once: Any
) -> None:
    wish(stand, ada)
    parts = {"aa": 332, "bb": 332, "cc": 333}
    calls = (
        lambda txid=txid, cents=cents: deposit(stand, ada, units=cents * CENT, txid=txid)
        for txid, cents in parts.items()
    )
    assert at_once(*calls, stand.shop.waiting.settle) == [None] * 4
    assert (Order.select().count(), stand.balance(ada), Tolerance.select().count()) == (1, 0, 1)
    assert books_agree(stand)


def test_the_database_refuses_a_tolerance_entry_without_a_record(stand: Stand, ada: Person) -> None:
    with pytest.raises(IntegrityError) as refused, stand.database.transaction():
        ledger.post(ada.id, stand.usd("0.01"), kind=EntryKind.TOLERANCE, key="tolerance:1", now=1)
    assert "on record" in str(refused.value)


def test_the_database_refuses_a_tolerance_above_a_tenth(stand: Stand, ada: Person) -> None:
    stand.bought(ada, stand.stock("a"))
    with pytest.raises(IntegrityError) as refused, stand.database.transaction():
        Tolerance.keep(1, 101, now=1)
    assert "tenth" in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "total", "most"),
    [
        ("0", "10.00", "0"),
        ("1%", "10.00", "0.10"),
        ("0.05", "10.00", "0.05"),
        ("1%, 0.05", "10.00", "0.05"),
        ("1%, 0.05", "2.00", "0.02"),
        ("0.5%", "1.99", "0"),
        ("5", "10.00", "1.00"),
        ("10%", "0.09", "0"),
    ],
)
def test_the_smaller_of_percentage_and_amount_counts_and_never_more_than_a_tenth(
    stand: Stand, setting: str, total: str, most: str
) -> None:
    rule = settings_of(stand.database.path.parent, PAYMENT_TOLERANCE=setting).payment_tolerance
    assert rule.of(stand.usd(total)) == stand.usd(most)


@pytest.mark.parametrize("setting", ["-1", "11%", "1%, 2%", "0.1, 0.2", "a cent", "1e3", "100%", "1%,", "%"])
def test_a_tolerance_that_makes_no_sense_is_refused_at_the_start(stand: Stand, setting: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_of(stand.database.path.parent, PAYMENT_TOLERANCE=setting)
    assert "PAYMENT_TOLERANCE" in refused.value.problems[0]
