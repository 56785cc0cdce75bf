"""The single button shown for a short balance: what it says, what follows from it, and how to undo it."""

from collections.abc import Callable

import pytest

from bot_handlers.callbacks.checkout import Confirm, TopUpOffer
from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from storage.database import Database
from storage.models import Order, Product, WaitingOffer
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import StandingClock
from tests.stand import Stand, open_shop
from wallet.chains import Chain

TEN_USD = 20_000


@pytest.fixture
def waiting(stage: Stage) -> Stage:
    """A customer without money has pressed “Top up $10.00” on a confirmation."""
    wait_for_ten_dollars(stage)
    return stage


def wait_for_ten_dollars(stage: Stage) -> None:
    stage.stand.stock("KEY<1>&", "KEY-2")
    for label in ("Shop", "Games", "Key", "Add to cart", "Check out", "Top up $10.00"):
        stage.press(label)


def deposit(stage: Stage, units: int = TEN_USD, txid: str = "aa") -> None:
    address = stage.stand.address(stage.stand.visitor(CUSTOMER), Chain.BTC)
    transfer = Transfer(Chain.BTC, txid, "0", address, ASSETS["BTC"], units, block_height=100)
    stage.stand.shop.payments.deposits.observe(transfer, Head(200))
    stage.send_letters()


def test_a_short_confirmation_says_that_the_order_will_be_placed_automatically(stage: Stage) -> None:
    stage.stand.stock("KEY")
    for label in ("Shop", "Games", "Key", "Buy now"):
        stage.press(label)
    assert "your order for $10.00 is placed automatically" in stage.texts()[-1]


def test_the_coins_say_what_waits_and_the_address_is_one_press_away(waiting: Stage) -> None:
    assert "Top up $10.00" in waiting.texts()[-1]
    assert "Your order for $10.00 is waiting for this payment" in waiting.texts()[-1]
    waiting.press("Bitcoin")
    assert "To top up $10.00, send" in waiting.texts()[-1]
    waiting.press("Back")
    assert "Your order for $10.00 is waiting for this payment" in waiting.texts()[-1]


def test_when_the_money_arrives_the_customer_is_told_and_gets_the_goods(waiting: Stage) -> None:
    deposit(waiting)
    *_, told, goods = waiting.texts()
    assert told.startswith("✅ Your top-up has arrived and your order has been placed.\nOrder #1, paid $10.00.")
    assert "KEY<1>&" in goods
    waiting.press("View order")
    assert "KEY<1>&" in waiting.texts()[-1]


@pytest.mark.parametrize("change", [{"price_minor": 1100}, {"hidden": True}])
def test_when_something_changed_the_customer_is_told_why(waiting: Stage, change: dict[str, object]) -> None:
    with waiting.stand.database.transaction():
        Product.update(**change).execute()
    deposit(waiting)
    assert "your order for $10.00 was not placed" in waiting.texts()[-1]
    assert "a product, its price or your cart has changed" in waiting.texts()[-1]
    assert Order.select().count() == 0


def test_when_it_is_sold_out_the_customer_is_told(waiting: Stage) -> None:
    other, stand = waiting.stand.visitor(5), waiting.stand
    stand.clock.pass_s(1_800)  # the reservation has expired
    stand.shop.payments.rates.refresh()
    stand.grant(other, "20.00")
    stand.shop.checkout.place(other, stand.shop.checkout.offer_product(other, stand.product("Key"), 2).id)
    deposit(waiting)
    assert "Key is sold out." in waiting.texts()[-1]


def test_a_short_deposit_says_what_is_missing_and_the_button_tops_up_exactly_that(waiting: Stage) -> None:
    deposit(waiting, TEN_USD - 12_000)
    assert "Your order is still waiting: you need $6.00 more." in waiting.texts()[-1]
    waiting.press("Top up $6.00")
    waiting.press("Bitcoin")
    assert "To top up $6.00, send" in waiting.texts()[-1]
    deposit(waiting, 12_000, "bb")
    assert "KEY<1>&" in waiting.texts()[-1]


def test_a_few_missing_cents_become_the_smallest_amount_of_the_coin_and_the_rest_is_kept(waiting: Stage) -> None:
    deposit(waiting, TEN_USD - 60)
    waiting.press("Top up $0.03")
    waiting.press("Bitcoin")
    text = waiting.texts()[-1]
    assert "You need $0.03, but the smallest top-up in Bitcoin is $5.00. The rest stays in your balance." in text
    assert "To top up $5.00, send\n0.0001 BTC" in text
    deposit(waiting, 10_000, "bb")
    assert "KEY<1>&" in waiting.texts()[-1]
    assert waiting.stand.balance(waiting.stand.visitor(CUSTOMER)) == 497


def test_the_customer_is_told_of_a_missing_amount_that_was_waived(
    open_stage: Callable[[Stand], Stage], database: Database, clock: StandingClock
) -> None:
    waiting = open_stage(open_shop(database, clock, PAYMENT_TOLERANCE="0.05"))
    waiting.say("/start", CUSTOMER, first_name="Ada")
    wait_for_ten_dollars(waiting)
    deposit(waiting, TEN_USD - 60)
    *_, told, goods = waiting.texts()
    assert "$0.03 was missing; the shop waived it." in told
    assert "KEY<1>&" in goods


def test_the_button_ends_the_waiting_and_the_cart_stays(waiting: Stage) -> None:
    waiting.press("Don’t order automatically")
    assert waiting.texts()[-1].startswith("Your order is no longer waiting for a top-up.\n\nYour cart")
    assert WaitingOffer.select().count() == 0
    deposit(waiting)
    assert Order.select().count() == 0


def test_a_plus_in_the_cart_ends_the_waiting_and_says_so(waiting: Stage) -> None:
    waiting.say(waiting.languages["en"].text("menu.cart"))
    waiting.press("+")
    assert "Your order is no longer waiting for a top-up." in waiting.texts()[-1]
    waiting.press("−")
    assert "no longer waiting" not in waiting.texts()[-1]


def test_the_button_of_an_old_confirmation_buys_once_money_came_another_way(stage: Stage) -> None:
    person = stage.stand.visitor(CUSTOMER)
    offer = stage.stand.shop.checkout.offer_product(person, stage.stand.stock("KEY"), 1)
    stage.press_data(Confirm(offer.id))
    assert "you need $10.00 more" in stage.texts()[-1]
    stage.stand.grant(person, "10.00")
    stage.press("Top up $10.00")
    assert "Thank you!" in stage.texts()[-1]
    assert Order.select().count() == 1


def test_somebody_elses_offer_cannot_be_waited_for(stage: Stage) -> None:
    owner = stage.stand.visitor(77)
    offer = stage.stand.shop.checkout.offer_product(owner, stage.stand.stock("KEY"), 1)
    stage.press_data(TopUpOffer(offer.id))
    assert "out of date" in stage.texts()[-1]
    assert WaitingOffer.select().count() == 0
