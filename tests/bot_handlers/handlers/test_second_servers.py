"""What customers and owners read while a second server has to show a payment, and if it shows another one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shop.chains.transfers import Head, Transfer
from storage.database import Database
from storage.models import Deposit
from storage.models import Outbox as OutboxRow
from tests.bot_handlers.stage import CUSTOMER, Stage, last
from tests.conftest import StandingClock
from tests.shop.chains.lying import each
from tests.shop.payments.test_witnesses import Watched, more
from tests.stand import ADMIN
from wallet.chains import Chain

OTHER_BLOCK = "0x" + "ab" * 32


@pytest.fixture
def watched(database: Database, clock: StandingClock) -> Iterator[Watched]:
    made = Watched(database, clock)
    yield made
    made.close()


def staged(watched: Watched, open_stage: Any, **how: Any) -> Stage:
    """Open a shop whose customer pays 300 dollars, and let the owner read the letters."""
    watched.open(Chain.ETH, **how)
    stage: Stage = open_stage(watched.stand)
    stage.say("/start", CUSTOMER, first_name="Ada")
    stage.say("/start", ADMIN)
    watched.person = watched.stand.visitor(CUSTOMER, first_name="Ada")
    watched.address = watched.stand.address(watched.person, Chain.ETH)
    watched.scan()
    watched.pay(300)
    stage.send_letters()
    return stage


@each
def in_another_block(question: Any, answer: Any) -> Any:
    """Claim that the transaction is in another block of the same height."""
    result = answer.get("result")
    if question["method"] == "eth_getTransactionReceipt" and result:
        for shown in (result, *result["logs"]):
            shown["blockHash"] = OTHER_BLOCK
    return answer


def test_with_a_single_server_the_customer_reads_that_it_is_verified_and_the_owner_who_is_missing(
    watched: Watched, open_stage: Any
) -> None:
    stage = staged(watched, open_stage, alone=True)
    assert stage.texts()[-1].endswith(
        "Confirmed, and being verified by a second server. This usually takes a few minutes."
    )
    for _ in range(2):
        watched.later(400)
    stage.send_letters()
    assert "300 USDT ($300.00) from Ada (1001) is confirmed, but only localhost shows it" in last(stage)
    assert "no other operator’s server has answered" in last(stage)
    stage.press("Credit it", ADMIN)
    stage.send_letters()
    assert "Credited: $300.00" in stage.texts()[-1]


def test_a_letter_about_a_contradiction_says_what_differs(watched: Watched, open_stage: Any) -> None:
    stage = staged(watched, open_stage, lies=in_another_block, liar_first=False)
    assert Deposit.get().held == "denied"
    assert "127.0.0.1: 300 USDT\nlocalhost: 300 USDT\n" in last(stage)
    assert last(stage).endswith("What differs: the block.")


def test_a_sum_that_differs_is_named_and_so_is_a_receiver(watched: Watched, open_stage: Any) -> None:
    stage = staged(watched, open_stage, lies=more, liar_first=False)
    assert "127.0.0.1: 300 USDT\nlocalhost: 3000 USDT\n" in last(stage)
    assert last(stage).endswith("What differs: the amount.")
    row, asset = Deposit.get(), watched.stand.shop.payments.deposits.view(Deposit.get().id).asset
    shown = {"block_height": row.block_height, "shown_by": "third.example"}
    told = Transfer(Chain.ETH, "0x" + "77" * 32, row.place, watched.address, asset, row.units, **shown)
    other = replace(told, address=OTHER_BLOCK[:42], units=1)
    for transfer in (told, other):
        watched.stand.shop.payments.deposits.observe(transfer, Head(row.block_height))
    stage.send_letters()
    assert last(stage).endswith("What differs: the amount, the address.")


def test_a_letter_of_an_earlier_version_is_still_written(watched: Watched, open_stage: Any) -> None:
    stage = staged(watched, open_stage, lies=in_another_block, liar_first=False)
    row = OutboxRow.get(OutboxRow.kind == "admin_contradicted", OutboxRow.telegram_id == ADMIN)
    payload = json.loads(row.payload)
    del payload["differing"]
    with stage.stand.database.transaction():
        OutboxRow.change(row.id, payload=json.dumps(payload), sent_at=None, due_at=0)
    stage.send_letters()
    assert last(stage).endswith("check an explorer, and remove that server.")
