"""A file from before the catalogue had everything: its goods, its sales and its searches are as they should be."""

from pathlib import Path

import pytest

from storage import migrations
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Product, StockItem

BEFORE = """
INSERT INTO customer (telegram_id, bot_id, first_name, language, created_at) VALUES (7, 1, 'Ada', 'en', 0);
INSERT INTO category (name) VALUES ('Keys');
INSERT INTO product (category_id, name, description, price_minor, created_at)
VALUES (1, 'Schlüssel', 'Für ÄPFEL', 100, 5);
INSERT INTO stock_item (product_id, content, content_hash, created_at) VALUES (1, 'a', x'01', 0), (1, 'b', x'02', 0);
INSERT INTO orders (customer_id, key, total_minor, created_at) VALUES (1, 'offer:1', 100, 0);
INSERT INTO order_line (order_id, product_id, product_name, unit_price_minor, quantity)
VALUES (1, 1, 'Schlüssel', 100, 1);
UPDATE stock_item SET order_line_id = 1 WHERE id = 1;
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file at the schema of before, with a sale in it."""
    steps = migrations.steps()
    monkeypatch.setattr(migrations, "steps", lambda: steps[:3])
    database = Database(tmp_path / "old.db", key)
    database.open()
    with database.transaction():
        for statement in migrations.statements(BEFORE):
            database._engine.execute_sql(statement)
    database.close()
    monkeypatch.setattr(migrations, "steps", lambda: steps)
    return database


def test_what_was_there_is_there_and_can_be_found(old: Database) -> None:
    old.open()
    row = Product.get()
    assert (row.import_key, row.description, row.deliverable) == ("Für ÄPFEL", "Für ÄPFEL", "unique_text")
    assert (row.stock_count, row.sold_count, row.created_at) == (1, 1, 5)
    assert [each.name for each in Product.found(["apfel", "schlussel"], start=0, count=8)] == ["Schlüssel"]
    assert StockItem.of_line(1) == ["a"]
    with old.transaction():
        assert Product.ensure(1, name="Schlüssel", description="Für ÄPFEL", price_minor=100, now=9) == (1, False)
    old.close()
