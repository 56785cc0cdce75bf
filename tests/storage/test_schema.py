"""What the database itself refuses, whatever the code above it does."""

from typing import Any

import pytest

from shop.administration.notifications import Notification
from storage import models
from storage.database import Database
from storage.models import (
    AuditEntry,
    Customer,
    CustomText,
    Deposit,
    DepositAddress,
    LedgerEntry,
    ManagerRight,
    MenuPicture,
    NotificationOff,
    Order,
    OrderLine,
    Picture,
    Product,
    StockItem,
)
from tests.conftest import refused
from tests.raw_sql import engine_of
from tests.storage.conftest import Rows

MODELS = [getattr(models, name) for name in models.__all__ if name != "Base"]


def post(customer_id: int, amount: int, key: str) -> bool:
    return LedgerEntry.post(customer_id, kind="deposit", amount_minor=amount, key=key, now=0)


def take(rows: Rows, quantity: int) -> int:
    return StockItem.take(rows.product_id, quantity, order_line_id=rows.line_id)


def sql(database: Database, statement: str, *values: Any) -> Any:
    return engine_of(database).execute_sql(statement, values)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_has_exactly_the_columns_of_its_table(database: Database, model: Any) -> None:
    columns = sql(database, f"PRAGMA table_xinfo({model._meta.table_name})").fetchall()
    in_schema = {name: bool(not_null or primary) for _, name, _, not_null, _, primary, _hidden in columns}
    in_model = {field.column_name: not field.null for field in model._meta.sorted_fields}
    assert in_model == in_schema


def test_every_table_has_a_model(database: Database) -> None:
    # Without the search index, which SQLite keeps in separate tables.
    tables = {name for (name,) in sql(database, "SELECT name FROM pragma_table_list WHERE type = 'table'")}
    assert tables - {"sqlite_sequence", "sqlite_schema", "sqlite_temp_schema"} == {
        model._meta.table_name for model in MODELS
    }


def test_a_ledger_entry_is_never_changed_or_deleted(database: Database, rows: Rows) -> None:
    with database.transaction():
        post(rows.customer_id, 500, "one")
    assert "append-only" in refused(database, lambda: LedgerEntry.update(amount_minor=900).execute())
    assert "append-only" in refused(database, lambda: LedgerEntry.delete().execute())
    assert [entry.amount_minor for entry in LedgerEntry.of(rows.customer_id)] == [500]


def test_a_balance_changes_only_through_the_ledger(database: Database, rows: Rows) -> None:
    with database.transaction():
        post(rows.customer_id, 500, "one")
    said = refused(database, lambda: Customer.change(rows.customer_id, balance_minor=501))
    assert "by the ledger alone" in said
    assert Customer.balance_of(rows.customer_id) == 500


def test_a_stale_copy_of_a_customer_cannot_restore_an_old_balance(database: Database, rows: Rows) -> None:
    stale = Customer.get_by_id(rows.customer_id)
    with database.transaction():
        post(rows.customer_id, 500, "one")
    stale.first_name = "Grace"
    assert "by the ledger alone" in refused(database, stale.save)
    assert Customer.balance_of(rows.customer_id) == 500


def test_a_balance_is_never_negative(database: Database, rows: Rows) -> None:
    with database.transaction():
        post(rows.customer_id, 500, "one")
    assert "CHECK" in refused(database, lambda: post(rows.customer_id, -501, "two"))
    assert Customer.balance_of(rows.customer_id) == 500
    with database.transaction():
        post(rows.customer_id, -500, "three")
    assert Customer.balance_of(rows.customer_id) == 0


def test_an_entry_that_does_not_add_up_is_refused(database: Database, rows: Rows) -> None:
    entry = {"customer": rows.customer_id, "kind": "deposit", "amount_minor": 5, "key": "k", "created_at": 0}
    assert "add up" in refused(database, lambda: LedgerEntry.create(balance_minor=6, **entry))
    assert Customer.balance_of(rows.customer_id) == 0


