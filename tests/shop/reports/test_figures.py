"""Figures agree with the ledger, whatever happened and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.errors.refusals import NotAllowed, StaleScreen
from shop.people import Person, Right
from shop.reports.figures import DAY_S, MOST_BARS, Span
from storage.models import Customer, LedgerEntry, Order, OrderLine, Product, Refund, period_sums
from tests.conftest import NOW, StandingClock, open_new_database
from tests.shop.activity import EVENTS, Activity
from tests.stand import ADMIN, Stand, open_shop


@contextmanager
def fresh_shop() -> Iterator[Activity]:
    """Open another shop for each example, because its clock moves."""
    with TemporaryDirectory() as folder:
        database = open_new_database(Path(folder))
        yield Activity(open_shop(database, StandingClock()))
        database.close()


def in_ledger(kind: str, since: int, until: int) -> list[LedgerEntry]:
    return [entry for entry in LedgerEntry.select() if entry.kind == kind and since <= entry.created_at < until]


@given(st.lists(EVENTS, max_size=25))
@settings(max_examples=40)
def test_every_span_matches_the_ledger(events: list[tuple[object, ...]]) -> None:
    with fresh_shop() as activity:
        for event in events:
            activity.happen(event)
        check_every_span(activity.stand)
        assert period_sums.are_right()


def check_every_span(stand: Stand) -> None:
    owner, now = stand.visitor(ADMIN), stand.clock() + 1
    for span in Span:
        since = 0 if span is Span.EVER else now - span.value * DAY_S
        report, course = stand.shop.figures.charted(owner, span.value)
        check_totals(report.now, since, now)
        if span is Span.EVER:
            assert report.before is None
        else:
            check_totals(report.before, since - span.value * DAY_S, since)
        assert len(course) <= MOST_BARS
        for parts in (course, stand.shop.figures.course(owner, span.value)):
            assert [part.until for part in parts[:-1]] == [part.since for part in parts[1:]]
            assert parts[-1].until == now
            assert sum(part.revenue.minor for part in parts) == report.now.revenue.minor
            assert sum(part.deposited.minor for part in parts) == report.now.deposited.minor
            assert sum(part.orders for part in parts) == report.now.orders
            assert sum(part.units for part in parts) == report.now.units
            assert sum(part.customers for part in parts) == report.now.customers
            for part in parts:
                assert part.deposited.minor == sum(
                    e.amount_minor for e in in_ledger("deposit", part.since, part.until)
                )
        assert sum(coin.credited.minor for coin in report.coins) == report.now.deposited.minor
        assert sum(coin.deposits for coin in report.coins) == report.now.deposits
        kept = lines_kept(0 if span is Span.EVER else since, now)
        assert sum(seller.paid.minor for seller in report.sellers) == sum(line.paid_minor for line in kept)
        assert sum(seller.units for seller in report.sellers) == sum(line.quantity for line in kept)


def lines_kept(since: int, until: int) -> list[OrderLine]:
    """Return the lines sold in a span and not refunded, not even in part."""
    orders = [order.id for order in Order.select() if since <= order.created_at < until]
    lines = OrderLine.of_all(orders)
    returned = Refund.amounts_of([line.id for line in lines])
    return [line for line in lines if line.id not in returned]


def check_totals(totals: object, since: int, until: int) -> None:
    deposits, purchases, refunds = (in_ledger(kind, since, until) for kind in ("deposit", "purchase", "refund"))
    orders = [order for order in Order.select() if since <= order.created_at < until]
    assert totals.deposits == len(deposits)
    assert totals.deposited.minor == sum(entry.amount_minor for entry in deposits)
    assert totals.revenue.minor == -sum(entry.amount_minor for entry in (*purchases, *refunds))
    assert totals.buyers == len({entry.customer_id for entry in purchases})
    assert totals.orders == len(orders) == len(purchases)
    assert totals.units == sum(line.quantity for line in OrderLine.of_all([order.id for order in orders]))
    assert totals.customers == len(
        [each for each in Customer.select() if since <= each.created_at < until and each.telegram_id != ADMIN]
    )


def test_deposits_are_shown_by_coin_and_other_income_separately(stand: Stand) -> None:
    activity = Activity(stand)
    ada = activity.person(0)
    activity.deposit(ada, "BTC", 5_000)
    activity.deposit(ada, "ETH", 2_000)
    activity.deposit(ada, "BTC", 1_000)
    stand.grant(ada, "7.00")
    coins = stand.shop.figures.report(stand.visitor(ADMIN), 1).coins
    shown = [(coin.asset and coin.asset.code, coin.deposits, coin.credited.minor) for coin in coins]
    assert shown == [("BTC", 2, 6_000), ("ETH", 1, 2_000), (None, 1, 700)]


def test_best_sellers_are_ordered_by_revenue_under_the_name_last_sold(stand: Stand) -> None:
    activity = Activity(stand)
    ada = activity.person(0)
    stand.grant(ada, "1000.00")
    activity.buy(ada, 0, 3)
    activity.buy(ada, 1, 1)
    with stand.database.transaction():
        Product.change(activity.products[0], name="Beacon II")
    stand.clock.pass_s(40 * DAY_S)
    activity.buy(ada, 2, 2)
    activity.buy(ada, 0, 1)
    sellers = stand.shop.figures.report(stand.visitor(ADMIN), 0).sellers
    assert [(each.name, each.units, each.paid.minor) for each in sellers] == [
        ("Lantern", 1, 2_500),
        ("Beacon II", 4, 1_596),
        ("Torch", 2, 2),
    ]
    assert [each.name for each in stand.shop.figures.report(stand.visitor(ADMIN), 30).sellers] == [
        "Beacon II",
        "Torch",
    ]


def test_a_refund_is_deducted_from_revenue_but_stays_a_sale(stand: Stand) -> None:
    activity = Activity(stand)
    ada = activity.person(0)
    stand.grant(ada, "50.00")
    activity.buy(ada, 1)
    activity.buy(ada, 0)
    activity.refund(1)
    totals = stand.shop.figures.report(stand.visitor(ADMIN), 1).now
    assert (totals.purchased.minor, totals.refunded.minor, totals.revenue.minor) == (2_899, 2_500, 399)
    assert (totals.orders, totals.units) == (2, 2)


def test_a_second_belongs_to_only_one_span(stand: Stand) -> None:
    owner, ada = stand.visitor(ADMIN), stand.visitor()
    stand.grant(ada, "5.00")
    stand.clock.pass_s(DAY_S - 1)
    report = stand.shop.figures.report(owner, 1)
    assert (report.now.deposits, report.before.deposits) == (1, 0)
    stand.clock.pass_s(1)
    report = stand.shop.figures.report(owner, 1)
    assert (report.now.deposits, report.before.deposits) == (0, 1)


def test_a_clock_that_went_back_loses_nothing_in_the_all_time_figures(stand: Stand) -> None:
    owner, ada = stand.visitor(ADMIN), stand.visitor()
    stand.clock.pass_s(100 * DAY_S)
    stand.grant(ada, "5.00")
    stand.clock.now = NOW - 50 * DAY_S
    stand.grant(ada, "2.00")
    report, course = stand.shop.figures.charted(owner, 0)
    assert report.now.deposited.minor == sum(part.deposited.minor for part in course) == 700


def test_owners_and_managers_do_not_count_as_new_customers(stand: Stand) -> None:
    owner, _, _ = stand.visitor(ADMIN), stand.appoint(Right.FIGURES), stand.visitor()
    report, course = stand.shop.figures.charted(owner, 1)
    assert report.now.customers == sum(part.customers for part in course) == 1


def test_refunded_goods_are_not_best_sellers(stand: Stand, owner: Person) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A", name="Lamp"))
    stand.bought(ada, stand.stock("B", name="Torch", price="1.00"))
    stand.shop.refunds.refund_line(owner, line_id)
    assert [each.name for each in stand.shop.figures.report(owner, 1).sellers] == ["Torch"]


def test_a_partial_refund_is_deducted_from_a_products_all_time_revenue(stand: Stand, owner: Person) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A", name="Lamp"))
    before = stand.shop.figures.report(owner, 0).sellers
    stand.shop.refunds.refund_line(owner, line_id, stand.usd("0.50"))
    for days in (0, 1):
        after = stand.shop.figures.report(owner, days).sellers
        assert [(each.units, each.paid.minor) for each in after] == [(1, before[0].paid.minor - 50)]
    stand.shop.refunds.refund_line(owner, line_id)
    assert stand.shop.figures.report(owner, 0).sellers == ()
    assert period_sums.are_right()


def test_an_empty_shop_has_figures_too(stand: Stand) -> None:
    report, course = stand.shop.figures.charted(stand.visitor(ADMIN), 0)
    assert (report.now.revenue.minor, report.now.customers, len(course), report.sellers) == (0, 0, 1, ())


@pytest.mark.parametrize("days", [2, -1, 31, 10**17])
def test_an_unknown_span_is_refused(stand: Stand, days: int) -> None:
    with pytest.raises(StaleScreen):
        stand.shop.figures.report(stand.visitor(ADMIN), days)


def test_only_people_with_the_right_see_figures(stand: Stand) -> None:
    ada, figures = stand.visitor(), stand.shop.figures
    for read in (figures.report, figures.course, figures.charted):
        with pytest.raises(NotAllowed):
            read(ada, 7)
