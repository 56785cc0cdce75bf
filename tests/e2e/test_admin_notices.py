"""What admins are notified of, from outside: a real error in a handler, and events in the shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.driver import ChainPanel, Chat, Program, address_in, wait_for
from tests.patience import DEADLINE_S

SECRET = "SANDBOX"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert f":{SECRET}" not in errors


def telegram_fault(base: str, kind: str, method: str) -> None:
    body = {"kind": kind, "count": 1, "method": method}
    assert requests.post(f"{base}/sandbox/api/telegram/fault", json=body, timeout=DEADLINE_S).ok


def test_a_malformed_reply_from_telegram_costs_one_screen_and_is_not_reported_as_an_error(base: str) -> None:
    customer, owner = Chat(base, 1001), Chat(base, 1)
    owner.say("/start")
    customer.say("/start")
    telegram_fault(base, "nonsense", "editMessageText")
    customer.press("Shop")
    customer.alert("Sorry")
    customer.press("Shop")
    customer.says("Choose a category")
    assert [text for text in owner.texts if "Something went wrong in the program" in text] == []


def test_the_owner_is_told_of_newcomers_and_of_pending_deposits_until_these_are_switched_off(base: str) -> None:
    customer, owner = Chat(base, 1001), Chat(base, 1)
    owner.say("/start")
    customer.say("/topup")
    owner.wait_text("New customer: ")
    customer.press("Bitcoin")
    panel = ChainPanel(base)
    panel.pay("btc", address_in(customer), "0.002")
    owner.wait_text("BTC incoming from ")
    panel.mine("btc", 2)
    owner.wait_text("credited as")
    owner.press("Admin", "Notifications", "New customers")
    Chat(base, 1002).say("/start", first_name="Bob")
    owner.press("New customers")
    Chat(base, 1003).say("/start", first_name="Eve")
    owner.wait_text("New customer: Eve")
    assert not any("Bob" in text for text in owner.texts)


def test_an_outage_of_the_provider_shows_on_healthz(tmp_path: Path) -> None:
    program = Program("sandbox", cwd=tmp_path, PAYMENT_BACKEND="kryptoexpress")
    base = program.address()
    customer = Chat(base, 1001)
    customer.say("/topup")
    customer.press("Bitcoin")
    ChainPanel(base).fault("kryptoexpress", "error500", 50)
    customer.press("$50.00")
    health = wait_for(
        lambda: requests.get(f"{base}/healthz", timeout=DEADLINE_S).json()["delayed"], "the outage shows"
    )
    assert health == ["KryptoExpress"]
    code, errors = program.stop()
    assert code == 0, errors
