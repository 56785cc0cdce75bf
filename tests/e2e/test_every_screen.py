"""Every screen of a customer, in every language, with all of Telegram and with its text methods alone.

One customer a language presses every kind of button that he can come to, and answers every question, at the same time
as the others: what he is shown is in his language and never an apology.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import Formatter

import pytest

from bot_handlers.admin import routes as admin_routes
from bot_handlers.throttle import BURST, REFILL_PER_S
from locales import Languages
from tests.bot_handlers.buttons import KINDS
from tests.e2e.driver import ChainPanel, Chat, Program, address_in, text_only, wait_for

LANGUAGES = Languages.found()
FIRST_PERSON = 9001
TYPED = {
    "search": "many",
    "number": "2",
    "coupon": "WELCOME",
    "sum": "25",
    "paid": "ab" * 32,
    "opinion": "Shines & <far>",
    "ask": "It does not shine",
    "reply": "Now it does",
}
"""What is typed after a button that asks for something."""
LAST = (
    "confirm",
    "fund",
    "checkout",
    "unwait",
    "change",
    "remove",
    "clear",
    "uncoupon",
    "solved",
    "language",
    "home",
)
"""Buttons that take away what others lead to, pressed in this order when nothing else is left."""
SEVERAL = {"shelf": 6, "product": 6, "buy": 4, "confirm": 2, "reviews": 2}
"""Kinds of buttons of which more than one is pressed, because they lead to different screens."""


class Anything:
    """Stands for handlers: the names of the admins' buttons are wanted, not what they do."""

    def __getattr__(self, _name: str) -> "Anything":
        return self


OF_ADMINS = {kind.prefix for kind in admin_routes.presses(Anything())}
OF_CUSTOMERS = {kind.prefix for kind in KINDS} - OF_ADMINS


def fragments(language: str) -> set[str]:
    """The fixed parts of a language's texts that are long enough to be told from another's."""
    texts = LANGUAGES[language]._texts
    forms = [form for text in texts.values() for form in (text.values() if isinstance(text, dict) else [text])]
    parts = {re.sub(r"<[^>]*>", "", part) for form in forms for part, *_ in Formatter().parse(form)}
    return {line.strip() for part in parts for line in part.split("\n") if len(line.strip()) >= 12}


FRAGMENTS = {language: fragments(language) for language in LANGUAGES.codes}


def rank(data: str) -> int:
    prefix = data.partition(":")[0]
    return LAST.index(prefix) + 1 if prefix in LAST else 0


