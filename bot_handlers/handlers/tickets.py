"""Tickets: customers ask, admins answer."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.orders import ShowGoodsLine
from bot_handlers.callbacks.tickets import (
    CloseAnyTicket,
    CloseTicket,
    ReportGoods,
    SendLoose,
    ShowAnyTicket,
    ShowOpenTickets,
    ShowTicket,
    ShowTickets,
    TypeAnswer,
    TypeReply,
    TypeTicket,
)
from bot_handlers.screens import tickets as screens
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.catalog.reviews import Reviews
from shop.customers import Customers
from shop.support.tickets import FileAtTelegram, FileKind, Source, Ticket, Tickets

MOST_LINES = 20
"""The most products of an order that are offered as the subject of a ticket."""


@dataclass(frozen=True, slots=True)
class TicketHandlers:
    """A customer's own tickets, and all tickets for the admins."""

    chat: Chat
    tickets: Tickets
    customers: Customers
    reviews: Reviews

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
        self.ask_question(visit, TypeTicket(choice.line_id))

    def take_question(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Open a ticket."""
        line_id = int(dialog.answers["line"]) if "line" in dialog.answers else None
        ticket = self.tickets.open(visit.person, text, line_id=line_id, source=visit.source)
        self.chat.end(visit)
        self.chat.show(visit, screens.ticket(ticket, visit.translator))

    def receive_loose(self, visit: Visit, text: str, replied: list[Callback]) -> None:
        """Offer what to do with an unexpected message: a search, or a message to the shop.

        `replied` are the buttons of the message that it replies to: of several products, each is offered.
        """
        file = visit.source.file if visit.source is not None else None
        if not text and file is None:
            self.chat.end(visit)
            self.chat.show(visit, screens.nothing_to_do(visit.translator))
            return
        lines = [press.line_id for press in replied if isinstance(press, ShowGoodsLine)]
        named = [(line_id, self.reviews.line(visit.person, line_id).product_name) for line_id in lines[:MOST_LINES]]
        number = 0 if visit.source is None else visit.source.message_id
        screen = screens.loose(number, text, named, visit.translator, to_shop=not visit.person.is_admin)
        self.chat.ask(visit, Step.LOOSE, screen, text=text, **_packed(visit.source))

    def send_loose(self, visit: Visit, choice: SendLoose) -> None:
        """Send to the shop what was said without a question."""
        dialog = self.chat.loose(visit, choice.message_id)
        source = _unpacked(dialog.answers)
        ticket = self.tickets.open(visit.person, dialog.answers["text"], line_id=choice.line_id, source=source)
        self.chat.end(visit)
        self.chat.show(visit, screens.ticket(ticket, visit.translator))

    def take_edit(self, visit: Visit, text: str) -> None:
        """Apply an edit of a message in an open ticket; other edits are ignored."""
        if visit.source is not None and (text or visit.source.file is not None):
            self.tickets.edit(visit.person, visit.source, text)

    def ask_reply(self, visit: Visit, choice: TypeReply) -> None:
        """Ask this customer what to add to a ticket."""
        ticket = self.tickets.one_of(visit.person, choice.ticket_id)
        screen = screens.ask_reply(ShowTicket(ticket.id), ticket.id, visit.translator)
        self.chat.ask(visit, Step.TICKET_REPLY, screen, ticket=str(ticket.id))

    def take_reply(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Add to a ticket of this customer."""
        ticket = self.tickets.reply(visit.person, int(dialog.answers["ticket"]), text, source=visit.source)
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
        ticket = self.tickets.answer(visit.person, int(dialog.answers["ticket"]), text, source=visit.source)
        self.chat.end(visit)
        self._show_any(visit, ticket)

    def answer_in_group(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Answer a ticket by a reply in the notifications group, and confirm there that it is being sent."""
        if not text and (visit.source is None or visit.source.file is None):
            self.chat.show(visit, Screen(visit.translator.text("answer_with.note")))
            return
        ticket = self.tickets.answer(visit.person, int(dialog.answers["ticket"]), text, source=visit.source)
        self.chat.show(visit, screens.answered_in_group(ticket, visit.translator))

    def close_any(self, visit: Visit, choice: CloseAnyTicket) -> None:
        """Close a ticket as an admin."""
        self._show_any(visit, self.tickets.close_as_admin(visit.person, choice.ticket_id))

    def _show_any(self, visit: Visit, ticket: Ticket) -> None:
        name = self.customers.name_of(ticket.customer_id)
        self.chat.show(visit, screens.any_ticket(ticket, name, visit.translator, back=ShowOpenTickets(0)))


def dialog_of_reply(buttons: list[Callback]) -> Dialog | None:
    """Return the dialog that a reply to a message with these buttons continues: a ticket, or a report about goods."""
    for button in buttons:
        match button:
            case TypeReply():
                return Dialog(Step.TICKET_REPLY, {"ticket": str(button.ticket_id)})
            case TypeAnswer():
                return Dialog(Step.TICKET_ANSWER, {"ticket": str(button.ticket_id)})
            case ReportGoods():
                return Dialog(Step.TICKET, {"line": str(button.line_id)})
    return None


def _packed(source: Source | None) -> dict[str, str]:
    """Write where a message comes from into the answers of a dialog."""
    if source is None:
        return {}
    found = {"bot": str(source.bot_id), "message": str(source.message_id), "album": source.album}
    if source.file is not None:
        file = source.file
        found |= {"file": file.file_id, "kind": file.kind.value, "size": str(file.size)}
    return found


def _unpacked(answers: dict[str, str]) -> Source | None:
    """Read where a message comes from, as `_packed` wrote it."""
    if "message" not in answers:
        return None
    bot_id = int(answers["bot"])
    file = None
    if "file" in answers:
        file = FileAtTelegram(bot_id, FileKind(answers["kind"]), answers["file"], int(answers["size"]))
    return Source(bot_id, int(answers["message"]), answers["album"], file)
