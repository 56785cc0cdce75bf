"""The shop under test, and the books that must add up whatever happened."""

from collections.abc import Callable

import pytest

from storage.database import Database
from storage.models import Customer, LedgerEntry, Order, OrderLine, Product, Refund, ReservedStock, StockItem
from tests.conftest import StandingClock
from tests.stand import Stand, open_shop


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock)


@pytest.fixture
def books_add_up() -> Callable[[], None]:
    """Check that every balance is the sum of its ledger, and that what was paid, sold and delivered is the same."""

    def check() -> None:
        for customer in Customer.select():
            entries = LedgerEntry.of(customer.id)
            assert customer.balance_minor == sum(entry.amount_minor for entry in entries) >= 0
            paid = -sum(entry.amount_minor for entry in entries if entry.kind == "purchase")
            ordered = sum(order.total_minor for order in Order.select().where(Order.customer == customer.id))
            assert paid == ordered
            returned = sum(entry.amount_minor for entry in entries if entry.kind == "refund")
            assert returned == sum(
                Refund.amounts_of(
                    [line.id for line in OrderLine.select() if line.order.customer_id == customer.id]
                ).values()
            )
        for line in OrderLine.select():
            unique = line.deliverable.startswith("unique")
            assert len(StockItem.of_line(line.id)) == (line.quantity if unique else 0)
            assert (line.shared_item_id is not None) == line.deliverable.startswith("shared")
        for order in Order.select():
            lines = OrderLine.of(order.id)
            assert (
                order.total_minor
                == sum(line.quantity * line.unit_price_minor for line in lines) - order.discount_minor
            )
            assert order.discount_minor == sum(line.discount_minor for line in lines)
            assert all(0 <= line.discount_minor <= line.quantity * line.unit_price_minor for line in lines)
        for product in Product.select():
            unsold = StockItem.select().where(StockItem.product == product.id, StockItem.order_line_id.is_null())
            assert product.stock_count == unsold.count()
            kept = ReservedStock.select().where(ReservedStock.product_id == product.id)
            assert product.stock_count >= product.reserved_count == sum(each.quantity for each in kept)
            assert product.sold_count == sum(
                line.quantity for line in OrderLine.select().where(OrderLine.product_id == product.id)
            )

    return check
