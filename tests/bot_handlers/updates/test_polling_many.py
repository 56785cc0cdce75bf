"""One thread polls many bots; a bot that is slow, refused or used elsewhere delays no other."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from bot_handlers.updates.polling import WORKERS
from bot_handlers.updates.polling_many import PollerOfMany
from shop.administration.bots import OffReason
from storage.models import Bot
from tests.bot_handlers.fleet import FleetStage, token_of
from tests.bot_handlers.stage import CUSTOMER
from tests.patience import DEADLINE_S
from tests.stand import ADMIN, BOT_ID


@pytest.fixture
def poll(fleet: FleetStage, wait_for: Callable[..., Any]) -> Iterator[PollerOfMany]:
    """Three bots that are polled, with a clock that runs as fast as the test."""
    fleet.add(1, 2)
    poller = fleet.poller(monotonic=time.monotonic)
    fleet.front.fleet.changed = poller.wake
    poller.start()
    yield poller
    poller.stop(timeout_s=5)
    assert poller.runner.join(DEADLINE_S)


def write(fleet: FleetStage, number: int, text: str = "❓ Help", user_id: int = CUSTOMER) -> None:
    fleet.rest()
    fleet.telegram.people.say(user_id, text, profile={}, bot_name=str(BOT_ID + number))


def is_answered(fleet: FleetStage, number: int, user_id: int = CUSTOMER) -> bool:
    return any(text.startswith("How it works") for text in fleet.said(number, user_id))


def test_every_bot_is_answered(fleet: FleetStage, poll: PollerOfMany, wait_for: Callable[..., Any]) -> None:
    for number in range(3):
        write(fleet, number)
    for number in range(3):
        wait_for(lambda number=number: is_answered(fleet, number), f"an answer of bot {number}")


def test_updates_that_were_handled_are_confirmed(
    fleet: FleetStage, poll: PollerOfMany, wait_for: Callable[..., Any]
) -> None:
    write(fleet, 1)
    world = fleet.telegram.world
    wait_for(lambda: world.bots[token_of(1)].updates == [], "Telegram is told that the update arrived")


@pytest.mark.parametrize("kind", ["drip", "timeout", "502", "nonsense", "drop", "429"])
def test_a_bot_that_telegram_serves_badly_holds_up_no_other(
    fleet: FleetStage, poll: PollerOfMany, wait_for: Callable[..., Any], kind: str
) -> None:
    fleet.telegram.fault(kind, 1_000, "getUpdates", bot_id=BOT_ID + 1, seconds=600)
    write(fleet, 1)
    for number in (0, 2):
        write(fleet, number)
        wait_for(lambda number=number: is_answered(fleet, number), f"an answer of bot {number}")
    assert Bot.get_by_id(BOT_ID + 1).state == "on"
    assert fleet.front.reachability.trouble is None


def test_a_bot_that_another_program_polls_switches_itself_off(
    fleet: FleetStage, poll: PollerOfMany, wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot_handlers.updates.polling_many.PAUSE_S", 0.05)
    fleet.telegram.fault("409", 1_000, "getUpdates", bot_id=BOT_ID + 1)
    write(fleet, 1)

    def is_off() -> bool:
        return Bot.get_by_id(BOT_ID + 1).state == "off"

    wait_for(is_off, "the bot switches itself off")
    assert Bot.get_by_id(BOT_ID + 1).reason == OffReason.CONFLICT.value
    fleet.front.fleet.look()
    fleet.send_letters()
    assert "another program uses its token" in str(fleet.said(2, ADMIN)), "the bot that the owner used last"
    write(fleet, 2)
    wait_for(lambda: is_answered(fleet, 2), "an answer of the third bot")
    fleet.telegram.fault("409", 0)
    fleet.stand.shop.bots.switch(fleet.person(ADMIN), BOT_ID + 1, on=True)
    fleet.front.fleet.look()
    wait_for(lambda: is_answered(fleet, 1), "what waited is answered once it is put right")


def test_a_revoked_token_switches_its_bot_off(
    fleet: FleetStage, poll: PollerOfMany, wait_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot_handlers.updates.polling_many.PAUSE_S", 0.05)
    fleet.telegram.revoke(str(BOT_ID + 2))
    write(fleet, 1)  # ends the emulated Telegram's long polls

    def is_off() -> bool:
        fleet.front.fleet.look()
        return Bot.get_by_id(BOT_ID + 2).reason == OffReason.TOKEN.value

    wait_for(lambda: is_answered(fleet, 1), "an answer of the second bot")
    fleet.front.fleet.doubt(BOT_ID + 2)
    wait_for(is_off, "the bot switches itself off")


def test_threads_do_not_grow_with_the_number_of_bots(
    fleet: FleetStage, poll: PollerOfMany, wait_for: Callable[..., Any]
) -> None:
    def names() -> set[str]:
        kinds = ("polling", "update", "bots")
        return {each.name for each in threading.enumerate() if each.name.startswith(kinds)}

    def settled(number: int) -> None:
        write(fleet, number)
        wait_for(lambda: is_answered(fleet, number), f"an answer of bot {number}")

    for number in range(3, 10):  # the poller fetches: a second reader would be a conflict, and switch the bot off
        write(fleet, 0, f"/add {token_of(number)}", ADMIN)
        wait_for(partial(Bot.there, BOT_ID + number), "the bot is added")
        fleet.front.fleet.look()
    for number in range(10):
        settled(number)
    assert len(names()) <= 1 + WORKERS, "one that listens, and those that handle updates"
