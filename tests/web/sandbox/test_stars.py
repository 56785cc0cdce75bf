"""The sandbox's wallet of Stars: what its page and API can do, and what it refuses like Telegram."""

from typing import Any

import pytest

from tests.bot_handlers.stage import CUSTOMER
from web.sandbox.errors import SandboxError
from web.sandbox.telegram.call import Call
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.telegram.errors import BotApiError
from web.sandbox.telegram.methods import METHODS

TOKEN = "1000000001:TEST"
BILL = {"title": "Top up", "description": "Adds", "payload": "x" * 16, "currency": "XTR"}
PRICE = [{"label": "Top up", "amount": 100}]


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def telegram() -> Telegram:
    emulated = Telegram([TOKEN], clock=Clock())
    emulated.people.say(CUSTOMER, "/start", profile={})
    return emulated


def call(telegram: Telegram, method: str, **values: Any) -> Any:
    world = telegram.world
    with world.changed:
        return METHODS[method.lower()](Call(world, world.bots[TOKEN], values, {}))


def pay(telegram: Telegram) -> str:
    """Pay an invoice; return the id of the charge."""
    message = call(telegram, "sendInvoice", chat_id=CUSTOMER, prices=PRICE, **BILL)
    question = telegram.pay_stars(CUSTOMER, message["message_id"])
    call(telegram, "answerPreCheckoutQuery", pre_checkout_query_id=question, ok=True)
    return str(telegram.wallet(CUSTOMER)["payments"][0]["charge_id"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"currency": "USD"}, "CURRENCY_INVALID"),
        ({"provider_token": "123:TEST"}, "PAYMENT_PROVIDER_INVALID"),
        ({"title": "t" * 33}, "INVOICE_TITLE_INVALID"),
        ({"description": ""}, "INVOICE_DESCRIPTION_INVALID"),
        ({"payload": "ж" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"prices": PRICE * 2}, "STARS_INVOICE_INVALID"),
        ({"prices": [{"label": "Top up", "amount": 0}]}, "STARS_INVOICE_INVALID"),
        ({"prices": [{"label": "Top up", "amount": 1.5}]}, "can't parse"),
    ],
)
def test_an_invoice_that_telegram_does_not_send_is_refused(
    telegram: Telegram, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(BotApiError) as refused:
        call(telegram, "sendInvoice", **{"chat_id": CUSTOMER, "prices": PRICE, **BILL, **wrong})
    assert said in refused.value.description


def test_a_payment_moves_stars_once_and_an_answer_is_valid_for_ten_seconds(telegram: Telegram) -> None:
    before = telegram.wallet(CUSTOMER)["stars"]
    charge_id = pay(telegram)
    assert telegram.wallet(CUSTOMER)["stars"] == before - 100
    assert call(telegram, "getMyStarBalance") == {"amount": 100}
    [row] = call(telegram, "getStarTransactions", limit=100)["transactions"]
    assert (row["id"], row["amount"], row["source"]["user"]["id"]) == (charge_id, 100, CUSTOMER)
    message = call(telegram, "sendInvoice", chat_id=CUSTOMER, prices=PRICE, **BILL)
    question = telegram.pay_stars(CUSTOMER, message["message_id"])
    telegram.world.clock.now += 10
    with pytest.raises(BotApiError, match="query is too old"):
        call(telegram, "answerPreCheckoutQuery", pre_checkout_query_id=question, ok=True)
    assert telegram.wallet(CUSTOMER)["stars"] == before - 100


def test_a_refund_is_made_once_from_available_stars_and_a_chargeback_always_succeeds(telegram: Telegram) -> None:
    charge_id = pay(telegram)
    telegram.withdraw_stars(60)
    refund = {"user_id": CUSTOMER, "telegram_payment_charge_id": charge_id}
    with pytest.raises(BotApiError, match="BALANCE_TOO_LOW"):
        call(telegram, "refundStarPayment", **refund)
    with pytest.raises(BotApiError, match="USER_ID_INVALID"):
        call(telegram, "refundStarPayment", **refund | {"user_id": 7})
    telegram.charge_back(charge_id)
    assert call(telegram, "getMyStarBalance") == {"amount": -60}
    with pytest.raises(BotApiError, match="CHARGE_ALREADY_REFUNDED"):
        call(telegram, "refundStarPayment", **refund)
    with pytest.raises(SandboxError):
        telegram.charge_back(charge_id)


def test_wallets_and_books_survive_a_restart(telegram: Telegram) -> None:
    pay(telegram)
    again = Telegram([TOKEN], clock=Clock())
    again.restore(telegram.snapshot())
    assert again.wallet(CUSTOMER) == telegram.wallet(CUSTOMER)
    assert call(again, "getStarTransactions", limit=1) == call(telegram, "getStarTransactions", limit=1)


def test_the_page_shows_an_invoice_with_its_pay_button_and_the_amount_paid(telegram: Telegram) -> None:
    pay(telegram)
    bill, paid = telegram.view(CUSTOMER)["messages"][-2:]
    assert bill["reply_markup"]["inline_keyboard"] == [[{"text": "Pay ⭐ 100", "pay": True}]]
    assert "Top up" in bill["html"]
    assert paid["html"] == "You paid ⭐ 100"
