"""Looking a customer up: who he is, his account, what he bought."""

from bot_handlers.admin.callbacks_customers import (
    FindCustomer,
    SendCustomerStatement,
    ShowCustomer,
    ShowCustomerComing,
    ShowCustomerLine,
    ShowCustomerOrder,
    ShowCustomerOrders,
    ShowCustomerStatement,
    ShowCustomerTicket,
    ShowCustomerTickets,
)
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import customers as views
from bot_handlers.views.profile import csv_head, statement_file
from bot_handlers.views.tickets import any_ticket
from bot_handlers.visits import Visit
from shop.support.customers import CustomerSupport
from shop.support.tickets import Tickets


class CustomerHandlers:
    """Any customer, as those see him who look after customers."""

    def __init__(
        self, desk: CustomerSupport, tickets: Tickets, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._desk = desk
        self._tickets = tickets
        self._conversations = conversations
        self._messenger = messenger

    def ask(self, visit: Visit, _page: FindCustomer) -> None:
        """Ask whom to find; the next text is the answer."""
        self._conversations.ask(visit, Step.CUSTOMER)
        self._messenger.show(visit, views.ask(visit.translator))

    def typed(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Show who was meant; whom nobody knows is asked for again."""
        found = self._desk.find(visit.person, text)
        if not found:
            self._messenger.show(visit, views.not_found(visit.translator))
            return
        self._conversations.end(visit)
        if len(found) > 1:
            self._messenger.show(visit, views.choose(found, visit.translator))
        else:
            self.show(visit, ShowCustomer(found[0].customer_id))

    def show(self, visit: Visit, choice: ShowCustomer) -> None:
        """Show a customer."""
        card = self._desk.card(visit.person, choice.customer_id)
        self._messenger.show(visit, views.card(card, visit.person.rights, visit.translator))

    def show_statement(self, visit: Visit, place: ShowCustomerStatement) -> None:
        """Show a page of the movements of his balance."""
        name = self._desk.name(visit.person, place.customer_id)
        statement = self._desk.statement(visit.person, place.customer_id, page=place.page)
        self._messenger.show(visit, views.statement(place.customer_id, name, statement, visit.translator))

    def send_statement(self, visit: Visit, choice: SendCustomerStatement) -> None:
        """Send all his movements as a file; where no file can be sent, as text."""
        t = visit.translator
        text = self._desk.csv(
            visit.person, choice.customer_id, lambda kind: t.text(f"entry.{kind.value}"), csv_head(t)
        )
        self._messenger.deliver(visit.bot_id, visit.chat_id, statement_file(text, t), as_file=True)

    def show_coming(self, visit: Visit, choice: ShowCustomerComing) -> None:
        """Show what is on its way to him."""
        name = self._desk.name(visit.person, choice.customer_id)
        coming = self._desk.coming(visit.person, choice.customer_id)
        self._messenger.show(visit, views.coming(choice.customer_id, name, coming, visit.translator))

    def show_tickets(self, visit: Visit, place: ShowCustomerTickets) -> None:
        """Show a page of his open tickets."""
        name = self._desk.name(visit.person, place.customer_id)
        page = self._tickets.open_of(visit.person, place.customer_id, page=place.page)
        self._messenger.show(visit, views.tickets(place.customer_id, name, page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowCustomerTicket) -> None:
        """Show a ticket of his."""
        ticket = self._tickets.one(visit.person, choice.ticket_id)
        name = self._desk.name(visit.person, ticket.customer_id)
        back = ShowCustomerTickets(ticket.customer_id, 0)
        self._messenger.show(visit, any_ticket(ticket, name, visit.translator, back=back))

    def show_orders(self, visit: Visit, place: ShowCustomerOrders) -> None:
        """Show a page of his orders."""
        name = self._desk.name(visit.person, place.customer_id)
        history = self._desk.orders(visit.person, place.customer_id, page=place.page)
        self._messenger.show(visit, views.orders(place.customer_id, name, history, visit.translator))

    def show_order(self, visit: Visit, place: ShowCustomerOrder) -> None:
        """Show an order with a page of its lines."""
        order = self._desk.order(visit.person, place.order_id, page=place.page)
        self._messenger.show(visit, views.order(order, visit.translator))

    def show_line(self, visit: Visit, choice: ShowCustomerLine) -> None:
        """Show a line of an order."""
        line = self._desk.line(visit.person, choice.line_id)
        self._messenger.show(visit, views.line(line, visit.translator))
