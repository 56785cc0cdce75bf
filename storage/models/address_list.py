"""Every address that the shop gave out, with the balance from final deposits, for the operator's list; its chains."""

from collections.abc import Iterator
from dataclasses import dataclass

from storage.models.payments import Deposit, DepositAddress
from storage.models.sweeps import SweepInput

FINAL = ("credited", "dust")


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """An address and a coin on it, in base units; without an asset nothing has arrived there yet.

    `mode`: of the wallet that holds its key; None for an address of a previous shop.
    """

    chain: str
    address: str
    path: str
    customer_id: int
    mode: str | None
    asset: str
    units: int


def listed_addresses() -> Iterator[ListedAddress]:
    """List every address, oldest first, once for each coin that arrived there; to be read in a snapshot."""
    left = _left()
    for row in DepositAddress.select().order_by(DepositAddress.id):
        for asset, units in left.get(row.id, {"": 0}).items():
            yield ListedAddress(row.chain, row.address, row.path, row.customer_id, row.mode, asset, units)


def used_chains() -> set[str]:
    """Return the chains on which anyone ever got an address."""
    return {row.chain for row in DepositAddress.select(DepositAddress.chain).distinct().namedtuples()}


def _left() -> dict[int, dict[str, int]]:
    """Sum up final deposits by address and asset, less what was moved out or is about to be."""
    sums: dict[int, dict[str, int]] = {}
    for row in Deposit.select().where(Deposit.state.in_(FINAL)).order_by(Deposit.id):
        there = sums.setdefault(row.address_id, {})
        there[row.asset] = there.get(row.asset, 0) + row.units
    for taken in SweepInput.select().where(SweepInput.live == 1):
        there = sums.setdefault(taken.address_id, {})
        there[taken.asset] = there.get(taken.asset, 0) - taken.units
    return sums
