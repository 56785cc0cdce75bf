"""Refunds: what was paid for an order line goes back to the customer's balance, once.

The goods of a refunded line stay sold, because they may have been read. Sales, uses of coupons and referral bonuses
stay too: a coupon is not given back, and bonuses are for deposits.
"""

import logging
from dataclasses import dataclass

from shop import ledger
from shop.context import Context
from shop.errors.refusals import NotFound
from shop.errors.sales import NothingToRefund
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.people import Person, Right
from shop.sales import tolerance
from storage.models import Customer, Order, OrderLine, Refund

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class Refundable:
    """A refund of an order, or of one of its lines."""

    order_id: int
    customer_id: int
    line_ids: tuple[int, ...]
    names: tuple[str, ...]
    amount: Money


@dataclass(frozen=True, slots=True)
class Refunds:
    """Refunds. Each line is refunded in full, at most once: the keys of the ledger and of the table ensure that."""

    context: Context

    def of_order(self, admin: Person, order_id: int) -> Refundable:
        """Preview a refund of all lines of an order that are not refunded yet.

        Raises:
            OwnAccount: it is the manager's own order.
            NotFound: no such order.
            NothingToRefund: all of it was refunded before.
        """
        order = Order.get_or_none(Order.id == order_id)
        return self._refundable(admin, order, OrderLine.of(order_id))

    def of_line(self, admin: Person, line_id: int) -> Refundable:
        """Preview a refund of a line.

        Raises:
            OwnAccount, NothingToRefund: as in `of_order`.
            NotFound: no such line.
        """
        line = OrderLine.get_or_none(OrderLine.id == line_id)
        return self._refundable(admin, None if line is None else line.order, [] if line is None else [line])

    def refund_order(self, admin: Person, order_id: int) -> Refundable:
        """Refund the lines of an order that are not refunded yet, and tell the customer.

        Raises:
            OwnAccount, NotFound, NothingToRefund: as in `of_order`; nothing moves.
        """
        with self.context.database.transaction():
            return self._refund(admin, self.of_order(admin, order_id))

    def refund_line(self, admin: Person, line_id: int) -> Refundable:
        """Refund a line, and tell the customer.

        Raises:
            OwnAccount, NotFound, NothingToRefund: as in `of_line`; nothing moves.
        """
        with self.context.database.transaction():
            return self._refund(admin, self.of_line(admin, line_id))

    def names_of(self, line_ids: list[int]) -> tuple[str, ...]:
        """Name the products of lines, for letters."""
        return tuple(OrderLine.get_by_id(line_id).product_name for line_id in line_ids)

    def _refundable(self, admin: Person, order: Order | None, lines: list[OrderLine]) -> Refundable:
        self.context.customers.require(admin, Right.CUSTOMERS)
        if order is None:
            raise NotFound
        self.context.customers.require_for(admin, Right.CUSTOMERS, order.customer_id)
        refunded = Refund.amounts_of([line.id for line in lines])
        due = [line for line in lines if line.id not in refunded and line.paid_minor]
        if not due:
            raise NothingToRefund
        costs = Money(sum(line.paid_minor for line in due), self.context.currency)
        return Refundable(
            order_id=order.id,
            customer_id=order.customer_id,
            line_ids=tuple(line.id for line in due),
            names=tuple(line.product_name for line in due),
            amount=costs - tolerance.owed(order.id, costs),
        )

    def _refund(self, admin: Person, due: Refundable) -> Refundable:
        now = self.context.clock()
        for line_id in due.line_ids:
            paid = Money(OrderLine.get_by_id(line_id).paid_minor, self.context.currency)
            ledger.post(due.customer_id, paid, kind=EntryKind.REFUND, key=f"refund:{line_id}", now=now)
            Refund.keep(line_id, paid.minor, refunded_by=admin.id, now=now)
            tolerance.take_back(due.customer_id, due.order_id, line_id, paid, now=now)
        amount = f"{due.amount.decimal:f} {self.context.currency}"
        self.context.audit.write(
            admin, "order.refunded", f"order {due.order_id}", amount=amount, goods=", ".join(due.names)
        )
        payload = {"order_id": due.order_id, "line_ids": due.line_ids, "minor": due.amount.minor}
        customer = Customer.get_by_id(due.customer_id)
        self.context.outbox.tell(customer, Event.REFUNDED, key=f"refunded:{due.line_ids[0]}", payload=payload)
        _log.info("order %d: %d %s refunded", due.order_id, due.amount.minor, self.context.currency)
        return due
