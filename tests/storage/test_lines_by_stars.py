"""Whether the goods of an order line took Stars is stored with the line, also for the orders of an older file."""

from pathlib import Path

import pytest

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import LedgerEntry, Order, OrderLine, Product
from tests.conftest import refused
from tests.older_file import older_file
from tests.storage.conftest import Rows

BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at) VALUES (7, 1, 'Ada', 'en', 0);
INSERT INTO category (name) VALUES ('Keys');
INSERT INTO product (category_id, name, description, price_minor, created_at, import_key, by_stars)
VALUES (1, 'Any', 'Any', 5, 0, 'a', 1), (1, 'No Stars', 'No Stars', 5, 0, 'b', 0);
INSERT INTO orders (customer_id, key, total_minor, created_at) VALUES (1, 'offer:1', 10, 0);
INSERT INTO order_line (order_id, product_id, product_name, unit_price_minor, quantity)
VALUES (1, 1, 'Any', 5, 1), (1, 2, 'No Stars', 5, 1);
INSERT INTO ledger_entry (customer_id, kind, amount_minor, balance_minor, key, created_at)
VALUES (1, 'deposit', 10, 10, 'deposit:1', 0), (1, 'purchase', -10, 0, 'order:1', 0);
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with a paid order."""
    return older_file(tmp_path, monkeypatch, key, before="0046", rows=BEFORE)


def by_stars() -> list[bool]:
    return [line.by_stars for line in OrderLine.select().order_by(OrderLine.id)]


def test_lines_from_before_get_what_their_product_says_at_the_upgrade(old: Database) -> None:
    old.open()
    assert by_stars() == [True, False]
    with old.transaction():
        Product.update(by_stars=True).execute()
    assert by_stars() == [True, False]
    old.close()


def test_a_line_is_by_stars_if_its_product_is(database: Database, rows: Rows) -> None:
    line = {"product_id": rows.product_id, "product_name": "Key", "unit_price_minor": 100, "quantity": 1}
    with database.transaction():
        for number, (said, takes) in enumerate(((True, False), (False, True)), start=2):
            Product.update(by_stars=takes).execute()
            key = f"offer:{number}"
            order = Order.create(customer=rows.customer_id, key=key, total_minor=100, created_at=0)
            OrderLine.create(order=order.id, by_stars=said, **line)
    assert by_stars() == [True, False, True]


def test_a_paid_line_keeps_whether_it_was_by_stars(database: Database, rows: Rows) -> None:
    with database.transaction():
        LedgerEntry.post(rows.customer_id, kind="deposit", amount_minor=200, key="money", now=0)
        LedgerEntry.post(rows.customer_id, kind="purchase", amount_minor=-200, key="order:1", now=0)
    assert "keeps what pays it" in refused(database, lambda: OrderLine.update(by_stars=False).execute())
