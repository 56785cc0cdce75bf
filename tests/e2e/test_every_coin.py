"""Every coin, from the menu to the balance, through the sandbox."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.e2e.driver import ChainPanel, Chat, address_in, running, wait_for
from tests.patience import DEADLINE_S

COINS = {
    "Bitcoin": ("btc", "BTC"),
    "Litecoin": ("ltc", "LTC"),
    "Solana": ("sol", "SOL"),
    "Tether (TRC-20)": ("usdt_trc20", "USDT"),
    "Tether (ERC-20)": ("usdt_erc20", "USDT"),
    "USD Coin (ERC-20)": ("usdc_erc20", "USDC"),
    "TRON": ("trx", "TRX"),
    "Ether": ("eth", "ETH"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One sandbox for every coin."""
    with running("sandbox", cwd=tmp_path_factory.mktemp("sandbox")) as address:
        yield address


@pytest.mark.parametrize("name", COINS)
def test_a_coin_is_seen_confirmed_and_credited_once(base: str, name: str) -> None:
    chain, ticker = COINS[name]
    customer, panel = Chat(base, 3000 + list(COINS).index(name)), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", name, "$100.00")
    amount = re.search(rf"send\n([0-9.]+) {ticker}", customer.says("send\n")).group(1)
    panel.pay(chain, address_in(customer), amount)
    customer.says(re.compile(r"\d+ of \d+ confirmations"))
    panel.mine(chain, 100)
    customer.says("Credited: $100.00")
    panel.mine(chain, 3)
    customer.say("/start")
    assert "$100.00" in customer.says("Your balance")


def test_a_customer_who_pastes_a_transaction_id_sees_its_status(base: str) -> None:
    customer, panel = Chat(base, 3100), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", "Litecoin")
    address = address_in(customer)
    customer.press("I’ve paid")
    customer.say("no idea")
    customer.says("can’t be found on the network")
    txid = panel.pay("ltc", address, "1")
    customer.say(f"https://litecoinspace.org/tx/{txid}")
    customer.says("0 of 6")


def test_an_outage_marks_only_that_coin_and_loses_nothing(base: str) -> None:
    customer, panel = Chat(base, 3200), ChainPanel(base)
    customer.say("/start")
    customer.press("Top up", "Litecoin")
    address = address_in(customer)
    panel.fault("ltc", "error500", 10_000)

    def delayed() -> list[str]:
        return requests.get(f"{base}/healthz", timeout=DEADLINE_S).json()["delayed"]

    wait_for(lambda: delayed() == ["LTC"], "the outage shows")
    customer.say("💰 Top up")
    coins = customer.says("Which coin would you like")
    assert "Deposits in Litecoin are delayed" in coins
    assert "Bitcoin" not in coins.partition("delayed")[0].rpartition("Deposits in")[2]
    panel.pay("ltc", address, "1")
    panel.mine("ltc", 6)
    panel.fault("ltc", "error500", 0)
    customer.wait_text("Credited")
    wait_for(lambda: delayed() == [], "the outage is over")
    customer.say("💰 Top up")
    assert "delayed" not in customer.says("Which coin would you like")
