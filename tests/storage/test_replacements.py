"""What the database itself refuses about replacements."""

import pytest

from storage.database import Database
from storage.models import Product, Replacement, StockItem
from tests.conftest import refused
from tests.storage.conftest import Rows


def make(rows: Rows, faulty: int, new: int) -> None:
    Replacement.make(faulty, new, replaced_by=rows.customer_id, now=0)


@pytest.fixture
def sold(database: Database, rows: Rows) -> Rows:
    """`rows`, with the line's two units sold and one in stock."""
    with database.transaction():
        StockItem.take(rows.product_id, 2, order_line_id=rows.line_id)
    return rows


def test_a_new_unit_replaces_the_faulty_one(database: Database, sold: Rows) -> None:
    with database.transaction():
        make(sold, sold.stock_ids[0], sold.stock_ids[2])
    assert StockItem.of_line(sold.line_id) == ["b", "c"]
    assert [item.content for item in StockItem.pieces_of(sold.line_id, faulty=True)] == ["a"]
    assert Product.get_by_id(sold.product_id).stock_count == 0


def test_a_unit_is_replaced_once_and_its_replacement_may_be_faulty_too(database: Database, sold: Rows) -> None:
    first, _, new = sold.stock_ids
    with database.transaction():
        StockItem.add(sold.product_id, [("d", b"d"), ("e", b"e")], now=0)
        make(sold, first, new)
        make(sold, new, new + 1)
    assert StockItem.of_line(sold.line_id) == ["b", "d"]
    assert "UNIQUE" in refused(database, lambda: make(sold, first, new + 2))
    assert StockItem.of_line(sold.line_id) == ["b", "d"]


def test_a_replacement_is_an_unsold_unit_of_the_same_product_for_a_sold_one(database: Database, sold: Rows) -> None:
    first, second, free = sold.stock_ids
    with database.transaction():
        category = Product.get_by_id(sold.product_id).category_id
        other, _ = Product.ensure(category, name="Other", description="Other", price_minor=100, now=0)
        StockItem.add(other, [("z", b"z")], now=0)
    strange = StockItem.get(StockItem.product == other).id
    for faulty, new in ((first, second), (free, strange), (first, strange), (999, free), (first, 999)):
        said = refused(database, lambda pair=(faulty, new): make(sold, *pair))
        assert "replaced by one of its product" in said
    assert Replacement.select().count() == 0


def test_a_line_still_gets_no_more_units_than_were_paid_for(database: Database, sold: Rows) -> None:
    with database.transaction():
        StockItem.add(sold.product_id, [("d", b"d")], now=0)
        make(sold, sold.stock_ids[0], sold.stock_ids[2])
    said = refused(database, lambda: StockItem.take(sold.product_id, 1, order_line_id=sold.line_id))
    assert "no more than was paid" in said
    assert len(StockItem.of_line(sold.line_id)) == 2


def test_a_replacement_is_never_changed_or_deleted(database: Database, sold: Rows) -> None:
    with database.transaction():
        make(sold, sold.stock_ids[0], sold.stock_ids[2])
    assert "kept" in refused(database, lambda: Replacement.update(created_at=5).execute())
    assert "kept" in refused(database, lambda: Replacement.delete().execute())
