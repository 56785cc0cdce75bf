"""Rows broken by hand: the rehearsal lists each of them with its reason, and the rest is moved."""

from typing import Any

import pytest

from shop.money import MAX_MINOR
from shop.moving.move import BooksDisagree
from shop.moving.old_shop import NotThatShop
from shop.moving.people import OtherShop
from storage.models import Coupon, CouponUse, Customer, LedgerEntry, Order, OrderLine, Referral, StockItem
from tests.shop.books import check_books
from tests.shop.moving import old_bot
from tests.shop.moving.conftest import MoveOf
from tests.stand import Stand

OLD = old_bot.SCHEMA_3_2_10
DUMP = ""


def reasons(move_of: MoveOf, tables: old_bot.Tables, schema: str = OLD) -> set[tuple[str, str, str]]:
    """Return what the rehearsal leaves behind, and check that the move leaves the same."""
    move = move_of(tables, schema)
    rehearsed = move.rehearse().refused
    assert move.bring().refused == rehearsed
    check_books()
    return set(rehearsed)


def test_two_users_with_one_telegram_id(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"].append(old_bot.user_3_2(4, 50.0, 0.0, telegram_id=7_000_000_001))
    reason = "user 1 has the same Telegram id (7000000001); its balance there: 50.0"
    assert reasons(move_of, tables) == {("users", "4", reason)}


def test_two_users_with_one_number(stand: Stand, move_of: MoveOf, tmp_path: Any) -> None:
    tables = old_bot.tables_4_2()
    tables["users"].append(tables["users"][2] | {"telegram_id": 123456, "top_up_amount": 9.0})
    assert ("users", "3", "another row has the same number") in reasons(move_of, tables, DUMP)
    assert Customer.by_telegram_id(123456) is None


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("telegram_id", 0, "it has no Telegram id"),
        ("telegram_id", -5, "a number is out of range"),
        ("telegram_id", 2**60, "a number is out of range"),
        ("top_up_amount", "a lot", "an amount is not a number"),
        ("top_up_amount", "NaN", "an amount is not a number that can be"),
        ("top_up_amount", "Infinity", "an amount is not a number that can be"),
        ("consume_records", "1e400", "an amount is not a number that can be"),
    ],
)
def test_a_user_with_an_impossible_value(move_of: MoveOf, column: str, value: Any, reason: str) -> None:
    tables = old_bot.tables_4_2()
    tables["users"][2][column] = value
    assert ("users", "3", reason) in reasons(move_of, tables, DUMP)


def test_a_balance_below_zero_is_zero_here(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][2] |= {"top_up_amount": 1.0, "consume_records": 3.5}
    assert reasons(move_of, tables) == {("balances", "3", "it is below zero there (-2.5): zero here")}


def test_a_balance_below_zero_by_a_rounding_error_becomes_zero_silently(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][2] |= {"top_up_amount": 0.3, "consume_records": 0.1 + 0.2}
    assert reasons(move_of, tables) == set()


def test_a_balance_larger_than_the_shop_handles(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][2]["top_up_amount"] = MAX_MINOR * 10.0
    found = reasons(move_of, tables)
    assert found == {("balances", "3", "an amount is larger than the shop handles: the customer comes without it")}


