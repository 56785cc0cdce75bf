"""Money back: a confirmation, then once."""

from bot_handlers.admin.callbacks_customers import (
    AskRefundLine,
    AskRefundOrder,
    RefundLine,
    RefundOrder,
    ShowCustomerLine,
    ShowCustomerOrder,
)
from bot_handlers.messenger import Messenger
from bot_handlers.views import refunds as views
from bot_handlers.visits import Visit
from shop.support.customers import CustomerSupport
from shop.support.refunds import Refunds


class RefundingHandlers:
    """Refunds of orders and of their lines."""

    def __init__(self, refunds: Refunds, desk: CustomerSupport, messenger: Messenger) -> None:
        self._refunds = refunds
        self._desk = desk
        self._messenger = messenger

    def ask_order(self, visit: Visit, choice: AskRefundOrder) -> None:
        """Show what a refund of an order gives back."""
        due = self._refunds.of_order(visit.person, choice.order_id)
        name = self._desk.name(visit.person, due.customer_id)
        back = ShowCustomerOrder(due.order_id, 0)
        self._messenger.show(visit, views.ask(due, name, RefundOrder(due.order_id), back, visit.translator))

    def ask_line(self, visit: Visit, choice: AskRefundLine) -> None:
        """Show what a refund of a line gives back."""
        due = self._refunds.of_line(visit.person, choice.line_id)
        name = self._desk.name(visit.person, due.customer_id)
        back = ShowCustomerLine(choice.line_id)
        self._messenger.show(visit, views.ask(due, name, RefundLine(choice.line_id), back, visit.translator))

    def refund_order(self, visit: Visit, choice: RefundOrder) -> None:
        """Refund what is left of an order."""
        due = self._refunds.refund_order(visit.person, choice.order_id)
        self._messenger.show(visit, views.done(due, visit.translator))

    def refund_line(self, visit: Visit, choice: RefundLine) -> None:
        """Refund a line."""
        due = self._refunds.refund_line(visit.person, choice.line_id)
        self._messenger.show(visit, views.done(due, visit.translator))
