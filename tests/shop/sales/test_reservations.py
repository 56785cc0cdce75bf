"""Stock that is kept for customers who top up for it: from others, for a while, and never from themselves."""

import json
from typing import Any

import pytest

from shop.errors.sales import InsufficientFunds, OutOfStock
from shop.people import Person
from shop.sales.checkout import Offer
from shop.sales.orders import Receipt
from shop.sales.waiting import MOST_UNITS, PAUSE_TURNS
from storage.database import Database
from storage.models import Order, Outbox, Reservation, ReservedStock
from tests.conftest import StandingClock
from tests.goods import EVERY_KIND, own
from tests.shop.sales.test_waiting import TEN_USD, deposit
from tests.stand import ADMIN, Stand, open_shop

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")

TURN = 1_800
"""Seconds, as the setting is by default."""


@pytest.fixture
def bob(stand: Stand) -> Person:
    person = stand.visitor(5)
    stand.grant(person, "1000.00")
    return person


def keys(stand: Stand, units: int = 1, name: str = "Key") -> int:
    return stand.stock(*(f"{name} {number}" for number in range(units)), name=name)


def reserve(stand: Stand, person: Person, key: int, quantity: int = 1) -> Offer:
    offer = stand.shop.checkout.offer_product(person, key, quantity)
    stand.shop.waiting.wait(person, offer.id)
    return offer


def until(stand: Stand, person: Person) -> int | None:
    return stand.shop.waiting.kept_until(person)


def available(stand: Stand, person: Person, key: int) -> int:
    return stand.shop.catalog.product(key, person.id).available


def cannot_buy(stand: Stand, person: Person, key: int, quantity: int = 1) -> int:
    """What an attempt to buy says is left."""
    with pytest.raises(OutOfStock) as error:
        stand.buy(person, key, quantity)
    return error.value.available


def later(stand: Stand, clock: StandingClock, seconds: int) -> None:
    clock.pass_s(seconds)
    stand.shop.payments.rates.refresh()


def told() -> list[tuple[int, int]]:
    """Who was told that what is back."""
    letters = Outbox.select().where(Outbox.kind == "restocked").order_by(Outbox.id)
    return [(letter.telegram_id, json.loads(letter.payload)["product_id"]) for letter in letters]


def test_what_is_kept_is_there_for_its_customer_and_for_nobody_else(
    stand: Stand, ada: Person, bob: Person, clock: StandingClock
) -> None:
    key = keys(stand, 3)
    reserve(stand, ada, key, 2)
    assert until(stand, ada) == clock.now + TURN
    assert (available(stand, ada, key), available(stand, bob, key)) == (3, 1)
    page = stand.shop.catalog.shelf(stand.shop.catalog.product(key).category_id, page=0, viewer_id=bob.id)
    assert [card.available for card in page.products] == [1]
    assert [card.stock_count for card in stand.shop.catalog.search(bob, "key").products] == [1]
    assert cannot_buy(stand, bob, key, 2) == 1
    stand.buy(bob, key)
    assert cannot_buy(stand, bob, key) == 0
    with pytest.raises(OutOfStock) as error:
        stand.shop.carts.add(bob, key, 1)
    assert error.value.available == 0


def test_an_offer_made_before_does_not_take_what_is_kept_since(stand: Stand, ada: Person, bob: Person) -> None:
    key = keys(stand)
    offer = stand.shop.checkout.offer_product(bob, key, 1)
    reserve(stand, ada, key)
    with pytest.raises(OutOfStock) as error:
        stand.shop.checkout.place(bob, offer.id)
    assert error.value.available == 0
    assert stand.balance(bob) == 100_000


def test_what_is_kept_becomes_the_order(stand: Stand, ada: Person, bob: Person) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    deposit(stand, ada)
    assert [(order.customer_id, order.total_minor) for order in Order.select()] == [(ada.id, 1000)]
    assert (until(stand, ada), ReservedStock.select().count()) == (None, 0)
    stand.shop.reservations.settle()
    assert told() == []


def test_a_cart_is_kept_whole(stand: Stand, ada: Person, bob: Person) -> None:
    first, second = keys(stand, 2), keys(stand, 2, "Card")
    stand.shop.carts.add(ada, first, 2)
    stand.shop.carts.add(ada, second, 1)
    stand.shop.waiting.wait(ada, stand.shop.checkout.offer_cart(ada).id)
    assert (available(stand, bob, first), available(stand, bob, second)) == (0, 1)
    deposit(stand, ada, units=3 * TEN_USD)
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)


