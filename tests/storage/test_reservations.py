"""What the database itself enforces about reserved stock."""

import pytest
from peewee import IntegrityError

from storage.database import Database
from storage.models import (
    Customer,
    Offer,
    Product,
    ReleasedStock,
    Reservation,
    ReservedStock,
    StockItem,
    WaitingOffer,
)
from tests.storage.conftest import Rows
from tests.storage.test_schema import refused


def wait(customer_id: int) -> None:
    """Create an offer for this customer that waits."""
    plain = {"lines": "[]", "total_minor": 1, "from_cart": False, "created_at": 0}
    offer = Offer.create(customer=customer_id, **plain)
    WaitingOffer.keep(customer_id, offer.id, now=0, expires_at=99)


def another(telegram_id: int) -> int:
    return int(Customer.create(telegram_id=telegram_id, bot_id=1, first_name="Bob", language="en", created_at=0).id)


def keep(customer_id: int, product_id: int, quantity: int, *, now: int = 0) -> None:
    wait(customer_id)
    Reservation.keep(customer_id, {product_id: quantity}, now=now, expires_at=50)


def counts(product_id: int) -> tuple[int, int]:
    product = Product.get_by_id(product_id)
    return product.stock_count, product.reserved_count


@pytest.fixture
def kept(database: Database, rows: Rows) -> Rows:
    """`rows`, with two of three units reserved."""
    with database.transaction():
        keep(rows.customer_id, rows.product_id, 2)
    return rows


def test_the_count_of_reserved_stock_is_kept_up_to_date(database: Database, kept: Rows) -> None:
    assert counts(kept.product_id) == (3, 2)
    with database.transaction():
        Reservation.end(kept.customer_id, [kept.product_id])
    assert (counts(kept.product_id), ReservedStock.select().count()) == ((3, 0), 0)


@pytest.mark.parametrize("how", ["waiting", "offer", "time"])
def test_whatever_ends_the_waiting_releases_the_stock_and_notes_whom_to_tell(
    database: Database, kept: Rows, how: str
) -> None:
    with database.transaction():
        if how == "waiting":
            WaitingOffer.end(kept.customer_id)
        elif how == "offer":
            Offer.forget_before(9)
        else:
            Reservation.forget_over(50)
    assert counts(kept.product_id) == (3, 0)
    with database.transaction():
        keep(kept.customer_id, kept.product_id, 1)
        WaitingOffer.end(kept.customer_id)
        assert ReleasedStock.take() == [(kept.product_id, 3)]
    assert not ReleasedStock.any()


def test_stock_reserved_for_somebody_else_cannot_be_sold(database: Database, kept: Rows) -> None:
    with database.transaction():
        assert StockItem.take(kept.product_id, 2, order_line_id=kept.line_id) == 1
    last = StockItem.update(order_line_id=kept.line_id).where(StockItem.id == kept.stock_ids[1])
    assert "kept for somebody else" in refused(database, last.execute)
    assert counts(kept.product_id) == (2, 2)


def test_no_more_is_reserved_than_is_free(database: Database, kept: Rows) -> None:
    with database.transaction():
        other = another(8)
    assert "only what is free" in refused(database, lambda: keep(other, kept.product_id, 2))
    with database.transaction():
        keep(other, kept.product_id, 1)
    assert counts(kept.product_id) == (3, 3)


def test_a_customer_has_one_reservation_and_only_with_a_waiting_offer(database: Database, kept: Rows) -> None:
    again = {"customer_id": kept.customer_id, "created_at": 0, "expires_at": 9}
    assert "UNIQUE" in refused(database, lambda: Reservation.insert(**again).execute())
    with database.transaction():
        other = another(8)
    stray = again | {"customer_id": other}
    with pytest.raises(IntegrityError) as error, database.transaction():
        Reservation.insert(**stray).execute()
    assert "FOREIGN KEY" in str(error.value)


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_unit_cannot_be_reserved(database: Database, rows: Rows, quantity: int) -> None:
    assert "CHECK" in refused(database, lambda: keep(rows.customer_id, rows.product_id, quantity))


def test_a_reservation_that_ends_before_it_begins_is_refused(database: Database, rows: Rows) -> None:
    assert "CHECK" in refused(database, lambda: keep(rows.customer_id, rows.product_id, 1, now=50))


def test_a_reservation_is_never_changed(database: Database, kept: Rows) -> None:
    assert "not changed" in refused(database, lambda: ReservedStock.update(quantity=1).execute())


def test_stock_withdrawn_from_sale_ends_the_newest_reservations(database: Database, kept: Rows) -> None:
    with database.transaction():
        other = another(8)
        keep(other, kept.product_id, 1, now=1)
        StockItem.delete().where(StockItem.id == kept.stock_ids[0]).execute()
    assert counts(kept.product_id) == (2, 2)
    assert [row.customer_id for row in Reservation.select()] == [kept.customer_id]
    with database.transaction():
        StockItem.delete().where(StockItem.order_line_id.is_null()).execute()
    assert (counts(kept.product_id), Reservation.select().count()) == ((0, 0), 0)


def test_a_customer_sees_their_own_reservation_and_expired_ones_as_available(database: Database, kept: Rows) -> None:
    with database.transaction():
        other = another(8)
    assert ReservedStock.not_kept_from(kept.customer_id, 49) == {kept.product_id: 2}
    assert ReservedStock.not_kept_from(other, 49) == {}
    assert ReservedStock.not_kept_from(None, 50) == {kept.product_id: 2}
