"""What watching costs, counted in ten minutes of simulated time: `make bench` counts whole hours.

A hundred open top-ups, the providers that a shop is set up with, every question counted (tests/bench/simulation.py).
"""

from pathlib import Path

import pytest

from shop.assets import ASSETS
from tests.bench.simulation import Measured, Simulation

pytestmark = pytest.mark.xdist_group("watch-scale")
MINUTE_S = 60


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Measured]:
    """What a small shop and one with ten times the customers ask, and how soon they announce payments."""
    found = {}
    for customers in (300, 3_000):
        simulation = Simulation(Path(tmp_path_factory.mktemp("scale")), customers=customers)
        simulation.run(2 * MINUTE_S)
        found[customers] = simulation.measure(10 * MINUTE_S)
        simulation.close()
    return found


def test_no_provider_is_asked_more_than_once_a_second(measured: dict[int, Measured]) -> None:
    for each in measured.values():
        busiest = max(each.asked, key=lambda name: each.asked[name])
        assert each.asked[busiest] <= each.seconds, (busiest, each.kinds[busiest])
        assert {"mempool.space", "litecoinspace.org", "api.trongrid.io"} < set(each.asked)


def test_ten_times_the_customers_cost_less_than_twice_the_questions(measured: dict[int, Measured]) -> None:
    few, many = measured[300], measured[3_000]
    assert sum(many.asked.values()) < 2 * sum(few.asked.values())
    assert {
        name: (count, few.asked[name]) for name, count in many.asked.items() if count >= 2 * few.asked[name]
    } == {}


@pytest.mark.parametrize("coin", ASSETS)
def test_a_payment_to_an_open_top_up_is_announced_within_half_a_minute(
    measured: dict[int, Measured], coin: str
) -> None:
    for each in measured.values():
        assert each.delays[coin]
        assert each.delays[coin][-1] <= 30
