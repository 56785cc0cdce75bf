"""Buttons that admins support a customer with."""

from bot_handlers.callbacks import Callback, button


@button("who")
class FindCustomer(Callback):
    """Ask which customer to find."""


@button("person")
class ShowCustomer(Callback):
    """Show a customer."""

    customer_id: int


@button("moved")
class ShowCustomerStatement(Callback):
    """Show a page of the movements of their balance."""

    customer_id: int
    page: int


@button("sheet")
class SendCustomerStatement(Callback):
    """Send all movements of their balance as a file."""

    customer_id: int


@button("expected")
class ShowCustomerComing(Callback):
    """Show their pending deposits."""

    customer_id: int


@button("sales")
class ShowCustomerOrders(Callback):
    """Show a page of their orders."""

    customer_id: int
    page: int


@button("sale")
class ShowCustomerOrder(Callback):
    """Show one of their orders, with a page of its lines."""

    order_id: int
    page: int


@button("sold")
class ShowCustomerLine(Callback):
    """Show a line of one of their orders."""

    line_id: int


@button("refunds")
class AskRefundOrder(Callback):
    """Ask whether to refund what is left of an order."""

    order_id: int


@button("repay")
class RefundOrder(Callback):
    """Refund what is left of an order."""

    order_id: int


@button("refund1")
class AskRefundLine(Callback):
    """Ask whether to refund a line."""

    line_id: int


@button("repay1")
class RefundLine(Callback):
    """Refund a line."""

    line_id: int


@button("refundpart")
class AskRefundPart(Callback):
    """Ask whether to refund this amount of a line."""

    line_id: int
    minor: int


@button("refundsum")
class TypeRefund(Callback):
    """Ask how much of a line to refund."""

    line_id: int


@button("repaypart")
class RefundPart(Callback):
    """Refund this amount of a line, of which `before_minor` had been refunded when it was shown."""

    line_id: int
    minor: int
    before_minor: int


@button("worries")
class ShowCustomerTickets(Callback):
    """Show a page of their open tickets."""

    customer_id: int
    page: int


@button("worry")
class ShowCustomerTicket(Callback):
    """Show one of their tickets; Back leads to the others."""

    ticket_id: int


@button("adjust")
class TypeAdjustment(Callback):
    """Ask how much to add to their balance or deduct from it."""

    customer_id: int


@button("adjusted")
class Adjust(Callback):
    """Adjust a balance as was shown."""

    adjustment_id: int


@button("letter")
class TypeToCustomer(Callback):
    """Ask what to write to them."""

    customer_id: int


@button("ban")
class TypeBan(Callback):
    """Ask for the reason for a ban (1) or for lifting it (0)."""

    customer_id: int
    banned: int


@button("pieces")
class ShowPieces(Callback):
    """Show a page of the items of a line, to choose the faulty one."""

    line_id: int
    page: int


@button("faultyof")
class ShowFaultyPieces(Callback):
    """Show a page of the items that a ticket is about: a tap replaces one."""

    ticket_id: int
    page: int


@button("swapfor")
class ReplaceForTicket(Callback):
    """Replace an item with one from stock, for a ticket."""

    ticket_id: int
    item_id: int


@button("faulty")
class AskReplace(Callback):
    """Ask whether to replace an item."""

    item_id: int


@button("swap")
class ReplaceItem(Callback):
    """Replace an item with one from stock."""

    item_id: int
