"""Stock reserved during a top-up: whoever can pay first may buy it, until the customer's payment is seen."""

import json
from typing import Any

import pytest

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.errors.sales import InsufficientFunds, OutOfStock
from shop.people import Person
from shop.sales.checkout import Offer
from shop.sales.orders import Receipt
from shop.sales.waiting import MOST_UNITS, PAUSE_TURNS
from storage.database import Database
from storage.models import Order, Outbox, Reservation, ReservedStock
from tests.conftest import StandingClock
from tests.goods import EVERY_KIND, own
from tests.shop.payments.starry import StarShop
from tests.shop.sales.test_waiting import TEN_USD, deposit
from tests.stand import ADMIN, Stand, open_shop
from wallet.chains import Chain

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")

TURN = 1_800
"""Seconds; the default of the setting."""


@pytest.fixture
def ada(stand: Stand) -> Person:
    """Somebody who has topped up before and spent it all."""
    return regular(stand, stand.visitor())


@pytest.fixture
def bob(stand: Stand) -> Person:
    """Somebody who can pay now."""
    person = stand.visitor(5)
    stand.grant(person, "1000.00")
    return person


@pytest.fixture
def eve(stand: Stand) -> Person:
    """Somebody who has never topped up."""
    return stand.visitor(6)


def regular(stand: Stand, person: Person, amount: str = "500.00") -> Person:
    stand.grant(person, amount)
    owner, adjustments = stand.visitor(ADMIN), stand.shop.adjustments
    adjustments.make(owner, adjustments.propose(owner, person.id, -stand.usd(amount), "spent").id)
    return person


def keys(stand: Stand, units: int = 1, name: str = "Key") -> int:
    return stand.stock(*(f"{name} {number}" for number in range(units)), name=name)


def reserve(stand: Stand, person: Person, key: int, quantity: int = 1) -> Offer:
    offer = stand.shop.checkout.offer_product(person, key, quantity)
    stand.shop.waiting.wait(person, offer.id)
    return offer


def pay(stand: Stand, person: Person, dollars: int = 10, *, block: int | None = None, **more: Any) -> None:
    """Make a payment appear, at a locked rate; unconfirmed unless a block is given."""
    stand.shop.payments.top_ups.open(person, "BTC", None)
    address, txid = stand.address(person, Chain.BTC), more.pop("txid", f"tx-{person.id}")
    units = dollars * TEN_USD // 10
    transfer = Transfer(Chain.BTC, txid, "0", address, ASSETS["BTC"], units, block_height=block, **more)
    stand.shop.payments.deposits.observe(transfer, Head(200 if block is None else block))


def secure(stand: Stand, person: Person, key: int, quantity: int = 1) -> Offer:
    """Make an offer wait, and its payment appear."""
    offer = reserve(stand, person, key, quantity)
    pay(stand, person, 10 * quantity)
    return offer


