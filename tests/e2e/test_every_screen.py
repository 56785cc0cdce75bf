"""Every customer screen, in every language, with all of Telegram and with its text methods only.

One customer per language presses every kind of button in reach and answers every question, at the same time as the
others: everything shown is in that language, and nothing is an apology.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.driver import ChainPanel, Chat, running, text_only
from tests.e2e.visitor import LANGUAGES, OF_CUSTOMERS, Visitor, at_the_same_time

FIRST_PERSON = 9001
TYPED = {
    "search": ["many"],
    "number": ["2"],
    "coupon": ["WELCOME"],
    "sum": ["25"],
    "paid": ["ab" * 32],
    "opinion": ["Shines & <far>"],
    "ask": ["It does not shine"],
    "wrong": ["It does not shine at all"],
    "reply": ["Now it does"],
}
LAST = (
    "confirm",
    "fund",
    "checkout",
    "unwait",
    "change",
    "remove",
    "clear",
    "emptycart",
    "uncoupon",
    "solved",
    "language",
    "home",
)
"""Buttons that remove what others lead to; they are pressed last, in this order."""
SEVERAL = {"shelf": 6, "product": 6, "buy": 4, "confirm": 2, "reviews": 2}
"""How many buttons of a kind are pressed, where they lead to different screens."""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    more = {"MIN_REFERRER_TOTAL_DEPOSIT": "0", "REFERRAL_BONUS_PERCENT": "5", "SUPPORT_LINK": "https://t.me/souk"}
    with running("sandbox", cwd=tmp_path, **more, CONSENT="first") as address:
        yield address


def stock(admin: Chat) -> None:
    products = [
        {"path": ["A"], "name": "Beacon", "price": "5.00", "items": [f"KEY-{n}" for n in range(200)]},
        {"path": ["A"], "name": "By hand", "price": "1.00", "deliverable": "made_to_order"},
        {"path": ["A"], "name": "Sold out", "price": "5.00"},
        {"path": ["A"], "name": "Dear", "price": "900.00", "items": [f"DEAR-{n}" for n in range(50)]},
        *({"path": ["B"], "name": f"One of many {n}", "price": "1.00"} for n in range(9)),
    ]
    admin.send_file("goods.json", json.dumps({"souk": 1, "products": products}).encode())
    admin.press("Import")
    admin.say("/start")
    admin.press("Admin", "Coupons", "New coupon")
    for text in ("WELCOME", "10 %"):
        admin.say(text)
    admin.press("Create WELCOME")
    admin.say("/start")
    admin.press("Admin", "Texts", "Rules", "English", "Write")
    admin.say("Be kind")
    admin.press("Publish")


def buy_two_products(visitor: Visitor) -> None:
    """Buy two products in one order, so that it has several lines; a customer who agreed once is not asked again."""
    for name in ("Beacon", "By hand"):
        visitor.chat.say("/shop")
        visitor.chat.press("📁 A", name)
        visitor.press_kind("add:")
    for kind in ("checkout", "confirm", "agree"):
        visitor.press_kind(kind, counts=kind == "agree")
    visitor.chat.button("By hand")


def press_everything_of_a_customer(visitor: Visitor) -> None:
    buy_two_products(visitor)
    visitor.tap(lambda: visitor.chat.say("Beacon"))
    visitor.press_kind("loosesearch", counts=True)
    visitor.tap(lambda: visitor.chat.say("Where is it?"))
    visitor.press_kind("loosesend", counts=True)
    for command in ("/shop", "/cart", "/topup", "/orders", "/profile", "/help", "/start"):
        visitor.follow(command)
    visitor.pressed -= {data for data in visitor.pressed if data.startswith("product:")}
    visitor.press_what_is_new()  # by now a product has reviews
    press_what_others_come_before(visitor)


def press_what_others_come_before(visitor: Visitor) -> None:
    """Press buttons that the tour does not reach, on a screen for Stars and in a cart with a coupon."""
    visitor.tap(lambda: visitor.chat.say("/topup"))
    for kind in ("xtr", "xtr:", "xtrbill"):
        visitor.press_kind(kind, counts=True)
    visitor.chat.say("/shop")
    visitor.chat.press("📁 A", "Beacon")
    for kind in ("add:", "line:", "remove:"):
        visitor.press_kind(kind, counts=True)
    visitor.chat.say("/shop")
    visitor.chat.press("📁 A", "Beacon")
    for kind in ("add:", "coupon:"):
        visitor.press_kind(kind, counts=True)
    visitor.tap(lambda: visitor.chat.say("WELCOME"))
    visitor.press_kind("uncoupon:", counts=True)
    visitor.chat.say("/cart")
    for kind in ("clear", "emptycart"):
        visitor.press_kind(kind, counts=True)


@pytest.mark.parametrize("alone", [False, True], ids=["all of Telegram", "text methods alone"])
def test_every_screen_in_every_language(base: str, alone: bool) -> None:
    stock(Chat(base, 1))
    text_only(base, on=alone)
    panel = ChainPanel(base)
    visitors = [
        Visitor(base, code, FIRST_PERSON + n, typed=TYPED, last=LAST, several=SEVERAL)
        for n, code in enumerate(sorted(LANGUAGES.codes))
    ]
    for visitor in visitors:
        visitor.arrive()
        visitor.top_up(panel, "0.0005")
    panel.mine("btc", 2)
    for visitor in visitors:
        visitor.see_deposit()
    at_the_same_time([partial(press_everything_of_a_customer, visitor) for visitor in visitors])
    for visitor in visitors:
        assert visitor.wrong() == [], visitor.language
        assert visitor.kinds == OF_CUSTOMERS, visitor.language