def test_goods_without_a_category_content_or_price(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["items"] += [
        old_bot.item(20, place=9),
        old_bot.item(21, private_data="  "),
        old_bot.item(22, 0.001),
        old_bot.item(23, private_data="code-4"),
        old_bot.item(24, private_data="code-1"),
        old_bot.item(25, sold=True),
    ]
    same = "the same goods are there already, sold or for sale"
    assert reasons(move_of, tables) == {
        ("items", "20", "its category 9 is missing"),
        ("items", "21", "it has no content to deliver"),
        ("items", "22", "it costs nothing"),
        ("items", "23", same),
        ("items", "24", same),
        ("items", "25", "sold, and no purchase that comes has it"),
    }


def test_purchases_with_broken_references(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    for number, buyer, items in ((10, 99, [4]), (11, None, [4]), (12, 1, [77]), (13, 1, [1]), (14, 1, [])):
        row, parts = old_bot.buy(number, buyer, 5.0, items)  # type: ignore[arg-type]
        tables["buys"].append(row)
        tables["buyItem"] += parts
    assert reasons(move_of, tables) == {
        ("buys", "10", "its buyer, user 99, does not come"),
        ("buys", "11", "it has no buyer"),
        ("buys", "12", "none of its goods comes"),
        ("buyitem", "77", "of purchase 12; it is missing"),
        ("buys", "13", "none of its goods comes"),
        ("buyitem", "1", "of purchase 13; another purchase has it already"),
        ("buys", "14", "none of its goods comes"),
    }


def test_goods_sold_twice_come_with_both_purchases(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["items"].append(old_bot.item(30, sold=True, private_data="code-1"))
    row, parts = old_bot.buy(30, 3, 5.0, [30])
    tables["buys"].append(row)
    tables["buyItem"] += parts
    assert reasons(move_of, tables) == set()
    line = OrderLine.of(Order.get(Order.key == "aiogram:30").id)[0]
    assert StockItem.of_line(line.id) == ["code-1"]


@pytest.mark.parametrize("total", [9.99, 10.0, 10.01, 13.337, 0.01])
def test_a_purchase_costs_what_was_paid_whatever_its_goods_cost(move_of: MoveOf, total: float) -> None:
    tables = old_bot.tables_3_2_10()
    tables["buys"][0]["total_price"] = total
    assert reasons(move_of, tables) == set()
    order = Order.get(Order.key == "aiogram:1")
    paid = LedgerEntry.get(LedgerEntry.key == f"order:{order.id}").amount_minor
    assert -paid == order.total_minor == {9.99: 999, 10.0: 1000, 10.01: 1001, 13.337: 1334, 0.01: 1}[total]
    coupon = CouponUse.code_of(order.id)
    assert (coupon is None) == (order.discount_minor == 0)
    if coupon:
        own = Coupon.by_code("MOVED-IN")
        assert own is not None and own.switched_off


def test_a_purchase_that_cost_nothing(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["buys"][0]["total_price"] = 0.001
    assert ("buys", "1", "nothing was paid for it") in reasons(move_of, tables)


def test_a_refund_missing_from_the_old_balance_leaves_the_balance_unchanged(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["users"][1] |= {"top_up_amount": 1.0, "consume_records": 0.0}
    assert reasons(move_of, tables) == set()
    two = Customer.by_telegram_id(7_000_000_002)
    assert two is not None and two.balance_minor == 100
    kinds = [(entry.kind, entry.amount_minor) for entry in LedgerEntry.of(two.id)]
    assert kinds == [("moved_in", 500), ("purchase", -500), ("refund", 500), ("moved_in", -400)]


def test_referrals_in_a_circle_or_to_nobody(move_of: MoveOf) -> None:
    tables = old_bot.tables_4_2()
    one, _, three = tables["users"]
    one["referred_by_user_id"], three["referred_by_user_id"] = 2, 50
    found = {row for row in reasons(move_of, tables, DUMP) if row[0] == "referrals"}
    assert ("referrals", "3", "user 50, who brought them, does not come") in found
    assert len(found) == 2
    assert Referral.select().count() == 1


def test_a_referrer_with_a_higher_number_still_comes_first(move_of: MoveOf) -> None:
    tables = old_bot.tables_4_2()
    one, two, _ = tables["users"]
    one["referred_by_user_id"], two["referred_by_user_id"] = 2, None
    assert not [row for row in reasons(move_of, tables, DUMP) if row[0] == "referrals"]
    assert Referral.select().count() == 1


def test_coupons_that_cannot_be_moved(move_of: MoveOf) -> None:
    tables = old_bot.tables_4_2()
    base = tables["coupons"][0]
    tables["coupons"] += [
        base | {"id": 5, "code": "HALF", "value": "12.50"},
        base | {"id": 6, "code": "ÄÖÜ"},
        base | {"id": 7, "code": "spring10"},
        base | {"id": 8, "code": "ENDED", "expire_datetime": base["create_datetime"]},
        base | {"id": 9, "code": "NOTHING", "type": "FIXED", "value": "0"},
    ]
    found = {row for row in reasons(move_of, tables, DUMP) if row[0] == "coupons"}
    assert {(row, reason.split(":")[0]) for _, row, reason in found} == {
        ("5", "its percentage is not a whole number from 1 to 100"),
        ("6", "its code has characters other than A-Z, 0-9, _ and -, or is shorter than 3"),
        ("7", "a coupon has this code already"),
        ("8", "it ends before it begins"),
        ("9", "its discount cannot be read"),
    }


def test_reviews_and_cart_items_with_broken_references(move_of: MoveOf) -> None:
    tables = old_bot.tables_4_2()
    review = tables["reviews"][0]
    tables["reviews"] += [review | {"id": 2, "buyItem_id": 99}, review | {"id": 3, "buyItem_id": 2, "rating": 0}]
    wish = tables["cart_items"][0]
    tables["cart_items"] += [wish | {"id": 3, "cart_id": 9}, wish | {"id": 4, "subcategory_id": 8}, wish | {"id": 5}]
    found = reasons(move_of, tables, DUMP)
    assert {
        ("reviews", "2", "the purchase that it is about does not come"),
        ("reviews", "3", "it has no stars"),
        ("cart_items", "3", "its cart 9 is missing"),
        ("cart_items", "4", "nothing like it is for sale"),
        ("cart_items", "5", "it is in the cart already"),
    } <= found


def test_a_deposit_of_a_customer_who_is_not_moved(move_of: MoveOf) -> None:
    tables = old_bot.tables_3_2_10()
    tables["deposits"][0]["user_id"] = 88
    assert reasons(move_of, tables) == {("deposits", "1", "its user 88 does not come")}


def test_a_deposit_worth_less_than_nothing_stays_behind(move_of: MoveOf) -> None:
    tables = old_bot.tables_4_2()
    tables["deposits"][0]["fiat_amount"] = -1
    assert ("deposits", "1", "its value is below zero") in reasons(move_of, tables, DUMP)


def test_a_database_of_another_program_is_refused(move_of: MoveOf) -> None:
    with pytest.raises(NotThatShop) as refusal:
        move_of({"users": []}, "CREATE TABLE users (id INTEGER PRIMARY KEY)")
    assert "the table `items`" in str(refusal.value)


def test_another_shop_of_the_same_kind_cannot_move_into_the_same_database(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    other = old_bot.tables_3_2_10()
    other["users"][0]["telegram_id"] = 424242
    with pytest.raises(OtherShop) as refusal:
        move_of(other).rehearse()
    assert "user 1" in str(refusal.value)


def test_books_that_did_not_agree_beforehand_stop_the_move(stand: Stand, move_of: MoveOf) -> None:
    person = stand.rich()  # a deposit in the ledger without one in the books
    with pytest.raises(BooksDisagree) as refusal:
        move_of(old_bot.tables_3_2_10()).bring()
    assert "deposit_entry" in str(refusal.value)
    assert [row.id for row in Customer.select()] == [person.id]