def credit(stand: Stand, person: Person, dollars: int = 10) -> None:
    """Make the payment that was seen final."""
    deposit(stand, person, units=dollars * TEN_USD // 10, txid=f"tx-{person.id}")


def until(stand: Stand, person: Person) -> int | None:
    kept = stand.shop.waiting.kept(person)
    return None if kept is None else kept.until


def available(stand: Stand, person: Person, key: int) -> int:
    return stand.shop.catalog.product(key, person.id).available


def cannot_buy(stand: Stand, person: Person, key: int, quantity: int = 1) -> int:
    """Fail to buy; return how many items the refusal says are left."""
    with pytest.raises(OutOfStock) as error:
        stand.buy(person, key, quantity)
    return error.value.available


def later(stand: Stand, clock: StandingClock, seconds: int) -> None:
    clock.pass_s(seconds)
    stand.shop.payments.rates.refresh()


def told() -> list[tuple[int, int]]:
    """Return who was told which product is back."""
    letters = Outbox.select().where(Outbox.kind == "restocked").order_by(Outbox.id)
    return [(letter.telegram_id, json.loads(letter.payload)["product_id"]) for letter in letters]


def test_reserved_stock_is_available_only_to_its_customer(
    stand: Stand, ada: Person, bob: Person, clock: StandingClock
) -> None:
    key = keys(stand, 3)
    secure(stand, ada, key, 2)
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


def test_an_earlier_offer_does_not_take_stock_reserved_since(stand: Stand, ada: Person, bob: Person) -> None:
    key = keys(stand)
    offer = stand.shop.checkout.offer_product(bob, key, 1)
    secure(stand, ada, key)
    with pytest.raises(OutOfStock) as error:
        stand.shop.checkout.place(bob, offer.id)
    assert error.value.available == 0
    assert stand.balance(bob) == 100_000


def test_reserved_stock_becomes_the_order(stand: Stand, ada: Person, bob: Person) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    deposit(stand, ada)
    assert [(order.customer_id, order.total_minor) for order in Order.select()] == [(ada.id, 1000)]
    assert (until(stand, ada), ReservedStock.select().count()) == (None, 0)
    stand.shop.reservations.settle()
    assert told() == []


def test_a_cart_is_reserved_as_a_whole(stand: Stand, ada: Person, eve: Person) -> None:
    first, second = keys(stand, 2), keys(stand, 2, "Card")
    stand.shop.carts.add(ada, first, 2)
    stand.shop.carts.add(ada, second, 1)
    stand.shop.waiting.wait(ada, stand.shop.checkout.offer_cart(ada).id)
    assert stand.shop.waiting.kept(ada).goods == (("Card", 1), ("Key", 2))
    assert (available(stand, eve, first), available(stand, eve, second)) == (0, 1)
    deposit(stand, ada, units=3 * TEN_USD)
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)


def test_a_reservation_expires_even_if_no_job_ran(
    stand: Stand, ada: Person, bob: Person, clock: StandingClock
) -> None:
    key = keys(stand)
    secure(stand, ada, key)
    later(stand, clock, TURN - 1)
    assert available(stand, bob, key) == 0
    later(stand, clock, 1)
    assert (available(stand, bob, key), until(stand, ada)) == (1, None)
    assert Reservation.select().count() == 1, "nothing has run yet"
    stand.buy(bob, key)
    credit(stand, ada)
    assert stand.balance(ada) == 1000
    [letter] = Outbox.select().where(Outbox.kind == "not_ordered")
    assert json.loads(letter.payload)["reason"] == "out_of_stock"


def test_a_customer_who_pays_late_still_gets_what_is_left(stand: Stand, ada: Person, clock: StandingClock) -> None:
    reserve(stand, ada, keys(stand))
    later(stand, clock, TURN)
    deposit(stand, ada)
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)


@pytest.mark.parametrize("how", ["stop", "time", "cart", "another"])
def test_released_stock_is_announced_to_those_who_asked(
    stand: Stand, ada: Person, eve: Person, clock: StandingClock, how: str
) -> None:
    key, other = keys(stand), keys(stand, name="Other")
    stand.shop.carts.add(ada, key, 1)
    stand.shop.waiting.wait(ada, stand.shop.checkout.offer_cart(ada).id)
    stand.shop.restocks.ask(eve, key)
    stand.shop.reservations.settle()
    assert told() == []
    if how == "stop":
        stand.shop.waiting.stop(ada)
        assert told() == [(eve.telegram_id, key)]
    elif how == "time":
        later(stand, clock, TURN)
    elif how == "cart":
        stand.shop.carts.clear(ada)
    else:
        reserve(stand, ada, other)
    stand.shop.reservations.settle()
    stand.shop.reservations.settle()
    assert told() == [(eve.telegram_id, key)]
    assert available(stand, eve, key) == 1
    assert available(stand, eve, other) == (0 if how == "another" else 1)


