"""Stock reserved during a top-up: the screen says what and until when, and anyone who can pay first may buy it."""

from collections.abc import Callable

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from storage.database import Database
from storage.models import Reservation
from tests.bot_handlers.handlers.test_waiting import TEN_USD, deposit
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import StandingClock
from tests.shop.sales.test_reservations import regular
from tests.stand import Stand, open_shop
from wallet.chains import Chain

OTHER = 5


def to_the_product(stage: Stage, user_id: int = CUSTOMER) -> None:
    stage.say("/start", user_id)
    for label in ("Shop", "Games", "Key"):
        stage.press(label, user_id)


def ready_to_pay(stage: Stage) -> None:
    """Make the customer's order of the last key wait for a top-up."""
    stage.stand.stock("KEY")
    to_the_product(stage)
    stage.press("Buy now")
    stage.press("Top up $10.00")


def pay(stage: Stage) -> None:
    """Make the payment appear, unconfirmed."""
    stage.press("Bitcoin")
    address = stage.stand.address(stage.stand.visitor(CUSTOMER), Chain.BTC)
    transfer = Transfer(Chain.BTC, "aa", "0", address, ASSETS["BTC"], TEN_USD)
    stage.stand.shop.payments.deposits.observe(transfer, Head(200))


def test_the_coins_say_that_goods_are_reserved_once_a_payment_is_seen_and_then_until_when(stage: Stage) -> None:
    ready_to_pay(stage)
    assert "Nothing is reserved yet." in stage.texts()[-1]
    pay(stage)
    stage.say("/topup")
    moment = stage.languages["en"].time_of_day(stage.stand.clock.now + 1_800)
    assert f"Reserved for you until {moment}: 1 × Key." in stage.texts()[-1]
    stage.stand.clock.pass_s(1_800)
    stage.say("/topup")
    assert "is waiting for this payment" in stage.texts()[-1]
    assert "Nothing is reserved yet." in stage.texts()[-1]


def test_a_returning_customer_reads_that_goods_go_to_whoever_can_pay_first(stage: Stage) -> None:
    regular(stage.stand, stage.stand.visitor(CUSTOMER))
    ready_to_pay(stage)
    assert (
        "1 × Key. Until your payment is detected, a customer with enough balance can still buy them."
        in stage.texts()[-1]
    )


def test_if_nothing_is_ever_reserved_the_screen_says_so(
    open_stage: Callable[[Stand], Stage], database: Database, clock: StandingClock
) -> None:
    stage = open_stage(open_shop(database, clock, RESERVATION_MINUTES="0"))
    ready_to_pay(stage)
    assert "The items aren’t reserved in the meantime" in stage.texts()[-1]


def test_others_see_it_sold_out_and_are_told_when_it_is_free_again(stage: Stage) -> None:
    ready_to_pay(stage)
    pay(stage)
    stage.say("/start", OTHER)
    for label in ("Shop", "Games"):
        stage.press(label, OTHER)
    assert stage.button("Key", OTHER)[1]["text"] == "🆕 Key · sold out"
    stage.press("Key · sold out", OTHER)
    stage.press("Notify me when it’s back", OTHER)
    to_the_product(stage)
    assert "In stock: 1" in stage.texts()[-1], "it is there for who has it kept"
    stage.say("/topup")
    stage.press("Don’t order automatically")
    stage.send_letters()
    assert "Key is back" in stage.texts(OTHER)[-1]
    stage.press("View product", OTHER)
    stage.press("Buy now", OTHER)
    assert "Top up $10.00" in stage.button("Top up $10.00", OTHER)[1]["text"]


def test_a_customer_with_money_buys_the_last_one_while_somebody_tops_up(stage: Stage) -> None:
    regular(stage.stand, stage.stand.visitor(CUSTOMER))
    ready_to_pay(stage)
    stage.say("/start", OTHER)
    stage.stand.grant(stage.stand.visitor(OTHER), "10.00")
    to_the_product(stage, OTHER)
    assert "In stock: 1" in stage.texts(OTHER)[-1]
    stage.press("Buy now", OTHER)
    stage.press("Pay $10.00", OTHER)
    assert "Thank you!" in stage.texts(OTHER)[-1]
    stage.say("/topup")
    assert "Reserved" not in stage.texts()[-1]


def test_an_earlier_offer_is_refused_with_an_alert_while_the_last_one_is_paid_for(stage: Stage) -> None:
    stand = stage.stand
    stand.stock("KEY")
    stage.say("/start", OTHER)
    stand.grant(stand.visitor(OTHER), "10.00")
    to_the_product(stage, OTHER)
    stage.press("Buy now", OTHER)
    to_the_product(stage)
    stage.press("Buy now")
    stage.press("Top up $10.00")
    pay(stage)
    stage.press("Pay $10.00", OTHER)
    assert stage.alerts(OTHER)[-1] == "Key is sold out."
    deposit(stage)
    assert "KEY" in stage.texts()[-1]
    assert Reservation.select().count() == 0
