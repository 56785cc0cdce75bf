"""Rows that a schema test needs before it can try to break the schema."""

from dataclasses import dataclass

import pytest

from storage.database import Database
from storage.models import Category, Customer, Order, OrderLine, Product, StockItem


@dataclass(frozen=True)
class Rows:
    """One customer with an order line for two of three units."""

    customer_id: int
    product_id: int
    line_id: int
    stock_ids: tuple[int, ...]


@pytest.fixture
def rows(database: Database) -> Rows:
    with database.transaction():
        customer = Customer.create(telegram_id=7, bot_id=1, first_name="Ada", language="en", created_at=0)
        category = Category.ensure("Keys", parent_id=None)
        product, _ = Product.ensure(category, name="Key", description="Key", price_minor=100, now=0)
        StockItem.add(product, [(text, text.encode()) for text in ("a", "b", "c")], now=0)
        order = Order.create(customer=customer.id, key="offer:1", total_minor=200, created_at=0)
        line = OrderLine.create(
            order=order.id, product_id=product, product_name="Key", unit_price_minor=100, quantity=2
        )
    stock = tuple(item.id for item in StockItem.select().order_by(StockItem.id))
    return Rows(customer.id, product, line.id, stock)
