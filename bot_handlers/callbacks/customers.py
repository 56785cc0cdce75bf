"""Buttons that admins support a customer with."""

from bot_handlers.callbacks import Callback, button


@button("who")
class FindCustomer(Callback):
    """Ask whom to find."""


@button("person")
class ShowCustomer(Callback):
    """Show a customer."""

    customer_id: int


@button("moved")
class ShowCustomerStatement(Callback):
    """Show a page of the movements of his balance."""

    customer_id: int
    page: int


@button("sheet")
class SendCustomerStatement(Callback):
    """Send all his movements as a file."""

    customer_id: int


@button("expected")
class ShowCustomerComing(Callback):
    """Show the deposits that are on their way to him."""

    customer_id: int


@button("sales")
class ShowCustomerOrders(Callback):
    """Show a page of his orders."""

    customer_id: int
    page: int


@button("sale")
class ShowCustomerOrder(Callback):
    """Show an order of his, with a page of its lines."""

    order_id: int
    page: int


@button("sold")
class ShowCustomerLine(Callback):
    """Show a line of an order of his."""

    line_id: int


@button("refunds")
class AskRefundOrder(Callback):
    """Ask whether what is left of an order is to be refunded."""

    order_id: int


@button("repay")
class RefundOrder(Callback):
    """Refund what is left of an order."""

    order_id: int


@button("refund1")
class AskRefundLine(Callback):
    """Ask whether a line is to be refunded."""

    line_id: int


@button("repay1")
class RefundLine(Callback):
    """Refund a line."""

    line_id: int


@button("worries")
class ShowCustomerTickets(Callback):
    """Show a page of his open tickets."""

    customer_id: int
    page: int


@button("worry")
class ShowCustomerTicket(Callback):
    """Show a ticket of his, which leads back to his others."""

    ticket_id: int


@button("adjust")
class TypeAdjustment(Callback):
    """Ask what to add to his balance, or to take."""

    customer_id: int


@button("adjusted")
class Adjust(Callback):
    """Do what was shown to his balance."""

    adjustment_id: int


@button("letter")
class TypeToCustomer(Callback):
    """Ask what to write to him."""

    customer_id: int


@button("ban")
class TypeBan(Callback):
    """Ask why he is to be banned (1), or let in again (0)."""

    customer_id: int
    banned: int


@button("pieces")
class ShowPieces(Callback):
    """Show a page of the units of a line: which one is faulty?"""

    line_id: int
    page: int


@button("faulty")
class AskReplace(Callback):
    """Ask whether a unit is to be replaced."""

    item_id: int


@button("swap")
class ReplaceItem(Callback):
    """Replace a unit by one from stock."""

    item_id: int
