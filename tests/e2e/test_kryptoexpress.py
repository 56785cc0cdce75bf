"""A shop whose payments KryptoExpress takes, end to end, driven through the sandbox."""

import re
from pathlib import Path

import pytest
import requests

from tests.e2e.driver import ChainPanel, Chat, Program, address_in
from tests.patience import DEADLINE_S


@pytest.fixture
def base(tmp_path: Path):
    program = Program("sandbox", cwd=tmp_path, PAYMENT_BACKEND="kryptoexpress")
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


def amount_in(chat: Chat) -> str:
    return re.search(r"send\n([0-9.]+) [A-Z]+", chat.messages[-1]["caption"])[1]


def test_a_customer_pays_an_invoice_in_bitcoin(base: str) -> None:
    admin, customer, panel = Chat(base, 1), Chat(base, 1001), ChainPanel(base)
    admin.say("/start")
    customer.say("/start")
    customer.press("Top up")
    customer.press("Bitcoin")
    assert "How much would you like to top up?" in customer.texts[-1]
    customer.press("$50.00")
    screen = customer.messages[-1]
    assert screen["photo"], "the QR picture"
    assert re.search(r"Valid until .* UTC \(1(19|20) min left\)", screen["caption"])
    assert "exactly this amount" not in screen["caption"]
    address, amount = address_in(customer), amount_in(customer)
    assert amount == "0.0006"
    assert f"bitcoin:{address}?amount={amount}" in screen["caption"]
    assert customer.button("Copy address")[1]["copy_text"]["text"] == address
    assert customer.button("Copy amount")[1]["copy_text"]["text"] == amount

    panel.pay("btc", address, amount)
    paid = customer.wait_text("Paid and credited: $50.00")
    assert "Your balance: $50.00" in paid
    admin.wait_text("0.0006 BTC credited as $50.00")
    customer.press("Menu")
    assert "$50.00" in customer.texts[-1]


def test_a_stablecoin_wants_the_exact_amount_at_once(base: str) -> None:
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up")
    customer.press("Tether (TRC-20)")
    customer.press("Other amount")
    customer.say("a lot")
    assert "That isn’t an amount" in customer.texts[-1]
    customer.say("0.50")
    assert "doesn’t accept $0.50" in customer.texts[-1]
    customer.say("12.34")
    assert "Send exactly this amount in one transfer" in customer.texts[-1]
    address, amount = address_in(customer), amount_in(customer)
    assert amount == "12.34"

    panel.pay("usdt_trc20", address, "12")
    panel.pay("usdt_trc20", address, amount)
    customer.wait_text("Your balance: $12.34")


def test_a_provider_that_fails_is_told_and_comes_back(base: str) -> None:
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up")
    customer.press("Litecoin")
    panel.fault("kryptoexpress", "error500", 20)
    customer.press("$25.00")
    assert "isn’t responding" in customer.state()["answers"][-1]["text"]
    panel.fault("kryptoexpress", "error500", 0)
    customer.press("$25.00")
    assert address_in(customer).startswith("ltc1q")


def test_nobody_but_the_provider_reports_payments(base: str) -> None:
    url = f"{base}/cryptoprocessing/event"
    forged = requests.post(url, data=b'{"isPaid":true}', headers={"X-Signature": "00" * 64}, timeout=DEADLINE_S)
    unsigned = requests.post(url, data=b"{}", timeout=DEADLINE_S)
    large = requests.post(url, data=b" " * 65_537, timeout=DEADLINE_S)
    assert [(reply.status_code, reply.content) for reply in (forged, unsigned, large)] == [
        (403, b""),
        (403, b""),
        (413, b""),
    ]


def test_without_the_provider_there_is_no_door_for_it(tmp_path: Path) -> None:
    program = Program("sandbox", cwd=tmp_path)
    reply = requests.post(f"{program.address()}/cryptoprocessing/event", data=b"{}", timeout=DEADLINE_S)
    assert reply.status_code == 404
    assert program.stop()[0] == 0
