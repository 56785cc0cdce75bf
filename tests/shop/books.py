"""The books must add up whatever has happened."""

from storage.models import (
    Coupon,
    CouponUse,
    Customer,
    LedgerEntry,
    Order,
    OrderLine,
    Product,
    Refund,
    ReservedStock,
    StockItem,
)


def check_books() -> None:
    """Check that payments, orders, deductions, sales, stock and deliveries agree wherever they are recorded."""
    for customer in Customer.list_by("TRUE"):
        _check_account(customer)
    for order in Order.list_by("TRUE"):
        _check_order(order)
    for product in Product.list_by("TRUE"):
        _check_stock(product)
    for coupon in Coupon.list_by("TRUE"):
        _check_coupon(coupon)


def _check_account(customer: Customer) -> None:
    entries = LedgerEntry.of(customer.id)
    assert customer.balance_minor == sum(entry.amount_minor for entry in entries)
    assert customer.balance_minor >= 0 or any(entry.kind == "chargeback" for entry in entries)
    paid = -sum(entry.amount_minor for entry in entries if entry.kind == "purchase")
    orders = Order.list_by("customer_id = ?", customer.id)
    assert paid == sum(order.total_minor for order in orders)
    returned = sum(entry.amount_minor for entry in entries if entry.kind == "refund")
    lines = OrderLine.of_all([order.id for order in orders])
    assert returned == sum(Refund.amounts_of([line.id for line in lines]).values())


def _check_order(order: Order) -> None:
    lines = OrderLine.of(order.id)
    assert (
        order.total_minor == sum(line.quantity * line.unit_price_minor for line in lines) - order.discount_minor > 0
    )
    assert order.discount_minor == sum(line.discount_minor for line in lines)
    assert (order.discount_minor > 0) == (CouponUse.code_of(order.id) is not None)
    returned = Refund.amounts_of([line.id for line in lines])
    for line in lines:
        assert 0 <= returned.get(line.id, 0) <= line.paid_minor
        assert 0 <= line.discount_minor <= line.quantity * line.unit_price_minor
        unique = line.deliverable.startswith("unique")
        assert len(StockItem.of_line(line.id)) == (line.quantity if unique else 0)
        assert (line.shared_item_id is not None) == line.deliverable.startswith("shared")


def _check_stock(product: Product) -> None:
    unsold = StockItem.value_by("COUNT(*)", "product_id = ? AND order_line_id IS NULL", product.id)
    kept = ReservedStock.list_by("product_id = ?", product.id)
    assert product.stock_count == unsold
    assert product.stock_count >= product.reserved_count == sum(each.quantity for each in kept)
    sold = OrderLine.list_by("product_id = ?", product.id)
    assert product.sold_count == sum(line.quantity for line in sold)


def _check_coupon(coupon: Coupon) -> None:
    uses = CouponUse.list_by("coupon_id = ?", coupon.id)
    assert len(uses) <= (coupon.most_uses or len(uses))
    for customer_id in {use.customer_id for use in uses}:
        own = CouponUse.count_of(coupon.id, customer_id)
        assert own <= (coupon.most_uses_each or own)
