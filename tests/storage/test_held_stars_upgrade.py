"""A file from before held payments in Stars were kept with their customers, whom only letters to the owners name."""

from pathlib import Path

import pytest

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import HeldStar, StarPayment
from tests.conftest import refused
from tests.older_file import older_file

BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at)
VALUES (7, 1, 'Ada', 'en', 0), (8, 1, 'Grace', 'en', 0);
INSERT INTO star_payment (charge_id, customer_id, stars, credited_minor, state, paid_at, changed_at)
VALUES ('credited', 1, 5, 5, 'paid', 10, 10);
INSERT INTO outbox (key, telegram_id, bot_id, kind, payload, due_at, created_at) VALUES
('stars-held:a:b:7000', 12, 1, 'admin_stars_held', '{"customer_id": 1, "stars": 5}', 0, 0),
('stars-held:a:b:1', 1, 1, 'admin_stars_held', '{"customer_id": 1, "stars": 5}', 0, 0),
('stars-held:c:1', 1, 1, 'admin_stars_held', '{"customer_id": 2, "stars": 5}', 0, 0),
('stars-held:credited:1', 1, 1, 'admin_stars_held', '{"customer_id": 1, "stars": 5}', 0, 0),
('customer:2:1', 1, 1, 'admin_customer', '{"customer_id": 2}', 0, 0);
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with payments that the owners were told of."""
    return older_file(tmp_path, monkeypatch, key, before="0048", rows=BEFORE)


def held() -> dict[str, int]:
    return {row.charge_id: row.customer_id for row in HeldStar.select()}


def payment(customer_id: int) -> None:
    columns = {"stars": 5, "credited_minor": 5, "state": "paid", "paid_at": 0, "changed_at": 0}
    StarPayment.create(charge_id="c", customer=customer_id, **columns)


def test_payments_that_were_held_before_are_held_for_the_customers_that_their_letters_name(old: Database) -> None:
    old.open()
    assert held() == {"a:b": 1, "c": 2}
    old.close()


def test_a_held_payment_is_credited_to_its_customer_alone_and_held_no_longer(old: Database) -> None:
    old.open()
    assert "is its customer's" in refused(old, lambda: payment(1))
    with old.transaction():
        payment(2)
    assert held() == {"a:b": 1}
    old.close()
