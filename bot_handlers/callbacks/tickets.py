"""Buttons of tickets, for customers and for admins."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowTickets(Callback):
    """Show a page of the customer's tickets."""

    prefix = "tickets"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowTicket(Callback):
    """Show a ticket of the customer."""

    prefix = "ticket"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class TypeTicket(Callback):
    """Ask for the first words of a ticket, perhaps about a line of an order."""

    prefix = "ask"
    line_id: "int | None"


@dataclass(frozen=True, slots=True)
class TypeReply(Callback):
    """Ask for more words on a ticket of the customer."""

    prefix = "reply"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class CloseTicket(Callback):
    """Close a ticket of the customer."""

    prefix = "solved"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class ShowOpenTickets(Callback):
    """Show an admin a page of everybody's open tickets."""

    prefix = "desk"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowAnyTicket(Callback):
    """Show an admin a ticket."""

    prefix = "matter"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class TypeAnswer(Callback):
    """Ask an admin for the answer to a ticket."""

    prefix = "answer"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class CloseAnyTicket(Callback):
    """Let an admin close a ticket."""

    prefix = "settle"
    ticket_id: "int"
