"""An order that waits for a top-up: placed once when the money arrives, or ended with a reason."""

from typing import Any

import pytest
from peewee import IntegrityError

from shop.assembly import forget_old_rows
from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.errors.refusals import StaleScreen
from shop.errors.sales import InsufficientFunds, OfferChanged, OutOfStock
from shop.people import Person
from shop.sales.checkout import Offer
from shop.sales.orders import Receipt
from shop.sales.waiting import WAITS_S
from storage.database import Database
from storage.models import Category, Customer, Order, Product, WaitingOffer
from tests.cashier import open_cashier
from tests.conftest import NOW, StandingClock
from tests.raw_sql import engine_of
from tests.stand import Stand, letters, open_shop, payloads
from wallet.chains import Chain

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")

TEN_USD = 20_000
"""Satoshi, at 50 000 USD a coin."""


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    """A shop that reserves nothing for a waiting order: others may be faster."""
    return open_shop(database, clock, RESERVATION_MINUTES="0")


def wish(stand: Stand, person: Person, *, price: str = "10.00", units: int = 3) -> Offer:
    """Offer a customer without money one key, and press “Top up”."""
    key = stand.stock(*(f"unit {number}" for number in range(units)), price=price)
    offer = stand.shop.checkout.offer_product(person, key, 1)
    stand.shop.waiting.wait(person, offer.id)
    return offer


def wish_of_cart(stand: Stand, person: Person) -> Offer:
    stand.shop.carts.add(person, stand.stock("a", "b", "c"), 1)
    offer = stand.shop.checkout.offer_cart(person)
    stand.shop.waiting.wait(person, offer.id)
    return offer


def deposit(stand: Stand, person: Person, *, units: int = TEN_USD, txid: str = "aa") -> None:
    """Make a transfer arrive and become final."""
    address = stand.address(person, Chain.BTC)
    transfer = Transfer(Chain.BTC, txid, "0", address, ASSETS["BTC"], units, block_height=100)
    stand.shop.payments.deposits.observe(transfer, Head(200))


def waits(stand: Stand, person: Person) -> bool:
    return stand.shop.waiting.total_of(person) is not None


def nothing_was_ordered(stand: Stand, person: Person, balance: int) -> None:
    assert (Order.select().count(), stand.balance(person)) == (0, balance)
    assert not letters("ordered", "goods")


def reason_of(kind: str = "not_ordered") -> dict[str, Any]:
    [payload] = payloads(kind)
    return payload


def test_the_order_is_placed_automatically_when_the_money_arrives(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    deposit(stand, ada)
    [order] = Order.select()
    assert (order.customer_id, order.total_minor, stand.balance(ada)) == (ada.id, 1000, 0)
    assert [letter.kind for letter in letters("ordered", "goods")] == ["ordered", "goods"]
    assert not waits(stand, ada)


def test_a_remembered_cart_is_bought_and_empty_afterwards(stand: Stand, ada: Person) -> None:
    wish_of_cart(stand, ada)
    deposit(stand, ada)
    assert Order.select().count() == 1
    assert stand.shop.carts.of(ada).lines == ()


def test_a_payment_through_a_provider_places_the_order_too(database: Database, clock: StandingClock) -> None:
    with open_cashier(database, clock) as cashier:
        wish(cashier.stand, cashier.ada, price="50.00")
        cashier.report(cashier.pay(cashier.open("50.00")))
        assert (Order.select().count(), cashier.balance()) == (1, 0)


def test_the_missing_amount_depends_on_the_current_balance(stand: Stand, ada: Person) -> None:
    key = stand.stock("a")
    offer = stand.shop.checkout.offer_product(ada, key, 1)
    stand.grant(ada, "4.00")
    assert stand.shop.waiting.wait(ada, offer.id) == stand.usd("6.00")
    assert stand.shop.waiting.total_of(ada) == stand.usd("10.00")


def test_nothing_waits_if_nothing_is_missing(stand: Stand, ada: Person) -> None:
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1)
    stand.grant(ada, "10.00")
    assert stand.shop.waiting.wait(ada, offer.id).minor == 0
    assert not waits(stand, ada)


