"""Each open sweep has its turn in a run, whatever becomes of the others; an automatic one makes way."""

from collections.abc import Callable

import pytest

from shop.chains.errors import ChainUnavailable
from shop.chains.sending import Speed
from shop.errors.payments import SweepReason
from shop.sweeps.bitcoin import BitcoinMover
from storage.models import Sweep
from tests.shop.sweeps.test_offline import states
from tests.shop.sweeps.test_stopping import meanwhile, two_confirmed
from tests.shop.sweeps.test_sweeps import confirmed
from tests.shop.sweeps.world import World
from wallet.chains import Chain

Make = Callable[..., World]


def raising(error: Exception) -> Callable[[], None]:
    def deed() -> None:
        raise error

    return deed


def sweeps() -> list[tuple[str, bool, str, str]]:
    """List the chain of each sweep, whether it is automatic, its state and the reason."""
    rows = Sweep.select().order_by(Sweep.id)
    return [(row.chain, row.asked_by is None, row.state, row.reason) for row in rows]


def test_an_automatic_sweep_is_dropped_where_an_owner_confirmed_another_before_it_was_planned(
    make_world: Make,
) -> None:
    world = make_world(SWEEP_ABOVE="BTC=1,LTC=1", SWEEP_DELAY_MINUTES="30")
    world.paid(world.customer(), "BTC", "0.01")
    world.paid(world.customer(), "LTC", "5")
    view = world.plan(Chain.BTC)
    world.shop.sweeps.watch_sums()
    world.shop.sweeps.confirm(world.owner, view.id, Speed.NORMAL)
    world.run()
    assert sweeps() == [
        ("BTC", False, "waiting", ""),
        ("BTC", True, "dropped", SweepReason.UNDER_WAY.value),
        ("LTC", True, "waiting", ""),
    ]


def test_a_confirmed_sweep_begins_though_an_automatic_one_was_asked_for_before_it(
    make_world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(SWEEP_ABOVE="BTC=1")
    world.paid(world.customer(), "BTC", "0.01")
    world.shop.sweeps.watch_sums()
    meanwhile(monkeypatch, BitcoinMover, "offers", raising(ChainUnavailable(Chain.BTC, (), retry_after_s=1)))
    number = confirmed(world)
    assert [sweep[2] for sweep in sweeps()] == ["asked", "waiting"]
    world.run()
    assert sweeps() == [("BTC", True, "dropped", SweepReason.UNDER_WAY.value), ("BTC", False, "running", "")]
    assert states(number) == ["sent"]


def test_an_automatic_sweep_is_dropped_where_nothing_is_worth_moving(make_world: Make) -> None:
    world = make_world(SWEEP_ABOVE="BTC=1")
    world.paid(world.customer(), "BTC", "0.01")
    world.shop.sweeps.watch_sums()
    world.chains.cost("btc", 500)
    world.run()
    assert sweeps() == [("BTC", True, "dropped", SweepReason.NOTHING.value)]


def test_a_sweep_that_fails_holds_up_no_other_and_fails_the_job_afterwards(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = two_confirmed(world)
    meanwhile(monkeypatch, BitcoinMover, "prepare", raising(RuntimeError("broken")))
    with pytest.raises(RuntimeError, match="broken"):
        world.run()
    assert (states(first), states(second)) == (["planned"], ["sent"])
    assert f"sweep {first} failed: broken" in caplog.messages
    world.run()
    assert (states(first), states(second)) == (["sent"], ["sent"])
