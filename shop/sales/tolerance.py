"""Small missing amounts: a waiting order is placed anyway, and the ledger records what was waived.

The entry has its own kind, so that the price of the order stays the same. A refund deducts it first, so that only
what was paid is returned.
"""

from shop import ledger
from shop.context import Context
from shop.ledger import EntryKind
from shop.money import Money
from storage.models import Customer, LedgerEntry, Tolerance, WaitingOffer


def may_be_missing(context: Context, waiting: WaitingOffer) -> Money:
    """Return how much may be missing for a waiting offer: nothing unless a payment was credited while it waited."""
    total = Money(waiting.offer.total_minor, context.currency)
    if not LedgerEntry.deposited_since(waiting.customer_id, waiting.created_at):
        return Money(0, context.currency)
    return context.settings.payment_tolerance.of(total)


def let_pass(customer_id: int, order_id: int, missing: Money, *, now: int) -> None:
    """Add the missing amount of an order to its customer's balance. Needs an open transaction.

    The database refuses more than a tenth of the order.
    """
    number = Tolerance.keep(order_id, missing.minor, now=now)
    ledger.post(customer_id, missing, kind=EntryKind.TOLERANCE, key=f"tolerance:{number}", now=now)


def owed(order_id: int, refund: Money, *, balance: Money) -> Money:
    """Return how much of the waived amount a refund of this order deducts.

    `balance` includes the refund. If a chargeback left it below zero, the rest waits for the next refund.
    """
    return Money(max(0, min(Tolerance.left_of(order_id), refund.minor, balance.minor)), refund.currency)


def take_back(customer_id: int, order_id: int, line_id: int, refund: Money, *, now: int) -> None:
    """Deduct the waived amount from a line's refund, which is already posted. Needs an open transaction."""
    balance = Money(Customer.balance_of(customer_id), refund.currency)
    back = owed(order_id, refund, balance=balance)
    if back.minor > 0:
        number = Tolerance.keep(order_id, -back.minor, now=now, line_id=line_id)
        ledger.post(customer_id, -back, kind=EntryKind.TOLERANCE, key=f"tolerance:{number}", now=now)