def test_time_alone_ends_it_though_no_job_ran(stand: Stand, ada: Person, bob: Person, clock: StandingClock) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    later(stand, clock, TURN - 1)
    assert available(stand, bob, key) == 0
    later(stand, clock, 1)
    assert (available(stand, bob, key), until(stand, ada)) == (1, None)
    assert Reservation.select().count() == 1, "nothing has run yet"
    stand.buy(bob, key)
    deposit(stand, ada)
    assert stand.balance(ada) == 1000
    [letter] = Outbox.select().where(Outbox.kind == "not_ordered")
    assert json.loads(letter.payload)["reason"] == "out_of_stock"


def test_who_pays_late_still_gets_what_is_left(stand: Stand, ada: Person, clock: StandingClock) -> None:
    reserve(stand, ada, keys(stand))
    later(stand, clock, TURN)
    deposit(stand, ada)
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)


@pytest.mark.parametrize("how", ["stop", "time", "cart", "another"])
def test_what_is_let_go_is_told_to_who_asked_for_it(
    stand: Stand, ada: Person, bob: Person, clock: StandingClock, how: str
) -> None:
    key, other = keys(stand), keys(stand, name="Other")
    stand.shop.carts.add(ada, key, 1)
    stand.shop.waiting.wait(ada, stand.shop.checkout.offer_cart(ada).id)
    stand.shop.restocks.ask(bob, key)
    stand.shop.reservations.settle()
    assert told() == []
    if how == "stop":
        stand.shop.waiting.stop(ada)
        assert told() == [(bob.telegram_id, key)]
    elif how == "time":
        later(stand, clock, TURN)
    elif how == "cart":
        stand.shop.carts.clear(ada)
    else:
        reserve(stand, ada, other)
    stand.shop.reservations.settle()
    stand.shop.reservations.settle()
    assert told() == [(bob.telegram_id, key)]
    assert available(stand, bob, key) == 1
    assert available(stand, bob, other) == (0 if how == "another" else 1)


def test_the_same_button_again_keeps_the_same_units_and_tells_nobody(stand: Stand, ada: Person, bob: Person) -> None:
    key = keys(stand)
    offer = reserve(stand, ada, key)
    stand.shop.restocks.ask(bob, key)
    stand.shop.waiting.wait(ada, offer.id)
    stand.shop.reservations.settle()
    assert (told(), available(stand, bob, key)) == ([], 0)


def test_what_is_replaced_within_a_turn_is_kept_no_longer_than_the_turn(
    stand: Stand, ada: Person, clock: StandingClock
) -> None:
    key, other = keys(stand), keys(stand, name="Other")
    reserve(stand, ada, key)
    end = until(stand, ada)
    later(stand, clock, TURN - 60)
    reserve(stand, ada, other)
    assert until(stand, ada) == end
    stand.shop.waiting.stop(ada)
    reserve(stand, ada, key)
    assert until(stand, ada) == end


def test_after_a_turn_comes_a_pause_and_then_another_turn(
    stand: Stand, ada: Person, bob: Person, clock: StandingClock
) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    later(stand, clock, TURN)
    for wait_s in (0, PAUSE_TURNS * TURN - 1):
        later(stand, clock, wait_s)
        reserve(stand, ada, key)
        assert (until(stand, ada), available(stand, bob, key)) == (None, 1)
        assert stand.shop.waiting.total_of(ada) == stand.usd("10.00"), "the order waits all the same"
    later(stand, clock, 1)
    reserve(stand, ada, key)
    assert until(stand, ada) == clock.now + TURN


def test_after_buying_what_was_kept_more_may_be_kept_at_once(stand: Stand, ada: Person, clock: StandingClock) -> None:
    key = keys(stand, 2)
    reserve(stand, ada, key)
    later(stand, clock, 60)
    deposit(stand, ada)
    reserve(stand, ada, key)
    assert until(stand, ada) == clock.now + TURN


def test_a_large_order_is_not_kept(stand: Stand, ada: Person, bob: Person) -> None:
    key = keys(stand, MOST_UNITS + 1)
    reserve(stand, ada, key, MOST_UNITS + 1)
    assert (until(stand, ada), available(stand, bob, key)) == (None, MOST_UNITS + 1)
    reserve(stand, ada, key, MOST_UNITS)
    assert available(stand, bob, key) == 1


def test_who_buys_the_same_goods_otherwise_has_them_and_the_order_goes_on_waiting(
    stand: Stand, ada: Person, bob: Person
) -> None:
    key = keys(stand, 2)
    reserve(stand, ada, key, 2)
    stand.shop.restocks.ask(bob, key)
    stand.grant(ada, "10.00")
    assert len(stand.buy(ada, key).lines) == 1
    stand.shop.reservations.settle()
    assert told() == [(bob.telegram_id, key)]
    assert (until(stand, ada), available(stand, bob, key)) == (None, 1)
    assert stand.shop.waiting.total_of(ada) == stand.usd("20.00")


