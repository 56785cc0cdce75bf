"""SOL is signed on a machine with a network, and signed again if it expires."""

from collections.abc import Callable

import pytest

from shop.chains.sending import Speed
from shop.chains.solana_sending import SolanaSending
from shop.sweeps.live_signing import sign_and_send
from shop.sweeps.offline import OfflineSweeps
from tests.shop.sweeps.test_offline import OPERATOR, SEALED
from tests.shop.sweeps.world import TO, World
from wallet.chains import Chain
from wallet.plans.errors import WrongKey
from wallet.plans.keys import Keys
from wallet.plans.plan import Plan
from wallet.plans.signed import verify
from wallet.sealing import OperatorKey

KEYS = Keys(operator=OPERATOR)


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(**SEALED)


def plan_of(world: World, customers: int) -> Plan:
    for number in range(customers):
        world.paid(world.customer(number), "SOL", "1.5")
    made = OfflineSweeps(world.shop.sweeps).plan(Speed.NORMAL).plan
    assert made is not None
    return made


def sending(world: World) -> SolanaSending:
    return world.registry.solana_sending()


def test_transactions_signed_here_arrive_and_match_the_plan(world: World) -> None:
    made, told, kept = plan_of(world, 3), [], []
    landed = sign_and_send(
        made,
        KEYS,
        sending(world),
        wait=lambda _: world.chains.mine("sol", 40),
        progress=told.append,
        keep=kept.append,
    )
    assert [each.position for each in landed] == [0, 1, 2]
    assert [verify(made, each.position, each.raw) for each in landed] == list(landed)
    held = world.chains.sol.lamports(TO["SWEEP_TO_SOL"], world.chains.sol.height)
    assert held == sum(each.units for each in made.transactions)
    assert told == [3]
    assert kept == [list(landed)]


def test_an_address_emptied_beforehand_is_left_alone(world: World) -> None:
    made = plan_of(world, 2)
    first = sign_and_send(
        made, KEYS, sending(world), wait=lambda _: world.chains.mine("sol", 40), progress=lambda _: None, keep=list
    )
    before = set(world.chains.sol.transactions)
    assert len(first) == 2
    assert sign_and_send(made, KEYS, sending(world), wait=lambda _: None, progress=lambda _: None, keep=list) == ()
    assert set(world.chains.sol.transactions) == before


def test_a_swallowed_transaction_is_signed_again_once_it_has_expired(world: World) -> None:
    made = plan_of(world, 1)
    world.chains.fault("sol", "swallow", 10_000)
    waits = []

    def wait(_: int) -> None:
        waits.append(len(waits))
        if len(waits) == 3:
            world.chains.fault("sol", "swallow", 0)
            world.chains.mine("sol", 400)
        elif len(waits) > 3:
            world.chains.mine("sol", 40)

    (landed,) = sign_and_send(made, KEYS, sending(world), wait=wait, progress=lambda _: None, keep=list)
    assert landed.txid in world.chains.sol.transactions
    assert world.chains.sol.lamports(made.transactions[0].holders[0].address, world.chains.sol.height) == 0


def test_the_wrong_key_sends_nothing(world: World) -> None:
    made = plan_of(world, 1)
    before = set(world.chains.sol.transactions)
    stranger = Keys(operator=OperatorKey(bytes(range(2, 34))))
    with pytest.raises(WrongKey):
        sign_and_send(made, stranger, sending(world), wait=lambda _: None, progress=lambda _: None, keep=list)
    assert set(world.chains.sol.transactions) == before
    assert made.transactions[0].chain is Chain.SOL


def test_an_interrupted_call_is_continued_and_knows_what_had_been_accepted(world: World) -> None:
    made, kept = plan_of(world, 3), []

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sign_and_send(made, KEYS, sending(world), wait=interrupted, progress=lambda _: None, keep=kept.append)
    [before] = kept
    world.chains.drop("sol", before[2].txid)
    world.chains.mine("sol", 40)
    sent = set(world.chains.sol.transactions)
    assert {each.txid for each in before[:2]} <= sent
    ages = iter(range(100))
    landed = sign_and_send(
        made,
        KEYS,
        sending(world),
        wait=lambda _: world.chains.mine("sol", 400 if next(ages) == 0 else 40),
        progress=lambda _: None,
        keep=kept.append,
        before=before,
    )
    assert [each.position for each in landed] == [0, 1, 2]
    assert landed[:2] == tuple(before[:2])
    assert {each.txid for each in landed} <= set(world.chains.sol.transactions)
    assert world.chains.sol.lamports(TO["SWEEP_TO_SOL"], world.chains.sol.height) == sum(
        each.units for each in made.transactions
    )
