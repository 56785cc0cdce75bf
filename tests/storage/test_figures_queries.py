"""What queries for figures cost; readers see one snapshot and block nobody."""

import threading
from typing import Any

import pytest
from peewee import IntegrityError, OperationalError

from storage.database import Database
from storage.errors import NestedTransaction
from storage.models import Customer, Difference, LedgerEntry, Reconciliation, reconciliation, reports
from tests.patience import DEADLINE_S
from tests.raw_sql import engine_of
from tests.storage.conftest import Rows

HOLDINGS = {"ARRIVED", "PAID", "ADDRESSES", "COUNT", "_HOLDS"}
"""Sums over everything that ever arrived; they have to read every row."""
SQL = {
    name: text
    for name, text in vars(reports).items()
    if name.isupper() and isinstance(text, str) and text.lstrip().startswith("SELECT") and name not in HOLDINGS
}


def plan(database: Database, sql: str) -> list[str]:
    values = [5] * sql.count("?")
    rows = engine_of(database).execute_sql("EXPLAIN QUERY PLAN " + sql, values).fetchall()
    return [detail for *_, detail in rows]


@pytest.mark.parametrize("name", sorted(SQL))
def test_no_figure_scans_a_table(database: Database, name: str) -> None:
    steps = plan(database, SQL[name])
    assert any(step.startswith("SEARCH") and " USING " in step for step in steps), steps
    assert [step for step in steps if step.startswith("SCAN") and "subquery" not in step] == []


@pytest.mark.parametrize("name", ["BUYERS"])
def test_a_sum_is_read_from_its_index_only(database: Database, name: str) -> None:
    assert any("COVERING INDEX" in step for step in plan(database, SQL[name]))


def test_a_snapshot_sees_one_moment_and_does_not_block_writers(database: Database, rows: Rows) -> None:
    def write() -> None:
        with database.transaction():
            LedgerEntry.post(rows.customer_id, kind="deposit", amount_minor=5, key="meanwhile", now=0)
        database.release_thread()

    with database.snapshot():
        assert Customer.balance_of(rows.customer_id) == 0
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(DEADLINE_S)
        assert not writer.is_alive(), "a reader holds a writer up"
        assert Customer.balance_of(rows.customer_id) == 0
        assert LedgerEntry.select().count() == 0
    assert Customer.balance_of(rows.customer_id) == 5


def test_nothing_can_be_written_in_a_snapshot_and_writing_works_afterwards(database: Database, rows: Rows) -> None:
    def rename(name: str) -> Any:
        return Customer.update(first_name=name).where(Customer.id == rows.customer_id).execute()

    with pytest.raises(OperationalError, match="readonly"), database.snapshot():
        rename("Eve")
    with database.transaction():
        rename("Grace")
    assert Customer.get_by_id(rows.customer_id).first_name == "Grace"


def test_a_snapshot_and_a_transaction_cannot_be_nested(database: Database) -> None:
    with pytest.raises(NestedTransaction), database.transaction(), database.snapshot():
        pass
    with pytest.raises(NestedTransaction), database.snapshot(), database.transaction():
        pass


BOOKS = reconciliation.CHECKS | {" and ".join(kinds): sql for kinds, sql in reconciliation.AT_ONCE.items()}


@pytest.mark.parametrize("kind", sorted(BOOKS))
def test_the_books_are_checked_through_indexes(database: Database, kind: str) -> None:
    """Each check goes through one table, and finds related rows through an index."""
    steps = plan(database, BOOKS[kind])
    scans = [step for step in steps if step.startswith("SCAN") and "subquery" not in step]
    assert len(scans) <= (2 if kind == "sales" else 1), steps


@pytest.mark.parametrize("name", ["ADDRESSES", "COUNT"])
def test_addresses_that_hold_a_coin_are_found_through_an_index(database: Database, name: str) -> None:
    steps = plan(database, getattr(reports, name))
    assert any("deposit_of_address" in step for step in steps), steps


def test_a_reconciliation_is_never_changed_or_deleted(database: Database) -> None:
    with database.transaction():
        Reconciliation.create(checked=5, differing=0, created_at=0)
    for write in (Reconciliation.update(differing=1), Reconciliation.delete()):
        with pytest.raises(IntegrityError, match="is kept"), database.transaction():
            write.execute()
    assert Reconciliation.last().differing == 0


@pytest.mark.parametrize("columns", [{"checked": -1}, {"differing": -1}], ids=str)
def test_an_impossible_reconciliation_is_refused(database: Database, columns: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="CHECK"), database.transaction():
        Reconciliation.create(**{"checked": 5, "differing": 0, "created_at": 0} | columns)


def test_a_difference_is_one_row_until_its_numbers_change(database: Database) -> None:
    with database.transaction():
        first = Reconciliation.create(checked=5, differing=1, created_at=0)
        second = Reconciliation.create(checked=5, differing=1, created_at=1)
        assert Difference.note(first.id, "balance", (7, 7, 5, 6))
        assert not Difference.note(second.id, "balance", (7, 7, 5, 6))
        assert Difference.note(second.id, "balance", (7, 7, 5, 8))
    assert [row.found for row in Difference.of(second.id, limit=9)] == [6, 8]
    assert [row.found for row in Difference.first_found_by(second.id)] == [8]
    with pytest.raises(IntegrityError, match="CHECK"), database.transaction():
        Difference.note(first.id, "balance", (7, 7, 5, 5))
    twice = {"kind": "balance", "subject": 7, "expected": 5, "found": 6, "first_id": 1, "last_id": 1}
    with pytest.raises(IntegrityError, match="UNIQUE"), database.transaction():
        Difference.create(**twice)
