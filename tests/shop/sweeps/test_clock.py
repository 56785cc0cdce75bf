"""A clock that was ahead when a sweep was asked for or confirmed does not keep it waiting until then."""

from collections.abc import Callable

import pytest

from shop.chains.sending import Speed
from shop.sweeps.engine import LONG_S
from shop.sweeps.tron import EXPIRY_S
from shop.sweeps.views import SweepState
from storage.models import Sweep, SweepTransaction
from tests.shop.sweeps.world import World
from tests.stand import letters
from wallet.chains import Chain

DAY_S = 86_400
DELAY_S = 3_600


def confirmed(world: World) -> int:
    """Confirm a sweep while the clock is a day ahead, and set the clock right."""
    world.paid(world.customer(), "BTC", "0.01")
    view = world.plan(Chain.BTC)
    world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
    world.clock.pass_s(-DAY_S)
    return view.id


def test_a_sweep_that_was_confirmed_by_a_clock_that_was_ahead_starts_after_the_delay(
    make_world: Callable[..., World],
) -> None:
    world = make_world(SWEEP_DELAY_MINUTES=str(DELAY_S // 60))
    number = confirmed(world)
    told = [letter.progress for letter in letters("admin_sweep")]
    world.shop.sweeps.run()
    starts_at = world.clock() + DELAY_S
    assert [letter.progress - 1 for letter in letters("admin_sweep")] == told, "the owners see the new time"
    world.run(DELAY_S - 1)
    view = world.shop.sweeps.view(number)
    assert (view.state, view.starts_at) == (SweepState.WAITING, starts_at)
    world.run(1)
    assert world.shop.sweeps.view(number).state is SweepState.RUNNING


def test_owners_can_stop_it_meanwhile(make_world: Callable[..., World]) -> None:
    world = make_world(SWEEP_DELAY_MINUTES=str(DELAY_S // 60))
    number = confirmed(world)
    world.shop.sweeps.run()
    world.shop.sweeps.stop(world.owner, number)
    world.run(DELAY_S)
    assert world.shop.sweeps.view(number).state is SweepState.STOPPED


def test_without_a_delay_it_starts_at_once(world: World) -> None:
    number = confirmed(world)
    for _ in range(2):
        world.shop.sweeps.run()
    assert world.shop.sweeps.view(number).state is SweepState.RUNNING


@pytest.mark.parametrize(("ahead_s", "state"), [(0, "asked"), (DAY_S, "dropped")])
def test_a_plan_that_no_server_helps_to_make_is_given_up_though_the_clock_was_ahead(
    world: World, ahead_s: int, state: str
) -> None:
    world.paid(world.customer(), "BTC", "0.01")
    asked = world.shop.sweeps.ask(world.owner, Chain.BTC, message_id=None)
    world.clock.pass_s(-ahead_s)
    world.chains.fault("btc", "error500", 100)
    world.shop.sweeps.run()
    assert Sweep.get_by_id(asked.id).state == state


@pytest.fixture
def swallowed(world: World) -> SweepTransaction:
    """A TRX transaction that a server swallowed, while the other operator's is silent."""
    world.paid(world.customer(), "TRX", "500")
    world.chains.fault("tron", "swallow", 10_000)
    view = world.plan(Chain.TRX)
    world.shop.sweeps.confirm(world.owner, view.id, view.speed)
    world.run()
    world.chains.fault("tron-mirror", "swallow", 0)
    world.chains.fault("tron-mirror", "error500", 10_000)
    return SweepTransaction.get()


def test_a_transaction_that_may_still_count_is_not_over_because_the_clock_is_days_ahead(
    world: World, swallowed: SweepTransaction
) -> None:
    ahead_s = EXPIRY_S + LONG_S + DAY_S
    world.run(ahead_s)
    assert [row.state for row in SweepTransaction.select()] == ["sent"]
    world.clock.pass_s(-ahead_s)
    for server in ("tron", "tron-mirror"):
        world.chains.fault(server, "swallow" if server == "tron" else "error500", 0)
    for _ in range(2):
        world.run()
        world.chains.mine("trx", 30)
    world.run()
    assert [row.state for row in SweepTransaction.select()] == ["confirmed"]


def test_one_that_was_given_up_is_looked_for_though_the_clock_is_days_ahead(
    world: World, swallowed: SweepTransaction
) -> None:
    with world.database.transaction():
        SweepTransaction.give_up(swallowed, reason="refused")
    for ahead, is_looked_for in (("the clock", True), ("the chain as well", False)):
        if ahead == "the chain as well":
            world.chains.mine("trx", 30)
        world.run(EXPIRY_S + LONG_S)
        assert bool(SweepTransaction.get().may_land) is is_looked_for
