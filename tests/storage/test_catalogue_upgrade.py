"""A file from an older catalogue: its goods, sales and searches are intact after the upgrade."""

from pathlib import Path

import pytest

from storage import migrations
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Product, StockItem, product_search, reconciliation
from storage.text import fingerprint
from tests.raw_sql import engine_of

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
TWIN = """
INSERT INTO product (category_id, name, description, price_minor, created_at) VALUES (1, 'Dearer', 'Dearer', 200, 5);
INSERT INTO stock_item (product_id, content, content_hash, created_at)
VALUES (2, 'B', x'03', 0), (2, ' A', x'04', 0), (2, 'c', x'05', 0);
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: DatabaseKey) -> Database:
    """A file with the old schema and one sale."""
    steps = migrations.steps()
    monkeypatch.setattr(migrations, "steps", lambda: steps[:3])
    database = Database(tmp_path / "old.db", key)
    database.open()
    with database.transaction():
        for statement in migrations.statements(BEFORE + TWIN):
            engine_of(database).execute_sql(statement)
    database.close()
    monkeypatch.setattr(migrations, "steps", lambda: steps)
    return database


def test_everything_is_still_there_and_can_be_found(old: Database) -> None:
    old.open()
    row = Product.get()
    assert (row.import_key, row.description, row.deliverable) == ("Für ÄPFEL", "Für ÄPFEL", "unique_text")
    assert (row.stock_count, row.sold_count, row.created_at) == (1, 1, 5)
    assert product_search.matching(["apfel", "schlussel"]) == [row.id]
    assert StockItem.of_line(1) == ["a"]
    with old.transaction():
        assert Product.ensure(1, name="Schlüssel", description="Für ÄPFEL", price_minor=100, now=9) == (1, False)
    old.close()


def test_duplicate_goods_are_numbered_and_listed_by_the_reconciliation(old: Database) -> None:
    old.open()
    rows = {row.content: (row.occurrence, row.again_by) for row in StockItem.select()}
    assert rows == {"a": (1, None), "b": (1, None), "B": (2, None), " A": (2, None), "c": (1, None)}
    assert all(row.fingerprint == fingerprint(row.content) for row in StockItem.select())
    assert reconciliation.differences("twice", most=9) == ([(2, None, 0, 2)], 1)
    old.close()
