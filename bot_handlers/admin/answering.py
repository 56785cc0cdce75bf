"""What admins answer."""

from bot_handlers.callbacks_around import CloseAnyTicket, ShowAnyTicket, ShowOpenTickets, TypeAnswer
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import tickets as views
from bot_handlers.visits import Visit
from shop.customers import Customers
from shop.support.tickets import Ticket, Tickets


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
        self._messenger.show(visit, views.open_tickets(page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowAnyTicket) -> None:
        """Show a ticket."""
        self._show(visit, self._tickets.one(visit.person, choice.ticket_id))

    def type_answer(self, visit: Visit, choice: TypeAnswer) -> None:
        """Ask for the answer; the next message is it."""
        ticket = self._tickets.one(visit.person, choice.ticket_id)
        self._conversations.ask(visit, Step.TICKET_ANSWER, ticket=str(ticket.id))
        self._messenger.show(visit, views.ask_reply(ShowAnyTicket(ticket.id), ticket.id, visit.translator))

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
        self._messenger.show(visit, views.any_ticket(ticket, name, visit.translator, back=ShowOpenTickets(0)))
