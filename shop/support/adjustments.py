"""Manual adjustments of a balance. They create money, so they need the right to money as well.

A confirmation screen shows a stored proposal. Its number is the ledger's key: however often the button is pressed,
the money moves once.
"""

import logging
from dataclasses import dataclass

from shop import ledger
from shop.context import Context
from shop.errors.refusals import BalanceTooLow, StaleScreen, TextTooLong
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.people import Person, Right
from storage.models import Adjustment as AdjustmentRow
from storage.models import Customer

_log = logging.getLogger("souk.shop")

MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An amount added to a balance (or taken, if negative), and the reason."""

    id: int
    customer_id: int
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True)
class Adjustments:
    """Adjustments of balances. Managers cannot adjust their own."""

    context: Context

    def balance(self, admin: Person, customer_id: int) -> Money:
        """Read the balance to adjust.

        Raises:
            OwnAccount: it is the manager's own balance.
            NotFound: no such customer.
        """
        self.context.customers.require(admin, Right.MONEY)
        self.context.customers.require_for(admin, Right.CUSTOMERS, customer_id)
        return self.context.customers.balance(self.context.customers.person(customer_id))

    def check(self, admin: Person, customer_id: int, amount: Money) -> None:
        """Refuse an amount that the balance does not cover.

        Raises:
            OwnAccount, NotFound: as in `balance`.
            BalanceTooLow: the balance is lower.
        """
        balance = self.balance(admin, customer_id)
        if amount.minor < 0 and (balance + amount).minor < 0:
            raise BalanceTooLow(balance)

    def propose(self, admin: Person, customer_id: int, amount: Money, reason: str) -> Adjustment:
        """Store a proposal for the confirmation screen; nothing moves yet.

        Raises:
            OwnAccount, NotFound, BalanceTooLow: as in `check`.
            TextTooLong: the reason is too long.
        """
        if len(reason) > MAX_REASON:
            raise TextTooLong(MAX_REASON)
        with self.context.database.transaction():
            self.check(admin, customer_id, amount)
            row = AdjustmentRow.create(
                customer=customer_id,
                amount_minor=amount.minor,
                reason=reason,
                admin_id=admin.id,
                created_at=self.context.clock(),
            )
        return self._adjustment(row)

    def make(self, admin: Person, adjustment_id: int) -> Adjustment:
        """Make the adjustment that this admin was shown, and tell the customer. A second call changes nothing.

        Raises:
            OwnAccount, BalanceTooLow: as in `check`; nothing moves.
            StaleScreen: this admin was not shown the adjustment.
        """
        with self.context.database.transaction():
            row = AdjustmentRow.shown_to(admin.id, adjustment_id)
            if row is None:
                self.context.customers.require(admin, Right.MONEY)
                raise StaleScreen
            wanted = self._adjustment(row)
            if not AdjustmentRow.is_made(row.id):
                self._make(admin, wanted)
        return wanted

    def one(self, adjustment_id: int) -> Adjustment:
        """Read an adjustment, for letters."""
        return self._adjustment(AdjustmentRow.get_by_id(adjustment_id))

    def _make(self, admin: Person, wanted: Adjustment) -> None:
        self.check(admin, wanted.customer_id, wanted.amount)
        key = f"adjustment:{wanted.id}"
        ledger.post(wanted.customer_id, wanted.amount, kind=EntryKind.ADJUSTMENT, key=key, now=self.context.clock())
        customer = Customer.get_by_id(wanted.customer_id)
        amount = f"{wanted.amount.decimal:+f} {self.context.currency}"
        subject = f"customer {customer.telegram_id}"
        self.context.audit.write(admin, "balance.adjusted", subject, amount=amount, reason=wanted.reason)
        self.context.outbox.tell(customer, Event.ADJUSTED, key=key, payload={"adjustment_id": wanted.id})
        _log.info("customer %d: balance adjusted by %d", customer.id, wanted.amount.minor)

    def _adjustment(self, row: AdjustmentRow) -> Adjustment:
        return Adjustment(row.id, row.customer_id, Money(row.amount_minor, self.context.currency), row.reason)
