"""The one way money moves: entries that are posted once and never changed."""

from enum import Enum

from shop.money import Money
from storage.models import LedgerEntry


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
