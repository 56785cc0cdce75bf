"""A live top-up screen: its message counts down, until the payment's screen replaces it."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from bot_handlers.screens.top_ups import QR_PX, qr_picture
from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from storage.database import Database
from storage.models import Outbox, TopUpScreen
from tests.bot_handlers.stage import CUSTOMER, Stage, labels, press
from tests.conftest import StandingClock
from tests.stand import Stand, World, open_shop
from wallet.chains import Chain

LOCK_S = 1_800
Json = dict[str, Any]


@pytest.fixture
def live(stage: Stage) -> Stage:
    """A customer looks at a Bitcoin address."""
    to_bitcoin(stage)
    return stage


def to_bitcoin(stage: Stage) -> None:
    stage.say("/topup")
    press(stage, "Bitcoin", "$50.00", user_id=CUSTOMER)
    stage.send_letters()


def later(stage: Stage, seconds: int) -> str:
    """Move the clock, run the job and send the letters; return what the screen shows."""
    stage.stand.clock.pass_s(seconds)
    stage.stand.shop.payments.screens.run()
    stage.send_letters()
    return stage.texts()[-1]


def screens(stage: Stage) -> list[Json]:
    return [message for message in stage.messages() if "caption" in message]


def pay(stage: Stage, units: int = 100_000, **more: Any) -> None:
    address = stage.stand.address(stage.stand.visitor(CUSTOMER), Chain.BTC)
    transfer = Transfer(Chain.BTC, "aa", "0", address, ASSETS["BTC"], units, **more)
    stage.stand.shop.payments.deposits.observe(transfer, Head(200))
    stage.send_letters()


def test_the_countdown_runs_each_minute_of_the_last_ten_and_stops_at_the_end(live: Stage) -> None:
    [message] = screens(live)
    assert "(30 min left)" in live.texts()[-1]
    assert "(30 min left)" in later(live, LOCK_S - 660), "nothing is edited before the last ten minutes"
    for left in range(10, 0, -1):
        assert f"({left} min left)" in later(live, 60)
    text = later(live, 60)
    assert "The locked rate has expired." in text
    assert "min left" not in text
    assert labels(live, CUSTOMER)[0] == "🔄 New rate"
    assert [each["message_id"] for each in screens(live)] == [message["message_id"]], "it is one message all the time"
    edits = Outbox.get(Outbox.kind == "top_up").progress
    later(live, 3_600)
    assert Outbox.get(Outbox.kind == "top_up").progress == edits == 11


def test_a_button_locks_a_new_rate_on_the_expired_screen(live: Stage) -> None:
    later(live, LOCK_S)
    later(live, 1)
    live.stand.shop.payments.rates.refresh()
    live.press("New rate")
    assert "To top up $50.00, send" in live.texts()[-1]
    assert "(30 min left)" in live.texts()[-1]
    assert len(screens(live)) == 1


def test_a_lock_of_one_minute_expires_after_a_minute(
    open_stage: Callable[[Stand], Stage], database: Database, clock: StandingClock
) -> None:
    stage = open_stage(open_shop(database, clock, RATE_LOCK_MINUTES="1"))
    stage.say("/start", CUSTOMER, first_name="Ada")
    to_bitcoin(stage)
    assert "(1 min left)" in stage.texts()[-1]
    assert "expired" in later(stage, 70)


def test_the_payment_replaces_the_screen(live: Stage) -> None:
    before = len(live.messages())
    pay(live)
    assert "Payment detected: 0 of 1 confirmations" in live.texts()[-1]
    assert (screens(live), len(live.messages())) == ([], before)
    pay(live, block_height=150)
    assert "Credited: $50.00" in live.texts()[-1]
    assert len(live.messages()) == before
    assert "Credited: $50.00" in later(live, LOCK_S)


def test_a_payment_on_another_chain_leaves_the_screen_alone(live: Stage) -> None:
    address = live.stand.address(live.stand.visitor(CUSTOMER), Chain.ETH)
    transfer = Transfer(Chain.ETH, "bb", "0", address, ASSETS["ETH"], 10**18)
    live.stand.shop.payments.deposits.observe(transfer, Head(200))
    live.send_letters()
    assert "Payment detected" in live.texts()[-1]
    assert len(screens(live)) == 1


@pytest.mark.parametrize("button", ["Back", "I’ve paid", "Other amount"])
def test_a_screen_that_the_customer_left_is_not_touched(live: Stage, button: str) -> None:
    live.press(button)
    shown = live.texts()
    later(live, LOCK_S - 300)
    assert live.texts() == shown
    assert TopUpScreen.select().count() == 0


def test_a_customer_who_says_they_paid_sees_the_amount_before_the_message_id_is_stored(stage: Stage) -> None:
    stage.say("/topup")
    press(stage, "Bitcoin", "$50.00", "I’ve paid", user_id=CUSTOMER)
    assert TopUpScreen.get().message_id is None
    assert "To top up $50.00, send" in stage.texts()[-1]
    stage.say("/topup")
    press(stage, "ETH", "I’ve paid", user_id=CUSTOMER)
    assert "To top up" not in stage.texts()[-1], "the sum was another coin's"


def test_another_amount_in_the_same_message_goes_on_counting_down(live: Stage) -> None:
    live.press("$100.00")
    live.send_letters()
    assert "(5 min left)" in later(live, LOCK_S - 300)
    assert "To top up $100.00" in live.texts()[-1]
    assert len(screens(live)) == 1


def test_only_the_newest_screen_is_kept_up_to_date(live: Stage) -> None:
    to_bitcoin(live)
    later(live, LOCK_S - 300)
    old, new = screens(live)
    assert "(30 min left)" in old["caption"]
    assert "(5 min left)" in new["caption"]


def test_a_screen_goes_on_after_a_restart(
    open_stage: Callable[[Stand], Stage], database: Database, clock: StandingClock
) -> None:
    first = open_stage(open_shop(database, clock))
    first.say("/start", CUSTOMER, first_name="Ada")
    to_bitcoin(first)
    second = open_stage(open_shop(database, clock))
    assert "(5 min left)" in later(second, LOCK_S - 300)
    assert "expired" in later(second, 7_200), "it was off when the rate ended"


def test_an_edit_waits_as_long_as_telegram_asks_and_then_shows_the_current_state(live: Stage) -> None:
    live.telegram.fault("429", 1, "editMessageCaption")
    assert "(30 min left)" in later(live, LOCK_S - 600)
    letter = Outbox.get(Outbox.kind == "top_up")
    assert (letter.sent_at, letter.due_at) == (None, live.stand.clock.now + 1)
    live.stand.shop.payments.screens.run()
    assert Outbox.get(Outbox.kind == "top_up").due_at == letter.due_at, "the job does not push in before"
    assert "(10 min left)" in later(live, 1)


def test_a_message_that_was_deleted_is_not_sent_again(live: Stage) -> None:
    live.bot.delete_message(CUSTOMER, screens(live)[0]["message_id"])
    before = live.messages()
    later(live, LOCK_S - 300)
    assert live.messages() == before
    assert TopUpScreen.select().count() == 0


def test_if_no_picture_can_be_sent_the_text_counts_down(stage: Stage) -> None:
    stage.telegram.fault("400", 9, "sendPhoto")
    to_bitcoin(stage)
    stage.telegram.fault("400", 0)
    assert "(5 min left)" in later(stage, LOCK_S - 300)
    pay(stage)
    assert "Payment detected" in stage.texts()[-1]


def test_the_screen_of_an_order_says_what_is_reserved(stage: Stage) -> None:
    stage.stand.stock("KEY", price="60.00")
    for label in ("Shop", "Games", "Key", "Buy now", "Top up $60.00", "Bitcoin"):
        press(stage, label, user_id=CUSTOMER)
    assert "Reserved" not in stage.texts()[-1]
    pay(stage, 120_000)
    to_bitcoin(stage)
    assert "Reserved for you until" in stage.texts()[-1]
    assert "1 × Key." in stage.texts()[-1]


@pytest.mark.parametrize(
    ("coin", "network"),
    [
        ("BTC · Bitcoin", "BTC on Bitcoin only"),
        ("ETH · Ether", "ETH on Ethereum only"),
        ("USDT · Tether (ERC-20)", "USDT on Ethereum (ERC-20) only"),
        ("USDT · Tether (TRC-20)", "USDT on TRON (TRC-20) only"),
    ],
)
def test_a_coin_has_its_ticker_and_its_screen_the_network_in_bold(
    open_stage: Callable[[Stand], Stage], database: Database, clock: StandingClock, coin: str, network: str
) -> None:
    world = World(database, (Chain.BTC, Chain.ETH, Chain.TRX))
    stage = open_stage(open_shop(database, clock, world=world))
    stage.say("/start", CUSTOMER, first_name="Ada")
    stage.say("/topup")
    stage.press(coin)
    message = stage.messages()[-1]
    assert message["caption"].startswith(network + "\n")
    bold = next(each for each in message["caption_entities"] if each["type"] == "bold")
    assert (bold["offset"], bold["length"]) == (0, len(network))


def test_four_amounts_are_shown_in_pairs_and_suit_the_currency(
    open_stage: Callable[[Stand], Stage], database: Database, clock: StandingClock
) -> None:
    world = World(database)
    for source in world.prices:
        source.quotes["BTC"] = "7500000"
    stage = open_stage(open_shop(database, clock, world=world, CURRENCY="JPY"))
    stage.say("/start", CUSTOMER, first_name="Ada")
    stage.say("/topup")
    stage.press("Bitcoin")
    rows = stage.messages()[-1]["reply_markup"]["inline_keyboard"]
    sums = [[button["text"] for button in row] for row in rows if "¥" in row[0]["text"]]
    assert sums == [["¥2,500", "¥5,000"], ["¥10,000", "¥25,000"]]


@pytest.mark.parametrize("text", ["x", "bitcoin:bc1q" + "x" * 60 + "?amount=0.12345678", "T" * 34])
def test_a_qr_code_is_large_enough_for_a_phone(text: str) -> None:
    width, height = Image.open(io.BytesIO(qr_picture(text))).size
    assert width == height >= QR_PX == 600


def test_a_screen_without_an_amount_promises_a_range_of_confirmations(stage: Stage) -> None:
    stage.say("/topup")
    stage.press("Bitcoin")
    assert "Credited after 1 to 6 confirmations, depending on the amount." in stage.texts()[-1]
    stage.press("$50.00")
    assert "Credited after 1 confirmation." in stage.texts()[-1]


def test_the_promised_confirmations_hold_though_the_price_has_risen(live: Stage) -> None:
    assert "Credited after 1 confirmation." in live.texts()[-1]
    for source in live.stand.world.prices:
        source.quotes["BTC"] = "51000"
    live.stand.shop.payments.rates.refresh()
    pay(live)
    assert "0 of 1 confirmations" in live.texts()[-1]


def test_recent_payments_count_in_the_promise_as_they_will_for_the_next_one(live: Stage) -> None:
    pay(live, 90_000)
    to_bitcoin(live)
    assert "Credited after 2 confirmations." in live.texts()[-1]
    address = live.stand.address(live.stand.visitor(CUSTOMER), Chain.BTC)
    second = Transfer(Chain.BTC, "cc", "0", address, ASSETS["BTC"], 100_000)
    live.stand.shop.payments.deposits.observe(second, Head(200))
    live.send_letters()
    assert "0 of 2 confirmations" in live.texts()[-1]
