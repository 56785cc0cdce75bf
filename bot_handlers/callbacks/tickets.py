"""Buttons of tickets, for customers and for admins."""

from typing import ClassVar

from bot_handlers.callbacks import Callback, button


@button("tickets")
class ShowTickets(Callback):
    """Show a page of the customer's tickets."""

    page: int


@button("ticket")
class ShowTicket(Callback):
    """Show a ticket of the customer."""

    ticket_id: int


@button("ask")
class TypeTicket(Callback):
    """Ask what a new ticket is about, perhaps about a line of an order."""

    line_id: int | None


@button("wrong")
class ReportGoods(Callback):
    """Ask below delivered goods what is wrong with a line of an order."""

    line_id: int
    below: ClassVar[bool] = True


@button("reply")
class TypeReply(Callback):
    """Ask the customer what to add to a ticket."""

    ticket_id: int


@button("solved")
class CloseTicket(Callback):
    """Close a ticket of the customer."""

    ticket_id: int


@button("desk")
class ShowOpenTickets(Callback):
    """Show an admin a page of all open tickets."""

    page: int


@button("matter")
class ShowAnyTicket(Callback):
    """Show an admin a ticket."""

    ticket_id: int


@button("answer")
class TypeAnswer(Callback):
    """Ask an admin for the answer to a ticket."""

    ticket_id: int


@button("settle")
class CloseAnyTicket(Callback):
    """Close a ticket as an admin."""

    ticket_id: int


@button("loosesend")
class SendLoose(Callback):
    """Send an unexpected message to the shop, perhaps about an order line.

    `message_id` is its number in the chat; None: the latest one.
    """

    line_id: int | None
    message_id: int | None = None
    ends_dialog: ClassVar[bool] = False
