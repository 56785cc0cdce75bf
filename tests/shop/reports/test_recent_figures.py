"""Figures of the last week and month are the same from kept sums as from the rows, whatever happened."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.people import Person
from shop.reports.figures import DAY_S, Report, Span
from storage.database import Database
from storage.models import Order, OrderLine, RecentBuyer, RecentProduct, RecentSpan, recent_sums
from tests.conftest import NOW, refused
from tests.raw_sql import engine_of
from tests.shop.activity import EVENTS, Activity
from tests.shop.reports.test_figures import check_every_span, fresh_shop
from tests.stand import ADMIN, Stand

STEPS = EVENTS | st.just(("follow",)) | st.tuples(st.just("back"), st.integers(1, 70 * DAY_S))


def all_kept() -> list[tuple[int, ...]]:
    """Return the four spans with their ends, and everything kept for them."""
    rows = sorted((row.days, row.ago, row.since, row.until, row.buyers) for row in RecentSpan.select())
    rows += sorted((row.days, row.ago, row.customer_id, row.purchases) for row in RecentBuyer.select())
    return rows + sorted((row.days, row.product_id, row.units, row.paid) for row in RecentProduct.select())


def reports(stand: Stand) -> list[Report]:
    return [stand.shop.figures.report(stand.visitor(ADMIN), span.value) for span in Span]


def from_the_rows(stand: Stand) -> list[Report]:
    """Forget the kept sums, and return the figures computed from the rows."""
    with stand.database.transaction():
        recent_sums.forget()
    return reports(stand)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=40)
def test_the_kept_figures_match_the_rows(steps: list[tuple[object, ...]]) -> None:
    with fresh_shop() as activity:
        stand = activity.stand
        for name, *details in steps:
            if name == "follow":
                stand.shop.figures.follow()
            elif name == "back":
                stand.clock.now -= details[0]
            else:
                activity.happen((name, *details))
        assert recent_sums.are_right()
        if not any(name == "back" for name, *_ in steps):
            check_every_span(stand)
        assert reports(stand) == from_the_rows(stand)


@pytest.fixture
def busy(stand: Stand) -> Activity:
    """A shop with purchases on each of the last 70 days, a few of them refunded."""
    activity = Activity(stand)
    people = [activity.person(number) for number in range(3)]
    for person in people:
        activity.deposit(person, "BTC", 200_000)
    for day in range(70):
        activity.buy(people[day % 5 % 3], day % 7 % 3)
        stand.clock.pass_s(DAY_S + 977)
    for number in (3, 40, 60, 61):
        activity.refund(number)
    return activity


def test_the_kept_figures_follow_the_clock_a_little_at_a_time(busy: Activity) -> None:
    stand = busy.stand
    right = from_the_rows(stand)
    moved = True
    while moved:
        with stand.database.transaction():
            moved = recent_sums.follow(stand.clock(), most=1)
        assert recent_sums.are_right()
        assert reports(stand) == right
    little_by_little = all_kept()
    assert [row[:4] for row in little_by_little[:4]] == [
        (days, ago, stand.clock() + 1 - (ago + 1) * days * DAY_S, stand.clock() + 1 - ago * days * DAY_S)
        for days, ago in recent_sums.SPANS
    ]
    from_the_rows(stand)
    stand.shop.figures.follow()
    assert all_kept() == little_by_little


def test_the_kept_figures_continue_after_a_pause_of_any_length(busy: Activity) -> None:
    stand = busy.stand
    stand.shop.figures.follow()
    for days in (3, 29, 31, 200):
        stand.clock.pass_s(days * DAY_S)
        stand.shop.figures.follow()
        assert recent_sums.are_right()
        assert reports(stand) == from_the_rows(stand)
        stand.shop.figures.follow()
    assert (RecentBuyer.select().count(), RecentProduct.select().count()) == (0, 0)


def test_a_clock_that_was_years_ahead_does_not_stop_them(busy: Activity) -> None:
    stand = busy.stand
    now = stand.clock()
    stand.shop.figures.follow()
    right = all_kept()
    stand.clock.pass_s(4_000 * DAY_S)
    stand.shop.figures.follow()
    stand.clock.now = now
    stand.shop.figures.follow()
    assert all_kept() == right


def test_a_purchase_at_an_already_included_time_counts(busy: Activity) -> None:
    stand = busy.stand
    stand.shop.figures.follow()
    before, now = reports(stand)[1].now, stand.clock()
    stand.clock.now = now - 5 * DAY_S
    grace = stand.visitor(124)
    stand.grant(grace, "10.00")
    busy.buy(grace, 0)
    stand.clock.now = now
    assert reports(stand)[1].now.buyers == before.buyers + 1
    assert recent_sums.are_right()


def test_a_partial_refund_is_deducted(stand: Stand, owner: Person) -> None:
    ada = stand.visitor()
    line_id = stand.bought(ada, stand.stock("A", name="Lamp"))
    stand.clock.pass_s(3_600)
    stand.shop.figures.follow()
    [whole] = RecentProduct.select().where(RecentProduct.days == 7)
    stand.shop.refunds.refund_line(owner, line_id, stand.usd("0.50"))
    [part] = RecentProduct.select().where(RecentProduct.days == 7)
    assert (part.units, part.paid) == (1, whole.paid - 50)
    stand.shop.refunds.refund_line(owner, line_id)
    assert (RecentProduct.select().count(), recent_sums.are_right()) == (0, True)


def test_an_order_withdrawn_before_payment_is_removed(stand: Stand) -> None:
    ada, product_id = stand.visitor(), stand.stock("A", name="Lamp")
    with stand.database.transaction():
        RecentSpan.create(days=7, ago=0, since=NOW, until=NOW)
        RecentSpan.update(until=NOW + 60).execute()
        order = Order.create(customer=ada.id, key="offer:9", total_minor=200, created_at=NOW + 5)
        OrderLine.create(order=order.id, product_id=product_id, product_name="Lamp", unit_price_minor=100, quantity=2)
    assert [(row.units, row.paid) for row in RecentProduct.select()] == [(2, 200)]
    with stand.database.transaction():
        OrderLine.delete().execute()
        Order.delete().execute()
    assert (RecentProduct.select().count(), recent_sums.are_right()) == (0, True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE recent_buyer SET purchases = purchases + 1",
        "DELETE FROM recent_buyer WHERE days = 30",
        "INSERT INTO recent_buyer VALUES (7, 1, 999, 1)",
        "UPDATE recent_product SET paid = paid + 1",
        "UPDATE recent_product SET units = units + 1",
        "DELETE FROM recent_product WHERE days = 7",
        "INSERT INTO recent_product VALUES (30, 999, 1, 0)",
        "UPDATE recent_span SET buyers = buyers + 1",
    ],
)
def test_wrong_kept_figures_are_logged_and_rebuilt(
    busy: Activity, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    stand = busy.stand
    stand.shop.figures.follow()
    kept, right = all_kept(), reports(stand)
    with stand.database.transaction():
        engine_of(stand.database).execute_sql(change)
    assert all_kept() != kept
    assert stand.shop.reconciliation.check(stand.visitor(ADMIN)).differing == 0
    assert "the sums of the figures were wrong" in caplog.text
    assert reports(stand) == right
    stand.shop.figures.follow()
    assert all_kept() == kept


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("INSERT INTO recent_span (days, ago, since, until) VALUES (7, 0, 5, 6)", "begins empty"),
        ("INSERT INTO recent_span (days, ago, since, until, buyers) VALUES (7, 0, 5, 5, 1)", "begins empty"),
        ("INSERT INTO recent_span (days, ago, since, until) VALUES (8, 0, 5, 5)", "CHECK"),
        ("UPDATE recent_span SET until = until - 1", "moves on"),
        ("UPDATE recent_span SET since = since - 1", "moves on"),
        ("UPDATE recent_span SET since = until + 1, until = until + 1", "moves on"),
        ("UPDATE recent_span SET since = until + 1", "moves on"),
    ],
)
def test_a_span_includes_and_drops_only_what_lies_between_its_ends(
    database: Database, change: str, says: str
) -> None:
    engine = engine_of(database)
    with database.transaction():
        engine.execute_sql(f"INSERT INTO recent_span (days, ago, since, until) VALUES (30, 1, {NOW}, {NOW})")
        engine.execute_sql("UPDATE recent_span SET until = until + 60")
    assert says in refused(database, lambda: engine.execute_sql(change))
