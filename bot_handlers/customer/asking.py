"""What a customer writes to the shop."""

from bot_handlers.callbacks_around import CloseTicket, ShowTicket, ShowTickets, TypeReply, TypeTicket
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import tickets as views
from bot_handlers.visits import Visit
from shop.support.tickets import Tickets


class AskingHandlers:
    """The customer's own tickets."""

    def __init__(self, tickets: Tickets, *, conversations: Conversations, messenger: Messenger) -> None:
        self._tickets = tickets
        self._conversations = conversations
        self._messenger = messenger

    def show_tickets(self, visit: Visit, place: ShowTickets) -> None:
        """Show a page of this customer's tickets."""
        page = self._tickets.of(visit.person, page=place.page)
        self._messenger.show(visit, views.tickets(page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowTicket) -> None:
        """Show a ticket of this customer."""
        ticket = self._tickets.one_of(visit.person, choice.ticket_id)
        self._messenger.show(visit, views.ticket(ticket, visit.translator))

    def type_ticket(self, visit: Visit, choice: TypeTicket) -> None:
        """Ask what it is about; the next message is the answer."""
        about = {} if choice.line_id is None else {"line": str(choice.line_id)}
        self._conversations.ask(visit, Step.TICKET, **about)
        self._messenger.show(visit, views.ask_ticket(choice.line_id, visit.translator))

    def typed_ticket(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Open a ticket; what is no text is asked for again."""
        line_id = int(dialog.answers["line"]) if "line" in dialog.answers else None
        if not text:
            self.type_ticket(visit, TypeTicket(line_id))
            return
        ticket = self._tickets.open(visit.person, text, line_id=line_id)
        self._conversations.end(visit)
        self._messenger.show(visit, views.ticket(ticket, visit.translator))

    def type_reply(self, visit: Visit, choice: TypeReply) -> None:
        """Ask for more words; the next message is the answer."""
        ticket = self._tickets.one_of(visit.person, choice.ticket_id)
        self._conversations.ask(visit, Step.TICKET_REPLY, ticket=str(ticket.id))
        self._messenger.show(visit, views.ask_reply(ShowTicket(ticket.id), ticket.id, visit.translator))

    def typed_reply(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take more words; what is no text is asked for again."""
        ticket_id = int(dialog.answers["ticket"])
        if not text:
            self.type_reply(visit, TypeReply(ticket_id))
            return
        ticket = self._tickets.reply(visit.person, ticket_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, views.ticket(ticket, visit.translator))

    def close(self, visit: Visit, choice: CloseTicket) -> None:
        """Close a ticket of this customer."""
        ticket = self._tickets.close(visit.person, choice.ticket_id)
        self._messenger.show(visit, views.ticket(ticket, visit.translator))
