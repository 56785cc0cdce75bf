"""A shop that takes payments through KryptoExpress, end to end, driven through the sandbox."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.e2e.driver import ChainPanel, Chat, Program, address_in, running
from tests.patience import DEADLINE_S, wait_for


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """A sandbox whose shop has no wallet of its own."""
    with running("sandbox", cwd=tmp_path, PAYMENT_BACKEND="kryptoexpress") as address:
        yield address


def amount_in(chat: Chat) -> str:
    return re.search(r"send\n([0-9.]+) [A-Z]+", chat.says("send\n"))[1]


def test_a_customer_pays_an_invoice_in_bitcoin(base: str) -> None:
    admin, customer, panel = Chat(base, 1), Chat(base, 1001), ChainPanel(base)
    admin.say("/start")
    customer.say("/start")
    customer.press("Top up", "Bitcoin")
    customer.says("How much would you like to top up?")
    customer.press("$50.00")
    screen = customer.screen("send\n")
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
    customer.says("$50.00")


def test_a_stablecoin_invoice_asks_for_the_exact_amount_at_once(base: str) -> None:
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", "Tether (TRC-20)", "Other amount")
    customer.say("a lot")
    customer.says("That isn’t an amount")
    customer.say("0.50")
    customer.says("doesn’t accept $0.50")
    customer.say("12.34")
    customer.says("Send exactly this amount in one transfer")
    address, amount = address_in(customer), amount_in(customer)
    assert amount == "12.34"

    panel.pay("usdt_trc20", address, "12")
    panel.pay("usdt_trc20", address, amount)
    customer.wait_text("Your balance: $12.34")


def test_a_failing_provider_is_reported_and_recovers(base: str) -> None:
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", "Litecoin")
    panel.fault("kryptoexpress", "error500", 20)
    customer.press("$25.00")
    customer.alert("isn’t responding")
    panel.fault("kryptoexpress", "error500", 0)

    def has_an_address() -> bool:
        customer.press("$25.00")  # refused at once until the shop has seen that the provider is back
        customer.settle()
        return any("ltc1q" in text for text in customer.texts)

    wait_for(has_an_address, "an invoice", longest_pause_s=5)


def test_only_the_provider_can_report_payments(base: str) -> None:
    url = f"{base}/cryptoprocessing/event"
    forged = requests.post(url, data=b'{"isPaid":true}', headers={"X-Signature": "00" * 64}, timeout=DEADLINE_S)
    unsigned = requests.post(url, data=b"{}", timeout=DEADLINE_S)
    large = requests.post(url, data=b" " * 65_537, timeout=DEADLINE_S)
    assert [(reply.status_code, reply.content) for reply in (forged, unsigned, large)] == [
        (403, b""),
        (403, b""),
        (413, b""),
    ]


def test_without_the_provider_there_is_no_endpoint_for_it(tmp_path: Path) -> None:
    program = Program("sandbox", cwd=tmp_path)
    reply = requests.post(f"{program.address()}/cryptoprocessing/event", data=b"{}", timeout=DEADLINE_S)
    assert reply.status_code == 404
    assert program.stop()[0] == 0
