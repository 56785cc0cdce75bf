"""What the database itself refuses about sweeps, whatever the code above it does."""

import re
from typing import Any

import pytest

from storage.database import Database
from storage.models import DepositAddress, Sweep, SweepInput, SweepPlan, SweepTransaction
from storage.models.sweeps import LIVE, unspent
from tests.conftest import refused
from tests.plans import Recorder
from tests.raw_sql import engine_of
from tests.storage.conftest import Rows

TO = "bc1-destination"


@pytest.fixture
def sweep(database: Database, rows: Rows) -> Sweep:
    with database.transaction():
        address = DepositAddress.create(
            customer=rows.customer_id, chain="BTC", address="bc1-own", path="m", mode="hot", created_at=0, shown_at=0
        )
        assert address.id == 1
        made = Sweep.create(chain="BTC", destination=TO, speed="normal", state="asked", created_at=0)
        Sweep.change(made.id, state="waiting", starts_at=1)
        Sweep.change(made.id, state="running")
    return made


def transaction(sweep: Sweep, **columns: Any) -> SweepTransaction:
    values = {
        "sweep": sweep.id, "position": 0, "chain": "BTC", "purpose": "move", "asset": "BTC", "source": "",
        "recipient": TO, "units": 900, "fee_units": 100, "state": "planned", "created_at": 0, "updated_at": 0,
    }  # fmt: skip
    return SweepTransaction.create(**values | columns)


def spend(row: SweepTransaction, place: str = "aa:0") -> SweepInput:
    return SweepInput.create(transaction=row.id, address=1, chain="BTC", asset="BTC", place=place, units=1_000)


def test_an_output_has_one_live_spend(database: Database, sweep: Sweep) -> None:
    with database.transaction():
        first = transaction(sweep)
        spend(first)
        second = transaction(sweep, position=1)
    assert "UNIQUE" in refused(database, lambda: spend(second))
    with database.transaction():
        SweepTransaction.change(first.id, state="failed")
        spend(second)
    assert [each.live for each in SweepInput.select().order_by(SweepInput.id)] == [0, 1]


def test_a_failed_spend_cannot_be_revived_while_another_is_live(database: Database, sweep: Sweep) -> None:
    with database.transaction():
        first = transaction(sweep, state="signed", txid="t1", signed_bytes=b"1")
        spend(first)
        SweepTransaction.change(first.id, state="failed")
        spend(transaction(sweep, position=1))
    assert "UNIQUE" in refused(database, lambda: SweepTransaction.change(first.id, state="confirmed"))


def test_a_nonce_is_used_by_one_live_transaction(database: Database, sweep: Sweep) -> None:
    signed = {"chain": "ETH", "asset": "ETH", "source": "0xa", "nonce": 7, "state": "signed", "purpose": "gas"}
    with database.transaction():
        first = transaction(sweep, **signed, txid="t1", signed_bytes=b"1", recipient="0xb")
    again = signed | {"txid": "t2", "signed_bytes": b"2", "recipient": "0xc"}
    assert "UNIQUE" in refused(database, lambda: transaction(sweep, **again))
    with database.transaction():
        SweepTransaction.change(first.id, state="replaced")
        transaction(sweep, **again)


def test_a_coin_at_an_address_is_moved_only_once_at_a_time(database: Database, sweep: Sweep) -> None:
    moving = {"chain": "SOL", "asset": "SOL", "source": "Holder"}
    with database.transaction():
        transaction(sweep, **moving)
    assert "UNIQUE" in refused(database, lambda: transaction(sweep, **moving, position=1))


def test_a_sweep_pays_its_destination_only(database: Database, sweep: Sweep) -> None:
    assert "its destination" in refused(database, lambda: transaction(sweep, recipient="bc1-thief"))
    assert "keeps its destination" in refused(database, lambda: Sweep.change(sweep.id, destination="bc1-thief"))


def test_a_signed_transaction_is_never_changed(database: Database, sweep: Sweep) -> None:
    with database.transaction():
        row = transaction(sweep)
        SweepTransaction.change(row.id, state="signed", txid="t1", signed_bytes=b"1")
    for change in ({"txid": "t2"}, {"signed_bytes": b"2"}, {"recipient": "bc1-thief"}):
        assert "as it was signed" in refused(
            database, lambda change=change: SweepTransaction.change(row.id, **change)
        )
    assert "kept for ever" in refused(database, lambda: SweepTransaction.delete().execute())


def test_nothing_is_sent_that_was_not_recorded_first(database: Database, sweep: Sweep) -> None:
    with database.transaction():
        row = transaction(sweep)
    assert "CHECK" in refused(database, lambda: SweepTransaction.change(row.id, state="signed"))
    assert "goes forward" in refused(database, lambda: SweepTransaction.change(row.id, state="confirmed"))


def test_a_chain_has_one_sweep_in_progress_and_a_plan_is_never_changed(database: Database, sweep: Sweep) -> None:
    with database.transaction():
        other = Sweep.create(chain="BTC", destination=TO, speed="normal", state="asked", created_at=0)
        SweepPlan.create(sweep=other.id, speed="normal", plan=b"plan", summary="{}")
    assert "UNIQUE" in refused(database, lambda: Sweep.change(other.id, state="waiting", starts_at=1))
    assert "made anew" in refused(database, lambda: SweepPlan.update(plan=b"other").execute())
    assert "keeps its plan" in refused(database, lambda: Sweep.change(sweep.id, speed="fast"))
    with database.transaction():
        Sweep.forget_before(10)
    assert Sweep.select().count() == 2, "only what was planned and dropped is forgotten"


def test_what_takes_an_output_is_found_by_its_place(database: Database) -> None:
    recorder, engine = Recorder(), engine_of(database)
    row = SweepTransaction(id=1, chain="BTC", source="", nonce=None)
    with recorder.listening():
        unspent("BTC", "hot")
        SweepTransaction.rivals(row, LIVE)
    for asked in recorder.statements:
        steps = engine.execute_sql(f"EXPLAIN QUERY PLAN {asked.sql}", asked.values).fetchall()
        found = [detail for *_, detail in steps if detail.startswith(("SCAN i", "SEARCH i"))]
        assert [re.sub(r"^SEARCH i USING ", "", detail) for detail in found] == [
            "INDEX sweep_input_of_place (chain=? AND place=?)"
        ], (asked.place, steps)
    assert len(recorder.statements) == 2
