"""What the database itself refuses about coupons and the sums of orders."""

from dataclasses import dataclass
from typing import Any

import pytest

from storage.database import Database
from storage.models import Category, Coupon, CouponUse, Customer, LedgerEntry, Offer, Order, OrderLine, Product
from tests.conftest import refused
from tests.storage.conftest import Rows


def coupon(**terms: Any) -> int:
    plain = {"code": "TEN", "percent": 10, "created_by": 1, "created_at": 0}
    return int(Coupon.create(**plain | terms).id)


def order(customer_id: int, number: int, *, total: int = 190, discount: int = 10) -> int:
    made = {"customer": customer_id, "key": f"offer:{number}", "created_at": 5}
    return int(Order.create(total_minor=total, discount_minor=discount, **made).id)


def line(order_id: int, rows: Rows, **change: Any) -> int:
    plain = {"product_id": rows.product_id, "product_name": "Key", "unit_price_minor": 100, "quantity": 2}
    return int(OrderLine.create(order=order_id, **plain | {"discount_minor": 10} | change).id)


def use(coupon_id: int, order_id: int, customer_id: int, now: int = 5) -> CouponUse:
    return CouponUse.create(coupon=coupon_id, customer=customer_id, order_id=order_id, created_at=now)


def pay(customer_id: int, order_id: int, amount: int) -> bool:
    return LedgerEntry.post(customer_id, kind="purchase", amount_minor=-amount, key=f"order:{order_id}", now=0)


@dataclass(frozen=True)
class Sale:
    """A second order by the customer in `rows`, with a discount but no coupon used for it yet."""

    customer_id: int
    coupon_id: int
    order_id: int


@pytest.fixture
def sale(database: Database, rows: Rows) -> Sale:
    with database.transaction():
        LedgerEntry.post(rows.customer_id, kind="deposit", amount_minor=1000, key="money", now=0)
        return Sale(rows.customer_id, coupon(created_by=rows.customer_id), order(rows.customer_id, 2))


