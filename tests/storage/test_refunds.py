"""What the database itself refuses about refunds and adjustments."""

from typing import Any

import pytest

from storage.database import Database
from storage.models import Adjustment, Customer, LedgerEntry, Order, OrderLine, Refund
from tests.conftest import refused
from tests.storage.conftest import Rows


def back(rows: Rows, amount: int = 200, *, customer_id: int | None = None, key: str = "") -> bool:
    """Post the ledger entry of a refund of the line."""
    return LedgerEntry.post(
        rows.customer_id if customer_id is None else customer_id,
        kind="refund",
        amount_minor=amount,
        key=key or f"refund:{rows.line_id}",
        now=0,
    )


def refund(rows: Rows, amount: int = 200) -> None:
    back(rows)
    Refund.keep(rows.line_id, amount, refunded_by=rows.customer_id, now=0)


@pytest.fixture
def paid(database: Database, rows: Rows) -> Rows:
    """`rows`, with the order paid."""
    with database.transaction():
        LedgerEntry.post(rows.customer_id, kind="deposit", amount_minor=200, key="money", now=0)
        order_id = OrderLine.get_by_id(rows.line_id).order_id
        LedgerEntry.post(rows.customer_id, kind="purchase", amount_minor=-200, key=f"order:{order_id}", now=0)
    return rows


def test_a_line_is_refunded_in_full_and_once(database: Database, paid: Rows) -> None:
    with database.transaction():
        refund(paid)
    assert Customer.balance_of(paid.customer_id) == 200
    again = {"customer": paid.customer_id, "kind": "refund", "amount_minor": 200, "created_at": 0}
    entry = again | {"balance_minor": 400, "key": f"refund:{paid.line_id}"}
    assert "what its line cost" in refused(database, lambda: LedgerEntry.create(**entry))
    assert "in the ledger" in refused(database, lambda: Refund.keep(paid.line_id, 200, refunded_by=1, now=0))
    assert Customer.balance_of(paid.customer_id) == 200


def test_a_line_is_refunded_in_parts_up_to_what_was_paid(database: Database, paid: Rows) -> None:
    line = OrderLine.get_by_id(paid.line_id)
    for before, amount in ((0, 50), (50, 149), (199, 1)):
        with database.transaction():
            back(paid, amount, key=Refund.key_of(paid.line_id, before))
            Refund.keep(paid.line_id, amount, before_minor=before, refunded_by=paid.customer_id, now=0)
        assert Refund.left_of(line) == 200 - before - amount
    assert "what its line cost" in refused(database, lambda: back(paid, 1, key=Refund.key_of(paid.line_id, 200)))
    assert Customer.balance_of(paid.customer_id) == 200


@pytest.mark.parametrize(("before", "amount"), [(0, 151), (50, 151), (49, 10), (51, 10), (50, 0), (50, -1)])
def test_a_partial_refund_follows_the_earlier_ones_and_takes_no_more_than_is_left(
    database: Database, paid: Rows, before: int, amount: int
) -> None:
    with database.transaction():
        back(paid, 50)
        Refund.keep(paid.line_id, 50, refunded_by=paid.customer_id, now=0)
        LedgerEntry.post(paid.customer_id, kind="deposit", amount_minor=500, key="more", now=0)
    key = Refund.key_of(paid.line_id, before) if before else f"refund:{paid.line_id}:0"
    assert "what its line cost" in refused(database, lambda: back(paid, amount, key=key))
    keep = {"before_minor": before, "refunded_by": 1, "now": 0}
    assert "in the ledger" in refused(database, lambda: Refund.keep(paid.line_id, 10, **keep))


@pytest.mark.parametrize("amount", [201, 0, 10**12, -200])
def test_a_refund_is_at_most_what_was_paid(database: Database, paid: Rows, amount: int) -> None:
    with database.transaction():
        LedgerEntry.post(paid.customer_id, kind="deposit", amount_minor=500, key="more", now=0)
    assert "what its line cost" in refused(database, lambda: back(paid, amount))
    assert Customer.balance_of(paid.customer_id) == 500


def test_what_was_not_paid_cannot_be_refunded(database: Database, rows: Rows) -> None:
    assert "what its line cost" in refused(database, lambda: back(rows))
    assert Customer.balance_of(rows.customer_id) == 0


def test_a_discount_cannot_be_refunded(database: Database, rows: Rows) -> None:
    with database.transaction():
        order = Order.create(customer=rows.customer_id, key="offer:9", total_minor=50, discount_minor=0, created_at=0)
        line = OrderLine.create(
            order=order.id,
            product_id=rows.product_id,
            product_name="Key",
            unit_price_minor=60,
            quantity=1,
            discount_minor=10,
        )
    assert line.paid_minor == 50
    key = f"refund:{line.id}"
    assert "what its line cost" in refused(database, lambda: back(rows, 60, key=key))