def test_the_same_button_again_reserves_the_same_units_and_tells_nobody(
    stand: Stand, ada: Person, eve: Person
) -> None:
    key = keys(stand)
    offer = reserve(stand, ada, key)
    stand.shop.restocks.ask(eve, key)
    stand.shop.waiting.wait(ada, offer.id)
    stand.shop.reservations.settle()
    assert (told(), available(stand, eve, key)) == ([], 0)


def test_a_reservation_replaced_within_a_turn_ends_with_that_turn(
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
    stand: Stand, ada: Person, eve: Person, clock: StandingClock
) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    later(stand, clock, TURN)
    for wait_s in (0, PAUSE_TURNS * TURN - 1):
        later(stand, clock, wait_s)
        reserve(stand, ada, key)
        assert (until(stand, ada), available(stand, eve, key)) == (None, 1)
        assert stand.shop.waiting.total_of(ada) == stand.usd("10.00"), "the order waits all the same"
    later(stand, clock, 1)
    reserve(stand, ada, key)
    assert until(stand, ada) == clock.now + TURN


def test_after_buying_reserved_stock_more_can_be_reserved_at_once(
    stand: Stand, ada: Person, clock: StandingClock
) -> None:
    key = keys(stand, 2)
    reserve(stand, ada, key)
    later(stand, clock, 60)
    deposit(stand, ada)
    reserve(stand, ada, key)
    assert until(stand, ada) == clock.now + TURN


def test_a_large_order_is_not_reserved(stand: Stand, ada: Person, eve: Person) -> None:
    key = keys(stand, MOST_UNITS + 1)
    reserve(stand, ada, key, MOST_UNITS + 1)
    pay(stand, ada, 10 * (MOST_UNITS + 1))
    assert (until(stand, ada), available(stand, eve, key)) == (None, MOST_UNITS + 1)
    reserve(stand, ada, key, MOST_UNITS)
    assert available(stand, eve, key) == 1


def test_buying_the_same_goods_by_another_button_works_and_the_order_keeps_waiting(
    stand: Stand, ada: Person, eve: Person
) -> None:
    key = keys(stand, 2)
    reserve(stand, ada, key, 2)
    stand.shop.restocks.ask(eve, key)
    stand.grant(ada, "10.00")
    assert len(stand.buy(ada, key).lines) == 1
    stand.shop.reservations.settle()
    assert told() == [(eve.telegram_id, key)]
    assert (until(stand, ada), available(stand, eve, key)) == (None, 1)
    assert stand.shop.waiting.total_of(ada) == stand.usd("20.00")


def test_buying_something_else_keeps_the_reservation(stand: Stand, ada: Person, eve: Person) -> None:
    key, other = keys(stand), keys(stand, name="Other")
    reserve(stand, ada, key)
    stand.grant(ada, "5.00")
    stand.stock("z", name="Cheap", price="5.00")
    stand.buy(ada, stand.product("Cheap"))
    assert until(stand, ada) is not None
    assert (available(stand, eve, key), available(stand, eve, other)) == (0, 1)


def test_what_came_from_stars_reserves_no_goods_that_take_none(database: Database, clock: StandingClock) -> None:
    shop = StarShop(database, clock)
    stand, ada, eve = shop.stand, shop.customer(), shop.stand.visitor(6)
    key = keys(stand)
    stand.shop.editor.take_stars(shop.owner, key, on=False)
    shop.pay(ada, "6.00")
    offer = reserve(stand, ada, key)
    assert (offer.balance, offer.spendable, offer.missing) == (stand.usd("6"), stand.usd("0"), stand.usd("10"))
    pay(stand, ada, 4)
    assert (until(stand, ada), available(stand, eve, key)) == (None, 1)
    pay(stand, ada, 10, txid="enough")
    assert available(stand, eve, key) == 0
    credit(stand, ada, 4)
    deposit(stand, ada, units=TEN_USD, txid="enough")
    assert (Order.select().count(), stand.balance(ada)) == (1, 1000), "Stars, and what of the coins was too much"


