"""The rate of a deposit: the one that its customer's top-up screen locked, if the transfer came in time."""

from shop.chains.transfers import Transfer
from shop.payments.rates import Rate, recorded
from storage.models import Deposit as DepositRow
from storage.models import TopUp as TopUpRow


def promised_to(customer_id: int, transfer: Transfer, *, seen_at: int, now: int) -> TopUpRow | None:
    """Find the top-up screen whose rate a transfer gets."""
    if transfer.replaceable and transfer.block_height is None:
        return None
    return TopUpRow.at(customer_id, transfer.asset.code, _counts_at(transfer, seen_at=seen_at, now=now))


def lock_rate(row: DepositRow, transfer: Transfer, *, now: int) -> None:
    """Apply the locked rate of the top-up screen if the transfer was seen in time.

    The first sighting counts: otherwise customers could choose their rate by opening a screen while a transfer
    waits. A replaceable transfer (BIP-125) counts once it is in a block. After a downtime, the block's time shows
    when it could have been seen.
    """
    if row.rate is not None:
        return
    promise = promised_to(row.customer_id, transfer, seen_at=row.seen_at, now=now)
    if promise is not None:
        keep_rate(row, recorded(promise), top_up_id=promise.id)


def correct_rate(row: DepositRow, witnessed: Transfer, *, now: int) -> bool:
    """Drop a rate that was locked for an earlier time than that of the block at a witness; return whether it was.

    Of the times of two servers the later one counts, so that no single one can choose an old rate.
    """
    locked = None if row.top_up_id is None else TopUpRow.get_or_none(TopUpRow.id == row.top_up_id)
    if locked is None or _counts_at(witnessed, seen_at=row.seen_at, now=now) < locked.created_at:
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


def _counts_at(transfer: Transfer, *, seen_at: int, now: int) -> int:
    """Return when a transfer could have been seen."""
    seen_at = now if transfer.replaceable else seen_at
    return min(seen_at, transfer.block_time or seen_at)