def test_a_payment_that_is_still_too_small_is_kept_and_the_order_keeps_waiting(stand: Stand, ada: Person) -> None:
    offer = wish(stand, ada)
    deposit(stand, ada, units=TEN_USD - 2)
    nothing_was_ordered(stand, ada, 999)
    assert reason_of("still_short") == {"offer_id": offer.id, "minor": 1}
    deposit(stand, ada, units=2_000, txid="bb")
    assert (Order.select().count(), stand.balance(ada)) == (1, 99)


@pytest.mark.parametrize("price", [999, 1001])
def test_a_changed_price_ends_the_waiting_and_takes_nothing(stand: Stand, ada: Person, price: int) -> None:
    wish(stand, ada)
    with stand.database.transaction():
        Product.update(price_minor=price).execute()
    deposit(stand, ada, units=2 * TEN_USD)
    nothing_was_ordered(stand, ada, 2000)
    assert reason_of() == {"minor": 1000, "reason": "changed"}
    assert not waits(stand, ada)


def test_a_renamed_product_ends_the_waiting_and_takes_nothing(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    with stand.database.transaction():
        Product.update(name="Another key").execute()
    deposit(stand, ada)
    nothing_was_ordered(stand, ada, 1000)
    assert reason_of() == {"minor": 1000, "reason": "changed"}
    assert not waits(stand, ada)


def test_a_description_mended_meanwhile_does_not_stop_an_order_that_is_paid_for(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    with stand.database.transaction():
        Product.update(description="With the typo mended.").execute()
    deposit(stand, ada)
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)


def test_goods_sold_in_the_meantime_end_the_waiting_and_the_deposit_stays(stand: Stand, ada: Person) -> None:
    offer = wish(stand, ada, units=1)
    other = stand.visitor(5)
    stand.grant(other, "10.00")
    key = offer.lines[0].product.id
    stand.shop.checkout.place(other, stand.shop.checkout.offer_product(other, key, 1).id)
    deposit(stand, ada)
    assert (stand.balance(ada), Order.select().where(Order.customer == ada.id).count()) == (1000, 0)
    assert reason_of() == {"minor": 1000, "reason": "out_of_stock", "name": "Key", "available": 0}
    assert not waits(stand, ada)


def test_a_hidden_category_ends_the_waiting(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    with stand.database.transaction():
        Category.update(hidden=True).execute()
    deposit(stand, ada)
    nothing_was_ordered(stand, ada, 1000)
    assert reason_of()["reason"] == "changed"


@pytest.mark.parametrize("change", ["add", "set", "remove", "clear"])
def test_a_change_to_the_cart_ends_its_waiting_at_once_and_says_so(stand: Stand, ada: Person, change: str) -> None:
    wish_of_cart(stand, ada)
    key = stand.product("Key")
    carts = stand.shop.carts
    changes = {
        "add": lambda: carts.add(ada, key, 1),
        "set": lambda: carts.set(ada, key, 3),
        "remove": lambda: carts.remove(ada, key),
        "clear": lambda: carts.clear(ada),
    }
    assert changes[change]().stopped_waiting
    assert not changes["clear"]().stopped_waiting
    deposit(stand, ada)
    nothing_was_ordered(stand, ada, 1000)
    assert not letters("not_ordered")


def test_a_change_to_the_cart_does_not_affect_a_waiting_single_product(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    assert not stand.shop.carts.add(ada, stand.product("Key"), 1).stopped_waiting
    deposit(stand, ada)
    assert Order.select().count() == 1
    assert len(stand.shop.carts.of(ada).lines) == 1


def test_stopping_leaves_the_money_on_the_balance_and_places_no_order(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    assert stand.shop.waiting.stop(ada)
    assert not stand.shop.waiting.stop(ada)
    deposit(stand, ada)
    nothing_was_ordered(stand, ada, 1000)


def test_the_waiting_ends_silently_after_a_day(stand: Stand, ada: Person, clock: StandingClock) -> None:
    wish(stand, ada)
    clock.pass_s(WAITS_S)
    stand.shop.payments.rates.refresh()
    deposit(stand, ada)
    stand.shop.waiting.settle()
    nothing_was_ordered(stand, ada, 1000)
    assert not letters("not_ordered", "still_short")
    assert WaitingOffer.select().count() == 0


def test_an_order_that_began_to_wait_while_the_clock_was_ahead_does_not_wait_for_that_long(
    stand: Stand, ada: Person, clock: StandingClock
) -> None:
    clock.pass_s(365 * WAITS_S)
    stand.shop.payments.rates.refresh()
    wish(stand, ada)
    clock.pass_s(-365 * WAITS_S)
    stand.shop.waiting.settle()
    deposit(stand, ada)
    nothing_was_ordered(stand, ada, 1000)
    assert WaitingOffer.select().count() == 0


@pytest.mark.parametrize("back_s", [WAITS_S // 2, NOW])
def test_a_clock_that_goes_back_or_is_not_set_yet_ends_no_waiting(
    stand: Stand, ada: Person, clock: StandingClock, back_s: int
) -> None:
    wish(stand, ada)
    clock.pass_s(-back_s)
    stand.shop.waiting.settle()
    clock.pass_s(back_s)
    stand.shop.payments.rates.refresh()
    deposit(stand, ada)
    assert Order.select().count() == 1


def test_a_second_order_to_wait_replaces_the_first(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    card = stand.stock("z", name="Card", price="5.00")
    offer = stand.shop.checkout.offer_product(ada, card, 1)
    stand.shop.waiting.wait(ada, offer.id)
    deposit(stand, ada)
    assert [order.total_minor for order in Order.select()] == [500]
    assert stand.balance(ada) == 500


def test_buying_the_cart_by_another_button_ends_its_waiting(stand: Stand, ada: Person) -> None:
    wish_of_cart(stand, ada)
    newer = stand.shop.checkout.offer_cart(ada)
    stand.grant(ada, "10.00")
    stand.shop.checkout.place(ada, newer.id)
    assert not waits(stand, ada)
    deposit(stand, ada)
    assert (Order.select().count(), stand.balance(ada)) == (1, 1000)
    assert not letters("not_ordered")


def test_an_order_missed_because_of_a_crash_is_placed_by_the_next_check(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    stand.grant(ada, "10.00")  # the entry alone: the process died before the order was tried
    assert Order.select().count() == 0
    stand.shop.waiting.settle()
    stand.shop.waiting.settle()
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)
    assert len(letters("ordered")) == 1


def test_nothing_is_bought_for_a_banned_customer(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    with stand.database.transaction():
        Customer.change(ada.id, banned=True)
    deposit(stand, ada)
    stand.shop.waiting.settle()
    nothing_was_ordered(stand, ada, 1000)


def test_an_unexpected_error_in_the_order_leaves_the_deposit_credited(stand: Stand, ada: Person) -> None:
    wish(stand, ada)
    with stand.database.transaction():
        engine_of(stand.database).execute_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON order_line BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    with pytest.raises(IntegrityError) as surprise:
        deposit(stand, ada)
    assert "broken" in str(surprise.value)
    nothing_was_ordered(stand, ada, 1000)
    assert waits(stand, ada)


def test_an_offer_that_is_no_longer_valid_cannot_wait(stand: Stand, ada: Person) -> None:
    key = stand.stock("a")
    offer = stand.shop.checkout.offer_product(ada, key, 1)
    other = stand.visitor(5)
    for number in (offer.id, 0, 10**17):
        with pytest.raises(StaleScreen) as stale:
            stand.shop.waiting.wait(other, number)
        assert stale.value.args == ()
    stand.grant(other, "10.00")
    stand.shop.checkout.place(other, stand.shop.checkout.offer_product(other, key, 1).id)
    with pytest.raises(OutOfStock) as gone:
        stand.shop.waiting.wait(ada, offer.id)
    assert gone.value.available == 0
    with stand.database.transaction():
        Product.update(price_minor=1).execute()
    with pytest.raises(OfferChanged) as changed:
        stand.shop.waiting.wait(ada, offer.id)
    assert changed.value.args == ()
    assert not waits(stand, ada)


def test_an_offer_that_was_bought_cannot_wait(stand: Stand, ada: Person) -> None:
    offer = wish(stand, ada)
    deposit(stand, ada)
    with pytest.raises(StaleScreen) as stale:
        stand.shop.waiting.wait(ada, offer.id)
    assert stale.value.args == ()
    assert isinstance(stand.shop.checkout.place(ada, offer.id), Receipt), "the old button shows the receipt"
    assert Order.select().count() == 1


def test_the_database_refuses_to_let_an_offer_wait_for_somebody_else(stand: Stand, ada: Person) -> None:
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1)
    other = stand.visitor(5)
    with pytest.raises(IntegrityError) as error, stand.database.transaction():
        WaitingOffer.keep(other.id, offer.id, now=0, expires_at=1)
    assert "its own customer" in str(error.value)


def test_a_waiting_offer_is_deleted_together_with_its_waiting(
    stand: Stand, ada: Person, clock: StandingClock
) -> None:
    wish(stand, ada)
    clock.pass_s(8 * 86_400)
    forget_old_rows(stand.database, clock=clock)
    assert WaitingOffer.select().count() == 0


def test_a_confirmation_at_the_moment_of_the_deposit_places_one_order(
    stand: Stand, ada: Person, at_once: Any
) -> None:
    offer = wish(stand, ada)
    outcomes = at_once(
        lambda: deposit(stand, ada),
        *[lambda: stand.shop.checkout.place(ada, offer.id)] * 6,
        stand.shop.waiting.settle,
    )
    assert all(each is None or isinstance(each, Receipt | InsufficientFunds) for each in outcomes), outcomes
    assert (Order.select().count(), stand.balance(ada)) == (1, 0)
    assert len(letters("goods")) == 1
    assert len(letters("ordered")) <= 1


def test_two_deposits_at_once_place_one_order(stand: Stand, ada: Person, at_once: Any) -> None:
    wish(stand, ada)
    outcomes = at_once(
        *(lambda txid=txid: deposit(stand, ada, txid=txid, units=TEN_USD // 2 + 2) for txid in ("aa", "bb", "cc"))
    )
    assert outcomes == [None] * 3
    assert (Order.select().count(), stand.balance(ada)) == (1, 500)
    assert (len(letters("ordered")), len(letters("goods"))) == (1, 1)


def test_of_many_waiting_for_the_last_unit_one_gets_it_and_all_are_told(stand: Stand, at_once: Any) -> None:
    people = [stand.visitor(100 + number) for number in range(8)]
    for person in people:
        wish(stand, person, units=1)
    outcomes = at_once(*(lambda person=person: deposit(stand, person, txid=f"tx{person.id}") for person in people))
    assert outcomes == [None] * 8
    assert Order.select().count() == 1
    assert sorted(stand.balance(person) for person in people) == [0] + [1000] * 7
    assert (len(letters("ordered")), len(letters("not_ordered"))) == (1, 7)
    assert WaitingOffer.select().count() == 0


def test_stopping_at_the_moment_of_the_deposit_leaves_an_order_or_the_money(
    stand: Stand, ada: Person, at_once: Any
) -> None:
    wish(stand, ada)
    _, stopped = at_once(lambda: deposit(stand, ada), lambda: stand.shop.waiting.stop(ada))
    assert (Order.select().count(), stand.balance(ada)) == ((0, 1000) if stopped else (1, 0))
    assert not letters("not_ordered")
