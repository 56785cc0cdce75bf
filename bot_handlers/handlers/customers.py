"""Support for one customer: find, show, write, ban, adjust, refund, replace."""

from bot_handlers.callbacks.customers import (
    Adjust,
    AskRefundLine,
    AskRefundOrder,
    AskReplace,
    FindCustomer,
    RefundLine,
    RefundOrder,
    ReplaceItem,
    SendCustomerStatement,
    ShowCustomer,
    ShowCustomerComing,
    ShowCustomerLine,
    ShowCustomerOrder,
    ShowCustomerOrders,
    ShowCustomerStatement,
    ShowCustomerTicket,
    ShowCustomerTickets,
    ShowPieces,
    TypeAdjustment,
    TypeBan,
    TypeToCustomer,
)
from bot_handlers.screens import customers as screens
from bot_handlers.screens.account import csv_head, statement_file
from bot_handlers.screens.tickets import any_ticket
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.customers import Customers
from shop.money import InvalidAmount, Money, parse
from shop.support.adjustments import Adjustments
from shop.support.customers import CustomerSupport
from shop.support.refunds import Refunds
from shop.support.replacements import Replacements
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
        self._messenger.show(visit, screens.ask_customer(visit.translator))

    def typed(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Show who was meant; whom nobody knows is asked for again."""
        found = self._desk.find(visit.person, text)
        if not found:
            self._messenger.show(visit, screens.not_found(visit.translator))
            return
        self._conversations.end(visit)
        if len(found) > 1:
            self._messenger.show(visit, screens.choose(found, visit.translator))
        else:
            self.show(visit, ShowCustomer(found[0].customer_id))

    def show(self, visit: Visit, choice: ShowCustomer) -> None:
        """Show a customer."""
        card = self._desk.card(visit.person, choice.customer_id)
        self._messenger.show(visit, screens.card(card, visit.person.rights, visit.translator))

    def show_statement(self, visit: Visit, place: ShowCustomerStatement) -> None:
        """Show a page of the movements of his balance."""
        name = self._desk.name(visit.person, place.customer_id)
        statement = self._desk.statement(visit.person, place.customer_id, page=place.page)
        self._messenger.show(visit, screens.statement(place.customer_id, name, statement, visit.translator))

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
        self._messenger.show(visit, screens.coming(choice.customer_id, name, coming, visit.translator))

    def show_tickets(self, visit: Visit, place: ShowCustomerTickets) -> None:
        """Show a page of his open tickets."""
        name = self._desk.name(visit.person, place.customer_id)
        page = self._tickets.open_of(visit.person, place.customer_id, page=place.page)
        self._messenger.show(visit, screens.tickets(place.customer_id, name, page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowCustomerTicket) -> None:
        """Show a ticket of his."""
        ticket = self._tickets.one(visit.person, choice.ticket_id)
        name = self._desk.name(visit.person, ticket.customer_id)
        back = ShowCustomerTickets(ticket.customer_id, 0)
        self._messenger.show(visit, any_ticket(ticket, name, visit.translator, back=back))

    def show_orders(self, visit: Visit, place: ShowCustomerOrders) -> None:
        """Show a page of his orders."""
        name = self._desk.name(visit.person, place.customer_id)
        history = self._desk.history(visit.person, place.customer_id, page=place.page)
        self._messenger.show(visit, screens.orders(place.customer_id, name, history, visit.translator))

    def show_order(self, visit: Visit, place: ShowCustomerOrder) -> None:
        """Show an order with a page of its lines."""
        order = self._desk.order(visit.person, place.order_id, page=place.page)
        self._messenger.show(visit, screens.order(order, visit.translator))

    def show_line(self, visit: Visit, choice: ShowCustomerLine) -> None:
        """Show a line of an order."""
        line = self._desk.line(visit.person, choice.line_id)
        self._messenger.show(visit, screens.line(line, visit.translator))


class ConductHandlers:
    """What an admin says to one customer."""

    def __init__(
        self,
        desk: CustomerSupport,
        looking: CustomerHandlers,
        *,
        conversations: Conversations,
        messenger: Messenger,
    ) -> None:
        self._desk = desk
        self._looking = looking
        self._conversations = conversations
        self._messenger = messenger

    def ask_letter(self, visit: Visit, choice: TypeToCustomer) -> None:
        """Ask for the words; the next text is the letter."""
        name = self._desk.name(visit.person, choice.customer_id)
        self._conversations.ask(visit, Step.LETTER, customer=str(choice.customer_id))
        self._messenger.show(visit, screens.ask_letter(choice.customer_id, name, visit.translator))

    def typed_letter(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Send the letter; what is no text is asked for again."""
        customer_id = int(dialog.answers["customer"])
        if not text:
            self.ask_letter(visit, TypeToCustomer(customer_id))
            return
        self._desk.write(visit.person, customer_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.written(customer_id, visit.translator))

    def ask_ban(self, visit: Visit, choice: TypeBan) -> None:
        """Ask why he is to be banned, or let in again; the next text is the answer."""
        customer = self._desk.check(visit.person, choice.customer_id)
        answers = {"customer": str(customer.id), "banned": str(choice.banned)}
        self._conversations.ask(visit, Step.BAN_REASON, **answers)
        name = self._desk.name(visit.person, customer.id)
        self._messenger.show(visit, screens.ask_ban(customer.id, name, visit.translator, banned=bool(choice.banned)))

    def typed_ban(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Ban him, or let him in again; what is no text is asked for again."""
        customer_id, banned = int(dialog.answers["customer"]), int(dialog.answers["banned"])
        if not text:
            self.ask_ban(visit, TypeBan(customer_id, banned))
            return
        self._desk.ban(visit.person, customer_id, text, banned=bool(banned))
        self._conversations.end(visit)
        self._looking.show(visit, ShowCustomer(customer_id))


class AdjustingHandlers:
    """From a typed sum to the ledger."""

    def __init__(
        self,
        adjustments: Adjustments,
        customers: Customers,
        *,
        conversations: Conversations,
        messenger: Messenger,
        currency: str,
    ) -> None:
        self._adjustments = adjustments
        self._customers = customers
        self._conversations = conversations
        self._messenger = messenger
        self._currency = currency

    def ask(self, visit: Visit, choice: TypeAdjustment) -> None:
        """Ask for the sum; the next text is the answer."""
        balance = self._adjustments.balance(visit.person, choice.customer_id)
        self._conversations.ask(visit, Step.ADJUSTMENT, customer=str(choice.customer_id))
        name = self._customers.name_of(choice.customer_id)
        self._messenger.show(visit, screens.ask_adjustment(choice.customer_id, name, balance, visit.translator))

    def typed_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the sum and ask for the reason; what is no sum is asked for again."""
        customer_id = int(dialog.answers["customer"])
        try:
            amount = _signed(text, self._currency)
        except InvalidAmount:
            self._messenger.show(visit, screens.ask_adjustment_again(customer_id, self._currency, visit.translator))
            return
        self._adjustments.check(visit.person, customer_id, amount)
        answers = dialog.answers | {"minor": str(amount.minor)}
        self._conversations.ask(visit, Step.ADJUSTMENT_REASON, **answers)
        self._messenger.show(visit, screens.ask_adjustment_reason(customer_id, visit.translator))

    def typed_reason(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the reason and show what is to be confirmed; what is no text is asked for again."""
        customer_id = int(dialog.answers["customer"])
        if not text:
            self._messenger.show(visit, screens.ask_adjustment_reason(customer_id, visit.translator))
            return
        amount = Money(int(dialog.answers["minor"]), self._currency)
        wanted = self._adjustments.propose(visit.person, customer_id, amount, text)
        self._conversations.end(visit)
        name = self._customers.name_of(customer_id)
        balance = self._adjustments.balance(visit.person, customer_id)
        self._messenger.show(visit, screens.confirm_adjustment(wanted, name, balance, visit.translator))

    def make(self, visit: Visit, choice: Adjust) -> None:
        """Do what was shown."""
        made = self._adjustments.make(visit.person, choice.adjustment_id)
        self._messenger.show(visit, screens.adjusted(made, visit.translator))


def _signed(text: str, currency: str) -> Money:
    """Read a sum with a sign: none means plus; the minus may be the typographic one that phones make."""
    word = text.strip()
    taken = word.startswith(("-", "−", "–"))
    amount = parse(word[1:] if taken or word.startswith("+") else word, currency)
    if not amount.minor:
        raise InvalidAmount(text)
    return -amount if taken else amount


class RefundingHandlers:
    """Refunds of orders and of their lines."""

    def __init__(self, refunds: Refunds, desk: CustomerSupport, messenger: Messenger) -> None:
        self._refunds = refunds
        self._desk = desk
        self._messenger = messenger

    def ask_order(self, visit: Visit, choice: AskRefundOrder) -> None:
        """Show what a refund of an order gives back."""
        due = self._refunds.of_order(visit.person, choice.order_id)
        name = self._desk.name(visit.person, due.customer_id)
        back = ShowCustomerOrder(due.order_id, 0)
        self._messenger.show(visit, screens.ask_refund(due, name, RefundOrder(due.order_id), back, visit.translator))

    def ask_line(self, visit: Visit, choice: AskRefundLine) -> None:
        """Show what a refund of a line gives back."""
        due = self._refunds.of_line(visit.person, choice.line_id)
        name = self._desk.name(visit.person, due.customer_id)
        back = ShowCustomerLine(choice.line_id)
        self._messenger.show(visit, screens.ask_refund(due, name, RefundLine(choice.line_id), back, visit.translator))

    def refund_order(self, visit: Visit, choice: RefundOrder) -> None:
        """Refund what is left of an order."""
        due = self._refunds.refund_order(visit.person, choice.order_id)
        self._messenger.show(visit, screens.refunded(due, visit.translator))

    def refund_line(self, visit: Visit, choice: RefundLine) -> None:
        """Refund a line."""
        due = self._refunds.refund_line(visit.person, choice.line_id)
        self._messenger.show(visit, screens.refunded(due, visit.translator))


class ReplacingHandlers:
    """Replacements of what was bought."""

    def __init__(self, replacements: Replacements, desk: CustomerSupport, messenger: Messenger) -> None:
        self._replacements = replacements
        self._desk = desk
        self._messenger = messenger

    def show_pieces(self, visit: Visit, place: ShowPieces) -> None:
        """Show the units of a line: which one is faulty?"""
        page = self._replacements.pieces(visit.person, place.line_id, page=place.page)
        self._messenger.show(visit, screens.pieces(page, visit.translator))

    def ask(self, visit: Visit, choice: AskReplace) -> None:
        """Ask whether a unit is to be replaced."""
        faulty = self._replacements.faulty(visit.person, choice.item_id)
        name = self._desk.name(visit.person, faulty.customer_id)
        self._messenger.show(visit, screens.ask_replacement(faulty, name, visit.translator))

    def replace(self, visit: Visit, choice: ReplaceItem) -> None:
        """Replace a unit."""
        faulty = self._replacements.replace(visit.person, choice.item_id)
        self._messenger.show(visit, screens.replaced(faulty, visit.translator))
