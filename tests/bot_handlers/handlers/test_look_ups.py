"""A look-up: the customer sees their place in the queue, and the same message becomes the answer."""

from collections.abc import Callable, Iterator

import pytest

from storage.database import Database
from storage.models import Conversation
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import StandingClock
from tests.patience import wait_for
from tests.shop.payments.looking_up import SlowChain, looking_up
from tests.stand import Stand, World, open_shop
from wallet.chains import Chain

TXID = "ab" * 32


@pytest.fixture
def chain(database: Database) -> SlowChain:
    return SlowChain(Chain.BTC, database)


@pytest.fixture
def stand(database: Database, clock: StandingClock, chain: SlowChain) -> Stand:
    world = World(database)
    world.chains[Chain.BTC] = chain
    return open_shop(database, clock, world=world)


@pytest.fixture
def stage(open_stage: Callable[[Stand], Stage], stand: Stand) -> Iterator[Stage]:
    stage = open_stage(stand)
    stage.say("/start", first_name="Ada")
    with looking_up(stand):
        yield stage


def paste(stage: Stage, user_id: int = CUSTOMER, txid: str = TXID) -> None:
    """Go to the Bitcoin screen, say that it is paid, and paste a transaction id."""
    stage.rest()
    for label in ("Top up", "Bitcoin", "I’ve paid"):
        stage.press(label, user_id)
    stage.say(txid, user_id)


def newest(stage: Stage, user_id: int = CUSTOMER) -> tuple[int, str]:
    message = stage.messages(user_id)[-1]
    return message["message_id"], message["text"]


def test_the_message_with_the_place_becomes_the_answer(stage: Stage, stand: Stand, chain: SlowChain) -> None:
    chain.pay(stand.address(stand.visitor(), Chain.BTC), 20_000, txid=TXID)
    paste(stage)
    number, text = wait_for(lambda: (found := newest(stage)) and "Looking up" in found[1] and found)
    assert "Bitcoin" in text
    chain.released.set()
    wait_for(lambda: "0.0002 BTC" in newest(stage)[1])
    assert newest(stage)[0] == number
    wait_for(lambda: Conversation.of(stage.bot.bot_id, CUSTOMER) is None)


def test_an_unknown_transaction_is_reported_there_and_another_one_can_be_typed(
    stage: Stage, chain: SlowChain
) -> None:
    chain.released.set()
    paste(stage)
    wait_for(lambda: "can’t be found" in newest(stage)[1])
    assert Conversation.of(stage.bot.bot_id, CUSTOMER) is not None


def test_while_eight_look_ups_hang_others_are_served_and_those_in_line_see_their_place(
    stage: Stage, chain: SlowChain, stand: Stand
) -> None:
    waiting = list(range(3_001, 3_009))
    for user_id in waiting:
        stage.say("/start", user_id, first_name="Bo")
        paste(stage, user_id)
        wait_for(lambda: chain.held == 1)  # the first one, before anybody is in line behind it
    stage.say("/start", 4_000, first_name="Eve")
    assert len(stage.texts(4_000)) > 0
    assert chain.held == 1, "nobody was answered meanwhile"
    assert stand.shop.payments.payment_checks.waiting == 7
    places = [newest(stage, user_id)[1].rpartition(": ")[2] for user_id in waiting[1:]]
    assert [int(place) for place in places] == [*range(1, 8)]
    stage.say("cd" * 32, waiting[0])
    assert "still being looked up" in newest(stage, waiting[0])[1]
