"""Support for one customer: find, show, write to, ban, adjust, refund, replace."""

from dataclasses import dataclass
from functools import partial

from bot_handlers.callbacks.customers import (
    Adjust,
    AskRefundLine,
    AskRefundOrder,
    AskRefundPart,
    AskReplace,
    FindCustomer,
    RefundLine,
    RefundOrder,
    RefundPart,
    ReplaceForTicket,
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
    ShowFaultyPieces,
    ShowPieces,
    TypeAdjustment,
    TypeBan,
    TypeRefund,
    TypeToCustomer,
)
from bot_handlers.callbacks.tickets import ShowAnyTicket
from bot_handlers.handlers.top_ups import LookUpMessage
from bot_handlers.screens import customers as screens
from bot_handlers.screens.account import csv_head, statement_file
from bot_handlers.screens.screen import Screen
from bot_handlers.screens.tickets import any_ticket
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.assembly import Shop
from shop.errors.catalog import AmbiguousSum
from shop.errors.refusals import StaleScreen
from shop.money import AmbiguousAmount, InvalidAmount, Money, parse
from shop.payments.deposit_views import DepositView
from shop.people import Right
from shop.support.search import Found


@dataclass(frozen=True, slots=True)
class CustomerHandlers:
    """A customer's account as admins see it, and what they do for them."""

    chat: Chat
    shop: Shop
    currency: str

    def ask(self, visit: Visit, _page: FindCustomer) -> None:
        """Ask which customer to find."""
        self.chat.ask(visit, Step.CUSTOMER, screens.ask_customer(visit.translator))

    def take(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Show the match, or several to choose from; if there is none, ask again.

        A transaction that no record has is looked up on its chains; the message becomes the answer.
        """
        found = self.shop.support_search.find(visit.person, text)
        if found.transaction:
            asker = LookUpMessage(self.chat, visit, None, partial(self._payment, visit))
            self.shop.payments.payment_checks.ask_everywhere(visit.person, found.transaction, asker)
        elif not found.count:
            self.chat.ask_again(visit, dialog, visit.translator.text("ask_customer.again"))
            return
        self.chat.end(visit)
        self._show_found(visit, found)

    def look_up(self, visit: Visit, text: str) -> bool:
        """Handle an order number or a transaction that an admin types outside any dialog; return whether it was
        one.
        """
        if Right.CUSTOMERS not in visit.person.rights or not self.shop.support_search.is_exact(text):
            return False
        found = self.shop.support_search.find(visit.person, text)
        if not found.count:
            return False
        self._show_found(visit, found)
        return True

    def _show_found(self, visit: Visit, found: Found) -> None:
        if found.payments:
            for view in found.payments:
                self.chat.show(visit, self._payment(visit, view))
        elif found.count > 1:
            self.chat.show(visit, screens.choose(found, visit.translator))
        elif found.order_ids:
            self.show_order(visit, ShowCustomerOrder(found.order_ids[0], 0))
        elif found.customers:
            self.show(visit, ShowCustomer(found.customers[0].customer_id))

    def _payment(self, visit: Visit, view: DepositView) -> Screen:
        return screens.payment(view, self.shop.customers.name_of(view.customer_id), visit.translator)

    def show(self, visit: Visit, choice: ShowCustomer) -> None:
        """Show a customer."""
        card = self.shop.customer_support.card(visit.person, choice.customer_id)
        self.chat.show(visit, screens.card(card, visit.person.rights, visit.translator))

    def show_statement(self, visit: Visit, place: ShowCustomerStatement) -> None:
        """Show a page of the movements of their balance."""
        name = self._name(visit, place.customer_id)
        statement = self.shop.customer_support.statement(visit.person, place.customer_id, page=place.page)
        self.chat.show(visit, screens.statement(place.customer_id, name, statement, visit.translator))

    def send_statement(self, visit: Visit, choice: SendCustomerStatement) -> None:
        """Send all movements of their balance as a file."""
        t = visit.translator
        text = self.shop.customer_support.csv(
            visit.person, choice.customer_id, lambda kind: t.text(f"entry.{kind.value}"), csv_head(t)
        )
        self.chat.send_file(visit, statement_file(text, t))

    def show_coming(self, visit: Visit, choice: ShowCustomerComing) -> None:
        """Show the deposits that are on their way to them."""
        name = self._name(visit, choice.customer_id)
        coming = self.shop.customer_support.coming(visit.person, choice.customer_id)
        self.chat.show(visit, screens.coming(choice.customer_id, name, coming, visit.translator))

    def show_tickets(self, visit: Visit, place: ShowCustomerTickets) -> None:
        """Show a page of their open tickets."""
        name = self._name(visit, place.customer_id)
        page = self.shop.tickets.open_of(visit.person, place.customer_id, page=place.page)
        self.chat.show(visit, screens.tickets(place.customer_id, name, page, visit.translator))

    def show_ticket(self, visit: Visit, choice: ShowCustomerTicket) -> None:
        """Show one of their tickets."""
        ticket = self.shop.tickets.one(visit.person, choice.ticket_id)
        name = self._name(visit, ticket.customer_id)
        back = ShowCustomerTickets(ticket.customer_id, 0)
        self.chat.show(visit, any_ticket(ticket, name, visit.translator, back=back))

    def show_orders(self, visit: Visit, place: ShowCustomerOrders) -> None:
        """Show a page of their orders."""
        name = self._name(visit, place.customer_id)
        history = self.shop.customer_support.history(visit.person, place.customer_id, page=place.page)
        self.chat.show(visit, screens.orders(place.customer_id, name, history, visit.translator))

    def show_order(self, visit: Visit, place: ShowCustomerOrder) -> None:
        """Show an order with a page of its lines."""
        order = self.shop.customer_support.order(visit.person, place.order_id, page=place.page)
        self.chat.show(visit, screens.order(order, visit.translator))

    def show_line(self, visit: Visit, choice: ShowCustomerLine) -> None:
        """Show a line of an order."""
        line = self.shop.customer_support.line(visit.person, choice.line_id)
        self.chat.show(visit, screens.line(line, visit.translator))

    def ask_letter(self, visit: Visit, choice: TypeToCustomer) -> None:
        """Ask what to write to a customer."""
        screen = screens.ask_letter(choice.customer_id, self._name(visit, choice.customer_id), visit.translator)
        self.chat.ask(visit, Step.LETTER, screen, customer=str(choice.customer_id))

    def take_letter(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Send the letter."""
        customer_id = _customer_in(dialog)
        self.shop.customer_support.write(visit.person, customer_id, text)
        self.chat.end(visit)
        self.chat.show(visit, screens.written(customer_id, visit.translator))

    def ask_ban(self, visit: Visit, choice: TypeBan) -> None:
        """Ask for the reason of a ban, or of its end."""
        customer = self.shop.customer_support.check(visit.person, choice.customer_id, banned=bool(choice.banned))
        name = self._name(visit, customer.id)
        screen = screens.ask_ban(customer.id, name, visit.translator, banned=bool(choice.banned))
        self.chat.ask(visit, Step.BAN_REASON, screen, customer=str(customer.id), banned=str(choice.banned))

    def take_ban(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Ban a customer, or end their ban, for this reason."""
        customer_id, banned = _customer_in(dialog), dialog.answers["banned"] != "0"
        self.shop.customer_support.ban(visit.person, customer_id, text, banned=banned)
        self.chat.end(visit)
        self.show(visit, ShowCustomer(customer_id))

    def ask_adjustment(self, visit: Visit, choice: TypeAdjustment) -> None:
        """Ask how much to add to a balance, or to take from it."""
        balance = self.shop.adjustments.balance(visit.person, choice.customer_id)
        name = self.shop.customers.name_of(choice.customer_id)
        screen = screens.ask_adjustment(choice.customer_id, name, balance, visit.translator)
        self.chat.ask(visit, Step.ADJUSTMENT, screen, customer=str(choice.customer_id))

    def take_adjustment(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the sum and ask for the reason; if it is not a sum, ask again."""
        customer_id = _customer_in(dialog)
        try:
            amount = _signed(text, self.currency)
        except AmbiguousAmount:
            raise AmbiguousSum(text) from None
        except InvalidAmount:
            self.chat.ask_again(visit, dialog, visit.translator.text("adjustment.ask_again", currency=self.currency))
            return
        self.shop.adjustments.check(visit.person, customer_id, amount)
        answers = dialog.answers | {"minor": str(amount.minor)}
        screen = screens.ask_adjustment_reason(customer_id, visit.translator)
        self.chat.ask(visit, Step.ADJUSTMENT_REASON, screen, **answers)

    def take_adjustment_reason(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the reason, and ask whether to go ahead."""
        customer_id = _customer_in(dialog)
        amount = Money(int(dialog.answers["minor"]), self.currency)
        wanted = self.shop.adjustments.propose(visit.person, customer_id, amount, text)
        self.chat.end(visit)
        name = self.shop.customers.name_of(customer_id)
        balance = self.shop.adjustments.balance(visit.person, customer_id)
        self.chat.show(visit, screens.confirm_adjustment(wanted, name, balance, visit.translator))

    def adjust(self, visit: Visit, choice: Adjust) -> None:
        """Adjust a balance as was shown."""
        made = self.shop.adjustments.make(visit.person, choice.adjustment_id)
        self.chat.show(visit, screens.adjusted(made, visit.translator))

    def ask_refund_of_order(self, visit: Visit, choice: AskRefundOrder) -> None:
        """Show what a refund of an order would give back."""
        due = self.shop.refunds.of_order(visit.person, choice.order_id)
        screen = screens.ask_refund_of_order(due, self._name(visit, due.customer_id), visit.translator)
        self.chat.show(visit, screen)

    def ask_refund_of_line(self, visit: Visit, choice: AskRefundLine) -> None:
        """Show what a refund of a line would give back."""
        self._ask_refund(visit, choice.line_id, None)

    def ask_refund_of_part(self, visit: Visit, choice: AskRefundPart) -> None:
        """Show what a refund of a part of a line would give back."""
        self._ask_refund(visit, choice.line_id, Money(choice.minor, self.currency))

    def ask_refund_sum(self, visit: Visit, choice: TypeRefund) -> None:
        """Ask how much of a line to refund."""
        due = self.shop.refunds.of_line(visit.person, choice.line_id)
        screen = screens.ask_refund_sum(due, visit.translator)
        self.chat.ask(visit, Step.REFUND_SUM, screen, line=str(choice.line_id))

    def take_refund_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take how much of a line to refund, and ask whether to go ahead; if it is not a sum, ask again."""
        line_id = int(dialog.answers["line"])
        due = self.shop.refunds.of_line(visit.person, line_id)
        try:
            amount = parse(text.strip(), self.currency)
        except AmbiguousAmount:
            raise AmbiguousSum(text) from None
        except InvalidAmount:
            self.chat.show(visit, screens.ask_refund_sum(due, visit.translator))
            return
        self._ask_refund(visit, line_id, amount)
        self.chat.end(visit)

    def refund_order(self, visit: Visit, choice: RefundOrder) -> None:
        """Refund what is left of an order."""
        due = self.shop.refunds.refund_order(visit.person, choice.order_id)
        self.chat.show(visit, screens.refunded(due, visit.translator))

    def refund_line(self, visit: Visit, choice: RefundLine) -> None:
        """Refund a line."""
        due = self.shop.refunds.refund_line(visit.person, choice.line_id)
        self.chat.show(visit, screens.refunded(due, visit.translator))

    def refund_part(self, visit: Visit, choice: RefundPart) -> None:
        """Refund what was shown of a line."""
        amount, before = (Money(minor, self.currency) for minor in (choice.minor, choice.before_minor))
        due = self.shop.refunds.refund_line(visit.person, choice.line_id, amount, before=before)
        self.chat.show(visit, screens.refunded(due, visit.translator))

    def show_pieces(self, visit: Visit, place: ShowPieces) -> None:
        """Show a page of the items of a line, to choose the faulty one."""
        page = self.shop.replacements.pieces(visit.person, place.line_id, page=place.page)
        self.chat.show(visit, screens.pieces(page, visit.translator))

    def show_pieces_of_ticket(self, visit: Visit, place: ShowFaultyPieces) -> None:
        """Show a page of the items that a ticket is about; the tap on one replaces it."""
        ticket = self.shop.tickets.one(visit.person, place.ticket_id)
        if ticket.line_id is None:
            raise StaleScreen
        page = self.shop.replacements.pieces(visit.person, ticket.line_id, page=place.page)
        self.chat.show(visit, screens.pieces_of_ticket(page, ticket.id, visit.translator))

    def replace_for_ticket(self, visit: Visit, choice: ReplaceForTicket) -> None:
        """Replace an item, and lead back to the ticket.

        Raises:
            StaleScreen: the item is not of the order line that the ticket is about.
        """
        ticket = self.shop.tickets.one(visit.person, choice.ticket_id)
        if self.shop.replacements.faulty(visit.person, choice.item_id).line_id != ticket.line_id:
            raise StaleScreen
        faulty = self.shop.replacements.replace(visit.person, choice.item_id)
        self.chat.show(visit, screens.replaced(faulty, visit.translator, back=ShowAnyTicket(ticket.id)))

    def ask_replacement(self, visit: Visit, choice: AskReplace) -> None:
        """Ask whether to replace an item."""
        faulty = self.shop.replacements.faulty(visit.person, choice.item_id)
        name = self._name(visit, faulty.customer_id)
        self.chat.show(visit, screens.ask_replacement(faulty, name, visit.translator))

    def replace_unit(self, visit: Visit, choice: ReplaceItem) -> None:
        """Replace an item."""
        faulty = self.shop.replacements.replace(visit.person, choice.item_id)
        self.chat.show(visit, screens.replaced(faulty, visit.translator))

    def _name(self, visit: Visit, customer_id: int) -> str:
        return self.shop.customer_support.name(visit.person, customer_id)

    def _ask_refund(self, visit: Visit, line_id: int, amount: Money | None) -> None:
        due = self.shop.refunds.of_line(visit.person, line_id, amount)
        name = self._name(visit, due.customer_id)
        self.chat.show(visit, screens.ask_refund_of_line(due, name, visit.translator))


def _customer_in(dialog: Dialog) -> int:
    return int(dialog.answers["customer"])


def _signed(text: str, currency: str) -> Money:
    """Read a sum with a sign: none means plus; the minus may be the typographic one that phones type."""
    word = text.strip()
    taken = word.startswith(("-", "−", "–"))
    amount = parse(word[1:] if taken or word.startswith("+") else word, currency)
    if not amount.minor:
        raise InvalidAmount(text)
    return -amount if taken else amount
