"""A file from before refunds in Stars recorded their account: each one under way knows it after the upgrade."""

from pathlib import Path

import pytest

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import StarPayment
from tests.older_file import older_file

BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at)
VALUES (7, 1, 'Ada', 'en', 0), (8, 1, 'Grace', 'en', 0);
INSERT INTO star_payment (charge_id, customer_id, stars, credited_minor, state, paid_at, changed_at) VALUES
('moved', 1, 5, 5, 'refunding', 10, 10), ('later', 1, 5, 5, 'refunding', 30, 30),
('stayed', 2, 5, 5, 'refunding', 10, 10), ('paid', 2, 5, 5, 'paid', 10, 10), ('done', 2, 5, 5, 'refunded', 10, 10);
INSERT INTO account_move (customer_id, from_telegram_id, to_telegram_id, moved_by, created_at) VALUES
(1, 5, 6, 2, 20), (1, 6, 7, 2, 25);
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with refunds under way."""
    return older_file(tmp_path, monkeypatch, key, before="0040", rows=BEFORE)


def test_a_refund_under_way_goes_to_the_account_that_paid(old: Database) -> None:
    old.open()
    accounts = {row.charge_id: row.refund_to for row in StarPayment.select()}
    old.close()
    assert accounts == {"moved": 5, "later": 7, "stayed": 8, "paid": None, "done": None}
