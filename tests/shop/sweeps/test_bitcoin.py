"""BTC and LTC are swept in few transactions, with the cost shown first."""

from decimal import Decimal

import pytest

from shop.assets import ASSETS
from shop.chains.sending import Speed
from shop.sweeps.offers import Kept
from shop.sweeps.views import SweepState
from tests.shop.sweeps.world import TO, World
from wallet.addresses import script_pubkey
from wallet.chains import Chain


def arrived(world: World, chain: Chain, destination: str) -> int:
    """Return the confirmed units paid to an address."""
    ledger = {Chain.BTC: world.chains.btc, Chain.LTC: world.chains.ltc}[chain]
    script = script_pubkey(chain, destination)
    held = [tx for tx in ledger.history(script) if ledger.block_of(tx.txid)]
    return sum(coin.value for tx in held for coin in tx.outputs if coin.script == script)


@pytest.mark.parametrize(("code", "amount"), [("BTC", "0.01"), ("LTC", "5")])
def test_what_customers_paid_arrives_at_the_destination_minus_the_fee_shown(
    world: World, code: str, amount: str
) -> None:
    chain, to = Chain(code), TO[f"SWEEP_TO_{code}"]
    for number in (1, 2, 3):
        world.paid(world.customer(number), code, amount)
    plan = world.plan(chain)
    assert plan.state is SweepState.PLANNED
    assert plan.destination == to
    assert plan.plan is not None and plan.plan.transactions == 1
    [shown] = plan.plan.arrives
    total = 3 * int(float(amount) * 10**8)
    assert shown.units + plan.plan.cost.units == total
    done = world.swept(chain)
    assert done.state is SweepState.DONE, done
    assert arrived(world, chain, to) == shown.units
    assert [step.state for step in done.steps] == ["confirmed"]
    assert world.plan(chain).plan.is_empty


def test_a_faster_speed_costs_more_and_every_speed_is_shown_beforehand(world: World) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    plans = world.plan(Chain.BTC).plans
    assert set(plans) == set(Speed)
    assert plans[Speed.FAST].cost.units > plans[Speed.NORMAL].cost.units >= plans[Speed.SLOW].cost.units
    assert plans[Speed.FAST].minutes < plans[Speed.SLOW].minutes


def test_an_amount_too_small_to_sweep_stays_and_the_plan_says_so(world: World) -> None:
    world.paid(world.customer(1), "BTC", "0.01")
    world.paid(world.customer(2), "BTC", "0.00003")
    plan = world.plan(Chain.BTC).plan
    [left] = plan.left
    assert (left.sum.asset, left.sum.units, left.count) == (ASSETS["BTC"], 3_000, 1)
    assert [each.units + plan.cost.units for each in plan.arrives] == [1_000_000]


def test_an_output_that_pays_for_itself_but_not_for_a_whole_transaction_stays_and_the_plan_says_so(
    world: World,
) -> None:
    world.chains.cost("btc", 10)
    world.paid(world.customer(1), "BTC", "0.01")
    cost = world.plan(Chain.BTC).plan.cost.units
    world.swept(Chain.BTC)
    units = cost * 100 // world.settings.sweep_fee_ceiling_percent * 8 // 10
    world.paid(world.customer(2), "BTC", str(Decimal(units).scaleb(-8)))
    plan = world.plan(Chain.BTC).plan
    [left] = plan.left
    assert (left.sum.units, left.count, left.why) == (units, 1, Kept.DEAR)
    assert plan.is_empty
