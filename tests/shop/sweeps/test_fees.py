"""Servers that lie about what a transaction costs: the plan stays the same, or its coins stay where they are."""

from decimal import Decimal

import pytest

from shop.assets import ASSETS, native
from shop.chains.sending import upper_median, upper_median_of_runs
from shop.sweeps.offers import Kept
from tests.shop.sweeps.world import HOSTS, World
from wallet.chains import Chain

MIRRORS = {
    Chain.BTC: "btc-mirror",
    Chain.LTC: "ltc-mirror",
    Chain.ETH: "eth-mirror",
    Chain.TRX: "tron-mirror",
    Chain.SOL: "solana-mirror",
}


@pytest.mark.parametrize(
    ("code", "amount", "operators"),
    [
        *(("BTC", "0.01", 2), ("LTC", "2", 2), ("ETH", "0.5", 2), ("SOL", "1.5", 2)),
        *(("USDT_ERC20", "3000", 3), ("TRX", "500", 2), ("USDT_TRC20", "300", 3)),
    ],
)
def test_one_server_that_lies_about_fees_changes_no_plan(
    world: World, code: str, amount: str, operators: int
) -> None:
    """What a call takes, and TRON's prices, need a third operator: too little is lost on the chain."""
    world.hosts = HOSTS[:operators]
    world.start()
    asset = ASSETS[code]
    own = native(asset.chain).code
    if asset.code != own:
        [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is asset.chain]
        world.chains.pay(asset.chain.value, gas.address, Decimal(100), own)
    world.paid(world.customer(), code, amount)
    honest = world.plan(asset.chain).plan
    assert not honest.is_empty
    world.chains.fault(MIRRORS[asset.chain], "lie", 40)
    told = world.plan(asset.chain).plan
    assert (told.cost, told.arrives) == (honest.cost, honest.arrives)


@pytest.mark.parametrize(("code", "amount"), [("USDT_ERC20", "250"), ("USDT_TRC20", "300")])
def test_of_two_servers_the_one_that_lies_about_what_a_token_takes_makes_it_stay(
    world: World, code: str, amount: str
) -> None:
    chain = ASSETS[code].chain
    world.paid(world.customer(), code, amount)
    world.chains.fault(MIRRORS[chain], "lie", 40)
    plan = world.plan(chain).plan
    assert [left.why for left in plan.left] == [Kept.DEAR]


@pytest.mark.parametrize(
    ("figures", "agreed"),
    [
        ({"honest": [100]}, 100),
        ({"honest": [100], "low": [1]}, 100),
        ({"honest": [100], "high": [9_000]}, 9_000),
        ({"honest": [100], "other": [101], "high": [9_000]}, 101),
        ({"honest": [100], "other": [100], "low": [1]}, 100),
        ({"honest": [100], "low": [1, 1, 1]}, 100),
        ({"honest": [100], "other": [100], "high": [9_000, 9_000]}, 100),
    ],
)
def test_a_figure_is_as_high_as_two_operators_say_and_never_as_low_as_one_does(figures, agreed) -> None:
    assert upper_median(figures) == upper_median_of_runs(figures) == agreed


@pytest.mark.parametrize(
    ("runs", "agreed"),
    [
        ({"one": [None], "other": [100]}, None),
        ({"one": [], "other": [100]}, 100),
        ({"one": [], "other": []}, None),
    ],
)
def test_a_call_fails_if_it_fails_anywhere_and_one_that_no_server_ran_is_not_known_to_work(runs, agreed) -> None:
    assert upper_median_of_runs(runs) == agreed
