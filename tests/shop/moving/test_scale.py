"""Thousands of customers move in, in one transaction, with hand-made differences among them."""

from storage.models import Customer, Order
from tests.endurance import times
from tests.shop.books import check_books
from tests.shop.moving import old_bot
from tests.shop.moving.conftest import MoveOf
from tests.stand import Stand

CUSTOMERS = times(2_000, full=10_000)
WITH_WALLETS = 60


def large_shop(count: int) -> old_bot.Tables:
    """Make a shop with this many customers, each with a fraction of a cent, two items bought and one for sale."""
    tables = old_bot.places(40)
    numbers = range(1, count + 1)
    users = [old_bot.user(each, 100 + each / 7, 20.0) for each in numbers]
    items = []
    for each in numbers:
        place = each % 40 + 1
        items += [old_bot.item(3 * each + at, 10.0, sold=at < 2, place=place) for at in range(3)]
    bought = [old_bot.buy(each, each, 20.0, [3 * each, 3 * each + 1]) for each in numbers]
    return tables | {
        "users": users,
        "items": items,
        "buys": [row for row, _ in bought],
        "buyItem": [part for _, parts in bought for part in parts],
    }


def test_thousands_of_customers_come_in_one_transaction_except_those_that_cannot(
    stand: Stand, move_of: MoveOf
) -> None:
    tables = large_shop(CUSTOMERS)
    tables["users"][500]["telegram_id"] = tables["users"][499]["telegram_id"]
    tables["users"][600]["top_up_amount"] = 1.0
    tables["items"][3 * 700]["category_id"] = 99
    move = move_of(tables, old_bot.SCHEMA_3_3_3)
    before = stand.database.transactions
    report = move.bring()
    assert stand.database.transactions == before + 1
    assert {(table, row) for table, row, _ in report.refused} == {
        ("users", "501"),
        ("buys", "501"),
        ("items", "1503"),
        ("items", "1504"),
        ("balances", "601"),
        ("items", "2103"),
    }
    assert (report.came["users"], report.came["buys"]) == (CUSTOMERS - 1, CUSTOMERS - 1)
    assert Customer.select().count() == CUSTOMERS  # and the owner
    assert Order.select().count() == CUSTOMERS - 1
    assert report.here is not None
    assert report.here.minor == sum(each.money.minor for _, each in report.balances)
    rehearsed = move_of(tables, old_bot.SCHEMA_3_3_3).rehearse()
    assert sum(rehearsed.came.values()) == 0


def test_wallets_come_with_all_their_addresses(stand: Stand, move_of: MoveOf) -> None:
    users = [old_bot.user_3_2(each) for each in range(1, WITH_WALLETS + 1)]
    tables = old_bot.places(1) | {"users": users, "items": [old_bot.item(1)]}
    report = move_of(tables).bring()
    assert (report.addresses, report.refused) == (5 * WITH_WALLETS, [])
    check_books()
