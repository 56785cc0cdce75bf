"""A file from before deposits could be older than their address: those on hold stay on hold, for their reasons."""

from pathlib import Path

import pytest
from peewee import IntegrityError

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Deposit
from tests.older_file import older_file

REASONS = (None, "unwitnessed", "denied", "contradicted", "ceiling")
BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at) VALUES (7, 1, 'Ada', 'en', 0);
INSERT INTO deposit_address (customer_id, chain, address, path, created_at, shown_at, moved)
VALUES (1, 'BTC', 'bc1q', 'm', 0, 0, 1);
"""
HELD = "".join(
    f"""
INSERT INTO deposit (customer_id, address_id, chain, txid, output_index, identity, asset, units, state, finality,
    seen_at, updated_at, held, held_at)
VALUES (1, 1, 'BTC', '{number:064}', '0', '0', 'BTC', '5', 'confirming', '2', 1, 1, {reason}, 3);
"""
    for number, reason in enumerate("NULL" if each is None else f"'{each}'" for each in REASONS)
)


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with a deposit on hold for each reason."""
    return older_file(tmp_path, monkeypatch, key, before="0043", rows=BEFORE + HELD)


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
