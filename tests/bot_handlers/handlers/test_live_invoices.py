"""A live invoice of a provider: its message counts down and ends with the outcome."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from storage.database import Database
from storage.models import Invoice, TopUpScreen
from tests.bot_handlers.stage import CUSTOMER, Stage, labels, press
from tests.cashier import Cashier, open_cashier
from tests.conftest import StandingClock
from tests.stand import Stand

Json = dict[str, Any]


@pytest.fixture
def cashier(database: Database, clock: StandingClock) -> Iterator[Cashier]:
    with open_cashier(database, clock) as cashier:
        yield cashier


@pytest.fixture
def live(cashier: Cashier, open_stage: Callable[[Stand], Stage]) -> Stage:
    """A customer looks at an invoice in Bitcoin."""
    stage = open_stage(cashier.stand)
    stage.say("/start", CUSTOMER, first_name="Ada")
    stage.say("/topup")
    press(stage, "Bitcoin", "$50.00", user_id=CUSTOMER)
    stage.send_letters()
    return stage


def minutes_left(stage: Stage) -> int:
    return int(-(-(Invoice.get().expires_at - stage.stand.clock.now) // 60))


def later(stage: Stage, seconds: int) -> str:
    """Move the clock, run the job and send the letters; return what the screen shows."""
    stage.stand.clock.pass_s(seconds)
    stage.stand.shop.payments.screens.run()
    stage.send_letters()
    return stage.texts()[-1]


def pictures(stage: Stage) -> list[Json]:
    return [message for message in stage.messages() if "caption" in message]


def test_an_invoice_counts_down_in_its_own_message(live: Stage) -> None:
    [message] = pictures(live)
    before, left = len(live.messages()), minutes_left(live)
    assert f"({left} min left)" in live.texts()[-1]
    later(live, left * 60 - 600)
    for left in range(9, 0, -1):
        assert f"({left} min left)" in later(live, 60)
    assert [each["message_id"] for each in pictures(live)] == [message["message_id"]]
    assert len(live.messages()) == before


def test_an_invoice_ends_without_its_picture_and_with_a_button_for_a_new_one(live: Stage) -> None:
    before = len(live.messages())
    text = later(live, minutes_left(live) * 60)
    assert "The payment of $50.00 in Bitcoin has expired." in text
    assert (pictures(live), len(live.messages())) == ([], before)
    assert labels(live, CUSTOMER)[0] == "🔄 New payment"
    live.press("New payment")
    live.send_letters()
    assert Invoice.select().count() == 2
    assert "To top up $50.00, send" in live.texts()[-1]
    assert len(live.messages()) == before


def test_the_outcome_of_an_invoice_replaces_its_screen(live: Stage, cashier: Cashier) -> None:
    before = len(live.messages())
    cashier.report(cashier.pay(cashier.invoices.view(Invoice.get().id)))
    live.send_letters()
    assert "Paid and credited: $50.00" in live.texts()[-1]
    assert (pictures(live), len(live.messages()), TopUpScreen.select().count()) == ([], before, 0)
    assert "Paid and credited" in later(live, 7_200)


def test_the_providers_report_that_it_expired_is_not_a_second_message(live: Stage, cashier: Cashier) -> None:
    before = len(live.messages())
    later(live, minutes_left(live) * 60)
    cashier.invoices.poll()
    live.send_letters()
    assert cashier.invoices.view(Invoice.get().id).state.value == "expired"
    assert "has expired" in live.texts()[-1]
    assert len(live.messages()) == before
    cashier.report(cashier.pay(cashier.invoices.view(Invoice.get().id)))
    live.send_letters()
    assert "Paid and credited: $50.00" in live.texts()[-1], "it was paid late"
    assert len(live.messages()) == before


def test_an_invoice_that_the_customer_left_is_not_touched(live: Stage) -> None:
    live.press("Back")
    shown = live.texts()
    later(live, minutes_left(live) * 60 - 300)
    assert live.texts() == shown
    assert TopUpScreen.select().count() == 0
