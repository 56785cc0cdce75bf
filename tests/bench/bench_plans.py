"""How long a plan for many customers of a sealed shop takes: read, checked, signed, and compared when it comes back.

python -m tests.bench.bench_plans [CUSTOMERS]
"""

import sys
from time import process_time

from tests.bench.bench_wallet import timed, ways
from tests.wallet.plans.made import DESTINATIONS, NOW, OPERATOR, Boxes, ether, plan, spend
from wallet.chains import Chain
from wallet.plans import checks, reading
from wallet.plans.keys import Keys
from wallet.plans.plan import Plan, write
from wallet.plans.signed import read_signed, write_signed
from wallet.plans.signing import sign_plan

CUSTOMERS = 1_000
INPUTS = 200


def made(boxes: Boxes, customers: int) -> Plan:
    """A plan with a coin of BTC and some ETH of each customer."""
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


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    file = write(made(Boxes(range(1, customers + 1)), customers))
    began = process_time()
    checks.check(reading.read(file), now=NOW)
    print(f"plan of {customers} customers: {len(file):,} bytes, read and checked in {process_time() - began:.1f} s")
    for name, way in ways().items():
        way.public_key(bytes(31) + b"\1")  # the table and the library are loaded once per process
        seconds = timed(lambda: sign_plan(reading.read(file), Keys(operator=OPERATOR), now=NOW), way)
        print(f"signed, {name:12s} {seconds:8.1f} s")
    back = write_signed(sign_plan(reading.read(file), Keys(operator=OPERATOR), now=NOW))
    began = process_time()
    read_signed(back)
    print(f"signed file: {len(back):,} bytes, compared in {process_time() - began:.1f} s")


if __name__ == "__main__":
    main()