@pytest.mark.parametrize("like", ["refund:{}x", "refund:0{}", "refund: {}", "again:{}", "refund:"])
def test_a_key_that_only_looks_like_the_lines_is_refused(database: Database, paid: Rows, like: str) -> None:
    assert "what its line cost" in refused(database, lambda: back(paid, key=like.format(paid.line_id)))


def test_only_the_buyer_can_be_refunded(database: Database, paid: Rows) -> None:
    with database.transaction():
        other = Customer.create(telegram_id=8, bot_id=1, first_name="Eve", language="en", created_at=0)
    assert "who paid it" in refused(database, lambda: back(paid, customer_id=other.id))
    assert Customer.balance_of(other.id) == 0


def test_a_refund_without_its_entry_or_with_a_different_sum_is_refused(database: Database, paid: Rows) -> None:
    said = refused(database, lambda: Refund.keep(paid.line_id, 200, refunded_by=paid.customer_id, now=0))
    assert "in the ledger" in said
    assert "in the ledger" in refused(database, lambda: refund(paid, 199))
    assert Customer.balance_of(paid.customer_id) == 0


def test_a_refund_is_never_changed_or_deleted(database: Database, paid: Rows) -> None:
    with database.transaction():
        refund(paid)
    assert "kept" in refused(database, lambda: Refund.update(amount_minor=1).execute())
    assert "kept" in refused(database, lambda: Refund.delete().execute())
    assert Refund.amounts_of([paid.line_id]) == {paid.line_id: 200}


def shown(rows: Rows, amount: int = 300) -> int:
    return int(
        Adjustment.create(
            customer=rows.customer_id, amount_minor=amount, reason="sorry", admin_id=rows.customer_id, created_at=0
        ).id
    )


def adjust(customer_id: int, amount: int, key: str) -> bool:
    return LedgerEntry.post(customer_id, kind="adjustment", amount_minor=amount, key=key, now=0)


def test_an_adjustment_is_made_as_proposed_and_once(database: Database, rows: Rows) -> None:
    with database.transaction():
        number = shown(rows)
        other = Customer.create(telegram_id=8, bot_id=1, first_name="Eve", language="en", created_at=0)
    for customer_id, amount, key in (
        (rows.customer_id, 301, f"adjustment:{number}"),
        (other.id, 300, f"adjustment:{number}"),
        (rows.customer_id, 300, f"adjustment:{number + 1}"),
        (rows.customer_id, 300, f"adjustment:0{number}"),
        (rows.customer_id, 300, "anything"),
    ):
        said = refused(database, lambda asked=(customer_id, amount, key): adjust(*asked))
        assert "what was shown" in said
    with database.transaction():
        assert adjust(rows.customer_id, 300, f"adjustment:{number}")
        assert not adjust(rows.customer_id, 300, f"adjustment:{number}")
    assert Customer.balance_of(rows.customer_id) == 300


def test_an_adjustments_terms_never_change_and_one_that_was_made_is_kept(database: Database, rows: Rows) -> None:
    with database.transaction():
        number, never_made = shown(rows), shown(rows, 5)
        adjust(rows.customer_id, 300, f"adjustment:{number}")
    assert "what was shown" in refused(database, lambda: Adjustment.update(amount_minor=1).execute())
    gone = Adjustment.delete().where(Adjustment.id == number)
    assert "what was shown" in refused(database, gone.execute)
    with database.transaction():
        assert Adjustment.delete().where(Adjustment.id == never_made).execute() == 1


@pytest.mark.parametrize("change", [{"amount_minor": 0}, {"reason": ""}])
def test_an_adjustment_of_zero_or_without_a_reason_is_refused(
    database: Database, rows: Rows, change: dict[str, Any]
) -> None:
    plain = {"customer": rows.customer_id, "amount_minor": 1, "reason": "x", "admin_id": 1, "created_at": 0}
    assert "CHECK" in refused(database, lambda: Adjustment.create(**plain | change))


def test_a_username_has_one_holder(database: Database, rows: Rows) -> None:
    person = {"bot_id": 1, "first_name": "Ada", "language": "en", "created_at": 0}
    with database.transaction():
        Customer.create(telegram_id=8, username="Ada", **person)
    assert "UNIQUE" in refused(database, lambda: Customer.create(telegram_id=9, username="aDA", **person))
