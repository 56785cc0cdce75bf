"""What chains show, compared with the records of it, and what to ask them again."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.chains.finality import Finality
from shop.chains.transfers import Head, Transfer
from shop.payments.deposit_views import OPEN
from shop.payments.older_than_address import is_left_to_admins
from storage.models import Deposit as DepositRow
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Pending:
    """A deposit to ask the chain about again. `changed_at` and `seen_at` are in Unix seconds."""

    deposit_id: int
    txid: str
    index: str
    address: str
    changed_at: int
    missing: bool
    seen_at: int
    block_height: int | None = None
    block_hash: str | None = None
    shown_by: str = ""


def pending_of(row: DepositRow) -> Pending:
    """Say what to ask the chain about a deposit."""
    return Pending(
        deposit_id=row.id,
        txid=row.txid,
        index=row.place,
        address=row.address.address,
        changed_at=row.updated_at,
        missing=row.missing_since is not None,
        seen_at=row.seen_at,
        block_height=row.block_height,
        block_hash=row.block_hash,
        shown_by=row.shown_by,
    )


def is_news(transfer: Transfer, rows: Sequence[DepositRow]) -> bool:
    """Return whether a transfer is not recorded yet as it is shown, or its records are not settled."""
    unsettled = not rows or any(_is_open(row) or row.missing_since is not None for row in rows)
    return unsettled or (not shows(rows, transfer) and not all(row.alarmed_at for row in rows))


def shows(rows: Sequence[DepositRow], transfer: Transfer) -> bool:
    """Return whether records say the same as a transfer of their name: to whom it pays how much of what."""
    return not differing(rows, transfer)


def differing(rows: Sequence[DepositRow], transfer: Transfer) -> tuple[str, ...]:
    """Name what a transfer shows differently from the records of its name: `sum`, `coin`, `address`."""
    facts = {
        "sum": sum(row.units for row in rows) == transfer.units,
        "coin": all(row.asset == transfer.asset.code for row in rows),
        "address": all(row.address.address == transfer.address for row in rows),
    }
    return tuple(name for name, is_same in facts.items() if not is_same)


def is_final(row: DepositRow, head: Head) -> bool:
    """Return whether a record's block is as deep as its amount asks for."""
    height = row.block_height
    return height is not None and Finality(Chain(row.chain), row.finality).reached(height, head)


def pays_the_same(row: DepositRow, transfer: Transfer) -> bool:
    """Return whether a record names the receiver and the coin of a transfer."""
    return row.address.address == transfer.address and row.asset == transfer.asset.code


def _is_open(row: DepositRow) -> bool:
    return row.state in OPEN and not is_left_to_admins(row)
