"""An owner's "Stop" counts while the job is busy, whatever it has read before."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from shop.chains.sending import Speed
from shop.payments.addresses import stored_words
from shop.sweeps.bitcoin import BitcoinMover
from shop.sweeps.engine import STOPPED
from shop.sweeps.offers import PLAN_S
from shop.sweeps.offline import OfflineSweeps
from shop.sweeps.views import SweepState
from storage.models import Sweep, SweepTransaction
from tests.shop.sweeps.test_offline import file_of, signed_by, states
from tests.shop.sweeps.test_sweeps import confirmed
from tests.shop.sweeps.world import World
from wallet import bip39
from wallet.chains import Chain
from wallet.plans.keys import Keys


def meanwhile(monkeypatch: pytest.MonkeyPatch, kind: type, method: str, deed: Callable[[], object]) -> None:
    """Do something while the job is in its next call of a method, as another thread would."""
    real, deeds = getattr(kind, method), [deed]

    def call(self: Any, *given: Any, **named: Any) -> Any:
        if deeds:
            deeds.pop()()
        return real(self, *given, **named)

    monkeypatch.setattr(kind, method, call)


def two_confirmed(world: World) -> tuple[int, int]:
    """Confirm a sweep of LTC, and one of BTC that has its turn after it."""
    world.paid(world.customer(), "LTC", "5")
    world.paid(world.customer(), "BTC", "0.01")
    views = [world.plan(chain) for chain in (Chain.LTC, Chain.BTC)]
    for view in views:
        world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
    return views[0].id, views[1].id


def test_a_sweep_that_is_stopped_while_the_job_sends_another_one_moves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_confirmed(world)
    meanwhile(monkeypatch, BitcoinMover, "send", lambda: world.shop.sweeps.stop(world.owner, second))
    for _ in range(2):
        world.run()
    assert (states(first), states(second)) == (["sent"], [])
    view = world.shop.sweeps.view(second)
    assert (view.state, view.reason) == (SweepState.STOPPED, STOPPED)
    assert not world.chains.btc.mempool


def test_a_stopped_sweep_whose_plan_expired_as_well_keeps_what_stopped_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = two_confirmed(world)

    def stop_and_wait() -> None:
        world.shop.sweeps.stop(world.owner, second)
        world.clock.pass_s(PLAN_S)

    meanwhile(monkeypatch, BitcoinMover, "send", stop_and_wait)
    stopped_at = world.clock() + 61
    world.run()
    row = Sweep.get_by_id(second)
    assert (row.state, row.reason, row.ended_at) == ("stopped", STOPPED, stopped_at)


def test_a_transaction_that_is_stopped_while_it_is_prepared_is_not_signed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    number = confirmed(world)
    meanwhile(monkeypatch, BitcoinMover, "prepare", lambda: world.shop.sweeps.stop(world.owner, number))
    for _ in range(2):
        world.run()
    [row] = SweepTransaction.of(number)
    assert (row.state, row.reason, row.txid, row.signed_bytes) == ("failed", STOPPED, None, None)
    assert world.shop.sweeps.view(number).state is SweepState.DONE
    assert not world.chains.btc.mempool


def test_a_transaction_signed_elsewhere_that_is_stopped_as_its_gas_arrives_is_not_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is Chain.ETH]
    world.chains.pay("eth", gas.address, Decimal("0.05"), None)
    world.paid(world.customer(), "USDT_ERC20", "250")
    keys = Keys(words=bip39.parse(stored_words(world.database)))
    [number] = OfflineSweeps(world.shop.sweeps).take(signed_by(file_of(world), world, keys))
    world.run()
    assert states(number) == ["sent", "funding"]
    world.chains.mine("eth", 70)
    reader = type(world.shop.sweeps.engine.readers[Chain.ETH])
    meanwhile(monkeypatch, reader, "head", lambda: world.shop.sweeps.stop(world.owner, number))
    for _ in range(2):
        world.run()
    assert states(number) == ["confirmed", "failed"]
    token = SweepTransaction.of(number)[1]
    assert (token.reason, token.txid in world.chains.eth.transactions) == (STOPPED, False)


def test_a_solana_transaction_that_expires_after_the_stop_is_not_signed_again(world: World) -> None:
    world.paid(world.customer(), "SOL", "1.5")
    view = world.plan(Chain.SOL)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    before = set(world.chains.sol.transactions)
    world.run()
    [only] = SweepTransaction.select()
    world.chains.drop("sol", only.txid)
    world.shop.sweeps.stop(world.owner, view.id)
    world.chains.sol.transactions.pop(only.txid, None)
    world.chains.mine("sol", 430)
    world.run(5)
    assert [(row.state, row.reason) for row in SweepTransaction.select()] == [("failed", "it expired")]
    assert world.shop.sweeps.view(view.id).state is SweepState.DONE
    assert set(world.chains.sol.transactions) == before
