"""Returned Stars: refunds by an admin, and chargebacks by Telegram."""

import logging
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from shop import ledger
from shop.context import Context
from shop.errors.refusals import BalanceTooLow, NotFound, StaleScreen
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.payments.stars import PaymentState, PaymentView, Stars
from shop.people import Person, Right
from storage.models import AccountMove, Customer, StarPayment
from storage.models.customers import FIRST_PSEUDONYM

_log = logging.getLogger("souk.stars")


REFUNDS_EVERY_S = 5
"""Seconds between two runs that ask Telegram for the refunds begun."""


class RefundAnswer(Enum):
    """Telegram's answer to a refund. `done` includes one already made; `silent`: ask again later."""

    DONE = "done"
    REFUSED = "refused"
    SILENT = "silent"


class Refunder(Protocol):
    """Returns Stars through Telegram."""

    def refund(self, telegram_id: int, charge_id: str) -> RefundAnswer:
        """Return the Stars of a charge to its payer."""
        ...


@dataclass(frozen=True, slots=True)
class StarPage:
    """A page of payments, newest first, each with its customer's name."""

    payments: tuple[tuple[PaymentView, str], ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class StarRefunds:
    """Refunds and chargebacks, each once."""

    context: Context
    stars: Stars

    def page(self, admin: Person, *, page: int) -> StarPage:
        """List payments in Stars, newest first."""
        self.context.customers.require(admin, Right.MONEY)
        size = self.context.page_entries
        page, pages = self.context.page(page, StarPayment.count())
        rows = StarPayment.page(start=page * size, count=size)
        named = ((self.stars.view_of(row), self.context.customers.name_of(row.customer_id)) for row in rows)
        return StarPage(tuple(named), page, pages)

    def one(self, admin: Person, payment_id: int) -> PaymentView:
        """Read a payment.

        Raises:
            NotFound: there is none of this number.
        """
        self.context.customers.require(admin, Right.MONEY)
        return self.stars.view_of(_there(payment_id))

    def begin(self, admin: Person, payment_id: int) -> PaymentView:
        """Deduct a payment from the balance and have Telegram return the Stars; `settle` finds out the outcome.

        Raises:
            OwnAccount: it is the manager's own payment.
            NotFound: there is none of this number, or its customer's data was deleted.
            StaleScreen: it was returned already, or is being returned.
            BalanceTooLow: the customer has spent it, so an order has to be refunded first.
        """
        with self.context.database.transaction():
            self.context.customers.require(admin, Right.MONEY)
            row = _there(payment_id)
            self.context.customers.require_for(admin, Right.MONEY, row.customer_id)
            customer, balance = Customer.get_by_id(row.customer_id), Customer.balance_of(row.customer_id)
            if customer.telegram_id >= FIRST_PSEUDONYM:
                raise NotFound
            if row.state != PaymentState.PAID.value:
                raise StaleScreen
            if balance < row.credited_minor:
                raise BalanceTooLow(Money(balance, self.context.currency))
            attempt, amount = row.attempt + 1, Money(row.credited_minor, self.context.currency)
            payer = AccountMove.account_at(row.customer_id, row.paid_at)
            self._become(row, PaymentState.REFUNDING, refund_to=payer, attempt=attempt)
            key = f"stars-refund:{row.charge_id}:{attempt}"
            ledger.post(row.customer_id, -amount, kind=EntryKind.STAR_REFUND, key=key, now=self.context.clock())
            self.context.audit.write(
                admin, "stars.refunded", f"customer {customer.telegram_id}", stars=row.stars, payment=row.id
            )
        return self.stars.view(payment_id)

    def settle(self, refunder: Refunder) -> None:
        """Ask Telegram for the refunds that have begun, including those that a crash interrupted.

        Each goes to the account recorded with it, even if the customer's data was deleted meanwhile.
        """
        for payment_id, charge_id, telegram_id in StarPayment.on_their_way_back():
            answer = refunder.refund(telegram_id, charge_id)
            if answer is RefundAnswer.DONE:
                self.went_back(charge_id)
            elif answer is RefundAnswer.REFUSED:
                self._keep(payment_id)

    def went_back(self, charge_id: str) -> bool:
        """Record that Telegram returned a payment; return whether that was new.

        One that the shop did not ask for is a chargeback: it is deducted from the balance, however little is left.
        """
        with self.context.database.transaction():
            row = StarPayment.find(charge_id)
            if row is None or row.state in (PaymentState.REFUNDED.value, PaymentState.CHARGED_BACK.value):
                return False
            if row.state == PaymentState.REFUNDING.value:
                self._become(row, PaymentState.REFUNDED)
                self._tell(row, Event.STARS_REFUNDED)
            else:
                self._charge_back(row)
        return True

    def _charge_back(self, row: StarPayment) -> None:
        self._become(row, PaymentState.CHARGED_BACK)
        amount = Money(row.credited_minor, self.context.currency)
        key = f"stars-chargeback:{row.charge_id}"
        ledger.post(row.customer_id, -amount, kind=EntryKind.CHARGEBACK, key=key, now=self.context.clock())
        self._tell(row, Event.STARS_TAKEN_BACK)
        self.context.outbox.tell_admins(Event.ADMIN_CHARGEBACK, key=f"admin-{key}", payload={"payment_id": row.id})
        _log.error("payment %d was charged back: %d Stars", row.id, row.stars)

    def _keep(self, payment_id: int) -> None:
        """Return to the balance what was deducted for a refund that Telegram refuses, and notify the admins."""
        with self.context.database.transaction():
            row = StarPayment.get_by_id(payment_id)
            if row.state != PaymentState.REFUNDING.value:
                return
            self._become(row, PaymentState.PAID)
            amount = Money(row.credited_minor, self.context.currency)
            key = f"stars-kept:{row.charge_id}:{row.attempt}"
            ledger.post(row.customer_id, amount, kind=EntryKind.STAR_REFUND, key=key, now=self.context.clock())
            self.context.outbox.tell_admins(Event.ADMIN_STARS_KEPT, key=key, payload={"payment_id": row.id})

    def _become(self, row: StarPayment, state: PaymentState, *, refund_to: int | None = None, **columns: int) -> None:
        """Change the state. Without a refund under way, the account that it goes to is forgotten."""
        now = self.context.clock()
        StarPayment.change(row.id, state=state.value, changed_at=now, refund_to=refund_to, **columns)

    def _tell(self, row: StarPayment, event: Event) -> None:
        customer = Customer.get_by_id(row.customer_id)
        self.context.outbox.tell(
            customer, event, key=f"{event.value}:{row.charge_id}", payload={"payment_id": row.id}
        )


def _there(payment_id: int) -> StarPayment:
    row: StarPayment | None = StarPayment.get_or_none(StarPayment.id == payment_id)
    if row is None:
        raise NotFound
    return row
