"""What arrived on the shop's own addresses, as far as it has been seen, and what a provider took."""

from collections.abc import Iterator

from storage.models.deposits import Deposit, DepositAddress
from storage.models.invoices import Invoice

ARRIVED = "SELECT asset, state, units, credited_minor, address_id FROM deposit WHERE state <> 'orphaned'"

_HOLDS = """
chain = ? AND EXISTS (
    SELECT 1 FROM deposit d WHERE d.address_id = deposit_address.id AND d.asset = ? AND d.state <> 'orphaned'
)
"""
ADDRESSES = f"SELECT * FROM deposit_address WHERE {_HOLDS} ORDER BY id LIMIT ? OFFSET ?"  # noqa: S608
COUNT = f"SELECT count(*) FROM deposit_address WHERE {_HOLDS}"  # noqa: S608
PAID = "SELECT asset, fiat_minor, coalesce(paid_units, units) FROM invoice WHERE state = 'paid'"


def arrived() -> Iterator[tuple[str, str, int, int, int]]:
    """Read every deposit that is not orphaned: asset, state, units, what it was credited as, its address."""
    for asset, state, units, credited, address_id in Deposit.raw(ARRIVED).tuples().iterator():
        yield asset, state, int(units), credited or 0, address_id


def addresses(chain: str, asset: str, *, page: int, size: int) -> list[DepositAddress]:
    """List one page of the addresses that an asset arrived on, oldest first."""
    return list(DepositAddress.raw(ADDRESSES, chain, asset, size, page * size))


def count_addresses(chain: str, asset: str) -> int:
    """Count the addresses that an asset arrived on."""
    [(count,)] = DepositAddress.raw(COUNT, chain, asset).tuples()
    return int(count)


def units_on(address_ids: list[int], asset: str) -> dict[int, int]:
    """Add up what of an asset arrived on each of these addresses."""
    sums = dict.fromkeys(address_ids, 0)
    d = Deposit
    here = d.select(d.address, d.units).where(d.address.in_(address_ids), d.asset == asset, d.state != "orphaned")
    for row in here:
        sums[row.address_id] += row.units
    return sums


def paid() -> Iterator[tuple[str, int, int]]:
    """Read every payment that a provider took: asset, fiat credited, units of the coin."""
    for asset, minor, units in Invoice.raw(PAID).tuples().iterator():
        yield asset, minor, int(units)
