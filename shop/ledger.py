"""The ledger: the only way to move a balance, and how a deposit is credited."""

from collections.abc import Callable, Iterable
from enum import Enum

from shop.money import Money
from storage.models import LedgerEntry

Follower = Callable[[int, Money, str], None]
"""Called with the customer whose balance grew, the amount, and the entry's key."""


class EntryKind(Enum):
    """Why a balance moved."""

    DEPOSIT = "deposit"
    PURCHASE = "purchase"
    REFERRAL_BONUS = "referral_bonus"
    REFERRER_BONUS = "referrer_bonus"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    MOVED_IN = "moved_in"
    TOLERANCE = "tolerance"
    STAR_REFUND = "star_refund"
    CHARGEBACK = "chargeback"
    """A payment reversed by its provider. Only this may take a balance below zero."""


def post(customer_id: int, amount: Money, *, kind: EntryKind, key: str, now: int) -> bool:
    """Move a balance by `amount`, once per `key`; return whether this call did it. Needs an open transaction.

    The database refuses an entry that would take the balance below zero, except for a chargeback.
    """
    return LedgerEntry.post(customer_id, kind=kind.value, amount_minor=amount.minor, key=key, now=now)


def credit_deposit(
    customer_id: int, amount: Money, *, key: str, now: int, followers: Iterable[Follower] = ()
) -> bool:
    """Credit a deposit, once per `key`, and tell the followers; return whether this call did it.

    Needs an open transaction: what a follower does is rolled back with it.
    """
    if not post(customer_id, amount, kind=EntryKind.DEPOSIT, key=key, now=now):
        return False
    for follower in followers:
        follower(customer_id, amount, key)
    return True