def test_zero_minutes_reserve_nothing(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock, RESERVATION_MINUTES="0")
    person, key = stand.visitor(), keys(stand)
    reserve(stand, person, key)
    assert (until(stand, person), available(stand, stand.visitor(5), key)) == (None, 1)


@pytest.mark.parametrize("name", ["Shared text", "Made to order"])
def test_products_that_never_run_out_need_no_reservation(stand: Stand, ada: Person, eve: Person, name: str) -> None:
    stand.bring(stand.visitor(ADMIN), own(*EVERY_KIND))
    reserve(stand, ada, stand.product(name))
    assert until(stand, ada) is None
    assert available(stand, eve, stand.product(name)) > 0


# Whoever can pay first buys


def test_a_customer_with_the_money_buys_stock_reserved_for_somebody_who_has_paid_nothing(
    stand: Stand, ada: Person, bob: Person, eve: Person
) -> None:
    key = keys(stand, 10)
    reserve(stand, ada, key, 10)
    assert (available(stand, eve, key), available(stand, bob, key)) == (0, 10)
    stand.buy(bob, key, 10)
    assert (until(stand, ada), ReservedStock.select().count()) == (None, 0)
    deposit(stand, ada, units=10 * TEN_USD)
    [letter] = Outbox.select().where(Outbox.kind == "not_ordered")
    assert json.loads(letter.payload)["reason"] == "out_of_stock"


def test_only_as_many_reservations_give_way_as_needed_and_the_newest_first(
    stand: Stand, ada: Person, bob: Person
) -> None:
    key, others = keys(stand, 6), [regular(stand, stand.visitor(number)) for number in (7, 8)]
    for person in (ada, *others):
        reserve(stand, person, key, 2)
    stand.buy(bob, key)
    assert [until(stand, person) is not None for person in (ada, *others)] == [True, True, False]
    stand.buy(bob, key)
    assert [until(stand, person) is not None for person in (ada, *others)] == [True, True, False]


def test_an_account_that_never_paid_in_reserves_nothing_until_its_payment_is_seen(
    stand: Stand, eve: Person, bob: Person
) -> None:
    key = keys(stand, 10)
    reserve(stand, eve, key, 10)
    assert (until(stand, eve), available(stand, stand.visitor(9), key)) == (None, 10)
    pay(stand, eve, 100)
    assert stand.shop.waiting.kept(eve).paid
    assert available(stand, bob, key) == 0
    assert cannot_buy(stand, bob, key) == 0


def test_no_account_reserves_more_than_it_has_ever_paid_in(stand: Stand, eve: Person) -> None:
    key = keys(stand, 10)
    regular(stand, eve, "50.00")
    reserve(stand, eve, key, 6)
    assert until(stand, eve) is None
    reserve(stand, eve, key, 5)
    assert until(stand, eve) is not None


def test_twenty_free_accounts_taking_turns_reserve_nothing(stand: Stand, eve: Person, bob: Person) -> None:
    key = keys(stand, 10)
    for number in range(20):
        reserve(stand, stand.visitor(3000 + number), key, 10)
        assert available(stand, eve, key) == 10
    stand.buy(bob, key, 10)


@pytest.mark.parametrize("dollars", [1, 9])
def test_a_payment_that_does_not_cover_the_order_reserves_nothing(stand: Stand, eve: Person, dollars: int) -> None:
    key = keys(stand)
    reserve(stand, eve, key)
    pay(stand, eve, dollars)
    assert until(stand, eve) is None
    pay(stand, eve, 10 - dollars, txid="the rest")
    assert stand.shop.waiting.kept(eve).paid


