"""What admins do for one customer, from outside: find, adjust, refund, replace, write, ban."""

import codecs
import csv
import io
import time
from typing import Any

import pytest

from bot_handlers.updates.boundary import BURST, REFILL_PER_S
from tests.e2e.conftest import stock
from tests.e2e.driver import Chat, text_only, wait_for


class PatientChat(Chat):
    """A person who does a lot, but no faster than the shop allows."""

    def __init__(self, base: str, user_id: int) -> None:
        super().__init__(base, user_id)
        self._done_at: list[float] = []

    def say(self, text: str, **profile: Any) -> None:
        self._rest()
        super().say(text, **profile)

    def press_data(self, message_id: int, data: str) -> None:
        self._rest()
        super().press_data(message_id, data)

    def _rest(self) -> None:
        burst = BURST - 5
        if len(self._done_at) >= burst:
            welcome_at = self._done_at[-burst] + burst / REFILL_PER_S
            wait_for(lambda: time.monotonic() >= welcome_at, "the shop's patience")
        self._done_at.append(time.monotonic())


def find(admin: Chat, text: str) -> None:
    admin.say("/start")
    admin.press("Admin", "Find a customer")
    admin.say(text)


def adjust(admin: Chat, amount: str, reason: str) -> None:
    admin.press("Adjust balance")
    admin.say(amount)
    admin.say(reason)
    admin.press("✅ ")


@pytest.mark.parametrize("texts", [False, True], ids=["all of Telegram", "text methods alone"])
def test_everything_that_can_be_done_for_one_customer(base: str, texts: bool) -> None:
    admin, customer = PatientChat(base, 1), Chat(base, 1001)
    stock(admin, "FAULTY-KEY-1", "GOOD-KEY-2", "SPARE-KEY-3")
    text_only(base, on=texts)
    customer.say("/start", first_name="Ada", username="ada_l")
    find(admin, "@Ada_L")
    admin.says("Telegram ID: 1001\nLast seen as: @ada_l")
    adjust(admin, "30", "a gift & more")
    customer.wait_text("The shop has adjusted your balance: +$30.00\nReason: a gift & more")

    customer.say("/shop")
    customer.press("Keys", "Beacon", "+", "Buy now", "Pay $20.00")
    customer.wait_text("FAULTY-KEY-1")

    find(admin, "1001")
    admin.says("Balance: $10.00")
    admin.press("Orders", "#1 ", "2 × Beacon", "Replace an item", "1 · …Y-1", "🔁 Replace")
    customer.wait_text("Your replacement, order #1\n\n1 × Beacon — $0.00\nSPARE-KEY-3")

    admin.press("Customer", "Orders", "#1 ", "Refund $20.00", "Refund $20.00")
    customer.wait_text("Refund for order #1\n$20.00 has been returned to your balance")
    customer.say("/orders")
    customer.press("#1 ")
    assert "Faulty, replaced: FAULTY-KEY-1" in customer.says("Refunded: $20.00")

    admin.press("Customer")
    admin.says("Balance: $30.00")
    adjust(admin, "-5.50", "a fee")
    customer.wait_text("adjusted your balance: −$5.50")
    admin.press("Customer", "Message")
    admin.say("Sorry for the trouble")
    customer.wait_text("Message from the shop\nSorry for the trouble")

    admin.press("Customer", "Ban")
    admin.say("a rehearsal")
    admin.says("⛔ Banned: a rehearsal")
    customer.say("/start")
    customer.says("You can’t use this shop.")
    admin.press("Unban")
    admin.say("it is over")
    customer.say("/profile")
    customer.says("Balance: $24.50")
    assert not any("KEY" in text for text in admin.texts)

    if not texts:
        admin.press("Statement", "Download CSV")
        admin.says("Your statement")
        file = admin.file("csv")
        assert file.startswith(codecs.BOM_UTF8)
        rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
        assert [row["Type"] for row in rows] == [
            "Adjustment by the shop",
            "Purchase",
            "Refund",
            "Adjustment by the shop",
        ]
        assert [row["Order"] for row in rows] == ["", "#1", "#1", ""]
    admin.say("/start")
    admin.press("Admin", "Audit log")
    log = admin.says("Audit log")
    for action in ("Customer unbanned", "Customer banned", "Message to a customer", "Refund", "Faulty item replaced"):
        assert action in log
