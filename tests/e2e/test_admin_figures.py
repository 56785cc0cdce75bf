"""What an owner sees of his shop after real deposits and purchases, from outside."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from tests.e2e.driver import ChainPanel, Chat, Program, address_in, text_only, wait_for
from tests.patience import DEADLINE_S


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


def top_up(base: str, chat: Chat, chain: str, coin: str, amount: str, blocks: int) -> None:
    chat.say("/topup")
    chat.press(coin)
    before = sum("Credited" in text for text in chat.texts)
    panel = ChainPanel(base)
    panel.pay(chain, address_in(chat), amount)
    chat.wait_text("Payment detected: 0 of")
    panel.mine(chain, blocks)
    wait_for(lambda: sum("Credited" in text for text in chat.texts) > before, "the deposit is credited")


def buy(chat: Chat, quantity: int) -> None:
    chat.say("/shop")
    for label in ("Keys", "Steam", "Beacon"):
        chat.press(label)
    for _ in range(quantity - 1):
        chat.press("+1")
    chat.press("Buy now")
    chat.press("Pay $")
    chat.wait_text("Your goods, order #")


def sold_some(base: str) -> Chat:
    """Two customers deposit 128 and 256 dollars and buy for 10 each; give the owner."""
    owner, ada, grace = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    place = {"category": "Keys", "subcategory": "Steam", "price": "10.00", "description": "Beacon"}
    owner.send_file("goods.json", json.dumps([place | {"private_data": str(key)} for key in range(5)]).encode())
    owner.press("Import")
    top_up(base, ada, "btc", "Bitcoin", "0.002", 2)
    top_up(base, grace, "btc", "Bitcoin", "0.004", 2)
    buy(ada, 1)
    buy(grace, 1)
    owner.wait_text("Beacon is low on stock")
    return owner


def file_of(chat: Chat) -> str:
    document = next(message["document"] for message in reversed(chat.messages) if "document" in message)
    reply = requests.get(f"{chat.api}/files/{document['file_id']}", timeout=DEADLINE_S)
    assert reply.ok, reply.text
    return reply.content.decode()


def test_figures_add_up_with_what_was_paid_and_bought(base: str) -> None:
    owner = sold_some(base)
    owner.say("/start")
    owner.press("Admin")
    owner.press("Figures")
    for label in ("1 d", "30 d", "All"):
        owner.press(label)
        for line in ("Revenue: $20.00", "Orders: 2", "Units sold: 2", "Deposits: 2", "credited: $384.00"):
            assert line in owner.texts[-1]
        assert "1. Beacon: 2 × · $20.00" in owner.texts[-1]
        assert "Bitcoin: 2 × · $384.00" in owner.texts[-1]
    owner.press("CSV")
    rows = list(csv.DictReader(io.StringIO(file_of(owner))))
    assert sum(Decimal(row["revenue"]) for row in rows) == 20
    assert sum(Decimal(row["deposits"]) for row in rows) == 384
    owner.press("🌙 Chart")
    picture = owner.messages[-1]
    assert picture["photo"]
    assert "Revenue: $20.00" in picture["caption"]
    text_only(base, on=True)
    owner.press("☀️ Chart")
    assert "Revenue: $20.00" in owner.messages[-1]["text"]


def test_the_money_is_on_its_addresses_and_the_books_add_up(base: str) -> None:
    owner = sold_some(base)
    owner.say("/start")
    owner.press("Admin")
    owner.press("Money")
    assert "Bitcoin: 0.006 BTC\nAt 2 addresses\nWorth $384.00 now" in owner.texts[-1]
    owner.press("Bitcoin: addresses")
    assert "0.002 BTC\nbc1q" in owner.texts[-1]
    assert "m/84'/0'/0'" in owner.texts[-1]
    owner.press("Back")
    owner.press("Reconciliation")
    owner.press("Check now")
    assert "Everything adds up." in owner.texts[-1]
    assert not any("do not add up" in text for text in owner.texts)
