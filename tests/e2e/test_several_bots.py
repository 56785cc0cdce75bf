"""A whole shop with several bots: two and ten in the sandbox, and a real `serve` that remembers them."""

import socket
from pathlib import Path

import pytest
import requests

from tests.e2e.conftest import FURTHER_TOKENS, World, show_product, stock, top_up
from tests.e2e.driver import Chat, Program, running
from tests.patience import DEADLINE_S, wait_for
from web.sandbox.settings import SPARE_TOKENS

OWNER, CUSTOMER = 1, 1001
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def name_of(number: int) -> str:
    return f"souk{number or ''}_sandbox_bot"


def chat(base: str, number: int, user_id: int) -> Chat:
    return Chat(base, user_id, bot=name_of(number))


def add(base: str, *numbers: int) -> Chat:
    """Add bots as the owner, and wait until each one receives updates."""
    owner = chat(base, 0, OWNER)
    owner.say("/start")
    for number in numbers:
        owner.say(f"/add {SPARE_TOKENS[number - 1]}")
        owner.says(f"Souk {number + 1}")
        wait_for(lambda number=number: has_webhook(base, number), f"bot {number} is served")
    return owner


def has_webhook(base: str, number: int) -> bool:
    state = requests.get(f"{base}/sandbox/api/state", timeout=DEADLINE_S).json()
    return any(each["webhook"] for each in state["bots"] if each["username"] == name_of(number))


def test_a_customer_of_two_bots_has_one_balance_and_gets_the_goods_in_the_last_one(tmp_path: Path) -> None:
    with running(cwd=tmp_path, MULTIBOT="true") as base:
        owner = add(base, 1)
        assert not any(SPARE_TOKENS[0] in str(message) for message in owner.state()["messages"])
        owner.say("/start")
        stock(owner, "KEY-OF-TWO-BOTS")
        first, second = chat(base, 0, CUSTOMER), chat(base, 1, CUSTOMER)
        first.say("/start")
        top_up(base, first)
        show_product(second)
        second.press("Buy now", "Pay $")
        second.wait_text("KEY-OF-TWO-BOTS")
        assert not any("KEY-OF-TWO-BOTS" in text for text in first.texts)
        owner.say("/start")
        owner.press("Admin", "Figures")
        owner.says("Souk 2: × 1")
        for path, status in (("1000000001", 403), ("1000000002", 403), ("1000000003", 404), ("9", 404)):
            answer = requests.post(
                f"{base}/telegram/{path}", json={"update_id": 1}, headers={HEADER: "forged"}, timeout=DEADLINE_S
            )
            assert answer.status_code == status


def test_ten_bots_answer_and_a_revoked_one_switches_itself_off(tmp_path: Path) -> None:
    with running(cwd=tmp_path, MULTIBOT="true") as base:
        owner = add(base, *range(1, 10))
        for number in range(10):
            person = chat(base, number, CUSTOMER + number)
            person.say("/start")
            person.wait_text("Main menu")
        revoked = requests.post(f"{base}/sandbox/api/telegram/bots/{name_of(4)}/revoke", json={}, timeout=DEADLINE_S)
        assert revoked.ok, revoked.text
        owner.say("/start")
        owner.press("Admin", "Announcements", "New announcement", "Everyone")
        owner.say("News")
        owner.press("Send to")
        owner.wait_text("Souk 5 (@souk4_sandbox_bot)\nOff: Telegram rejects its token.")
        for number in (0, 1, 5, 9):
            chat(base, number, CUSTOMER + number).wait_text("News")


@pytest.mark.parametrize("receiving", ["polling", "webhook"])
def test_all_bots_are_there_again_after_a_restart(world: World, tmp_path: Path, receiving: str) -> None:
    owner = Chat(world.page.url, OWNER)
    environ = world.environ | {"MULTIBOT": "true"}
    if receiving == "webhook":
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = str(probe.getsockname()[1])
        environ |= {"WEBAPP_PORT": port, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    for run in range(2):
        program = Program("serve", cwd=tmp_path, **environ)
        owner.say("/start")
        for token in () if run else FURTHER_TOKENS:
            owner.say(f"/add {token}")
            owner.says("People: 0")
        for token in FURTHER_TOKENS:
            person = Chat(world.page.url, CUSTOMER, bot=token.partition(":")[0])
            person.say("/start")
            person.says("Main menu")
        bots = requests.get(f"{world.page.url}/sandbox/api/state", timeout=DEADLINE_S).json()["bots"]
        assert [each["webhook"] for each in bots] == [receiving == "webhook"] * len(bots)
        code, errors = program.stop()
        assert code == 0, errors
        assert "Traceback" not in errors
        assert not any(token.partition(":")[2] in errors for token in FURTHER_TOKENS)
