"""What is done for one customer, from outside: found, adjusted, refunded, given a replacement, written to, banned."""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bot_handlers.updates.boundary import BURST, REFILL_PER_S
from tests.e2e.driver import Chat, Program, text_only, wait_for
from tests.patience import DEADLINE_S

PLACE = {"category": "Keys", "subcategory": "Steam", "price": "10.00", "description": "Beacon"}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    program = Program("sandbox", cwd=tmp_path)
    yield program.address()
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors


class PatientChat(Chat):
    """Somebody who does much, and no faster than the shop lets him."""

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


def press(chat: Chat, *labels: str) -> str:
    for label in labels:
        chat.press(label)
    return chat.texts[-1]


def find(admin: Chat, text: str) -> str:
    admin.say("/start")
    press(admin, "Admin", "Find a customer")
    admin.say(text)
    return admin.texts[-1]


def adjust(admin: Chat, amount: str, reason: str) -> None:
    press(admin, "Adjust balance")
    admin.say(amount)
    admin.say(reason)
    press(admin, "✅ ")


def file_of(chat: Chat) -> str:
    document = next(message["document"] for message in reversed(chat.messages) if "document" in message)
    reply = requests.get(f"{chat.api}/files/{document['file_id']}", timeout=DEADLINE_S)
    assert reply.ok, reply.text
    return reply.content.decode()


@pytest.mark.parametrize("texts", [False, True], ids=["all of Telegram", "text methods alone"])
def test_everything_that_is_done_for_one_customer(base: str, texts: bool) -> None:
    admin, customer = PatientChat(base, 1), Chat(base, 1001)
    goods = [PLACE | {"private_data": key} for key in ("FAULTY-KEY-1", "GOOD-KEY-2", "SPARE-KEY-3")]
    admin.send_file("goods.json", json.dumps(goods).encode())
    admin.press("Import")
    text_only(base, on=texts)
    customer.say("/start", first_name="Ada", username="ada_l")
    assert "Telegram ID: 1001\nLast seen as: @ada_l" in find(admin, "@Ada_L")
    adjust(admin, "30", "a gift & more")
    customer.wait_text("The shop has adjusted your balance: +$30.00\nReason: a gift & more")

    customer.say("/shop")
    press(customer, "Keys", "Steam", "Beacon", "+", "Buy now")
    press(customer, "Pay $20.00")
    customer.wait_text("FAULTY-KEY-1")

    assert "Balance: $10.00" in find(admin, "#1")
    press(admin, "Orders", "#1 ", "2 × Beacon", "Replace an item", "1 · …Y-1")
    press(admin, "🔁 Replace")
    customer.wait_text("Your replacement, order #1\n\n1 × Beacon — $0.00\nSPARE-KEY-3")

    press(admin, "Customer", "Orders", "#1 ")
    press(admin, "Refund $20.00", "Refund $20.00")
    customer.wait_text("Refund for order #1\n$20.00 has been returned to your balance")
    customer.say("/orders")
    assert "Refunded: $20.00" in press(customer, "#1 ")
    assert "Faulty, replaced: FAULTY-KEY-1" in customer.texts[-1]

    assert "Balance: $30.00" in press(admin, "Customer")
    adjust(admin, "-5.50", "a fee")
    customer.wait_text("adjusted your balance: −$5.50")
    press(admin, "Customer", "Message")
    admin.say("Sorry for the trouble")
    customer.wait_text("Message from the shop\nSorry for the trouble")

    press(admin, "Customer", "Ban")
    admin.say("a rehearsal")
    assert "⛔ Banned: a rehearsal" in admin.texts[-1]
    customer.say("/start")
    assert customer.texts[-1] == "You can’t use this shop."
    press(admin, "Unban")
    admin.say("it is over")
    customer.say("/profile")
    assert "Balance: $24.50" in customer.texts[-1]
    assert not any("KEY" in text for text in admin.texts)

    if not texts:
        press(admin, "Statement", "Download CSV")
        admin.wait_text("Your statement")
        rows = list(csv.DictReader(io.StringIO(file_of(admin))))
        assert [row["Type"] for row in rows] == [
            "Adjustment by the shop",
            "Purchase",
            "Refund",
            "Adjustment by the shop",
        ]
        assert [row["Order"] for row in rows] == ["", "#1", "#1", ""]
    admin.say("/start")
    log = press(admin, "Admin", "Audit log")
    for action in ("Customer unbanned", "Customer banned", "Message to a customer", "Refund", "Faulty item replaced"):
        assert action in log
