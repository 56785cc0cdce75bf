"""What watching costs, counted over ten minutes of simulated time; `make bench` counts whole hours.

A hundred open top-ups, the default providers, and every request counted (tests/bench/simulation.py).
"""

from pathlib import Path

from tests.bench.simulation import Measured, Simulation

WARM_UP_S = 120
MEASURED_S = 600
NO_LATER_THAN_S = 30


def measured(folder: Path, customers: int) -> Measured:
    simulation = Simulation(folder, customers=customers)
    try:
        simulation.run(WARM_UP_S)
        return simulation.measure(MEASURED_S)
    finally:
        simulation.close()


def test_watching_costs_depend_on_activity_and_payments_are_announced_soon(tmp_path: Path) -> None:
    few, many = measured(tmp_path, 1_000), measured(tmp_path, 10_000)
    for each in (few, many):
        busy = {name: each.kinds[name] for name, count in each.asked.items() if count > MEASURED_S}
        assert busy == {}, "asked more than once a second"
        assert {"mempool.space", "litecoinspace.org", "api.trongrid.io"} < set(each.asked)
        assert all(each.delays.values()), "every coin is paid in"
        assert {code: late for code, late in each.delays.items() if late[-1] > NO_LATER_THAN_S} == {}
    doubled = {name: (few.asked[name], count) for name, count in many.asked.items() if count >= 2 * few.asked[name]}
    assert doubled == {}, "ten times the customers"