@pytest.mark.parametrize("block", [None, 150])
def test_a_payment_seen_before_the_order_began_to_wait_reserves_its_goods_at_once(
    stand: Stand, eve: Person, bob: Person, clock: StandingClock, block: int | None
) -> None:
    dear = stand.stock("dear", name="Dear", price="60.00")  # two confirmations
    pay(stand, eve, 60, block=block)
    reserve(stand, eve, dear)
    kept = stand.shop.waiting.kept(eve)
    assert kept is not None
    assert kept.paid
    assert kept.until - clock() == (TURN if block is None else 86_400)
    assert cannot_buy(stand, bob, dear) == 0


def test_an_earlier_payment_that_does_not_cover_the_order_reserves_nothing(stand: Stand, eve: Person) -> None:
    key = keys(stand)
    pay(stand, eve, 9)
    reserve(stand, eve, key)
    assert until(stand, eve) is None


def test_a_replaceable_payment_counts_once_it_is_in_a_block(stand: Stand, eve: Person) -> None:
    reserve(stand, eve, stand.stock("dear", name="Dear", price="60.00"))  # two confirmations
    pay(stand, eve, 60, replaceable=True)
    assert until(stand, eve) is None
    pay(stand, eve, 60, block=150, replaceable=True)
    assert stand.shop.waiting.kept(eve).paid


def test_a_payment_in_a_block_reserves_as_long_as_the_order_waits(
    stand: Stand, eve: Person, bob: Person, clock: StandingClock
) -> None:
    dear = stand.stock("dear", name="Dear", price="60.00")  # two confirmations
    reserve(stand, eve, dear)
    pay(stand, eve, 60, block=150)
    later(stand, clock, 10 * TURN)
    assert available(stand, bob, dear) == 0
    deposit(stand, eve, units=6 * TEN_USD, txid=f"tx-{eve.id}")
    assert [order.customer_id for order in Order.select()] == [eve.id]


def test_a_payment_that_vanishes_releases_its_reservation(stand: Stand, eve: Person, bob: Person) -> None:
    key = keys(stand)
    secure(stand, eve, key)
    deposits = stand.shop.payments.deposits
    deposits.missed(1)
    stand.clock.pass_s(600)
    deposits.missed(1)
    assert (until(stand, eve), available(stand, bob, key)) == (None, 1)