@pytest.mark.parametrize(
    "terms",
    [
        {"code": "lower"},
        {"code": "AB"},
        {"code": "A B C"},
        {"percent": 0},
        {"percent": 101},
        {"fixed_minor": 5},
        {"percent": None},
        {"percent": None, "fixed_minor": 0},
        {"product_id": 1, "category_id": 1},
        {"least_minor": -1},
        {"most_uses": 0},
        {"most_uses_each": 0},
        {"valid_from": 9, "valid_until": 9},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_are_refused(database: Database, rows: Rows, terms: dict[str, Any]) -> None:
    assert "CHECK" in refused(database, lambda: coupon(created_by=rows.customer_id, **terms))
    assert Coupon.select().count() == 0


def test_a_code_belongs_to_one_coupon_whose_terms_are_fixed(database: Database, sale: Sale) -> None:
    assert "UNIQUE" in refused(database, lambda: coupon(percent=50))
    assert "keeps its terms" in refused(database, lambda: Coupon.update(percent=50).execute())
    with database.transaction():
        Coupon.switch(sale.coupon_id, off=True)
    assert Coupon.get_by_id(sale.coupon_id).switched_off


def test_a_coupon_is_used_no_more_often_than_allowed(database: Database, sale: Sale) -> None:
    with database.transaction():
        once = coupon(code="ONCE", most_uses=1)
        use(once, sale.order_id, sale.customer_id)
        other = Customer.create(telegram_id=8, bot_id=1, first_name="Bob", language="en", created_at=0).id
        second = order(other, 3)
    assert "used up" in refused(database, lambda: use(once, second, other))
    assert CouponUse.count_of(once) == 1


def test_a_coupon_is_used_no_more_often_by_one_customer_than_allowed(database: Database, sale: Sale) -> None:
    with database.transaction():
        each = coupon(code="EACH", most_uses_each=1)
        use(each, sale.order_id, sale.customer_id)
        other = Customer.create(telegram_id=8, bot_id=1, first_name="Bob", language="en", created_at=0).id
        second, third = order(sale.customer_id, 3), order(other, 4)
    assert "the customer has used" in refused(database, lambda: use(each, second, sale.customer_id))
    with database.transaction():
        use(each, third, other)
    assert CouponUse.count_of(each) == 2


@pytest.mark.parametrize("terms", [{"valid_from": 6}, {"valid_until": 5}, {"switched_off": True}], ids=str)
def test_a_coupon_is_not_used_while_it_is_not_valid(database: Database, sale: Sale, terms: dict[str, Any]) -> None:
    with database.transaction():
        late = coupon(code="LATE", **terms)
    assert "does not hold" in refused(database, lambda: use(late, sale.order_id, sale.customer_id))


def test_a_coupon_is_used_once_by_the_buyer_of_an_order_with_a_discount(
    database: Database, sale: Sale, rows: Rows
) -> None:
    with database.transaction():
        other = Customer.create(telegram_id=8, bot_id=1, first_name="Bob", language="en", created_at=0).id
        full = order(sale.customer_id, 3, total=200, discount=0)
    assert "by the buyer" in refused(database, lambda: use(sale.coupon_id, sale.order_id, other))
    assert "for a discount" in refused(database, lambda: use(sale.coupon_id, full, sale.customer_id))
    with database.transaction():
        use(sale.coupon_id, sale.order_id, sale.customer_id)
    assert "UNIQUE" in refused(database, lambda: use(sale.coupon_id, sale.order_id, sale.customer_id))


def test_a_use_is_never_changed_or_deleted(database: Database, sale: Sale) -> None:
    with database.transaction():
        use(sale.coupon_id, sale.order_id, sale.customer_id)
    assert "is kept" in refused(database, lambda: CouponUse.update(created_at=9).execute())
    assert "is kept" in refused(database, lambda: CouponUse.delete().execute())


def test_the_amount_paid_is_that_of_the_lines_minus_the_discount(database: Database, sale: Sale, rows: Rows) -> None:
    with database.transaction():
        line(sale.order_id, rows)
        use(sale.coupon_id, sale.order_id, sale.customer_id)
    for amount in (200, 189, 191):
        said = refused(database, lambda amount=amount: pay(sale.customer_id, sale.order_id, amount))
        assert "lines of its order say" in said
    with database.transaction():
        assert pay(sale.customer_id, sale.order_id, 190)


@pytest.mark.parametrize(
    "change", [{"discount_minor": 9}, {"quantity": 1}, {"unit_price_minor": 101}, {"discount_minor": 0}], ids=str
)
def test_an_order_that_does_not_add_up_cannot_be_paid(
    database: Database, sale: Sale, rows: Rows, change: dict[str, int]
) -> None:
    with database.transaction():
        line(sale.order_id, rows, **change)
        use(sale.coupon_id, sale.order_id, sale.customer_id)
    assert "lines of its order" in refused(database, lambda: pay(sale.customer_id, sale.order_id, 190))


def test_a_discount_without_a_coupon_cannot_be_paid(database: Database, sale: Sale, rows: Rows) -> None:
    with database.transaction():
        line(sale.order_id, rows)
    assert "lines of its order" in refused(database, lambda: pay(sale.customer_id, sale.order_id, 190))


def test_a_purchase_without_an_order_or_for_somebody_elses_cannot_be_paid(
    database: Database, sale: Sale, rows: Rows
) -> None:
    with database.transaction():
        line(sale.order_id, rows)
        use(sale.coupon_id, sale.order_id, sale.customer_id)
        other = Customer.create(telegram_id=8, bot_id=1, first_name="Bob", language="en", created_at=0).id
        LedgerEntry.post(other, kind="deposit", amount_minor=1000, key="more", now=0)
    assert "lines of its order" in refused(database, lambda: pay(other, sale.order_id, 190))
    assert "lines of its order" in refused(database, lambda: pay(other, 999, 190))


def test_an_orders_sums_and_lines_never_change(database: Database, sale: Sale, rows: Rows) -> None:
    with database.transaction():
        line_id = line(sale.order_id, rows)
        use(sale.coupon_id, sale.order_id, sale.customer_id)
        pay(sale.customer_id, sale.order_id, 190)
    mine = OrderLine.id == line_id
    assert "keeps its sum" in refused(database, lambda: Order.update(total_minor=1).execute())
    assert "keeps its sum" in refused(database, lambda: OrderLine.update(discount_minor=9).where(mine).execute())
    assert "keeps its lines" in refused(database, lambda: OrderLine.delete().where(mine).execute())
    with database.transaction():
        category = Category.ensure("Keys", parent_id=None)
        other, _ = Product.ensure(category, name="Other", description="Other", price_minor=100, now=0)
    assert "keeps its lines" in refused(database, lambda: line(sale.order_id, rows, product_id=other))


@pytest.mark.parametrize("discount", [-1, 201])
def test_a_lines_share_of_the_discount_never_exceeds_its_sum(
    database: Database, sale: Sale, rows: Rows, discount: int
) -> None:
    assert "CHECK" in refused(database, lambda: line(sale.order_id, rows, discount_minor=discount))


def test_an_orders_discount_is_never_negative(database: Database, rows: Rows) -> None:
    assert "CHECK" in refused(database, lambda: order(rows.customer_id, 2, total=210, discount=-10))


def test_an_offer_has_both_a_discount_and_a_coupon_or_neither(database: Database, sale: Sale) -> None:
    plain = {"customer": sale.customer_id, "lines": "[]", "total_minor": 1, "from_cart": False, "created_at": 0}
    for half in ({"discount_minor": 1}, {"coupon_id": sale.coupon_id}, {"discount_minor": -1}):
        assert "CHECK" in refused(database, lambda half=half: Offer.create(**plain, **half))
    with database.transaction():
        Offer.create(**plain, discount_minor=1, coupon_id=sale.coupon_id)
