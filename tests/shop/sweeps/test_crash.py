"""kill -9 in the middle of a sweep, twenty times: nothing is sent twice, and nothing is forgotten."""

import multiprocessing
import random
import time
from decimal import Decimal
from multiprocessing.process import BaseProcess

from shop.assets import ASSETS
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Sweep, SweepTransaction
from tests.patience import DEADLINE_S, wait_for
from tests.shop.sweeps import sweeper
from tests.shop.sweeps.world import TO, World, emulated
from wallet.addresses import script_pubkey
from wallet.chains import Chain

ROUNDS = 20
CUSTOMERS = 6
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.shop.sweeps.sweeper"])


class RunningClock:
    """Real time, because another process shares it."""

    def __call__(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()

    def pass_s(self, seconds: int) -> None:
        """Do nothing: real time passes anyway."""


def start(world: World, key: DatabaseKey) -> BaseProcess:
    """Start a shop that sweeps, and wait until it does."""
    providers = world.chains.provider_settings(world.url, mirrors=True)
    told: dict[str, object] = {"servers": providers.servers, "price_urls": providers.price_urls}
    told["first_blocks"] = {
        chain.value: (network.start.height, network.start.headers[0].hex())
        for chain, network in world.chains.networks.items()
    }
    ours, theirs = PROCESSES.Pipe()
    program = PROCESSES.Process(target=sweeper.main, args=(str(world.database.path), key.raw, told, theirs))
    program.start()
    theirs.close()
    assert ours.poll(DEADLINE_S)
    assert ours.recv() == "ready"
    program.tether = ours  # type: ignore[attr-defined]
    return program


def test_after_twenty_kills_during_sweeps_nothing_is_sent_twice_and_nothing_forgotten(
    database: Database, key: DatabaseKey
) -> None:
    """BTC in several transactions, and ETH with tokens that need gas first."""
    chance = random.Random(11)
    with emulated(database, RunningClock()) as make:
        world = make()
        [gas] = [each for each in world.shop.sweeps.gas(world.owner) if each.chain is Chain.ETH]
        world.chains.pay("eth", gas.address, Decimal("1"), None)
        for number in range(CUSTOMERS):
            customer = world.customer(number)
            world.deposit(customer, "BTC", "0.01")
            world.deposit(customer, "USDT_ERC20", "200")
        for chain in (Chain.BTC, Chain.ETH):
            watch = next(each for each in world.shop.payments.watches if each.chain is chain)
            watch.scan()
            world.settle(chain)
        views = [world.plan(chain) for chain in (Chain.BTC, Chain.ETH)]
        expected = {each.asset.code: each.units for view in views for each in view.plan.arrives}
        assert expected["USDT_ERC20"] == CUSTOMERS * 200 * 10**6
        for view in views:
            world.shop.sweeps.confirm(world.owner, view.id, view.speed)
        database.close()
        for _ in range(ROUNDS):
            kill_somewhere(start(world, key), chance)
            world.chains.mine("eth", 1)
        last = start(world, key)
        wait_for(lambda: world.chains.mine("btc", 1) and world.chains.mine("eth", 20) and arrived(world) == expected)
        for chain, blocks in (("btc", 10), ("eth", 100)):
            world.chains.mine(chain, blocks)
        last.kill()
        last.join(DEADLINE_S)
        database.open()
        finish(world)
        check(world, expected)


def kill_somewhere(program: BaseProcess, chance: random.Random) -> None:
    """Send it SIGKILL a moment later."""
    program.join(chance.uniform(0.01, 0.4))
    program.kill()
    program.join(DEADLINE_S)


def finish(world: World) -> None:
    """Restart the shop, and let it finish."""
    world.start()
    for _ in range(5):
        world.shop.sweeps.run()


def arrived(world: World) -> dict[str, int]:
    from shop.chains.tokens import account

    to = account(Chain.ETH, TO["SWEEP_TO_ETH"])
    tokens = world.chains.eth.token_balance(account(Chain.ETH, ASSETS["USDT_ERC20"].contract), to)
    script = script_pubkey(Chain.BTC, TO["SWEEP_TO_BTC"])
    with world.chains.lock:
        held = [tx for tx in world.chains.btc.history(script) if world.chains.btc.block_of(tx.txid)]
    return {
        "USDT_ERC20": tokens,
        "BTC": sum(coin.value for tx in held for coin in tx.outputs if coin.script == script),
    }


def check(world: World, expected: dict[str, int]) -> None:
    assert [row.state for row in Sweep.select()] == ["done", "done"]
    rows = list(SweepTransaction.select())
    assert {row.state for row in rows} == {"confirmed"}
    assert len(rows) == 1 + 2 * CUSTOMERS
    assert arrived(world) == expected
    sent = [tx for tx in world.chains.eth.transactions.values() if tx.nonce is not None]
    assert len({(tx.sender, tx.nonce) for tx in sent}) == len(sent) == 2 * CUSTOMERS
    assert {tx.txid for tx in sent} == {row.txid for row in rows if row.chain == "ETH"}
