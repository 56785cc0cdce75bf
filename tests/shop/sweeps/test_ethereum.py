"""ETH and tokens are swept from each address separately, with gas from the shop's gas address."""

from decimal import Decimal

import pytest

from shop.assets import ASSETS, Asset
from shop.chains.tokens import account
from shop.sweeps.offers import Kept
from shop.sweeps.views import SweepState
from storage.models import Deposit, SweepTransaction
from tests.shop.sweeps.world import HOSTS, TO, World
from wallet.chains import Chain

DESTINATION = account(Chain.ETH, TO["SWEEP_TO_ETH"])
USDT = ASSETS["USDT_ERC20"]


def wei(world: World, address: str) -> int:
    return world.chains.eth.balance(account(Chain.ETH, address), world.chains.eth.height)


def usdt(world: World, who: bytes) -> int:
    return held(world, USDT, who)


def held(world: World, token: Asset, who: bytes) -> int:
    return world.chains.eth.token_balance(account(Chain.ETH, token.contract or ""), who)


def fill_gas(world: World, amount: str = "0.05") -> str:
    [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is Chain.ETH]
    world.chains.pay("eth", gas.address, Decimal(amount), None)
    return gas.address


def test_ether_leaves_an_address_to_the_last_wei(world: World) -> None:
    customers = [world.customer(number) for number in (1, 2)]
    for customer in customers:
        world.paid(customer, "ETH", "0.5")
    plan = world.plan(Chain.ETH).plan
    assert plan is not None and plan.transactions == 2
    done = world.swept(Chain.ETH)
    assert done.state is SweepState.DONE, done
    assert [wei(world, world.address(each, Chain.ETH)) for each in customers] == [0, 0]
    assert world.chains.eth.balance(DESTINATION, world.chains.eth.height) == plan.arrives[0].units


def test_a_token_is_swept_with_gas_sent_first_from_the_gas_address(world: World) -> None:
    gas = fill_gas(world)
    customer = world.customer()
    world.paid(customer, "USDT_ERC20", "250")
    view = world.plan(Chain.ETH)
    plan = view.plan
    assert plan is not None and plan.transactions == 2
    assert plan.gas.units > 0
    credited = world.credited()
    done = world.swept(Chain.ETH)
    assert done.state is SweepState.DONE, done
    assert {step.state for step in done.steps} == {"confirmed"}
    assert usdt(world, DESTINATION) == 250 * 10**6
    assert wei(world, gas) >= 5 * 10**16 - plan.gas.units
    world.settle(Chain.ETH)
    assert Deposit.select().count() == 1, "gas is no deposit of a customer"
    assert world.credited() == credited


def test_usdc_is_swept_as_well_and_from_an_address_with_both_tokens_after_usdt(world: World) -> None:
    fill_gas(world)
    customers = [world.customer(number) for number in (1, 2)]
    world.paid(customers[0], "USDT_ERC20", "250")
    for customer, amount in zip(customers, ("300", "400"), strict=True):
        world.paid(customer, "USDC_ERC20", amount)
    done = world.swept(Chain.ETH)
    assert done.state is SweepState.DONE, done
    assert {step.state for step in done.steps} == {"confirmed"}
    assert (usdt(world, DESTINATION), held(world, ASSETS["USDC_ERC20"], DESTINATION)) == (250 * 10**6, 700 * 10**6)


def test_without_gas_the_token_stays_and_the_plan_says_how_much_is_missing(world: World) -> None:
    world.paid(world.customer(), "USDT_ERC20", "250")
    plan = world.plan(Chain.ETH).plan
    assert plan is not None and plan.is_empty
    assert [(left.why, left.sum.units) for left in plan.left] == [(Kept.NO_GAS, 250 * 10**6)]
    assert plan.gas_missing.units > 0
    fill_gas(world, str(ASSETS["ETH"].format(plan.gas_missing.units)))
    assert not world.plan(Chain.ETH).plan.is_empty, "what was said to be lacking is enough"


@pytest.mark.parametrize("those", [("eth-mirror",), ("eth", "eth-mirror")])
def test_ether_stays_if_a_server_says_that_its_transfer_would_fail(world: World, those: tuple[str, ...]) -> None:
    """With the gas of a plain transfer, it would run out of gas at a contract, and lose its fee."""
    world.hosts = HOSTS
    world.start()
    world.paid(world.customer(), "ETH", "0.5")
    for name in those:
        world.chains.fault(name, "revert", 40)
    plan = world.plan(Chain.ETH).plan
    assert plan is not None and plan.is_empty
    assert [(left.why, left.sum.units) for left in plan.left] == [(Kept.MISSING, 5 * 10**17)]
    for name in those:
        world.chains.fault(name, "revert", 0)
    assert world.swept(Chain.ETH).state is SweepState.DONE


def test_an_address_with_both_sends_its_token_first_and_then_its_ether(world: World) -> None:
    customer = world.customer()
    world.paid(customer, "ETH", "0.5")
    world.paid(customer, "USDT_ERC20", "250")
    done = world.swept(Chain.ETH)
    assert done.state is SweepState.DONE, done
    rows = list(SweepTransaction.select().order_by(SweepTransaction.id))
    assert [(row.asset, row.nonce, row.state) for row in rows] == [
        ("USDT_ERC20", 0, "confirmed"),
        ("ETH", 1, "confirmed"),
    ]
    assert usdt(world, DESTINATION) == 250 * 10**6


def test_a_transaction_left_behind_by_a_jump_of_the_base_fee_is_replaced_at_a_higher_fee(world: World) -> None:
    world.paid(world.customer(), "ETH", "0.5")
    view = world.plan(Chain.ETH)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.chains.eth.fees = 5
    for _ in range(3):
        world.run()
        world.chains.mine("eth", 1)
    [stuck] = world.shop.sweeps.view(view.id).steps
    assert (stuck.state, stuck.confirmations) == ("sent", 0)
    world.shop.sweeps.raise_fee(world.owner, stuck.id)
    for _ in range(4):
        world.run()
        world.chains.mine("eth", 70)
    world.run()
    done = world.shop.sweeps.view(view.id)
    assert done.state is SweepState.DONE
    assert sorted(step.state for step in done.steps) == ["confirmed", "replaced"]
    assert world.chains.eth.balance(DESTINATION, world.chains.eth.height) > 4 * 10**17
    old, new = SweepTransaction.select().order_by(SweepTransaction.id)
    assert old.fee_units * 9 // 8 < new.fee_units < old.fee_units * 7, "as much as is asked for now, and no more"