class Visitor:
    """A customer who presses everything once."""

    def __init__(self, base: str, language: str, user_id: int) -> None:
        self.chat = Chat(base, user_id)
        self.language = language
        self.t = LANGUAGES[language]
        self.pressed: set[str] = set()
        self.shown: set[str] = set()
        self.known: dict[str, int] = {}
        """The buttons that were seen, and the message below which. They work when it shows something else by now."""
        self.taps: list[float] = []

    def arrive(self) -> None:
        self.chat.say("/start", first_name="Ada", language_code=self.language)

    def top_up(self, panel: ChainPanel) -> None:
        self.chat.say("/topup")
        self.press_kind("pay", "BTC")
        panel.pay("btc", address_in(self.chat), "0.0005")

    def press_kind(self, prefix: str, words: str = "") -> None:
        message_id, data = next(
            (number, data) for number, data in self.buttons() if data.startswith(prefix) and words in data
        )
        self.chat.press_data(message_id, data)

    def buttons(self) -> list[tuple[int, str]]:
        """Every button in the chat that presses, newest message first."""
        return [
            (message["message_id"], button["callback_data"])
            for message in reversed(self.chat.messages)
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if "callback_data" in button
        ]

    def press_everything(self) -> None:
        for command in ("/shop", "/cart", "/topup", "/orders", "/profile", "/help", "/start"):
            self.tap(lambda command=command: self.chat.say(command))
            self.press_what_is_new()
        self.pressed -= {data for data in self.pressed if data.startswith("product:")}
        self.press_what_is_new()  # a product has reviews by now

    def press_what_is_new(self) -> None:
        while (choice := self.next_button()) is not None:
            self.press_next(*choice)

    def next_button(self) -> tuple[int, str] | None:
        """Choose a button that was not pressed yet; those that take something away come last."""
        fresh = [(number, data) for data, number in self.known.items() if data not in self.pressed]
        return min(fresh, key=lambda each: rank(each[1]), default=None)

    def press_next(self, message_id: int, data: str) -> None:
        prefix = data.partition(":")[0]
        self.pressed.add(data)
        self.tap(lambda: self.chat.press_data(message_id, data))
        if prefix in TYPED:
            self.tap(lambda: self.chat.say(TYPED[prefix]))

    def tap(self, act: Callable[[], None]) -> None:
        """Do something as fast as a person may: the shop lets nobody through who taps faster for long."""
        self.taps.append(time.monotonic())
        if len(self.taps) > BURST - 5:
            welcome_at = self.taps[-(BURST - 5)] + (BURST - 5) / REFILL_PER_S
            wait_for(lambda: time.monotonic() >= welcome_at, "the shop's patience")
        act()
        self.look()

    def look(self) -> None:
        """Read what is shown now: texts, alerts, labels."""
        state = self.chat.state()
        texts = [message.get("text") or message.get("caption") or "" for message in state["messages"]]
        labels = [
            button["text"]
            for message in state["messages"]
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
        ]
        for number, data in self.buttons():
            prefix = data.partition(":")[0]
            kinds = [each for each in self.known if each.partition(":")[0] == prefix]
            chosen = prefix != "language" or data == f"language:{self.language}"
            if data in self.known or (chosen and len(kinds) < SEVERAL.get(prefix, 1)):
                self.known[data] = number
        self.shown |= {*texts, *labels, *(answer.get("text") or "" for answer in state["answers"])}

    def foreign(self) -> list[str]:
        """What was shown in a language that is not his, or is no text at all."""
        mine = "\n".join(FRAGMENTS[self.language])
        others = set().union(*(FRAGMENTS[code] for code in LANGUAGES.codes if code != self.language))
        others = {fragment for fragment in others if fragment not in mine}
        return [text for text in self.shown if any(fragment in text for fragment in others) or "{" in text]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    bonuses = {"MIN_REFERRER_TOTAL_DEPOSIT": "0", "REFERRAL_BONUS_PERCENT": "5", "SUPPORT_LINK": "https://t.me/souk"}
    program = Program("sandbox", cwd=tmp_path, **bonuses)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


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
    for label in ("Admin", "Coupons", "New coupon"):
        admin.press(label)
    for text in ("WELCOME", "10 %"):
        admin.say(text)
    admin.press("Create WELCOME")


def at_the_same_time(acts: list[Callable[[], None]]) -> None:
    """Do all of this on threads; the first failure is raised."""
    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act) for act in acts]:
            done.result()


@pytest.mark.parametrize("alone", [False, True], ids=["all of Telegram", "text methods alone"])
def test_every_screen_in_every_language(base: str, alone: bool) -> None:
    stock(Chat(base, 1))
    text_only(base, on=alone)
    panel = ChainPanel(base)
    visitors = [Visitor(base, code, FIRST_PERSON + n) for n, code in enumerate(sorted(LANGUAGES.codes))]
    for visitor in visitors:
        visitor.arrive()
        visitor.top_up(panel)
    panel.mine("btc", 2)
    for visitor in visitors:
        wait_for(lambda visitor=visitor: "32" in visitor.chat.texts[-1], "the deposit is credited")
    at_the_same_time([visitor.press_everything for visitor in visitors])
    for visitor in visitors:
        assert visitor.foreign() == [], visitor.language
        assert not [text for text in visitor.shown if visitor.t.text("apology") in text], visitor.language
        assert {data.partition(":")[0] for data in visitor.pressed} == OF_CUSTOMERS, visitor.language
