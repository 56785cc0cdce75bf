"""Refunds: the price paid for an order line is returned to the customer's balance, in one part or several.

The goods of a refunded line stay sold, because they may have been read. Sales, uses of coupons and referral bonuses
stay too: a coupon is not given back, and bonuses are for deposits.
"""

import logging
from dataclasses import dataclass, replace

from shop import ledger
from shop.context import Context
from shop.errors.refusals import MoneyRightNeeded, NotFound, StaleScreen
from shop.errors.sales import NothingToRefund, RefundTooHigh
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.people import Person, Right
from shop.sales import tolerance
from shop.support.vigilance import Vigilance
from storage.models import Customer, Order, OrderLine, Refund, StockItem

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a line that a refund returns; `before` was returned earlier."""

    line_id: int
    name: str
    amount: Money
    before: Money


@dataclass(frozen=True, slots=True)
class Refundable:
    """A refund of an order, or of one of its lines. `unit` is what one item of the line cost; zero for an order."""

    order_id: int
    customer_id: int
    parts: tuple[Part, ...]
    unit: Money
    quantity: int = 1
    never_paid: Money | None = None
    """The shortfall of the parts that was waived when the order was placed."""

    @property
    def amount(self) -> Money:
        """The total amount returned."""
        worth = sum((part.amount for part in self.parts), Money(0, self.unit.currency))
        return worth if self.never_paid is None else worth - self.never_paid

    @property
    def names(self) -> tuple[str, ...]:
        """Name the products."""
        return tuple(part.name for part in self.parts)


@dataclass(frozen=True, slots=True)
class Refunds:
    """Refunds. The keys of the ledger and of the table ensure that no more is returned for a line than was paid."""

    context: Context
    vigilance: Vigilance

    def of_order(self, admin: Person, order_id: int) -> Refundable:
        """Preview a refund of everything in an order that has not been refunded yet.

        Raises:
            OwnAccount: it is the manager's own order.
            NotFound: no such order.
            NothingToRefund: all of it has been refunded.
            MoneyRightNeeded: an item was replaced, and the manager does not have the right to money.
        """
        order = Order.get_or_none(Order.id == order_id)
        return self._refundable(admin, order, OrderLine.of(order_id))

    def of_line(self, admin: Person, line_id: int, amount: Money | None = None) -> Refundable:
        """Preview a refund of a line: of an amount, or of all that is left.

        Raises:
            OwnAccount, NothingToRefund, MoneyRightNeeded: as in `of_order`.
            NotFound: no such line.
            RefundTooHigh: the amount is not above zero, or more than is left.
        """
        line = OrderLine.get_or_none(OrderLine.id == line_id)
        due = self._refundable(admin, None if line is None else line.order, [] if line is None else [line])
        if amount is None:
            return due
        [part] = due.parts
        if not 0 < amount.minor <= part.amount.minor:
            raise RefundTooHigh(part.amount)
        return _never_paid_taken_off(replace(due, parts=(replace(part, amount=amount),)))

    def refund_order(self, admin: Person, order_id: int) -> Refundable:
        """Refund what is left of an order, and tell the customer.

        Raises:
            OwnAccount, NotFound, NothingToRefund, MoneyRightNeeded: as in `of_order`; nothing moves.
        """
        with self.context.database.transaction():
            return self._refund(admin, self.of_order(admin, order_id))

    def refund_line(
        self, admin: Person, line_id: int, amount: Money | None = None, *, before: Money | None = None
    ) -> Refundable:
        """Refund a line, or an amount of it, and tell the customer.

        `before`: how much had been returned when the admin was asked; if it has changed, nothing moves, so pressing
        twice makes one refund.

        Raises:
            OwnAccount, NotFound, NothingToRefund, MoneyRightNeeded, RefundTooHigh: as in `of_line`; nothing moves.
            StaleScreen: something of the line was refunded since; nothing moves.
        """
        with self.context.database.transaction():
            if before is not None and self.of_line(admin, line_id).parts[0].before != before:
                raise StaleScreen
            return self._refund(admin, self.of_line(admin, line_id, amount))

    def names_of(self, line_ids: list[int]) -> tuple[str, ...]:
        """Name the products of lines, for letters."""
        return tuple(OrderLine.get_by_id(line_id).product_name for line_id in line_ids)

    def _refundable(self, admin: Person, order: Order | None, lines: list[OrderLine]) -> Refundable:
        self.context.customers.require(admin, Right.CUSTOMERS)
        if order is None:
            raise NotFound
        self.context.customers.require_for(admin, Right.CUSTOMERS, order.customer_id)
        returned = Refund.amounts_of([line.id for line in lines])
        due = tuple(
            Part(
                line.id,
                line.product_name,
                Money(line.paid_minor - returned.get(line.id, 0), self.context.currency),
                Money(returned.get(line.id, 0), self.context.currency),
            )
            for line in lines
            if line.paid_minor > returned.get(line.id, 0)
        )
        if not due:
            raise NothingToRefund
        if any(StockItem.pieces_of(part.line_id, faulty=True) for part in due):
            require_money(self.context, admin)
        one = lines[0] if len(lines) == 1 else None
        return _never_paid_taken_off(
            Refundable(
                order_id=order.id,
                customer_id=order.customer_id,
                parts=due,
                unit=Money(one.paid_minor // one.quantity if one else 0, self.context.currency),
                quantity=one.quantity if one else 1,
            )
        )

    def _refund(self, admin: Person, due: Refundable) -> Refundable:
        self.context.customers.require_proof(admin)
        now = self.context.clock()
        for part in due.parts:
            key = Refund.key_of(part.line_id, part.before.minor)
            ledger.post(due.customer_id, part.amount, kind=EntryKind.REFUND, key=key, now=now)
            Refund.keep(
                part.line_id, part.amount.minor, before_minor=part.before.minor, refunded_by=admin.id, now=now
            )
            tolerance.take_back(due.customer_id, due.order_id, part.line_id, part.amount, now=now)
        amount = f"{due.amount.decimal:f} {self.context.currency}"
        self.context.audit.write(
            admin, "order.refunded", f"order {due.order_id}", amount=amount, goods=", ".join(due.names)
        )
        first, line_ids = due.parts[0], [part.line_id for part in due.parts]
        payload = {"order_id": due.order_id, "line_ids": line_ids, "minor": due.amount.minor}
        customer = Customer.get_by_id(due.customer_id)
        key = f"refunded:{first.line_id}:{first.before.minor}" if first.before.minor else f"refunded:{first.line_id}"
        self.context.outbox.tell(customer, Event.REFUNDED, key=key, payload=payload)
        self.vigilance.noted(admin, len(due.parts))
        _log.info("order %d: %d %s refunded", due.order_id, due.amount.minor, self.context.currency)
        return due


def _never_paid_taken_off(due: Refundable) -> Refundable:
    worth = replace(due, never_paid=None).amount
    balance = Money(Customer.balance_of(due.customer_id), worth.currency)
    return replace(due, never_paid=tolerance.owed(due.order_id, worth, balance=balance + worth))


def require_money(context: Context, admin: Person) -> None:
    """Require the right to money, which is needed to both replace and refund one line.

    Raises:
        MoneyRightNeeded: they do not have it.
    """
    if Right.MONEY not in context.customers.rights_of(admin.telegram_id):
        raise MoneyRightNeeded
    context.customers.require(admin, Right.MONEY)  # which also asks for a code, if it is guarded by one
