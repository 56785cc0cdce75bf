"""Killed, stopped, or out of disk space in the middle of purchases: nothing is lost, doubled or left unshown."""

import json
import random
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import World
from tests.e2e.driver import ChainPanel, Chat, Program, address_in, wait_for
from tests.endurance import times
from tests.patience import DEADLINE_S, factor
from tests.small_disk import Disk, small_disk

KILLS = times(10, full=100)
STOPS = times(5, full=10)
UNITS = 760
STANDS_STILL_S = factor()
SHOWN = 20
"""Orders opened from the history: fewer than the limit on taps allows."""


def stock(admin: Chat) -> None:
    place = {"category": "Crash", "subcategory": "Test", "price": 1, "description": "Unit"}
    goods = [place | {"private_data": f"UNIT-{n:03}"} for n in range(UNITS)]
    admin.send_file("goods.json", json.dumps(goods).encode())
    admin.press("Import")
    admin.wait_text(f"Imported\nNew products: 1\nNew items: {UNITS}")


def top_up(customer: Chat, panel: ChainPanel) -> None:
    customer.say("/start")
    customer.press("Top up", "Solana")  # a real shop demands full proof of work from Bitcoin blocks
    panel.pay("sol", address_in(customer), "5")
    panel.mine("sol", 100)
    customer.says("Credited: $762.00")


def buy_until_it_ends(base: str, user_id: int, over: threading.Event, steps: threading.Semaphore) -> None:
    """Go to the product and confirm, again and again, until the program ends."""
    chat = Chat(base, user_id)
    while not over.is_set():
        try:
            chat.say("🛍 Shop")
            for label in ("Crash", "Unit", "Buy now", "Pay $1.00"):
                found = chat.find_button(label)
                if found is None:  # the program ended before the screen came
                    return
                chat.press_data(found[0]["message_id"], found[1]["callback_data"])
                steps.release()
        except (requests.RequestException, AssertionError):
            return


@contextmanager
def somebody_buys(base: str, *, dice: random.Random) -> Iterator[None]:
    """Press some buttons as a customer; the `with` block runs during the next press."""
    over, steps = threading.Event(), threading.Semaphore(0)
    buyer = threading.Thread(target=buy_until_it_ends, args=(base, 1001, over, steps))
    buyer.start()
    for _ in range(dice.randrange(12)):
        if not steps.acquire(timeout=STANDS_STILL_S):
            break
    over.wait(dice.uniform(0, 0.05))
    yield
    over.set()
    buyer.join(DEADLINE_S)
    assert not buyer.is_alive()


def test_killed_again_and_again_while_people_buy(world: World, tmp_path: Path) -> None:
    dice, base = random.Random(1), world.page.url
    program, start = opened(world, tmp_path)
    for _ in range(KILLS):
        with somebody_buys(base, dice=dice):
            program.stop(signal.SIGKILL)
            program = start()
    check_the_books(Chat(base, 1001))
    ended_well(program)


def test_stopped_again_and_again_while_people_buy(world: World, tmp_path: Path) -> None:
    dice, base = random.Random(2), world.page.url
    program, start = opened(world, tmp_path)
    for _ in range(STOPS):
        with somebody_buys(base, dice=dice):
            ended_well(program)
            program = start()
    check_the_books(Chat(base, 1001))
    ended_well(program)


@pytest.mark.parametrize(("how", "rounds"), [(signal.SIGKILL, times(5, full=100)), (signal.SIGTERM, STOPS)])
def test_ended_while_the_disk_fills_up_and_people_buy(
    world: World, tmp_path: Path, how: signal.Signals, rounds: int
) -> None:
    dice, base = random.Random(3), world.page.url
    with small_disk(tmp_path / "disk") as disk:
        program, start = opened(world, tmp_path, DATABASE_PATH=str(disk.folder / "shop" / "souk.db"))
        for _ in range(rounds):
            room = dice.randrange(300_000)
            disk.fill(leaving_bytes=room, pid=program.process.pid)
            with somebody_buys(base, dice=dice):
                code, errors = end_short_of_room(program, how, disk)
                program = start()
            assert code == (-how if how is signal.SIGKILL else 0), errors
            assert "cannot rollback" not in errors, errors
        check_the_books(Chat(base, 1001))
        ended_well(program)


def end_short_of_room(program: Program, how: signal.Signals, disk: Disk) -> tuple[int, str]:
    """End the program while the disk is full, then make room as an operator would before starting it again."""
    outcome = program.stop(how)
    disk.clear()
    return outcome


def opened(world: World, folder: Path, **environ: str) -> tuple[Program, Callable[[], Program]]:
    """Start and stock a shop, and let a customer top up; return it, and a function that starts it again."""

    def start() -> Program:
        return Program(cwd=folder, **world.environ | environ)

    program, base = start(), world.page.url
    stock(Chat(base, 1))
    top_up(Chat(base, 1001), ChainPanel(base))
    return program, start


def ended_well(program: Program) -> None:
    code, errors = program.stop()
    assert code == 0, errors
    assert "Traceback" not in errors, errors


def check_the_books(customer: Chat) -> None:
    customer.say("/start")
    balance = int(re.search(r"\$(\d+)\.00", customer.says("Your balance")).group(1))
    orders = 762 - balance
    assert orders > 0, "nothing was bought at all"
    delivered = wait_for(lambda: letters(customer, orders), "all goods are delivered")
    units = [unit for of_order in delivered.values() for unit in of_order]
    assert len(set(units)) == len(units) == orders, "every order has a unit of its own, whatever was sent twice"
    for number in random.Random(2).sample(range(1, orders + 1), min(SHOWN, orders)):
        assert {show(customer, number)} == delivered[number], "the history shows what was delivered"


def letters(customer: Chat, orders: int) -> dict[int, set[str]]:
    """Return what the letters of each order delivered; nothing while one is missing."""
    found: dict[int, set[str]] = {}
    for text in customer.texts:
        if (title := re.search(r"Your goods, order #(\d+)\n", text)) is not None:
            found.setdefault(int(title.group(1)), set()).update(re.findall(r"UNIT-\d{3}", text))
    return found if sorted(found) == list(range(1, orders + 1)) else {}


def show(customer: Chat, number: int) -> str:
    """Open an order by its number; return the unit that it shows."""
    customer.press_data(customer.messages[-1]["message_id"], f"order:{number}")
    return re.search(r"UNIT-\d{3}", customer.says(re.compile(rf"\b[Oo]rder #{number}\b.*UNIT-", re.DOTALL))).group()
