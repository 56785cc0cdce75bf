"""A coupon from the admin's form to the customer's receipt, from outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.driver import ChainPanel, Chat, Program, address_in

PLACE = {"category": "Keys", "subcategory": "Steam", "price": "10.00", "description": "Beacon"}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


def stock(admin: Chat, *keys: str) -> None:
    admin.send_file("goods.json", json.dumps([PLACE | {"private_data": key} for key in keys]).encode())


def pay(base: str, chat: Chat, coins: str) -> None:
    """Pay to the address on the screen, and let it be final."""
    panel = ChainPanel(base)
    panel.pay("btc", address_in(chat), coins)
    chat.wait_text("Seen, 0 of")
    panel.mine("btc", 2)


def show_product(chat: Chat) -> None:
    chat.say("/shop")
    for label in ("Keys", "Steam", "Beacon"):
        chat.press(label)


def test_a_coupon_from_the_form_to_an_order_that_placed_itself(base: str) -> None:
    admin, customer, late = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "A", "B")
    admin.say("/start")
    for label in ("Admin", "Coupons", "New coupon"):
        admin.press(label)
    for text in ("welcome", "50 %"):
        admin.say(text)
    admin.press("Uses in total")
    admin.say("1")
    admin.press("Create WELCOME")
    for chat in (customer, late):
        show_product(chat)
        chat.press("Buy now")
        chat.press("Coupon")
        chat.say("welcome")
        assert "Coupon WELCOME: −$5.00" in chat.texts[-1]
    customer.press("Top up $5.00")
    customer.press("Bitcoin")
    pay(base, customer, "0.0001")
    customer.wait_text("Your goods, order #1")
    assert "paid $5.00" in customer.wait_text("your order is placed")
    late.press("Top up $5.00")
    assert late.state()["answers"][-1]["text"] == "Coupon WELCOME is used up."
    admin.press("Back")
    assert admin.button("WELCOME")[1]["text"] == "WELCOME · −50 % · 1 ×"
