"""kill -9 in the middle of purchases: nothing lost, nothing doubled, every paid good shown."""

import json
import random
import re
import signal
import threading
from pathlib import Path

import requests

from tests.e2e.conftest import World
from tests.e2e.driver import ChainPanel, Chat, Program, address_in, wait_for
from tests.patience import DEADLINE_S

ROUNDS = 50
UNITS = 600
SHOWN = 20
"""Orders looked at in the history: fewer than a person may press at once."""


def stock(admin: Chat) -> None:
    goods = [
        {
            "category": "Crash",
            "subcategory": "Test",
            "price": 1,
            "description": "Unit",
            "private_data": f"UNIT-{n:03}",
        }
        for n in range(UNITS)
    ]
    admin.send_file("goods.json", json.dumps(goods).encode())
    admin.press("Import")
    admin.wait_text(f"Imported\nNew products: 1\nNew items: {UNITS}")


def top_up(customer: Chat, panel: ChainPanel) -> None:
    customer.say("/start")
    customer.press("Top up", "Solana")  # a real shop: blocks of Bitcoin would have to cost their full work
    panel.pay("sol", address_in(customer), "5")
    panel.mine("sol", 100)
    customer.says("Credited: $762.00")


def buy_until_it_dies(base: str, user_id: int, dead: threading.Event) -> None:
    """Walk to the product and confirm, again and again; the program dies under it at some point."""
    chat = Chat(base, user_id)
    while not dead.is_set():
        try:
            chat.say("🛍 Shop")
            for label in ("Crash", "Test", "Unit", "Buy now", "Pay $1.00"):
                found = chat.find_button(label)
                if found is None:  # the screen died with the program
                    return
                chat.press_data(found[0]["message_id"], found[1]["callback_data"])
        except (requests.RequestException, AssertionError):
            return


def test_killed_again_and_again_while_people_buy(world: World, tmp_path: Path) -> None:
    dice = random.Random(1)
    base = world.page.url
    customer = Chat(base, 1001)
    program = Program(cwd=tmp_path, **world.environ)
    stock(Chat(base, 1))
    top_up(customer, ChainPanel(base))
    for _ in range(ROUNDS):
        dead = threading.Event()
        buyer = threading.Thread(target=buy_until_it_dies, args=(base, 1001, dead))
        buyer.start()
        dead.wait(dice.uniform(0.05, 0.5))
        program.stop(signal.SIGKILL)
        dead.set()
        program = Program(cwd=tmp_path, **world.environ)
        buyer.join(DEADLINE_S)
        assert not buyer.is_alive()
    check_the_books(customer)
    code, errors = program.stop()
    assert code == 0
    assert "Traceback" not in errors, errors


def check_the_books(customer: Chat) -> None:
    customer.say("/start")
    balance = int(re.search(r"\$(\d+)\.00", customer.says("Your balance")).group(1))
    orders = 762 - balance
    assert orders > 0, "nothing was bought at all"
    delivered = wait_for(lambda: letters(customer, orders), "all goods are delivered")
    units = [unit for of_order in delivered.values() for unit in of_order]
    assert len(set(units)) == len(units) == orders, "every order has a unit of its own, whatever was sent twice"
    for number in random.Random(2).sample(range(1, orders + 1), SHOWN):
        assert {show(customer, number)} == delivered[number], "the history shows what was delivered"


def letters(customer: Chat, orders: int) -> dict[int, set[str]]:
    """What the letters of each order delivered; nothing as long as one is missing."""
    found: dict[int, set[str]] = {}
    for text in customer.texts:
        if (title := re.search(r"Your goods, order #(\d+)\n", text)) is not None:
            found.setdefault(int(title.group(1)), set()).update(re.findall(r"UNIT-\d{3}", text))
    return found if sorted(found) == list(range(1, orders + 1)) else {}


def show(customer: Chat, number: int) -> str:
    """Open an order by its number and read the unit that it shows."""
    customer.press_data(customer.messages[-1]["message_id"], f"order:{number}")
    return re.search(r"UNIT-\d{3}", customer.says(re.compile(rf"\b[Oo]rder #{number}\b.*UNIT-", re.DOTALL))).group()
