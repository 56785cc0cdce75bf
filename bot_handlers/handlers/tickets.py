"""Tickets: customers ask, admins answer."""

from bot_handlers.callbacks.tickets import (
    CloseAnyTicket,
    CloseTicket,
    ShowAnyTicket,
    ShowOpenTickets,
    ShowTicket,
    ShowTickets,
    TypeAnswer,
    TypeReply,
    TypeTicket,
)
from bot_handlers.screens import tickets as screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.customers import Customers
from shop.support.tickets import Ticket, Tickets


class TicketHandlers:
    """The customer's own tickets."""

    def __init__(self, tickets: Tickets, *, conversations: Conversations, messenger: Messenger) -> None:
        self._tickets = tickets
        self._conversations = conversations
        self._messenger = messenger

    def show_tickets(self, visit: Visit, place: ShowTickets) -> None:
        """Show a page of this customer's tickets."""
        page = self._tickets.of(visit.person, page=place.page)
        self._messenger.show(visit, screens.tickets(page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowTicket) -> None:
        """Show a ticket of this customer."""
        ticket = self._tickets.one_of(visit.person, choice.ticket_id)
        self._messenger.show(visit, screens.ticket(ticket, visit.translator))

    def type_ticket(self, visit: Visit, choice: TypeTicket) -> None:
        """Ask what it is about; the next message is the answer."""
        about = {} if choice.line_id is None else {"line": str(choice.line_id)}
        self._conversations.ask(visit, Step.TICKET, **about)
        self._messenger.show(visit, screens.ask_ticket(choice.line_id, visit.translator))

    def typed_ticket(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Open a ticket; what is no text is asked for again."""
        line_id = int(dialog.answers["line"]) if "line" in dialog.answers else None
        if not text:
            self.type_ticket(visit, TypeTicket(line_id))
            return
        ticket = self._tickets.open(visit.person, text, line_id=line_id)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.ticket(ticket, visit.translator))

    def type_reply(self, visit: Visit, choice: TypeReply) -> None:
        """Ask for more words; the next message is the answer."""
        ticket = self._tickets.one_of(visit.person, choice.ticket_id)
        self._conversations.ask(visit, Step.TICKET_REPLY, ticket=str(ticket.id))
        self._messenger.show(visit, screens.ask_reply(ShowTicket(ticket.id), ticket.id, visit.translator))

    def typed_reply(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take more words; what is no text is asked for again."""
        ticket_id = int(dialog.answers["ticket"])
        if not text:
            self.type_reply(visit, TypeReply(ticket_id))
            return
        ticket = self._tickets.reply(visit.person, ticket_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.ticket(ticket, visit.translator))

    def close(self, visit: Visit, choice: CloseTicket) -> None:
        """Close a ticket of this customer."""
        ticket = self._tickets.close(visit.person, choice.ticket_id)
        self._messenger.show(visit, screens.ticket(ticket, visit.translator))


class AnsweringHandlers:
    """Everybody's tickets."""

    def __init__(
        self, customers: Customers, tickets: Tickets, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._customers = customers
        self._tickets = tickets
        self._conversations = conversations
        self._messenger = messenger

    def show_open(self, visit: Visit, place: ShowOpenTickets) -> None:
        """Show a page of the open tickets."""
        page = self._tickets.all_open(visit.person, page=place.page)
        self._messenger.show(visit, screens.open_tickets(page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowAnyTicket) -> None:
        """Show a ticket."""
        self._show(visit, self._tickets.one(visit.person, choice.ticket_id))

    def type_answer(self, visit: Visit, choice: TypeAnswer) -> None:
        """Ask for the answer; the next message is it."""
        ticket = self._tickets.one(visit.person, choice.ticket_id)
        self._conversations.ask(visit, Step.TICKET_ANSWER, ticket=str(ticket.id))
        self._messenger.show(visit, screens.ask_reply(ShowAnyTicket(ticket.id), ticket.id, visit.translator))

    def typed_answer(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Answer; what is no text is asked for again."""
        ticket_id = int(dialog.answers["ticket"])
        if not text:
            self.type_answer(visit, TypeAnswer(ticket_id))
            return
        ticket = self._tickets.answer(visit.person, ticket_id, text)
        self._conversations.end(visit)
        self._show(visit, ticket)

    def close(self, visit: Visit, choice: CloseAnyTicket) -> None:
        """Close a ticket."""
        self._show(visit, self._tickets.close_as_admin(visit.person, choice.ticket_id))

    def _show(self, visit: Visit, ticket: Ticket) -> None:
        name = self._customers.name_of(ticket.customer_id)
        self._messenger.show(visit, screens.any_ticket(ticket, name, visit.translator, back=ShowOpenTickets(0)))