def test_who_buys_something_else_keeps_what_is_kept(stand: Stand, ada: Person, bob: Person) -> None:
    key, other = keys(stand), keys(stand, name="Other")
    reserve(stand, ada, key)
    stand.grant(ada, "5.00")
    stand.stock("z", name="Cheap", price="5.00")
    stand.buy(ada, stand.product("Cheap"))
    assert until(stand, ada) is not None
    assert (available(stand, bob, key), available(stand, bob, other)) == (0, 1)


def test_zero_minutes_keep_nothing(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, RESERVATION_MINUTES="0")
    person, key = stand.visitor(), keys(stand)
    reserve(stand, person, key)
    assert (until(stand, person), available(stand, stand.visitor(5), key)) == (None, 1)


@pytest.mark.parametrize("name", ["Shared text", "Made to order"])
def test_what_never_runs_out_needs_no_keeping(stand: Stand, ada: Person, bob: Person, name: str) -> None:
    stand.bring(stand.visitor(ADMIN), own(*EVERY_KIND))
    reserve(stand, ada, stand.product(name))
    assert until(stand, ada) is None
    assert available(stand, bob, stand.product(name)) > 0


# Races


def test_fifty_customers_who_top_up_for_ten_items_get_ten(stand: Stand, at_once: Any) -> None:
    key = keys(stand, 10)
    people = [stand.visitor(2000 + number) for number in range(50)]
    offers = [stand.shop.checkout.offer_product(person, key, 1) for person in people]
    pairs = list(zip(people, offers, strict=True))
    outcomes = at_once(*(lambda p=p, o=o: stand.shop.waiting.wait(p, o.id) for p, o in pairs))
    assert sum(not isinstance(each, Exception) for each in outcomes) == 10
    assert {type(each) for each in outcomes if isinstance(each, Exception)} == {OutOfStock}
    for person in people:
        stand.grant(person, "10.00")
    calls = [lambda p=p, o=o: stand.shop.checkout.place(p, o.id) for p, o in pairs]
    bought = at_once(*calls)
    lucky = [not isinstance(each, Exception) for each in outcomes]
    assert [isinstance(each, Receipt) for each in bought] == lucky
    assert sorted(stand.balance(person) for person in people) == [0] * 10 + [1000] * 40


def test_fifty_customers_with_several_in_each_cart_share_ten_items(stand: Stand, at_once: Any) -> None:
    first, second = keys(stand, 10), keys(stand, 10, "Card")
    people = [stand.visitor(2000 + number) for number in range(50)]
    offers = []
    for number, person in enumerate(people):
        stand.grant(person, "30.00" if number % 2 else "0.01")
        stand.shop.carts.add(person, first, 1 + number % 3)
        stand.shop.carts.add(person, second, 1)
        offers.append(stand.shop.checkout.offer_cart(person))

    def buy_or_wait(number: int) -> Any:
        person, offer = people[number], offers[number]
        try:
            return stand.shop.checkout.place(person, offer.id)
        except InsufficientFunds:
            return stand.shop.waiting.wait(person, offer.id)

    outcomes = at_once(*(lambda number=number: buy_or_wait(number) for number in range(50)))
    assert {type(each) for each in outcomes if isinstance(each, Exception)} <= {OutOfStock}
    sold = sum(line.quantity for each in outcomes if isinstance(each, Receipt) for line in each.lines)
    kept = sum(row.quantity for row in ReservedStock.select())
    left = stand.shop.catalog.product(first).available + stand.shop.catalog.product(second).available
    assert sold + kept + left == 20
    assert sold > 0


def test_the_last_item_is_kept_or_sold(stand: Stand, ada: Person, bob: Person, at_once: Any) -> None:
    key = keys(stand)
    mine, theirs = (stand.shop.checkout.offer_product(person, key, 1) for person in (ada, bob))
    kept, bought = at_once(
        lambda: stand.shop.waiting.wait(ada, mine.id), lambda: stand.shop.checkout.place(bob, theirs.id)
    )
    assert isinstance(bought, Receipt) == isinstance(kept, OutOfStock)
    assert (until(stand, ada) is not None) == (not isinstance(bought, Receipt))


def test_at_the_moment_it_is_over_the_one_who_pays_or_another_gets_it(
    stand: Stand, ada: Person, bob: Person, clock: StandingClock, at_once: Any
) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    later(stand, clock, TURN)
    offer = stand.shop.checkout.offer_product(bob, key, 1)
    _, bought, _ = at_once(
        lambda: deposit(stand, ada),
        lambda: stand.shop.checkout.place(bob, offer.id),
        stand.shop.reservations.settle,
    )
    theirs = isinstance(bought, Receipt)
    assert theirs or isinstance(bought, OutOfStock)
    assert Order.select().count() == 1
    assert (stand.balance(ada), stand.balance(bob)) == ((1000, 99_000) if theirs else (0, 100_000))
