"""A file from before addresses knew the mode of their keys: each one knows it after the upgrade."""

from pathlib import Path

import pytest

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import DepositAddress
from tests.conftest import refused
from tests.older_file import older_file

BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at)
VALUES (7, 1, 'Ada', 'en', 0), (8, 1, 'Grace', 'en', 0), (9, 1, 'Hedy', 'en', 0);
INSERT INTO sealed_wallet (customer_id, sealed, created_at) VALUES (1, x'01', 100), (2, x'02', 200);
INSERT INTO deposit_address (customer_id, chain, address, path, created_at, shown_at, moved) VALUES
(1, 'BTC', 'before the box', 'm/84''/0''/0''/0/0', 50, 50, 0),
(1, 'LTC', 'in the box', 'm/84''/2''/0''/0/0', 100, 100, 0),
(1, 'SOL', 'in the box too', 'm/44''/501''/0''/0''', 101, 101, 0),
(1, 'TRX', 'later', 'm/44''/195''/0''/0/0', 900, 900, 0),
(2, 'ETH', 'only in a box', 'm/44''/60''/0''/0/0', 200, 200, 0),
(2, 'BTC', 'of another shop', 'm/0/0', 200, 200, 1),
(3, 'BTC', 'without a box', 'm/84''/0''/0''/0/0', 200, 200, 0),
(3, 'ETH', 'of an account', 'm/44''/60''/0''/0/3', 1, 1, 0),
(3, 'SOL', 'of a pool', 'pool/0', 1, 1, 0);
"""
AFTER = {
    "before the box": "hot", "in the box": "sealed", "in the box too": "sealed", "later": "hot",
    "only in a box": "sealed", "of another shop": None, "without a box": "hot", "of an account": "watch",
    "of a pool": "watch",
}  # fmt: skip


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, of a shop whose mode was changed."""
    return older_file(tmp_path, monkeypatch, key, before="0045", rows=BEFORE)


def test_an_address_that_is_older_than_its_customers_box_is_not_in_it(old: Database) -> None:
    old.open()
    modes = {row.address: row.mode for row in DepositAddress.select()}
    old.close()
    assert modes == AFTER


def test_an_address_of_this_shop_has_a_mode_and_keeps_it(old: Database) -> None:
    old.open()
    rows = {row.address: row.id for row in DepositAddress.select()}
    new = {"customer": 2, "chain": "LTC", "address": "new", "path": "m", "created_at": 0, "shown_at": 0}
    assert "has the mode of its keys" in refused(old, lambda: DepositAddress.create(**new))
    assert "has the mode of its keys" in refused(old, lambda: DepositAddress.create(**new, moved=True, mode="hot"))
    changed = DepositAddress.update(mode="sealed").where(DepositAddress.id == rows["later"])
    assert "keeps its keys" in refused(old, changed.execute)
    old.close()
