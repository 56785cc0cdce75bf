"""What is moved from each version of the old bot, whatever form its data is in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shop.moving.move import Move, prepare
from shop.moving.report import MoveReport
from storage.database import Database
from storage.foreign import source
from storage.models import (
    CartItem,
    Category,
    Coupon,
    CouponUse,
    Customer,
    DepositAddress,
    LedgerEntry,
    MovedDeposit,
    Order,
    OrderLine,
    Outbox,
    Product,
    Referral,
    ReferralCode,
    Refund,
    Review,
    StockItem,
)
from tests.raw_sql import engine_of
from tests.shop.books import check_books
from tests.shop.moving import old_bot
from tests.stand import Stand

LANGUAGES = frozenset({"en", "de", "fr"})


def customer(number: int) -> Customer:
    found = Customer.by_telegram_id(7_000_000_000 + number)
    assert found is not None
    return found


def read(stand: Stand, version: str, folder: Path) -> Move:
    tables = source.read(old_bot.VERSIONS[version](folder), "p@ss")
    return prepare(stand.settings, stand.database, tables, languages=LANGUAGES, now=stand.clock())


def everything(database: Database) -> dict[str, list[object]]:
    """Return every row of every table, to compare the shop before and after."""
    tables = engine_of(database).execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: engine_of(database).execute_sql(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


def balanced(report: MoveReport) -> None:
    """Check that each old row came earlier, comes now, or is listed as staying behind."""
    refused = [table for table, _, _ in report.refused]
    for table in ("users", "categories", "items", "buys", "deposits", "coupons", "reviews", "cart_items"):
        told = report.known[table] + report.came[table] + refused.count(table)
        assert told == report.there.get(table, 0), table


@pytest.mark.parametrize("version", old_bot.VERSIONS)
def test_a_rehearsal_changes_nothing_and_predicts_the_move(stand: Stand, tmp_path: Path, version: str) -> None:
    before = everything(stand.database)
    move = read(stand, version, tmp_path)
    rehearsed = list(move.rehearse().lines())
    assert everything(stand.database) == before
    report = move.bring()
    assert list(report.lines()) == rehearsed
    balanced(report)
    assert report.here is not None
    assert report.here.minor == sum(each.money.minor for _, each in report.balances)
    check_books()


@pytest.mark.parametrize("version", old_bot.VERSIONS)
def test_a_second_run_adds_nothing_and_changes_no_row(stand: Stand, tmp_path: Path, version: str) -> None:
    move = read(stand, version, tmp_path)
    move.bring()
    before = everything(stand.database)
    tables = move.old
    again = Move(
        stand.settings, stand.database, LANGUAGES, stand.clock() + 60, tables, (), None, {}, move.wallet_report
    )
    report = again.bring()
    assert sum(report.came.values()) == 0
    assert everything(stand.database) == before


def test_customers_come_with_their_balance_in_whole_cents(stand: Stand, tmp_path: Path) -> None:
    report = read(stand, "3.2.10", tmp_path).bring()
    assert [customer(each).balance_minor for each in (1, 2, 3)] == [10235, 6673, 0]
    assert [bool(customer(each).reachable) for each in (1, 2, 3)] == [True, True, False]
    text = "\n".join(report.lines())
    assert "7000000001: 102.34567 -> 102.35" in text
    assert "7000000003: 0.00000000000000004 -> 0.00" in text
    assert list(Outbox.select()) == []


def test_purchases_come_with_their_goods_and_can_be_refunded(stand: Stand, tmp_path: Path) -> None:
    read(stand, "3.2.10", tmp_path).bring()
    order = Order.get(Order.customer == customer(1).id)
    (line,) = OrderLine.of(order.id)
    assert (order.total_minor, line.quantity, StockItem.of_line(line.id)) == (1000, 2, ["code-1", "code-2"])
    kinds = [(entry.kind, entry.amount_minor) for entry in LedgerEntry.of(customer(1).id)]
    assert kinds == [("moved_in", 11235), ("purchase", -1000)]
    owner = stand.visitor(1)
    refunds = stand.shop.refunds
    refunds.refund_line(owner, line.id)
    assert customer(1).balance_minor == 11235
    check_books()


def test_earlier_refunds_are_refunds_here_too(stand: Stand, tmp_path: Path) -> None:
    read(stand, "3.2.10", tmp_path).bring()
    order = Order.get(Order.customer == customer(2).id)
    (line,) = OrderLine.of(order.id)
    assert Refund.amounts_of([line.id]) == {line.id: 500}
    assert customer(2).balance_minor == 6673


def test_unsold_goods_are_for_sale_and_carts_are_kept(stand: Stand, tmp_path: Path) -> None:
    read(stand, "3.2.10", tmp_path).bring()
    stock = {row.name: (row.stock_count, row.sold_count, row.price_minor) for row in Product.select()}
    assert stock == {"A code for place 1": (2, 3, 500), "A code for place 2": (1, 0, 750)}
    ((product, quantity),) = CartItem.of(customer(3).id)
    assert (product.name, quantity) == ("A code for place 2", 1)
    paths = {(row.parent.name if row.parent else None, row.name) for row in Category.select()}
    assert {(None, "Category 1"), ("Category 1", "Sub 1"), ("Category 2", "Sub 2")} <= paths


def test_a_list_of_goods_finds_the_products_moved_in(stand: Stand, tmp_path: Path) -> None:
    read(stand, "3.2.10", tmp_path).bring()
    stand.stock(
        "code-4", "code-9", price="5.00", name="A code for place 1", category="Category 1", subcategory="Sub 1"
    )
    product = Product.get(Product.name == "A code for place 1")
    assert product.stock_count == 3


def test_deposits_come_as_history_and_known_coins_can_be_swept(stand: Stand, tmp_path: Path) -> None:
    read(stand, "3.2.10", tmp_path).bring()
    rows = [(row.asset, row.units, row.chain, row.txid) for row in MovedDeposit.select().order_by(MovedDeposit.id)]
    assert rows == [
        ("BTC", 200_000, "BTC", "aa" * 32),
        ("USDT_TRC20", 66_730_000, "TRX", "bb" * 32),
        ("LTC", 900_000, "LTC", "cc" * 32),
    ]
    swept = (
        engine_of(stand.database).execute_sql("SELECT chain, output_index, credited_minor FROM deposit").fetchall()
    )
    tron = DepositAddress.get(DepositAddress.customer == customer(2).id, DepositAddress.chain == "TRX").address
    assert swept == [("BTC", "1", 0), ("TRX", f"USDT_TRC20:{tron}", 0)]


def test_a_deposit_in_a_coin_that_souk_does_not_take_becomes_history_too(stand: Stand, tmp_path: Path) -> None:
    report = read(stand, "3.3.3", tmp_path).bring()
    (row,) = MovedDeposit.select()
    assert (row.asset, row.units, row.chain, row.fiat_minor) == ("BNB", 3 * 10**17, None, None)
    assert ("payments", "9", "it can still be paid to the old bot: wait until it has expired") in report.refused


def test_languages_bans_referrals_and_their_codes_come_along(stand: Stand, tmp_path: Path) -> None:
    read(stand, "4.2 dump", tmp_path).bring()
    assert [customer(each).language for each in (1, 2, 3)] == ["de", "en", "fr"]
    assert [bool(customer(each).banned) for each in (1, 2, 3)] == [False, False, True]
    assert Referral.referrer_of(customer(2).id) == customer(1).id
    assert ReferralCode.owner("U_ABC123") == customer(1).id


def test_an_old_referral_link_still_brings_its_owner_people(stand: Stand, tmp_path: Path) -> None:
    read(stand, "4.2 dump", tmp_path).bring()
    newcomer = stand.visitor(5005, start="U_ABC123")
    assert Referral.referrer_of(newcomer.id) == customer(1).id


def test_earlier_deposits_count_towards_the_referral_terms(stand: Stand, tmp_path: Path) -> None:
    read(stand, "4.2 dump", tmp_path).bring()
    person = stand.shop.customers.person(customer(1).id)
    assert stand.shop.referrals.figures(person).missing == stand.usd("379.50")


def test_a_coupon_comes_with_its_uses_and_its_expiry(stand: Stand, tmp_path: Path) -> None:
    read(stand, "4.2 csv", tmp_path).bring()
    spring, once = (Coupon.by_code(code) for code in ("SPRING10", "ONCE5"))
    assert spring is not None and once is not None
    assert (spring.percent, spring.most_uses, once.fixed_minor, once.most_uses) == (10, None, 500, 1)
    order = Order.get(Order.customer == customer(1).id)
    assert (order.total_minor, order.discount_minor, CouponUse.code_of(order.id)) == (1800, 200, "SPRING10")


@pytest.mark.parametrize("version", ["4.2 dump", "4.2 inserts", "4.2 csv"])
def test_a_review_comes_with_its_complete_text(stand: Stand, tmp_path: Path, version: str) -> None:
    read(stand, version, tmp_path).bring()
    (review,) = Review.select()
    assert (review.stars, review.text, review.customer_id) == (5, "Quick;\tand\n“good”", customer(1).id)


def test_physical_goods_stay_behind_and_what_was_bought_with_them_comes(stand: Stand, tmp_path: Path) -> None:
    report = read(stand, "4.2 dump", tmp_path).bring()
    assert {("items", "7", "physical goods"), ("items", "8", "physical goods")} <= set(report.refused)
    mixed = Order.get(Order.key == "aiogram:2")
    assert mixed.total_minor == 1000
    assert StockItem.of_line(OrderLine.of(mixed.id)[0].id) == ["code-3"]


def test_the_old_file_is_left_unchanged(stand: Stand, tmp_path: Path) -> None:
    for version in ("3.2.10", "3.2.10 encrypted", "4.2 dump"):
        folder = tmp_path / version
        folder.mkdir()
        path = old_bot.VERSIONS[version](folder)
        files: Callable[[], dict[str, bytes]] = lambda: {each.name: each.read_bytes() for each in folder.iterdir()}  # noqa: B023, E731
        before = files()
        source.read(path, "p@ss")
        assert files() == before
