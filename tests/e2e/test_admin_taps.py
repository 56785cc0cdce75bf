"""How many taps an admin needs for common tasks: each press, typed message and file counts as one.

| what | before | at most |
|---|--:|--:|
| restock a product | 10 | 5 |
| refund order #12 | 8 | 4 |
| replace a unit from its ticket | 7 | 2 |
| hand over goods made to order, from the menu | none | 4 |
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import stock, top_up
from tests.e2e.driver import Chat

OWNER = 1
ORDERS = 12


@dataclass(slots=True)
class Counted:
    """An admin whose taps are counted."""

    chat: Chat
    taps: int = 0

    def press(self, label: str) -> None:
        self.taps += 1
        self.chat.press(label)

    def press_beside(self, name: str, label: str) -> None:
        """Press a button in a product's row."""
        self.taps += 1
        screen = self.chat.screen()
        [row] = [row for row in screen["reply_markup"]["inline_keyboard"] if row[0]["text"].startswith(name)]
        [button] = [each for each in row if label in each["text"]]
        self.chat.press_data(screen["message_id"], button["callback_data"])

    def say(self, text: str) -> None:
        self.taps += 1
        self.chat.say(text)


def restock(admin: Counted) -> str:
    admin.say("/admin")
    admin.press("Low stock")
    admin.press_beside("Beacon", "Add stock")
    admin.say("KEY-NEW-1\nKEY-NEW-2")
    admin.press("Publish")
    return "Beacon"


def refund(admin: Counted) -> str:
    admin.say(f"#{ORDERS}")
    admin.press("Refund $10.00")
    admin.press("Refund $10.00")
    return f"✅ $10.00 refunded for order #{ORDERS}."


def refund_by_the_menu(admin: Counted) -> str:
    admin.say("/admin")
    admin.chat.says("Send #12 to open order 12.")
    admin.say(f"#{ORDERS - 1}")
    admin.press("Refund $10.00")
    admin.press("Refund $10.00")
    return f"✅ $10.00 refunded for order #{ORDERS - 1}."


def replace(admin: Counted) -> str:
    admin.press("Replace an item")
    admin.press("🔁 1 · ")
    return "✅ A replacement for Beacon has been sent to the customer."


def hand_over(admin: Counted) -> str:
    admin.say("/admin")
    admin.press("To make (1)")
    admin.press(f"#{ORDERS + 1} ")
    admin.press("Deliver: Portrait")
    return "send me the text or the file"


TABLE: list[tuple[Callable[[Counted], str], int]] = [
    (restock, 5),
    (refund_by_the_menu, 4),
    (refund, 4),
    (replace, 2),
    (hand_over, 4),
]


def buy(buyer: Chat, *way: str) -> None:
    buyer.say("/shop")
    buyer.press(*way, "Buy now", "Pay $10.00")
    buyer.says("Thank you")


@pytest.fixture
def busy(base: str) -> Chat:
    """A shop that has sold twelve keys and a portrait, and has a ticket about the first key."""
    admin, buyers = Chat(base, OWNER), [Chat(base, 2001 + number) for number in range(3)]
    stock(admin, *(f"KEY-{number}" for number in range(ORDERS + 2)))
    portrait = {"path": ["Art", "Drawn"], "name": "Portrait", "price": "10.00", "deliverable": "made_to_order"}
    admin.send_file("art.json", json.dumps({"souk": 1, "products": [portrait]}).encode())
    admin.press("Import")
    for buyer in buyers:  # several, because the shop blocks anyone who taps this fast
        buyer.say("/start")
        top_up(base, buyer, "0.001")
        for _ in range(ORDERS // len(buyers)):
            buy(buyer, "Keys", "Beacon")
    buy(Chat(base, 2003), "Art", "Portrait")
    first = buyers[0]
    first.say("/orders")
    first.press("#1 ", "Beacon", "Report a problem")
    first.say("It does not open")
    admin.wait_text("It does not open")
    return admin


def test_each_task_takes_at_most_as_many_taps_as_the_table_says(busy: Chat) -> None:
    needed = {}
    for act, most in TABLE:
        admin = Counted(busy)
        result = act(admin)
        busy.says(result)
        needed[act.__name__] = admin.taps
        assert admin.taps <= most, f"{act.__name__}: {admin.taps} taps"
    assert needed == {"restock": 5, "refund_by_the_menu": 4, "refund": 3, "replace": 2, "hand_over": 4}
