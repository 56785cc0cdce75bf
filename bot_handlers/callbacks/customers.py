"""Buttons that admins support a customer with."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class FindCustomer(Callback):
    """Ask whom to find."""

    prefix = "who"


@dataclass(frozen=True, slots=True)
class ShowCustomer(Callback):
    """Show a customer."""

    prefix = "person"
    customer_id: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerStatement(Callback):
    """Show a page of the movements of his balance."""

    prefix = "moved"
    customer_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class SendCustomerStatement(Callback):
    """Send all his movements as a file."""

    prefix = "sheet"
    customer_id: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerComing(Callback):
    """Show the deposits that are on their way to him."""

    prefix = "expected"
    customer_id: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerOrders(Callback):
    """Show a page of his orders."""

    prefix = "sales"
    customer_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerOrder(Callback):
    """Show an order of his, with a page of its lines."""

    prefix = "sale"
    order_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerLine(Callback):
    """Show a line of an order of his."""

    prefix = "sold"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class AskRefundOrder(Callback):
    """Ask whether what is left of an order is to be refunded."""

    prefix = "refunds"
    order_id: "int"


@dataclass(frozen=True, slots=True)
class RefundOrder(Callback):
    """Refund what is left of an order."""

    prefix = "repay"
    order_id: "int"


@dataclass(frozen=True, slots=True)
class AskRefundLine(Callback):
    """Ask whether a line is to be refunded."""

    prefix = "refund1"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class RefundLine(Callback):
    """Refund a line."""

    prefix = "repay1"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerTickets(Callback):
    """Show a page of his open tickets."""

    prefix = "worries"
    customer_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowCustomerTicket(Callback):
    """Show a ticket of his, which leads back to his others."""

    prefix = "worry"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class TypeAdjustment(Callback):
    """Ask what to add to his balance, or to take."""

    prefix = "adjust"
    customer_id: "int"


@dataclass(frozen=True, slots=True)
class Adjust(Callback):
    """Do what was shown to his balance."""

    prefix = "adjusted"
    adjustment_id: "int"


@dataclass(frozen=True, slots=True)
class TypeToCustomer(Callback):
    """Ask what to write to him."""

    prefix = "letter"
    customer_id: "int"


@dataclass(frozen=True, slots=True)
class TypeBan(Callback):
    """Ask why he is to be banned (1), or let in again (0)."""

    prefix = "ban"
    customer_id: "int"
    banned: "int"


@dataclass(frozen=True, slots=True)
class ShowPieces(Callback):
    """Show a page of the units of a line: which one is faulty?"""

    prefix = "pieces"
    line_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class AskReplace(Callback):
    """Ask whether a unit is to be replaced."""

    prefix = "faulty"
    item_id: "int"


@dataclass(frozen=True, slots=True)
class ReplaceItem(Callback):
    """Replace a unit by one from stock."""

    prefix = "swap"
    item_id: "int"
