"""A file from before deposits could be older than their address: those on hold stay on hold, for their reasons."""

from pathlib import Path

import pytest
from peewee import IntegrityError

from storage import migrations
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Deposit
from tests.raw_sql import engine_of

STEP = "0043"
REASONS = (None, "unwitnessed", "denied", "contradicted", "ceiling")
BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at) VALUES (7, 1, 'Ada', 'en', 0);
INSERT INTO deposit_address (customer_id, chain, address, path, created_at, shown_at, moved)
VALUES (1, 'BTC', 'bc1q', 'm', 0, 0, 1);
"""
DEPOSIT = """
INSERT INTO deposit (customer_id, address_id, chain, txid, output_index, identity, asset, units, state, finality,
    seen_at, updated_at, held, held_at) VALUES (1, 1, 'BTC', ?, '0', '0', 'BTC', '5', 'confirming', '2', 1, 1, ?, 3)
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with a deposit on hold for each reason."""
    steps = migrations.steps()
    monkeypatch.setattr(migrations, "steps", lambda: [step for step in steps if step.name < STEP])
    database = Database(tmp_path / "old.db", key)
    database.open()
    with database.transaction():
        for statement in migrations.statements(BEFORE):
            engine_of(database).execute_sql(statement)
        for number, reason in enumerate(REASONS):
            engine_of(database).execute_sql(DEPOSIT, (f"{number:064}", reason))
    database.close()
    monkeypatch.setattr(migrations, "steps", lambda: steps)
    return database


def test_deposits_on_hold_stay_so_and_can_be_older_than_their_address(old: Database) -> None:
    old.open()
    rows = list(Deposit.select().order_by(Deposit.id))
    assert [(row.held, row.held_at, row.units) for row in rows] == [(reason, 3, 5) for reason in REASONS]
    with old.transaction():
        Deposit.change(rows[0].id, held="earlier")
    with pytest.raises(IntegrityError) as refused, old.transaction():
        Deposit.change(rows[0].id, held="for no reason")
    assert "CHECK" in str(refused.value)
    assert Deposit.get_by_id(rows[0].id).held == "earlier"
    old.close()
