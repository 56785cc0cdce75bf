"""The ledger: the only way to move a balance, and how a deposit is credited."""

from collections.abc import Callable
from enum import Enum

from shop.money import Money
from storage.models import LedgerEntry

Follower = Callable[[int, Money, str], None]
"""Is told whose balance grew, by how much, and the key of the entry."""


class EntryKind(Enum):
    """Why a balance moved."""

    DEPOSIT = "deposit"
    PURCHASE = "purchase"
    REFERRAL_BONUS = "referral_bonus"
    REFERRER_BONUS = "referrer_bonus"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"


def post(customer_id: int, amount: Money, *, kind: EntryKind, key: str, now: int) -> bool:
    """Move a balance by `amount`, once per `key`; return whether this call did it. Needs an open transaction.

    The database refuses an entry that would take the balance below zero.
    """
    return LedgerEntry.post(customer_id, kind=kind.value, amount_minor=amount.minor, key=key, now=now)


class Crediting:
    """The one way a deposit becomes balance."""

    def __init__(self, *followers: Follower, clock: Callable[[], int]) -> None:
        self._followers = followers
        self._clock = clock

    def credit(self, customer_id: int, amount: Money, *, key: str) -> bool:
        """Credit a deposit, once per `key`; return whether this call did it. Needs an open transaction."""
        if not post(customer_id, amount, kind=EntryKind.DEPOSIT, key=key, now=self._clock()):
            return False
        for follower in self._followers:
            follower(customer_id, amount, key)
        return True
