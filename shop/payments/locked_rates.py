"""The rate of a deposit: the one that its customer's top-up screen locked, if the transfer came in time."""

from shop.chains.transfers import Transfer
from shop.payments.deposit_views import DepositState
from shop.payments.rates import Rate, recorded
from storage.models import Deposit as DepositRow
from storage.models import TopUp as TopUpRow

LATE_BLOCK_S = 3 * 3_600
"""Seconds after its first sighting within which a transfer has to be in a block to keep the rate of that time.

A sender can hold a transfer back, or replace it: without a limit, they would let it through only if the rate suits
them.
"""


def promised_to(customer_id: int, transfer: Transfer, *, seen_at: int, now: int) -> TopUpRow | None:
    """Find the top-up screen whose rate a transfer gets."""
    if transfer.block_height is None and (transfer.replaceable or now - seen_at > LATE_BLOCK_S):
        return None
    return TopUpRow.at(customer_id, transfer.asset.code, _counts_at(transfer, seen_at=seen_at))


def count_anew(row: DepositRow, transfer: Transfer, *, now: int) -> bool:
    """Let a transfer count as seen now if its first sighting does not count; return whether it lost a locked rate.

    A sighting outside a block counts only if a block follows soon, and not if the sender can replace the transfer:
    then the block counts. A transfer that was given up counts anew, unless it returns to the same block.
    """
    outside, returned = transfer.block_height is None, row.state == DepositState.ORPHANED.value
    waited = row.block_height is None and not returned
    late = waited and (transfer.block_time or now) - row.seen_at > LATE_BLOCK_S
    lost = row.top_up_id is not None and (late or (outside and transfer.replaceable))
    if lost:
        drop_rate(row)
    unkept = row.rate is None and TopUpRow.at(row.customer_id, row.asset, row.seen_at) is not None
    if (waited and not outside and unkept) or (returned and (row.block_hash or "") != transfer.block_hash):
        row.seen_at = now
    return lost


def lock_rate(row: DepositRow, transfer: Transfer, *, now: int) -> None:
    """Apply the locked rate of the top-up screen if the transfer was seen in time.

    The first sighting counts: otherwise customers could choose their rate by opening a screen while a transfer
    waits. A replaceable transfer counts once it is in a block. After a downtime, the block's time shows when it could
    have been seen.
    """
    if row.rate is not None:
        return
    promise = promised_to(row.customer_id, transfer, seen_at=row.seen_at, now=now)
    if promise is not None:
        keep_rate(row, recorded(promise), top_up_id=promise.id)


def correct_rate(row: DepositRow, witnessed: Transfer, *, now: int) -> bool:
    """Drop a locked rate if the witness dates the block outside the lock; return whether it was dropped.

    Of the times of two servers the later one counts, so that no single one can choose an old rate.
    """
    locked = None if row.top_up_id is None else TopUpRow.get_or_none(TopUpRow.id == row.top_up_id)
    if locked is None or _counts_at(witnessed, seen_at=row.seen_at) < locked.created_at:
        return False
    promise = promised_to(row.customer_id, witnessed, seen_at=row.seen_at, now=now)
    if promise == locked:
        return False
    drop_rate(row)
    lock_rate(row, witnessed, now=now)
    return True


def keep_rate(row: DepositRow, rate: Rate, *, top_up_id: int | None = None) -> None:
    """Record the rate of a deposit."""
    row.rate, row.rate_source, row.rate_at, row.top_up_id = str(rate.value), rate.source, rate.at, top_up_id
    DepositRow.change(row.id, rate=row.rate, rate_source=row.rate_source, rate_at=row.rate_at, top_up_id=top_up_id)


def drop_rate(row: DepositRow) -> None:
    """Forget the rate of a deposit."""
    row.rate = row.rate_source = row.rate_at = row.top_up_id = None
    DepositRow.change(row.id, rate=None, rate_source=None, rate_at=None, top_up_id=None)


def _counts_at(transfer: Transfer, *, seen_at: int) -> int:
    """Return when a transfer could have been seen."""
    return min(seen_at, transfer.block_time or seen_at)
