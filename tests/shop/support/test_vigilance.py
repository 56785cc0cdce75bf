"""How much a manager with only the right to customers can give away: little, and owners are told about a series."""

from collections.abc import Callable
from typing import Any

import pytest

from shop.errors.refusals import MoneyRightNeeded, ReplacementLimit
from shop.people import Person, Right
from shop.support.vigilance import DAY_S
from storage.database import Database
from storage.models import Replacement, StockItem
from tests.conftest import StandingClock
from tests.stand import ADMIN, Stand, open_shop, payloads, readers


@pytest.fixture
def manager(stand: Stand) -> Person:
    return stand.appoint(Right.CUSTOMERS)


def sold_unit(stand: Stand, name: str) -> int:
    """Sell one item of a new product, and stock two more to replace it; return the item's id."""
    friend = stand.visitor(2002, first_name="Eve")
    line_id = stand.sell(friend, name).lines[0].id
    stand.stock(f"{name}-SPARE-1", f"{name}-SPARE-2", name=name)
    return int(StockItem.pieces_of(line_id)[0].id)


def replace_again(stand: Stand, admin: Person, line_id: int) -> None:
    """Replace the item that a line has now."""
    stand.shop.replacements.replace(admin, StockItem.pieces_of(line_id)[0].id)


def test_an_accomplice_gets_three_more_units_for_the_price_of_one_and_no_money_back(
    stand: Stand, manager: Person, books_add_up: Callable[[], None]
) -> None:
    friend = stand.visitor(2002, first_name="Eve")
    stand.stock(*(f"KEY-{number}" for number in range(40)))
    line_id = stand.bought(friend, "Key")
    for _ in range(3):
        replace_again(stand, manager, line_id)
    with pytest.raises(ReplacementLimit) as refused:
        replace_again(stand, manager, line_id)
    assert refused.value.most == 3
    with pytest.raises(MoneyRightNeeded) as no_money:
        stand.shop.refunds.refund_line(manager, line_id)
    assert no_money.value.alert
    assert StockItem.select().where(StockItem.order_line_id == line_id).count() == 4
    replace_again(stand, stand.visitor(ADMIN), line_id)
    books_add_up()


def test_a_manager_has_a_daily_limit_over_all_lines(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, MANAGER_REPLACEMENTS_PER_DAY="2")
    manager = stand.appoint(Right.CUSTOMERS)
    units = [sold_unit(stand, name) for name in ("Ace", "Bow", "Cup")]
    for unit in units[:2]:
        stand.shop.replacements.replace(manager, unit)
    with pytest.raises(ReplacementLimit) as refused:
        stand.shop.replacements.replace(manager, units[2])
    assert refused.value.most == 2
    clock.pass_s(DAY_S + 1)
    stand.shop.replacements.replace(manager, units[2])
    assert Replacement.select().count() == 3


def test_replacements_while_the_clock_was_ahead_refuse_none_once_it_is_right(
    database: Database, clock: StandingClock
) -> None:
    stand = open_shop(database, clock, MANAGER_REPLACEMENTS_PER_DAY="1")
    manager = stand.appoint(Right.CUSTOMERS)
    units = [sold_unit(stand, name) for name in ("Ace", "Bow")]
    clock.pass_s(365 * DAY_S)
    stand.shop.replacements.replace(manager, units[0])
    clock.pass_s(-365 * DAY_S)
    stand.shop.replacements.replace(manager, units[1])
    with pytest.raises(ReplacementLimit):
        replace_again(stand, manager, StockItem.get_by_id(units[0]).order_line_id)


def test_simultaneous_presses_stay_within_the_limit(
    database: Database, clock: StandingClock, at_once: Callable[..., list[Any]]
) -> None:
    stand = open_shop(database, clock, MANAGER_REPLACEMENTS_PER_DAY="2")
    manager = stand.appoint(Right.CUSTOMERS)
    units = [sold_unit(stand, f"Key {number}") for number in range(6)]
    outcomes = at_once(*(lambda unit=unit: stand.shop.replacements.replace(manager, unit) for unit in units))
    assert sum(isinstance(each, ReplacementLimit) for each in outcomes) == 4
    assert Replacement.select().count() == 2


def test_without_a_limit_there_is_none(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, MANAGER_REPLACEMENTS_PER_LINE="0", MANAGER_REPLACEMENTS_PER_DAY="0")
    manager = stand.appoint(Right.CUSTOMERS)
    stand.stock(*(f"KEY-{number}" for number in range(8)))
    line_id = stand.bought(stand.visitor(), "Key")
    for _ in range(7):
        replace_again(stand, manager, line_id)
    assert Replacement.select().count() == 7


def test_the_owners_are_told_of_a_series_of_replacements_and_refunds(
    stand: Stand, manager: Person, clock: StandingClock
) -> None:
    for number in range(3):
        stand.shop.replacements.replace(manager, sold_unit(stand, f"Key {number}"))
    lines = [stand.sell(stand.visitor(), f"Map {number}").lines[0].id for number in range(7)]
    stand.shop.refunds.refund_line(manager, lines[0])
    assert payloads("admin_series") == []
    stand.shop.refunds.refund_line(manager, lines[1])
    assert readers("admin_series") == [1, 2]
    assert payloads("admin_series", to=ADMIN) == [{"manager_id": manager.id, "replaced": 3, "refunded": 2}]
    for line_id in lines[2:6]:
        stand.shop.refunds.refund_line(manager, line_id)
    assert len(payloads("admin_series", to=ADMIN)) == 1
    clock.pass_s(1)
    stand.shop.refunds.refund_line(manager, lines[6])
    assert payloads("admin_series", to=ADMIN)[-1] == {"manager_id": manager.id, "replaced": 3, "refunded": 7}


def test_orders_with_several_lines_count_as_a_series_too(stand: Stand, manager: Person) -> None:
    stand.shop.replacements.replace(manager, sold_unit(stand, "Key"))
    for number in range(3):
        order = stand.sell(stand.visitor(), *(f"Map {number}-{line}" for line in range(5)))
        stand.shop.refunds.refund_order(manager, order.order_id)
    told = [each["replaced"] + each["refunded"] for each in payloads("admin_series", to=ADMIN)]
    assert told == [6, 11, 16], "each time that five more were reached"


def test_an_owners_actions_are_not_a_series(stand: Stand) -> None:
    owner = stand.visitor(ADMIN)
    for number in range(6):
        stand.shop.refunds.refund_line(owner, stand.sell(stand.visitor(), f"Map {number}").lines[0].id)
    assert payloads("admin_series") == []