def test_an_entry_of_zero_is_refused(database: Database, rows: Rows) -> None:
    assert "CHECK" in refused(database, lambda: post(rows.customer_id, 0, "nothing"))
    assert LedgerEntry.of(rows.customer_id) == []


def test_a_key_is_posted_only_once(database: Database, rows: Rows) -> None:
    with database.transaction():
        assert post(rows.customer_id, 5, "k")
        assert not post(rows.customer_id, 5, "k")
    twice = {"customer": rows.customer_id, "kind": "x", "amount_minor": 1, "balance_minor": 6, "created_at": 0}
    assert "UNIQUE" in refused(database, lambda: LedgerEntry.create(key="k", **twice))


def test_a_stock_item_is_sold_once_and_then_kept(database: Database, rows: Rows) -> None:
    with database.transaction():
        assert take(rows, 1) == 1
    sold = StockItem.update(order_line_id=rows.line_id).where(StockItem.id == rows.stock_ids[0])
    assert "sold once" in refused(database, sold.execute)
    back = StockItem.update(order_line_id=None).where(StockItem.id == rows.stock_ids[0])
    assert "sold once" in refused(database, back.execute)
    gone = StockItem.delete().where(StockItem.id == rows.stock_ids[0])
    assert "kept" in refused(database, gone.execute)
    assert StockItem.of_line(rows.line_id) == ["a"]


def test_an_order_line_gets_no_more_units_than_were_paid_for(database: Database, rows: Rows) -> None:
    assert "no more than was paid" in refused(database, lambda: take(rows, 3))
    assert StockItem.of_line(rows.line_id) == []


def test_an_order_line_gets_only_its_own_product(database: Database, rows: Rows) -> None:
    with database.transaction():
        category = Product.get_by_id(rows.product_id).category_id
        other, _ = Product.ensure(category, name="Other", description="Other", price_minor=100, now=0)
        StockItem.add(other, [("z", b"z")], now=0)
    said = refused(database, lambda: StockItem.take(other, 1, order_line_id=rows.line_id))
    assert "its own product" in said


def test_the_stock_count_follows_every_change(database: Database, rows: Rows) -> None:
    def count() -> int:
        return Product.get_by_id(rows.product_id).stock_count

    assert count() == 3
    with database.transaction():
        take(rows, 1)
    assert count() == 2
    with database.transaction():
        StockItem.delete().where(StockItem.order_line_id.is_null()).execute()
    assert count() == 0


def test_the_oldest_items_are_sold_first_and_a_shortage_takes_what_is_left(database: Database, rows: Rows) -> None:
    with database.transaction():
        assert take(rows, 1) == 1
        assert StockItem.of_line(rows.line_id) == ["a"]
        StockItem.delete().where(StockItem.content == "b").execute()
        assert take(rows, 1) == 1
        assert StockItem.take(rows.product_id, 1, order_line_id=rows.line_id) == 0
    assert StockItem.of_line(rows.line_id) == ["a", "c"]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Order, {"key": "free", "total_minor": 0, "created_at": 0}),
        (Order, {"key": "refund", "total_minor": -1, "created_at": 0}),
        (Order, {"key": "offer:1", "total_minor": 1, "created_at": 0}),
    ],
    ids=["free", "negative", "same key"],
)
def test_an_order_has_a_price_and_its_own_key(
    database: Database, rows: Rows, table: Any, values: dict[str, Any]
) -> None:
    assert "constraint failed" in refused(database, lambda: table.create(customer=rows.customer_id, **values))
    assert Order.select().count() == 1


def test_a_line_of_a_nonexistent_order_is_refused(database: Database, rows: Rows) -> None:
    line = {"product_id": rows.product_id, "product_name": "x", "unit_price_minor": 1, "quantity": 1}
    assert "FOREIGN KEY" in refused(database, lambda: OrderLine.create(order=999, **line))


