"""An owner plans, confirms and stops a sweep in the chat; nobody else does."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from bot_handlers.callbacks.sweeps import ConfirmSweep, PlanSweep, ShowSweeps
from shop.people import Right
from storage.database import Database
from storage.models import Sweep
from tests.bot_handlers.stage import Stage, appoint, labels, last, press
from tests.conftest import StandingClock
from tests.shop.sweeps.world import TO, World, emulated
from tests.stand import ADMIN, MANAGER, Stand
from wallet.chains import Chain

OWNERS = (ADMIN, 2)


@pytest.fixture
def world(database: Database, clock: StandingClock) -> Iterator[World]:
    with emulated(database, clock) as make:
        yield make(SWEEP_DELAY_MINUTES="10")


@pytest.fixture
def stand(world: World) -> Stand:
    return Stand(world.shop, world, world.database, world.clock, world.settings)


def work(stage: Stage, world: World) -> None:
    """Run the job, and deliver its letters."""
    world.run(1)
    stage.send_letters()


def plan(stage: Stage, world: World, *owners: int) -> None:
    """Let a customer pay and an owner plan a sweep of it; more owners may have started the bot."""
    world.paid(world.customer(), "BTC", "0.01")
    for owner in owners or (ADMIN,):
        stage.say("/start", owner)
    press(stage, "Admin", "Money", "Sweep coins", "Bitcoin: plan")
    work(stage, world)


def send(stage: Stage, world: World) -> None:
    """Confirm the plan, and let its delay pass."""
    press(stage, "Sweep now")
    world.run(601)
    stage.send_letters()


def test_money_leads_to_a_plan_whose_cost_is_shown_before_anything_moves(stage: Stage, world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    stage.say("/start", ADMIN)
    shown = press(stage, "Admin", "Money", "Sweep coins")
    assert TO["SWEEP_TO_BTC"] in shown
    shown = press(stage, "Bitcoin: plan")
    assert "Checking balances" in shown
    before = len(stage.messages(ADMIN))
    work(stage, world)
    assert len(stage.messages(ADMIN)) == before, "the plan is shown in place"
    shown = last(stage)
    assert "Nothing moves until you confirm." in shown
    assert "Cost: at most" in shown
    assert TO["SWEEP_TO_BTC"] in shown
    assert any(label.startswith("● 🚶 Normal") for label in labels(stage))
    press(stage, "Fast")
    assert any(label.startswith("● 🏃 Fast") for label in labels(stage))
    assert world.chains.btc.mempool == {}


def test_a_confirmed_sweep_waits_every_owner_is_told_and_any_of_them_stops_it(stage: Stage, world: World) -> None:
    plan(stage, world, *OWNERS)
    shown = press(stage, "Sweep now")
    assert "Starts" in shown
    work(stage, world)
    assert "Starts" in last(stage, 2), "the other owner is told before it starts"
    assert world.chains.btc.mempool == {}
    assert "Nothing was sent" in press(stage, "Stop", user_id=2)
    world.run(3_600)
    assert world.chains.btc.mempool == {}


def test_the_message_follows_the_sweep_to_its_end(stage: Stage, world: World) -> None:
    plan(stage, world)
    send(stage, world)
    assert "0 of 1 transactions are final" in last(stage)
    world.chains.mine("btc", 1)
    world.run()
    stage.send_letters()
    assert "· 1/" in last(stage)
    world.chains.mine("btc", 6)
    world.run()
    world.run()
    stage.send_letters()
    assert "✅ Done." in last(stage)
    shown = press(stage, "Back", "Back")
    assert "Moved out: 0.01 BTC" in shown
    assert "Bitcoin: 0 BTC" in shown


def test_every_owner_gets_one_new_message_when_a_sweep_ends(stage: Stage, world: World) -> None:
    plan(stage, world, *OWNERS)
    send(stage, world)
    before = [stage.messages(owner)[-1]["message_id"] for owner in OWNERS]
    world.chains.mine("btc", 7)
    for _ in range(3):
        work(stage, world)
    for owner, kept in zip(OWNERS, before, strict=True):
        [end] = [each for each in stage.messages(owner) if each["message_id"] > kept]
        assert "✅ Done." in end["text"]
        [edited] = [each for each in stage.messages(owner) if each["message_id"] == kept]
        assert "✅ Done." in edited["text"], "the one that followed it shows the same"


def test_every_owner_is_notified_once_of_a_sweep_that_was_stopped(stage: Stage, world: World) -> None:
    plan(stage, world, *OWNERS)
    press(stage, "Sweep now")
    work(stage, world)
    before = [stage.messages(owner)[-1]["message_id"] for owner in OWNERS]
    press(stage, "Stop", user_id=2)
    for _ in range(2):
        work(stage, world)
    for owner, kept in zip(OWNERS, before, strict=True):
        [end] = [each["text"] for each in stage.messages(owner) if each["message_id"] > kept]
        assert "✖ Stopped. Nothing was sent." in end


def test_an_owner_who_could_not_be_written_to_is_told_only_of_the_end(stage: Stage, world: World) -> None:
    plan(stage, world)
    press(stage, "Sweep now", "Stop")
    stage.say("/start", 2)
    stage.send_letters()
    assert [text for text in stage.texts(2) if "Sweep: Bitcoin" in text] == [last(stage, 2)]
    assert "Nothing was sent" in last(stage, 2)


def test_a_plan_is_discarded_and_another_one_can_be_made(stage: Stage, world: World) -> None:
    plan(stage, world)
    press(stage, "Discard")
    assert [row.state for row in Sweep.select()] == ["dropped"]
    press(stage, "Bitcoin: plan")
    work(stage, world)
    assert "Nothing moves until you confirm." in last(stage)


def test_the_fee_of_a_stuck_transaction_is_raised_in_the_chat(stage: Stage, world: World) -> None:
    plan(stage, world)
    send(stage, world)
    [before] = world.chains.btc.mempool
    shown = press(stage, "⏩")
    assert "↪" in shown, "the old transaction is listed as replaced"
    world.run()
    [after] = world.chains.btc.mempool
    assert after != before
    world.chains.mine("btc", 7)
    world.run()
    stage.send_letters()
    assert "✅ Done." in last(stage)


def test_a_sent_sweep_that_is_stopped_says_that_it_may_still_count(stage: Stage, world: World) -> None:
    plan(stage, world)
    send(stage, world)
    assert any(label.startswith("⏩") for label in labels(stage))
    shown = press(stage, "Stop")
    assert "1 transaction was abandoned. It counts if it still confirms." in shown
    assert "failed" not in shown
    world.chains.mine("btc", 8)
    world.run(601)
    stage.send_letters()
    shown = last(stage)
    assert "abandoned" not in shown
    assert "✅" in shown


def test_a_manager_with_the_right_to_money_can_neither_plan_nor_confirm(stage: Stage, world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    sweep = world.plan(Chain.BTC)
    appoint(stage, Right.MONEY)
    for forged in (ShowSweeps(), PlanSweep("BTC"), ConfirmSweep(sweep.id, "normal")):
        stage.rest()
        stage.press_data(forged, MANAGER)
    assert [row.state for row in Sweep.select()] == ["planned"]
    assert Decimal(world.chains.btc.height) > 0
