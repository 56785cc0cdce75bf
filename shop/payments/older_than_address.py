"""Transfers from before their address was given out: they paid whoever had the address then, not its customer.

A wallet that something else uses leads to them: a `watch` account with a history, or the words of an earlier shop.
"""

from shop.chains.parameters import PARAMETERS
from shop.chains.transfers import Head, Transfer
from shop.payments.witnesses import Hearing, Hold
from storage.models import Deposit as DepositRow
from storage.models import DepositAddress
from wallet.chains import Chain

TOLERANCE_S = 3 * 3_600
"""How much older than its address a block has to be.

The time in a block of Bitcoin may be two hours ahead or one behind, and the shop's own clock may be wrong as well.
"""


def is_left_to_admins(row: DepositRow) -> bool:
    """Return whether it is settled that a deposit seems to be earlier, so that no server is asked about it again."""
    return row.held == Hold.EARLIER.value and row.alarmed_at is not None


def seems_earlier(transfer: Transfer, head: Head, address: DepositAddress, *, now: int) -> bool:
    """Return whether a transfer may have been made before its address was given out, as far as one server shows.

    Without a time, it is judged by the blocks since. An unconfirmed one is later by nature. Addresses of a previous
    shop were given out at a time that nobody knows; `shop.payments.moved` judges what they received.
    """
    if transfer.block_height is None or address.moved:
        return False
    if transfer.block_time is not None:
        return transfer.block_time < _since(address, now)
    least_s = _least_age_s(transfer.chain, head.latest - transfer.block_height)
    return now - least_s * 3 // 2 < _since(address, now)  # slots may be empty, or take longer


def is_earlier(transfer: Transfer, hearing: Hearing, address: DepositAddress, *, now: int) -> bool:
    """Return whether a transfer that a witness confirmed was made before its address was given out.

    Two servers that agree are believed. If they do not, or none knows a time, the number of blocks since decides, on
    which they do agree: so a single one can neither keep a payment from its customer nor pass off an old one.
    """
    if address.moved:
        return False
    since = _since(address, now)
    said = {time < since for time in (transfer.block_time, hearing.block_time) if time is not None}
    if len(said) == 1:
        return said.pop()
    return now - _least_age_s(transfer.chain, hearing.latest - (transfer.block_height or 0)) < since


def _since(address: DepositAddress, now: int) -> int:
    """Return the time from which on blocks count; one made in the future was made by a wrong clock."""
    return min(address.created_at, now) - TOLERANCE_S


def _least_age_s(chain: Chain, blocks: int) -> int:
    """Return how many seconds so many blocks take at least; 0 where the chain's rules do not say."""
    slots = PARAMETERS[chain].pace.slots
    return 0 if slots is None else max(0, blocks) * slots[2] // 1_000
