"""The old bot kept selling after the first move: the second run moves what is new, and only that."""

from storage.models import Customer, LedgerEntry, Order, OrderLine, Product, Refund, StockItem
from tests.shop.books import check_books
from tests.shop.moving import old_bot
from tests.shop.moving.conftest import MoveOf
from tests.stand import Stand


def customer(number: int) -> Customer:
    found = Customer.by_telegram_id(7_000_000_000 + number)
    assert found is not None
    return found


def later() -> old_bot.Tables:
    """The same shop one evening later: somebody came, topped up and bought, and a purchase was refunded."""
    tables = old_bot.tables_3_2_10()
    row, parts = old_bot.buy(3, 4, 5.0, [4], buy_datetime="2025-03-05 00:00:00")
    tables["users"].append(old_bot.user_3_2(4, 25.0, 5.0))
    tables["users"][0] |= {"top_up_amount": 132.34567, "consume_records": 0.0}  # 20 more, and 10 refunded
    tables["buys"][0]["is_refunded"] = 1
    tables["buys"].append(row)
    tables["buyItem"] += parts
    tables["items"][3]["is_sold"] = 1
    tables["items"].append(old_bot.item(7))
    return tables


def test_only_what_is_new_comes(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    report = move_of(later()).bring()
    assert (report.came["users"], report.came["buys"], report.came["items"]) == (1, 1, 1)
    assert customer(4).balance_minor == 2000
    assert customer(1).balance_minor == 13235
    line = OrderLine.of(Order.get(Order.key == "aiogram:1").id)[0]
    assert Refund.amounts_of([line.id]) == {line.id: 1000}
    sold = OrderLine.of(Order.get(Order.key == "aiogram:3").id)[0]
    assert StockItem.of_line(sold.id) == ["code-4"]
    check_books()


def test_what_a_customer_did_here_in_the_meantime_is_kept(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    person = stand.shop.customers.person(customer(1).id)
    stand.buy(person, "A code for place 2")
    move_of(later()).bring()
    assert customer(1).balance_minor == 13235 - 750
    check_books()


def test_money_spent_in_both_shops_is_listed(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    person = stand.shop.customers.person(customer(2).id)
    for _ in range(2):
        stand.buy(person, "A code for place 1")
    spent = old_bot.tables_3_2_10()
    spent["users"][1]["consume_records"] = 60.0
    report = move_of(spent).bring()
    assert customer(2).balance_minor == 0
    assert ("balances", "2", "327 minor units were spent both there and here") in report.refused
    check_books()


def test_a_unit_sold_by_both_shops_stays_with_its_buyer_here(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    person = stand.shop.customers.person(customer(2).id)
    for _ in range(2):
        stand.buy(person, "A code for place 1")
    report = move_of(later()).bring()
    assert ("buyitem", "4", "of purchase 3; it was sold here already, or is reserved") in report.refused
    assert ("buys", "3", "none of its goods comes") in report.refused
    check_books()


def test_a_refund_made_here_is_not_made_again(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    owner, line = stand.visitor(1), OrderLine.of(Order.get(Order.key == "aiogram:1").id)[0]
    stand.shop.refunds.refund_line(owner, line.id)
    move_of(later()).bring()
    refunds = [entry for entry in LedgerEntry.of(customer(1).id) if entry.kind == "refund"]
    assert len(refunds) == 1
    check_books()


def test_a_product_renamed_and_moved_here_gets_the_new_units(stand: Stand, move_of: MoveOf) -> None:
    move_of(old_bot.tables_3_2_10()).bring()
    product = Product.get(Product.name == "A code for place 1")
    with stand.database.transaction():
        Product.change(product.id, name="Renamed", price_minor=900)
    move_of(later()).bring()
    assert {row.name for row in Product.select()} == {"Renamed", "A code for place 2"}


def test_an_earlier_customer_keeps_their_balance_and_gets_the_old_one_too(stand: Stand, move_of: MoveOf) -> None:
    person = stand.visitor(7_000_000_002, first_name="Ida")
    move_of(old_bot.tables_3_2_10()).bring()
    assert customer(2).id == person.id
    assert (customer(2).first_name, customer(2).balance_minor) == ("Ida", 6673)
