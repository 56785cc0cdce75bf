"""Tickets: customers ask, admins answer."""

from dataclasses import dataclass

from bot_handlers.callbacks.tickets import (
    CloseAnyTicket,
    CloseTicket,
    ReportGoods,
    ShowAnyTicket,
    ShowOpenTickets,
    ShowTicket,
    ShowTickets,
    TypeAnswer,
    TypeReply,
    TypeTicket,
)
from bot_handlers.screens import tickets as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.customers import Customers
from shop.support.tickets import Ticket, Tickets


@dataclass(frozen=True, slots=True)
class TicketHandlers:
    """A customer's own tickets, and everybody's for the admins."""

    chat: Chat
    tickets: Tickets
    customers: Customers

    def show_own(self, visit: Visit, place: ShowTickets) -> None:
        """Show a page of this customer's tickets."""
        page = self.tickets.of(visit.person, page=place.page)
        self.chat.show(visit, screens.tickets(page, visit.translator))

    def show(self, visit: Visit, choice: ShowTicket) -> None:
        """Show a ticket of this customer."""
        ticket = self.tickets.one_of(visit.person, choice.ticket_id)
        self.chat.show(visit, screens.ticket(ticket, visit.translator))

    def ask_question(self, visit: Visit, choice: TypeTicket) -> None:
        """Ask what a new ticket is about."""
        about = {} if choice.line_id is None else {"line": str(choice.line_id)}
        if choice.line_id is not None:
            self.tickets.check(visit.person, choice.line_id)
        self.chat.ask(visit, Step.TICKET, screens.ask_ticket(choice.line_id, visit.translator), **about)

    def report_goods(self, visit: Visit, choice: ReportGoods) -> None:
        """Ask below delivered goods what is wrong with them."""
        self.ask_question(visit.below, TypeTicket(choice.line_id))

    def take_question(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Open a ticket."""
        line_id = int(dialog.answers["line"]) if "line" in dialog.answers else None
        ticket = self.tickets.open(visit.person, text, line_id=line_id)
        self.chat.end(visit)
        self.chat.show(visit, screens.ticket(ticket, visit.translator))

    def ask_reply(self, visit: Visit, choice: TypeReply) -> None:
        """Ask this customer what to add to a ticket."""
        ticket = self.tickets.one_of(visit.person, choice.ticket_id)
        screen = screens.ask_reply(ShowTicket(ticket.id), ticket.id, visit.translator)
        self.chat.ask(visit, Step.TICKET_REPLY, screen, ticket=str(ticket.id))

    def take_reply(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Add to a ticket of this customer."""
        ticket = self.tickets.reply(visit.person, int(dialog.answers["ticket"]), text)
        self.chat.end(visit)
        self.chat.show(visit, screens.ticket(ticket, visit.translator))

    def close(self, visit: Visit, choice: CloseTicket) -> None:
        """Close a ticket of this customer."""
        ticket = self.tickets.close(visit.person, choice.ticket_id)
        self.chat.show(visit, screens.ticket(ticket, visit.translator))

    def show_open(self, visit: Visit, place: ShowOpenTickets) -> None:
        """Show admins a page of all open tickets."""
        page = self.tickets.all_open(visit.person, page=place.page)
        self.chat.show(visit, screens.open_tickets(page, visit.translator))

    def show_any(self, visit: Visit, choice: ShowAnyTicket) -> None:
        """Show admins a ticket."""
        self._show_any(visit, self.tickets.one(visit.person, choice.ticket_id))

    def ask_answer(self, visit: Visit, choice: TypeAnswer) -> None:
        """Ask an admin for the answer to a ticket."""
        ticket = self.tickets.one(visit.person, choice.ticket_id)
        screen = screens.ask_reply(ShowAnyTicket(ticket.id), ticket.id, visit.translator)
        self.chat.ask(visit, Step.TICKET_ANSWER, screen, ticket=str(ticket.id))

    def take_answer(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Answer a ticket."""
        ticket = self.tickets.answer(visit.person, int(dialog.answers["ticket"]), text)
        self.chat.end(visit)
        self._show_any(visit, ticket)

    def close_any(self, visit: Visit, choice: CloseAnyTicket) -> None:
        """Close a ticket as an admin."""
        self._show_any(visit, self.tickets.close_as_admin(visit.person, choice.ticket_id))

    def _show_any(self, visit: Visit, ticket: Ticket) -> None:
        name = self.customers.name_of(ticket.customer_id)
        self.chat.show(visit, screens.any_ticket(ticket, name, visit.translator, back=ShowOpenTickets(0)))
