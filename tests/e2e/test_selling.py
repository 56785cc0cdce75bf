"""Coupons from the admin's form to the receipt, and goods that are kept for who tops up, from outside."""

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
    admin.press("Import")


def pay(base: str, chat: Chat, coins: str) -> None:
    """Pay to the address on the screen, and let it be final."""
    panel = ChainPanel(base)
    panel.pay("btc", address_in(chat), coins)
    chat.wait_text("Payment detected: 0 of")
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
    admin.press("Total uses")
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
    assert "paid $5.00" in customer.wait_text("your order has been placed")
    late.press("Top up $5.00")
    assert late.state()["answers"][-1]["text"] == "Coupon WELCOME has been used up."
    admin.press("Back")
    assert admin.button("WELCOME")[1]["text"] == "WELCOME · −50% · 1 ×"


def test_the_last_one_is_kept_for_who_tops_up_for_it(base: str) -> None:
    admin, customer, other = Chat(base, 1), Chat(base, 1001), Chat(base, 2002)
    stock(admin, "LAST")
    show_product(customer)
    customer.press("Buy now")
    customer.press("Top up $10.00")
    assert "Reserved for you until" in customer.texts[-1]
    show_product(other)
    assert "Currently sold out." in other.texts[-1]
    other.press("Notify me when it’s back")
    customer.press("Don’t order automatically")
    other.wait_text("Beacon is back in stock, at $10.00")
    show_product(customer)
    customer.press("Buy now")
    customer.press("Top up $10.00")
    customer.press("Bitcoin")
    pay(base, customer, "0.0002")
    assert "LAST" in customer.wait_text("Your goods, order #1")
    show_product(other)
    assert "Currently sold out." in other.texts[-1]