def test_payments_that_never_reach_a_block_reserve_for_one_turn_followed_by_a_pause(
    stand: Stand, eve: Person, bob: Person, clock: StandingClock
) -> None:
    key = keys(stand)
    secure(stand, eve, key)
    later(stand, clock, TURN // 2)
    pay(stand, eve, txid="a second one")
    assert until(stand, eve) == clock.now + TURN // 2
    later(stand, clock, TURN // 2)
    pay(stand, eve, txid="a third one")
    assert (until(stand, eve), available(stand, bob, key)) == (None, 1)


def test_a_payment_seen_takes_unpaid_reservations_but_never_sold_stock(
    stand: Stand, ada: Person, bob: Person, eve: Person
) -> None:
    key = keys(stand, 2)
    reserve(stand, eve, key)
    reserve(stand, ada, key, 2)
    stand.buy(bob, key)
    assert until(stand, ada) is None
    pay(stand, eve)
    assert (until(stand, eve) is not None, available(stand, bob, key)) == (True, 0)


def test_a_faulty_unit_is_replaced_although_the_last_one_is_reserved_unpaid(
    stand: Stand, ada: Person, bob: Person, owner: Person
) -> None:
    key = keys(stand, 2)
    line = stand.buy(bob, key).lines[0].id
    reserve(stand, ada, key)
    faulty = stand.shop.replacements.pieces(owner, line, page=0).pieces[0]
    stand.shop.replacements.replace(owner, faulty.item_id)
    assert until(stand, ada) is None


@pytest.mark.parametrize(("rate", "turn"), [("30", "30"), ("10", "30"), ("30", "10")])
def test_rate_and_reservation_end_together(database: Database, clock: StandingClock, rate: str, turn: str) -> None:
    stand = open_shop(database, clock, RATE_LOCK_MINUTES=rate, RESERVATION_MINUTES=turn)
    person = regular(stand, stand.visitor())
    before = stand.shop.payments.top_ups.open(person, "BTC", None)
    clock.pass_s(60)
    reserve(stand, person, keys(stand))
    clock.pass_s(60)
    shown = stand.shop.payments.top_ups.open(person, "BTC", None)
    assert until(stand, person) == shown.expires_at
    assert shown.expires_at >= min(before.expires_at, clock.now + 60 * min(int(rate), int(turn)) - 60)
    clock.pass_s(120)
    for coin in ("BTC", "ETH"):
        again = stand.shop.payments.top_ups.open(person, coin, None)
        assert again.expires_at == shown.expires_at == until(stand, person)


# Races


def test_of_fifty_paying_for_ten_items_those_whose_payment_is_seen_first_get_them(stand: Stand, at_once: Any) -> None:
    key = keys(stand, 10)
    people = [stand.visitor(2000 + number) for number in range(50)]
    offers = [stand.shop.checkout.offer_product(person, key, 1) for person in people]
    waits = (lambda p=p, o=o: stand.shop.waiting.wait(p, o.id) for p, o in zip(people, offers, strict=True))
    assert not [each for each in at_once(*waits) if isinstance(each, Exception)]
    assert at_once(*(lambda person=person: pay(stand, person) for person in people)) == [None] * 50
    lucky = [until(stand, person) is not None for person in people]
    assert sum(lucky) == 10
    at_once(*(lambda person=person: credit(stand, person) for person in people))
    assert [stand.balance(person) == 0 for person in people] == lucky
    assert Order.select().count() == 10


def test_customers_who_can_pay_always_win_against_unpaid_reservations(stand: Stand, at_once: Any) -> None:
    key = keys(stand, 10)
    keepers = [regular(stand, stand.visitor(2000 + number)) for number in range(10)]
    payers = [stand.rich("10.00", 3000 + number) for number in range(10)]
    offers = {person.id: stand.shop.checkout.offer_product(person, key, 1).id for person in (*keepers, *payers)}
    outcomes = at_once(
        *(lambda person=person: stand.shop.waiting.wait(person, offers[person.id]) for person in keepers),
        *(lambda person=person: stand.shop.checkout.place(person, offers[person.id]) for person in payers),
    )
    assert all(isinstance(each, Receipt) for each in outcomes[10:]), "who can pay is never stopped"
    assert ReservedStock.select().count() == 0


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


def test_the_last_item_is_either_reserved_by_a_payment_or_sold(
    stand: Stand, eve: Person, bob: Person, at_once: Any
) -> None:
    key = keys(stand)
    theirs = stand.shop.checkout.offer_product(bob, key, 1)
    reserve(stand, eve, key)
    _, bought = at_once(lambda: pay(stand, eve), lambda: stand.shop.checkout.place(bob, theirs.id))
    assert isinstance(bought, Receipt) == (until(stand, eve) is None)
    assert isinstance(bought, Receipt | OutOfStock)


def test_when_a_reservation_expires_its_customer_or_another_gets_the_item(
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


def test_a_clock_that_is_set_back_makes_no_turn_longer(stand: Stand, ada: Person, clock: StandingClock) -> None:
    key = keys(stand)
    reserve(stand, ada, key)
    clock.now -= 86_400
    stand.shop.waiting.stop(ada)
    reserve(stand, ada, key)
    kept = stand.shop.waiting.kept(ada)
    assert kept is not None
    assert kept.until == clock() + TURN


def test_goods_reserved_while_the_clock_was_ahead_are_free_once_it_is_right(
    stand: Stand, ada: Person, eve: Person, clock: StandingClock
) -> None:
    key = keys(stand)
    clock.pass_s(365 * 86_400)
    reserve(stand, ada, key)
    clock.pass_s(-365 * 86_400)
    assert stand.shop.catalog.product(key, eve.id).available == 0
    stand.shop.waiting.settle()
    assert stand.shop.catalog.product(key, eve.id).available == 1
