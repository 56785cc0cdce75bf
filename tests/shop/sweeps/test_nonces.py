"""A server that lies about an account's next nonce neither stops a sweep nor exhausts the memory."""

import pytest

from shop.chains.sending import Speed
from shop.sweeps.views import SweepState
from storage.models import SweepTransaction
from tests.shop.sweeps.world import World
from wallet.chains import Chain
from web.sandbox.chains import account_node

HUGE = 2**53 - 1_000


def test_one_server_that_lies_about_nonces_stops_no_sweep(world: World) -> None:
    for number in (1, 2):
        world.paid(world.customer(number), "ETH", "0.5")
    world.chains.fault("eth-mirror", "lie", 10_000)
    done = world.swept(Chain.ETH)
    assert done.state is SweepState.DONE
    assert [(row.state, row.nonce) for row in SweepTransaction.select()] == [("confirmed", 0)] * 2


def test_a_huge_nonce_from_the_only_server_that_answers_is_refused_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_node, "_LIE_NONCES", HUGE)
    world.paid(world.customer(), "ETH", "0.5")
    asked = world.shop.sweeps.ask(world.owner, Chain.ETH, message_id=None)
    world.chains.fault("eth-mirror", "error500", 10_000)
    world.chains.fault("eth", "lie", 10_000)
    world.shop.sweeps.run()
    for name in ("eth", "eth-mirror"):
        world.chains.fault(name, "lie", 0)
    world.shop.sweeps.confirm(world.owner, asked.id, Speed.NORMAL)
    world.run()
    [row] = SweepTransaction.select()
    assert (row.state, row.reason) == ("failed", "the address has sent something else meanwhile")
    assert world.swept(Chain.ETH).steps[0].state == "confirmed"
