"""TRX and USDT on TRON: an address that only received USDT is activated with what its transfer burns."""

from decimal import Decimal

import pytest
from flask import has_request_context

from shop.assets import ASSETS
from shop.chains.tokens import account
from shop.sweeps.engine import LONG_S
from shop.sweeps.offers import Kept
from shop.sweeps.tron import EXPIRY_S
from shop.sweeps.views import SweepState
from storage.models import Deposit, SweepTransaction
from tests.shop.sweeps.world import TO, World
from wallet.chains import Chain
from web.sandbox.chains.routes import is_mirror

DESTINATION = account(Chain.TRX, TO["SWEEP_TO_TRON"])
CONTRACT = account(Chain.TRX, ASSETS["USDT_TRC20"].contract)


def fill_gas(world: World, amount: str) -> str:
    [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is Chain.TRX]
    world.chains.pay("trx", gas.address, Decimal(amount), None)
    return gas.address


def test_trx_leaves_nothing_behind_if_bandwidth_is_free(world: World) -> None:
    customer = world.customer()
    world.paid(customer, "TRX", "500")
    plan = world.plan(Chain.TRX).plan
    assert plan is not None
    [arrives] = plan.arrives
    done = world.swept(Chain.TRX)
    assert done.state is SweepState.DONE, done
    assert world.chains.tron.balance(DESTINATION, world.chains.tron.height) == arrives.units
    left = world.chains.tron.balance(account(Chain.TRX, world.address(customer, Chain.TRX)), world.chains.tron.height)
    assert 0 <= left < 10_000, left


def test_usdt_can_be_swept_from_an_address_that_was_never_active(world: World) -> None:
    gas = fill_gas(world, "100")
    customer = world.customer()
    world.paid(customer, "USDT_TRC20", "300")
    view = world.plan(Chain.TRX)
    assert view.plan is not None and view.plan.transactions == 2
    credited = world.credited()
    done = world.swept(Chain.TRX)
    assert done.state is SweepState.DONE, done
    assert {step.state for step in done.steps} == {"confirmed"}
    assert world.chains.tron.token_balance(CONTRACT, DESTINATION) == 300 * 10**6
    spent = 100 * 10**6 - world.chains.tron.balance(account(Chain.TRX, gas), world.chains.tron.height)
    assert spent <= view.plan.gas.units
    world.settle(Chain.TRX)
    assert Deposit.select().count() == 1
    assert world.credited() == credited


def test_usdt_worth_less_than_its_energy_stays(world: World) -> None:
    fill_gas(world, "100")
    world.paid(world.customer(), "USDT_TRC20", "6")
    plan = world.plan(Chain.TRX).plan
    assert plan is not None and plan.is_empty
    assert [left.why for left in plan.left] == [Kept.DEAR]


@pytest.mark.parametrize("energy", [20_000, 80_000, 300_000])
def test_energy_that_an_address_has_saves_trx_and_fails_no_transfer(world: World, energy: int) -> None:
    customer = world.customer()
    world.paid(customer, "TRX", "100")
    world.paid(customer, "USDT_TRC20", "300")
    costly = world.plan(Chain.TRX).plan
    world.chains.tron.energy[account(Chain.TRX, world.address(customer, Chain.TRX))] = energy
    done = world.swept(Chain.TRX)
    assert [(step.state, step.reason) for step in done.steps] == [("confirmed", "")] * 2
    assert world.chains.tron.token_balance(CONTRACT, DESTINATION) == 300 * 10**6
    assert done.plan.cost.units == costly.cost.units - 100 * min(energy, 130_285 * 11 // 10)


def test_what_follows_a_failed_token_transfer_says_so(world: World) -> None:
    customer = world.customer()
    world.paid(customer, "TRX", "100")
    world.paid(customer, "USDT_TRC20", "300")
    view = world.plan(Chain.TRX)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.chains.tron.fees = 2
    for _ in range(4):
        world.run()
        world.chains.mine("trx", 30)
    world.run()
    steps = {step.sum.asset.code: (step.state, step.reason) for step in world.shop.sweeps.view(view.id).steps}
    assert steps == {
        "USDT_TRC20": ("failed", "it failed on the chain, and cost its fee"),
        "TRX": ("failed", "the one before it failed"),
    }


def test_running_out_of_energy_is_reported_as_a_failure_and_moves_nothing(world: World) -> None:
    fill_gas(world, "100")
    world.paid(world.customer(), "USDT_TRC20", "300")
    view = world.plan(Chain.TRX)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.run()
    world.chains.tron.fees = 2
    for _ in range(4):
        world.chains.mine("trx", 30)
        world.run()
    done = world.shop.sweeps.view(view.id)
    assert done.state is SweepState.DONE
    assert done.counts == {"confirmed": 1, "failed": 1}
    assert world.chains.tron.token_balance(CONTRACT, DESTINATION) == 0


def test_a_swallowed_transaction_expires_and_its_coins_leave_with_the_next_sweep(world: World) -> None:
    world.paid(world.customer(), "TRX", "500")
    world.chains.fault("tron", "swallow", 10_000)
    view = world.plan(Chain.TRX)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    before = set(world.chains.tron.transactions)
    world.run()
    [first] = SweepTransaction.select()
    assert first.state == "sent"
    world.chains.mine("trx", 30)
    world.run()
    assert SweepTransaction.get_by_id(first.id).state == "sent", "it may still count"
    world.clock.pass_s(EXPIRY_S)
    world.chains.mine("trx", 30)
    world.run()
    expired = SweepTransaction.get_by_id(first.id)
    assert (expired.state, expired.reason) == ("failed", "it expired")
    assert set(world.chains.tron.transactions) == before
    world.chains.fault("tron", "swallow", 0)
    done = world.swept(Chain.TRX)
    assert done.state is SweepState.DONE, done
    assert done.plan is not None
    [arrives] = done.plan.arrives
    assert world.chains.tron.balance(DESTINATION, world.chains.tron.height) == arrives.units


def test_a_transaction_may_still_count_for_two_days_while_only_one_operator_says_it_expired(world: World) -> None:
    world.paid(world.customer(), "TRX", "500")
    world.chains.fault("tron", "swallow", 10_000)
    view = world.plan(Chain.TRX)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.run()
    world.clock.pass_s(EXPIRY_S)
    world.chains.mine("trx", 30)
    world.chains.fault("tron-mirror", "swallow", 0)
    world.chains.fault("tron-mirror", "error500", 10_000)
    for _ in range(3):
        world.run()
    assert [row.state for row in SweepTransaction.select()] == ["sent"]
    world.clock.pass_s(LONG_S)
    world.chains.mine("trx", 30)
    world.run()
    assert [(row.state, row.reason) for row in SweepTransaction.select()] == [("failed", "it expired")]


def test_a_server_that_is_stuck_does_not_keep_a_sweep_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.paid(world.customer(), "TRX", "500")
    world.chains.fault("tron", "swallow", 10_000)
    view = world.plan(Chain.TRX)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.run()
    stuck_at, time_of = world.chains.tron.finalized, world.chains.tron.block_time

    def shown(height: int) -> int:
        return time_of(min(height, stuck_at) if has_request_context() and not is_mirror() else height)

    monkeypatch.setattr(world.chains.tron, "block_time", shown)
    world.clock.pass_s(EXPIRY_S + LONG_S)
    for _ in range(3):
        world.chains.mine("trx", 30)
        world.run()
    assert [(row.state, row.reason) for row in SweepTransaction.select()] == [("failed", "it expired")]
