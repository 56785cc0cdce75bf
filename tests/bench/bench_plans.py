"""Time a plan for many customers of a sealed shop: read, check and sign it, and compare it when it comes back.

python -m tests.bench.bench_plans [--full]
"""

import sys
from time import process_time

from tests.bench.bench_wallet import timed, ways
from tests.bench.rows import Row, table, took
from tests.wallet.plans.made import DESTINATIONS, NOW, OPERATOR, Boxes, ether, plan, spend
from wallet.chains import Chain
from wallet.plans import checks, reading
from wallet.plans.keys import Keys
from wallet.plans.plan import Plan, write
from wallet.plans.signed import read_signed, write_signed
from wallet.plans.signing import sign_plan

CUSTOMERS, FEW = 1_000, 100
INPUTS = 200


def made(boxes: Boxes, customers: int) -> Plan:
    """Build a plan with a BTC coin and some ETH of each customer."""
    transactions = [
        spend(
            Chain.BTC,
            [boxes.holder(Chain.BTC, number) for number in range(first, min(first + INPUTS, customers + 1))],
            fee=20_000,
            first=first,
        )
        for first in range(1, customers + 1, INPUTS)
    ]
    to = DESTINATIONS[Chain.ETH]
    ethers = [
        ether(boxes.holder(Chain.ETH, number), to=to, units=10**18, balance=2 * 10**18)
        for number in range(1, customers + 1)
    ]
    return plan(*transactions, *ethers, boxes=boxes.sealed)


def main(*, full: bool = False) -> list[Row]:
    customers = CUSTOMERS if full else FEW
    file = write(made(Boxes(range(1, customers + 1)), customers))
    began = process_time()
    checks.check(reading.read(file), now=NOW)
    found = [
        Row(f"plan of {customers} customers", len(file) / 1000, "kB", noise_percent=1),
        took("it is read and checked", process_time() - began, unit="s"),
    ]
    for name, way in ways().items():
        way.public_key(bytes(31) + b"\1")  # builds the table and loads the library, once per process
        seconds = timed(lambda: sign_plan(reading.read(file), Keys(operator=OPERATOR), now=NOW), way)
        found.append(took(f"it is signed, {name}", seconds, unit="s"))
    back = write_signed(sign_plan(reading.read(file), Keys(operator=OPERATOR), now=NOW))
    began = process_time()
    read_signed(back)
    return [*found, took("what comes back is compared", process_time() - began, unit="s")]


if __name__ == "__main__":
    print(table(main(full="--full" in sys.argv)))