def test_coin_amounts_of_any_size_are_stored_exactly(database: Database, rows: Rows) -> None:
    units = 2**256 - 1
    with database.transaction():
        deposit = a_deposit(rows, units=units)
    assert Deposit.get_by_id(deposit.id).units == units
    assert sql(database, "SELECT units FROM deposit").fetchone() == (str(units),)


@pytest.mark.parametrize("change", [{"units": -1}, {"state": "lost"}, {"state": "credited"}, {"confirmations": -1}])
def test_an_impossible_deposit_is_refused(database: Database, rows: Rows, change: dict[str, Any]) -> None:
    assert "CHECK" in refused(database, lambda: a_deposit(rows, **change))
    assert Deposit.select().count() == 0


def test_a_transfer_is_one_deposit_and_each_output_another(database: Database, rows: Rows) -> None:
    with database.transaction():
        first = a_deposit(rows)
        a_deposit(rows, address=first.address_id, output_index="1")
    assert "UNIQUE" in refused(database, lambda: a_deposit(rows, address=first.address_id))
    assert Deposit.select().count() == 2


def a_deposit(rows: Rows, **change: Any) -> Deposit:
    if "address" not in change:
        where = {"chain": "btc", "address": "bc1q", "path": "m", "mode": "hot", "created_at": 0, "shown_at": 0}
        change["address"] = DepositAddress.create(customer=rows.customer_id, **where).id
    plain = {
        "customer": rows.customer_id,
        "chain": "btc",
        "txid": "aa",
        "output_index": "0",
        "asset": "BTC",
        "units": 1,
        "state": "seen",
        "finality": "1",
        "seen_at": 0,
        "updated_at": 0,
    }
    given = plain | change
    return Deposit.create(**given | {"identity": given["output_index"]})


def test_an_audit_entry_is_never_changed_or_deleted(database: Database, rows: Rows) -> None:
    with database.transaction():
        AuditEntry.create(admin=rows.customer_id, action="a", subject="s", details='{"a": 1}', created_at=0)
    assert "append-only" in refused(database, lambda: AuditEntry.update(action="b").execute())
    assert "append-only" in refused(database, lambda: AuditEntry.delete().execute())
    [entry] = AuditEntry.page(page=0, size=5)
    assert (entry.action, entry.subject, entry.details) == ("a", "s", '{"a": 1}')


def test_an_unknown_right_is_refused(database: Database, rows: Rows) -> None:
    def give(name: str) -> None:
        ManagerRight.create(telegram_id=5, right_name=name, given_by=rows.customer_id, given_at=0)

    for name in ("roles", "everything", ""):
        assert "CHECK" in refused(database, lambda name=name: give(name))
    with database.transaction():
        give("money")
    assert "UNIQUE" in refused(database, lambda: give("money"))
    assert (ManagerRight.of(5), ManagerRight.holders()) == (frozenset({"money"}), [5])


def test_an_unknown_notification_cannot_be_switched_off(database: Database) -> None:
    for name in ("weather", ""):
        assert "CHECK" in refused(database, lambda name=name: NotificationOff.switch(5, name, on=False))
    with database.transaction():
        for notification in Notification:
            NotificationOff.switch(5, notification.value, on=False)
    assert NotificationOff.of(5) == {notification.value for notification in Notification}


def test_a_custom_text_has_a_known_key_and_is_never_empty(database: Database) -> None:
    assert "CHECK" in refused(database, lambda: CustomText.keep("other", "en", html="x"))
    assert "CHECK" in refused(database, lambda: CustomText.keep("faq", "en", html=""))
    assert "CHECK" in refused(database, lambda: CustomText.keep("faq", "en", draft=""))


def test_a_menu_picture_belongs_to_an_existing_screen(database: Database) -> None:
    with database.transaction():
        picture_id = Picture.ensure(b"p", media_type="image/png", digest=b"d", now=0)
    assert "CHECK" in refused(database, lambda: MenuPicture.put("cellar", picture_id))
    assert "NOT NULL" in refused(database, lambda: MenuPicture.insert(scene="home", picture=None).execute())
