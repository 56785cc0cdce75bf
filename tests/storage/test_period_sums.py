"""Sums by hour and day equal their rows, for any span, whatever is added or removed."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import BotVisit, Customer, LedgerEntry, Order, OrderLine, period_sums
from storage.models.period_sums import DAY_S, HOUR_S, PeriodSum, totals
from tests.conftest import refused
from tests.raw_sql import engine_of
from tests.storage.conftest import Rows

SECONDS = st.integers(0, 5 * DAY_S) | st.sampled_from([0, HOUR_S - 1, HOUR_S, DAY_S - 1, DAY_S, 3 * DAY_S, 2**62])
SPANS = st.tuples(SECONDS, SECONDS).map(lambda ends: (min(ends), max(ends)))
ENTRIES = st.lists(st.tuples(SECONDS, st.sampled_from(["deposit", "tolerance"]), st.integers(1, 999)), max_size=12)


@given(ENTRIES, st.lists(SECONDS, max_size=6), st.lists(SPANS, min_size=1, max_size=6))
def test_a_span_equals_the_sum_of_its_rows(
    blank: Path,
    key: DatabaseKey,
    entries: list[tuple[int, str, int]],
    arrivals: list[int],
    spans: list[tuple[int, int]],
) -> None:
    with TemporaryDirectory() as folder:
        database = Database(Path(shutil.copy(blank, folder)), key)
        database.open()
        with database.transaction():
            engine_of(database).execute_sql("DROP TRIGGER tolerance_entry_is_on_record")
            for number, moment in enumerate([2**40, *arrivals]):
                Customer.create(telegram_id=number, bot_id=1, first_name="Ada", language="en", created_at=moment)
            for number, (moment, kind, amount) in enumerate(entries):
                LedgerEntry.post(1, kind=kind, amount_minor=amount, key=f"entry {number}", now=moment)
        found = totals(spans)
        assert period_sums.are_right()
        database.close()
    for (since, until), sums in zip(spans, found, strict=True):
        expected = {}
        for kind in ("deposit", "tolerance"):
            inside = [amount for moment, of, amount in entries if of == kind and since <= moment < until]
            expected |= {kind: (len(inside), sum(inside))} if inside else {}
        came = sum(since <= moment < until for moment in [2**40, *arrivals])
        assert sums == expected | ({"customer": (came, 0)} if came else {})


@given(SPANS)
def test_pieces_cover_a_span_exactly_once_and_are_few(span: tuple[int, int]) -> None:
    pieces = sorted(period_sums.pieces_of(*span), key=lambda piece: piece[1])
    ends = [span[0], *(end for _, _, end in pieces)]
    assert [start for _, start, _ in pieces] == ends[:-1]
    assert ends[-1] == span[1]
    assert len(pieces) <= 5
    for step_s, start, end in pieces:
        assert start < end
        assert not step_s or start % step_s == end % step_s == 0
        assert step_s == DAY_S or end - start < (2 * DAY_S if step_s else 2 * HOUR_S)


def test_an_order_withdrawn_before_payment_no_longer_counts(database: Database, rows: Rows) -> None:
    assert totals([(0, 9), (0, DAY_S)]) == [{"customer": (1, 0), "order": (1, 0), "unit": (2, 0)}] * 2
    with database.transaction():
        OrderLine.delete().execute()
        Order.delete().execute()
        Customer.create(telegram_id=8, bot_id=1, first_name="Max", language="en", created_at=DAY_S)
        BotVisit.delete().execute()
        Customer.delete().where(Customer.telegram_id == 8).execute()
    assert period_sums.are_right()
    assert (PeriodSum.count_ever("order"), PeriodSum.count_ever("unit"), PeriodSum.count_ever("customer")) == (
        0,
        0,
        1,
    )


def test_rows_that_were_summed_keep_their_time_and_their_units(database: Database, rows: Rows) -> None:
    assert "keeps its time" in refused(database, lambda: Order.update(created_at=5).execute())
    assert "keeps its sum" in refused(database, lambda: OrderLine.update(quantity=9).execute())
    assert "keeps the time" in refused(database, lambda: Customer.update(created_at=5).execute())
    assert period_sums.are_right()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE period_sum SET number = number + 1 WHERE step_s = 3600 AND kind = 'KIND'",
        "UPDATE period_sum SET amount = amount + 1 WHERE step_s = 3600 AND kind = 'KIND'",
        "UPDATE period_sum SET number = number + 1 WHERE step_s = 86400 AND kind = 'KIND'",
        "DELETE FROM period_sum WHERE step_s = 3600 AND kind = 'KIND'",
        "DELETE FROM period_sum WHERE kind = 'KIND'",
        "UPDATE period_sum SET start = start + 86400 WHERE kind = 'KIND'",
        "INSERT INTO period_sum VALUES (3600, 3600, 'KIND', 1, 0), (86400, 0, 'KIND', 1, 0)"
        " ON CONFLICT DO UPDATE SET number = number + 1",
        "INSERT INTO period_sum VALUES (3600, 7200, 'KIND', 0, 5)",
    ],
)
@pytest.mark.parametrize("kind", ["deposit", "purchase", "order", "unit", "customer", "buyer"])
def test_a_wrong_sum_is_noticed(database: Database, rows: Rows, kind: str, change: str) -> None:
    engine = engine_of(database)
    with database.transaction():
        order = Order.get()
        for name, minor, key in (
            ("deposit", 9_000, "a deposit"),
            ("purchase", -order.total_minor, f"order:{order.id}"),
        ):
            LedgerEntry.post(rows.customer_id, kind=name, amount_minor=minor, key=key, now=9)
    assert period_sums.are_right()
    with database.transaction():
        engine.execute_sql(change.replace("KIND", kind))
    assert not period_sums.are_right()
    with database.transaction():
        period_sums.rebuild()
    assert period_sums.are_right()


@pytest.mark.parametrize(
    "change",
    ["UPDATE product_sum SET paid = paid + 1", "UPDATE product_sum SET units = 9", "DELETE FROM product_sum"],
)
def test_a_wrong_product_sum_is_noticed(database: Database, rows: Rows, change: str) -> None:
    with database.transaction():
        engine_of(database).execute_sql(change)
    assert not period_sums.are_right()


@pytest.mark.parametrize("columns", ["3600, 1, 'order', 1, 0", "60, 0, 'order', 1, 0", "3600, 0, 'x', 1, 0"])
def test_a_sum_with_an_invalid_hour_or_kind_is_refused(database: Database, columns: str) -> None:
    insert = f"INSERT INTO period_sum VALUES ({columns})"
    assert "CHECK" in refused(database, lambda: engine_of(database).execute_sql(insert))


def test_sums_are_read_through_indexes(database: Database) -> None:
    steps = [row[-1] for row in engine_of(database).execute_sql(f"EXPLAIN QUERY PLAN {period_sums.SUMS}", ("[]",))]
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN") and "subquery" not in step}
    assert scanned <= {"p", "json_each"}, steps
    for index in ("ledger_by_kind", "orders_by_time", "(order_id=?)", "customer_by_time", "PRIMARY KEY"):
        assert any(index in step for step in steps), steps
