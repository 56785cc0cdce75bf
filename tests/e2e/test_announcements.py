"""An announcement to thousands of people by the running program, killed in the middle: nobody gets it twice."""

import random
import re
import secrets
import signal
from pathlib import Path

import pytest

from storage.database import Database
from storage.keys import database_key
from storage.models import Customer
from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import ROOT, Chat, Program, text_only, wait_for
from tests.endurance import times
from tests.patience import wait_to_reach
from web.sandbox.telegram.state import Chat as EmulatedChat

ADMIN = 1
FIRST = 100_000
NEWS = "Big <news> & *more*"
BLOCKED_EACH = 50
PEOPLE = times(2_000, full=5_000)


@pytest.fixture
def environ(world: World) -> dict[str, str]:
    return world.environ | {"DB_KEY": secrets.token_hex(32), "PYTHONPATH": str(ROOT)}


def crowd(world: World, environ: dict[str, str], count: int) -> list[int]:
    """Create customers before the shop opens; every fiftieth has blocked the bot, which the shop does not know."""
    telegram = world.sandbox.telegram.world
    ids = list(range(FIRST, FIRST + count))
    for each in ids:
        telegram.people[each] = {"id": each, "is_bot": False, "first_name": "Bo"}
        telegram.bots[TOKEN].chats[each] = EmulatedChat(blocked=each % BLOCKED_EACH == 0)
    path = Path(environ["DATABASE_PATH"])
    database = Database(path, database_key(path, db_key=environ["DB_KEY"]))
    database.open()
    bot_id = int(TOKEN.partition(":")[0])
    plain = {"bot_id": bot_id, "first_name": "Bo", "language": "en", "created_at": 1}
    with database.transaction():
        for start in range(0, count, 500):
            Customer.insert_many([plain | {"telegram_id": each} for each in ids[start : start + 500]]).execute()
    database.close()
    return ids


def received(world: World, ids: list[int]) -> list[int]:
    """Count how often each of these people got the news."""
    telegram = world.sandbox.telegram.world
    with telegram.changed:
        chats = telegram.bots[TOKEN].chats
        return [sum(message.get("text") == NEWS for message in chats[each].messages.values()) for each in ids]


def arrived(world: World, ids: list[int]) -> int:
    """Count all messages in these people's chats, which is quick: only the announcement writes there."""
    telegram = world.sandbox.telegram.world
    with telegram.changed:
        chats = telegram.bots[TOKEN].chats
        return sum(len(chats[each].messages) for each in ids)


def start_shop(environ: dict[str, str], folder: Path, script: str = "tests/e2e/quick_shop.py") -> Program:
    return Program(cwd=folder, script=ROOT / script, **environ)


def begin(admin: Chat, *labels: str) -> None:
    admin.say("/start")
    admin.press("Admin", "Announcements", *labels)


def announce(admin: Chat) -> None:
    begin(admin, "New announcement", "Everyone")
    admin.say(NEWS)
    admin.press("Send to")


def test_a_crowd_gets_it_once_despite_kills_in_the_middle(
    world: World, environ: dict[str, str], tmp_path: Path
) -> None:
    dice = random.Random(3)
    ids = crowd(world, environ, PEOPLE)
    program = start_shop(environ, tmp_path)
    admin = Chat(world.page.url, ADMIN)
    announce(admin)
    kills = 3
    for reached in sorted(dice.sample(range(300, PEOPLE - 500), kills)):
        world.sandbox.telegram.fault("429", 1, "sendMessage")
        wait_to_reach(lambda: arrived(world, ids), reached, "people who got it")
        program.stop(signal.SIGKILL)
        program = start_shop(environ, tmp_path)
    reachable = sum(each % BLOCKED_EACH != 0 for each in ids)
    wait_to_reach(lambda: arrived(world, ids), reachable - kills, "people who got it")
    report = admin.says(re.compile("is finished.*100%", re.DOTALL))
    code, errors = program.stop()
    assert (code, "Traceback" in errors) == (0, False), errors
    counts = received(world, ids)
    blocked = [count for each, count in zip(ids, counts, strict=True) if each % BLOCKED_EACH == 0]
    others = [count for each, count in zip(ids, counts, strict=True) if each % BLOCKED_EACH]
    assert set(blocked) == {0}
    assert max(others) == 1
    told = {name: int(number.replace(",", "")) for name, number in re.findall(r"^([\w ]+): ([\d,]+)", report, re.M)}
    assert sum(told.values()) == len(ids) + 1, "everybody is counted once, the admin too"
    # A recipient being served at a kill counts as failed, blocked or not, and may have got the news: nobody can know.
    assert told["Failed"] <= kills
    assert others.count(0) <= told["Failed"]
    assert 0 <= len(blocked) - told["Not delivered"] <= told["Failed"]


def test_it_can_be_paused_stopped_and_resumed_by_the_next_start(
    world: World, environ: dict[str, str], tmp_path: Path
) -> None:
    text_only(world.page.url, on=True)
    ids = crowd(world, environ, 120)
    program = start_shop(environ, tmp_path, "app.py")
    admin = Chat(world.page.url, ADMIN)
    announce(admin)
    wait_for(lambda: arrived(world, ids) >= 10, "the first got it")
    admin.press("Pause")
    admin.wait_text("is paused")
    before = arrived(world, ids)
    admin.press("Resume")
    wait_for(lambda: arrived(world, ids) > before + 5, "it goes on")
    assert before < 100
    code, errors = program.stop()
    assert (code, "Traceback" in errors) == (0, False), errors
    assert arrived(world, ids) < 117, "it waited for the message in hand, not for the end"
    program = start_shop(environ, tmp_path, "app.py")
    admin.wait_text("is finished")
    assert [count for each, count in zip(ids, received(world, ids), strict=True) if each % BLOCKED_EACH] == [1] * 117
    assert program.stop()[0] == 0
