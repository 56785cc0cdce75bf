"""The first sale, end to end: the program as a child process, driven through the sandbox API."""

import json
import re
import signal
from pathlib import Path

from tests.e2e.driver import ChainPanel, Chat, Program, address_in, text_only, wait_for

GOODS = [
    {
        "category": "Keys",
        "subcategory": "Steam & co",
        "price": 64.5,
        "description": "A game <b>key</b>",
        "private_data": 'KEY<1>&"amp"',
    }
]


def test_a_customer_tops_up_with_bitcoin_and_the_order_is_placed_automatically(base: str) -> None:
    admin, customer, panel = Chat(base, 1), Chat(base, 1001), ChainPanel(base)
    admin.send_file("goods.json", json.dumps(GOODS).encode())
    admin.press("Import")
    admin.says("New items: 1")

    customer.say("/start")
    customer.press("Shop", "Keys", "A game <b>key</b>", "Buy now")
    customer.says("Not enough balance")
    customer.press("Top up $64.50", "Bitcoin")
    screen = customer.screen("send\n")
    assert screen["photo"], "the QR picture"
    address = address_in(customer)
    amount = re.search(r"send\n([0-9.]+) BTC", screen["caption"]).group(1)
    assert f"bitcoin:{address}?amount={amount}" in screen["caption"]
    assert customer.button("Copy address")[1]["copy_text"]["text"] == address
    assert customer.button("Copy amount")[1]["copy_text"]["text"] == amount

    panel.pay("btc", address, amount)
    customer.wait_text("Payment detected: 0 of 2")
    panel.mine("btc")
    customer.wait_text("1 of 2")
    panel.mine("btc")
    credited = customer.wait_text("Credited: $64.50")
    assert sum(text.startswith("💰 0.") for text in customer.texts) == 1, f"one message, edited live: {credited}"
    admin.wait_text("credited as $64.50")

    customer.wait_text("your order has been placed")
    customer.wait_text('KEY<1>&"amp"')
    admin.wait_text("paid $64.50")
    customer.say("📦 My purchases")
    customer.press("#1")
    customer.says('KEY<1>&"amp"')
    customer.press("Menu")
    customer.says("$0.00")


def test_the_shop_speaks_german_to_germans_and_a_chosen_language_is_kept(base: str) -> None:
    customer = Chat(base, 2002)
    customer.say("/start", language_code="de-AT", first_name="Grete")
    customer.says("Dein Guthaben: 0,00\xa0$")
    customer.press("Sprache", "English")
    customer.says("Your balance")
    customer.say("/start")
    customer.says("Your balance")


def test_everything_works_if_telegram_knows_only_text_methods(base: str) -> None:
    text_only(base, on=True)
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", "Bitcoin", "$100.00")
    screen = customer.screen("send\n")
    assert "photo" not in screen
    amount = re.search(r"send\n([0-9.]+) BTC", screen["text"]).group(1)
    panel.pay("btc", address_in(customer), amount)
    customer.wait_text("Payment detected: 0 of 2")
    panel.mine("btc", 2)
    customer.wait_text("Credited: $100.00")
    customer.say("🛍 Shop")
    customer.press("Games", "Adventure", "Lighthouse", "Buy now", "Pay $64.50")
    customer.wait_text("LIGHT-HOUSE-AAAA-0001")
    customer.press("Menu", "Cart", "Menu", "My purchases", "#1", "Resend goods", "Menu", "Language", "Deutsch")
    customer.says("Hauptmenü")


def test_a_dropped_payment_is_orphaned_and_one_that_vanishes_after_credit_alarms_the_admin(base: str) -> None:
    admin, customer, panel = Chat(base, 1), Chat(base, 1001), ChainPanel(base)
    admin.say("/start")
    customer.say("/start")
    customer.press("Top up", "Bitcoin")
    address = address_in(customer)
    dropped = panel.pay("btc", address, "0.001")
    customer.wait_text("Payment detected: 0 of 2")
    panel.drop("btc", dropped)
    customer.wait_text("no longer shows this payment")
    credited = panel.pay("btc", address, "0.002")
    panel.mine("btc", 2)
    customer.wait_text("Credited: $128.00")
    panel.drop("btc", credited)
    admin.wait_text("is no longer on its chain")
    customer.say("/start")
    assert "$128.00" in customer.says("Your balance"), "nothing changes silently"


def test_a_kept_sandbox_goes_on_after_kill_9(tmp_path: Path) -> None:
    program = Program("sandbox", "--data", "kept", cwd=tmp_path)
    base = program.address()
    customer, panel = Chat(base, 1001), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", "Bitcoin")
    panel.pay("btc", address_in(customer), "0.002")
    customer.wait_text("Payment detected: 0 of 2")
    wait_for((tmp_path / "kept" / "sandbox.json").exists, "the sandbox is saved")
    program.stop(signal.SIGKILL)

    program = Program("sandbox", "--data", "kept", cwd=tmp_path)
    base = program.address()
    customer, panel = Chat(base, 1001), ChainPanel(base)
    panel.mine("btc", 2)
    customer.wait_text("Credited: $128.00")
    customer.say("/start")
    customer.says("$128.00")
    assert program.stop()[0] == 0
