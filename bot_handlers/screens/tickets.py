"""Tickets, for customers and for admins."""

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.account import ShowProfile
from bot_handlers.callbacks.catalog import SearchLoose
from bot_handlers.callbacks.customers import ShowCustomer, ShowCustomerOrder, ShowFaultyPieces
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.orders import MakeLine
from bot_handlers.callbacks.reviews import ShowOwnLine
from bot_handlers.callbacks.tickets import (
    CloseAnyTicket,
    CloseTicket,
    SendLoose,
    ShowAnyTicket,
    ShowOpenTickets,
    ShowTicket,
    ShowTickets,
    TypeAnswer,
    TypeReply,
    TypeTicket,
)
from bot_handlers.screens.screen import (
    MAX_TEXT,
    Button,
    Forwarded,
    Rows,
    Screen,
    back_button,
    back_home,
    back_row,
    pager,
    plain_text,
    shortened,
    utf16_length,
)
from locales import Translator
from shop.catalog.deliverables import DeliverableKind
from shop.support.tickets import NO_WORDS, Message, Ticket, TicketPage

MAX_LABEL = 40
MAX_LOOSE = 200
"""The most UTF-16 code units of an unexpected message that the screen repeats."""


def tickets(page: TicketPage, t: Translator) -> Screen:
    """Show a page of the customer's tickets."""
    rows: list[tuple[Button, ...]] = [(Button(label(each), ShowTicket(each.id)),) for each in page.tickets]
    rows += pager(page, ShowTickets)
    rows.append((Button(t.text("button.write_ticket"), TypeTicket(None)),))
    rows.append(back_row(ShowProfile(), t))
    return Screen(t.text("tickets" if page.tickets else "tickets.none"), tuple(rows))


def ticket(shown: Ticket, t: Translator) -> Screen:
    """Show a ticket to the customer."""
    buttons = [Button(t.text("button.reply"), TypeReply(shown.id))]
    if shown.is_open:
        buttons.append(Button(t.text("button.close_ticket"), CloseTicket(shown.id)))
    rows = (tuple(buttons), back_row(ShowTickets(0), t))
    return Screen(_text(shown, [_head(shown, t)], t, ours="tickets.you", theirs="tickets.shop"), rows)


def ask_ticket(line_id: int | None, t: Translator) -> Screen:
    """Ask what it is about."""
    back = ShowTickets(0) if line_id is None else ShowOwnLine(line_id)
    text = t.text("ask_ticket") if line_id is None else t.text("ask_ticket.line")
    return Screen(text, (back_row(back, t),))


def ask_reply(back: Callback, number: int, t: Translator) -> Screen:
    """Ask for more words."""
    return Screen(t.text("ask_reply", number=number), ((back_button(back, t),),))


def open_tickets(page: TicketPage, t: Translator) -> Screen:
    """Show an admin a page of the open tickets."""
    rows: list[tuple[Button, ...]] = [(Button(label(each), ShowAnyTicket(each.id)),) for each in page.tickets]
    rows += pager(page, ShowOpenTickets)
    rows.append(back_row(AdminHome(), t))
    return Screen(t.text("admin.tickets" if page.tickets else "admin.tickets_none"), tuple(rows))


def any_ticket(shown: Ticket, customer: str, t: Translator, *, back: Callback) -> Screen:
    """Show a ticket to an admin; `back` is where Back leads."""
    buttons = [Button(t.text("button.answer"), TypeAnswer(shown.id))]
    if shown.is_open:
        buttons.append(Button(t.text("button.close_ticket"), CloseAnyTicket(shown.id)))
    to_customer = Button(t.text("button.customer"), ShowCustomer(shown.customer_id))
    rows = (tuple(buttons), *_about_line(shown, t), (back_button(back, t), to_customer, *back_home(t)))
    heads = [_head(shown, t), t.text("tickets.customer", name=customer)]
    return Screen(_text(shown, heads, t, ours="tickets.they", theirs="tickets.shop"), rows)


def loose(message_id: int, text: str, lines: list[tuple[int, str]], t: Translator, *, to_shop: bool) -> Screen:
    """Offer what to do with an unexpected message; `lines`: the products it may be about."""
    rows: list[tuple[Button, ...]] = []
    if text:
        rows.append((Button(t.text("button.loose_search"), SearchLoose(message_id)),))
    for line_id, name in lines:
        about = t.label("button.loose_about", name=shortened(name, 24))
        rows.append((Button(about, SendLoose(line_id, message_id)),))
    if to_shop and not lines:
        rows.append((Button(t.text("button.loose_send"), SendLoose(None, message_id)),))
    said = shortened(" ".join(text.split()), MAX_LOOSE)
    return Screen(t.text("loose", text=said) if said else t.text("loose.file"), (*rows, back_home(t)))


def nothing_to_do(t: Translator) -> Screen:
    """Say that nothing can be done about a message of this kind, and what can."""
    return Screen(t.text("loose.nothing"), ((Button(t.text("button.write_ticket"), TypeTicket(None)),), back_home(t)))


def forwarded(screen: Screen, message: Message) -> Screen | Forwarded:
    """Add the file of a message, if it has one."""
    return screen if message.file is None else Forwarded(screen, message.file)


def _said(message: Message, t: Translator) -> str:
    """A message's text, with the name of its file and a mark if it was edited."""
    parts = [f"✏️ {message.text}" if message.edited else message.text]
    if message.file is not None:
        name = t.text(f"tickets.file.{message.file.kind.value}")
        parts = [name, *(part for part in parts if part != NO_WORDS)]
    return "\n".join(parts)


def answered(shown: Ticket, message: Message, t: Translator) -> Screen:
    """Deliver the shop's answer to a customer."""
    rows = (
        (Button(t.text("button.reply"), TypeReply(shown.id)), Button(t.text("button.ticket"), ShowTicket(shown.id))),
    )
    return Screen(t.text("tickets.answer", number=shown.id, text=_said(message, t)), rows)


def answered_in_group(shown: Ticket, t: Translator) -> Screen:
    """Confirm in the group that an answer has been sent."""
    return Screen(t.text("tickets.answered_in_group", number=shown.id))


def asked(shown: Ticket, message: Message, customer: str, t: Translator) -> Screen:
    """Deliver a customer's message to an admin."""
    rows = (
        (
            Button(t.text("button.answer"), TypeAnswer(shown.id)),
            Button(t.text("button.ticket"), ShowAnyTicket(shown.id)),
        ),
    )
    about = t.text("tickets.about", name=shown.about, number=shown.order_id) if shown.about else ""
    text = t.text("admin.ticket", number=shown.id, customer=customer, text=_said(message, t))
    return Screen("\n".join(part for part in (text, about) if part), (*rows, *_about_line(shown, t)))


def closed(shown: Ticket, t: Translator) -> Screen:
    """Tell a customer that their ticket was closed."""
    rows = ((Button(t.text("button.reply"), TypeReply(shown.id)), *back_home(t)),)
    return Screen(t.text("tickets.closed", number=shown.id), rows)


def closed_by_customer(shown: Ticket, customer: str, t: Translator) -> Screen:
    """Tell an admin that a customer closed their ticket."""
    return Screen(t.text("admin.ticket_closed", number=shown.id, customer=customer))


def _about_line(shown: Ticket, t: Translator) -> Rows:
    """The buttons for the order line that a ticket is about."""
    if shown.line_id is None or shown.order_id is None:
        return ()
    order = Button(t.text("button.order"), ShowCustomerOrder(shown.order_id, 0))
    if shown.to_make:
        return ((Button(t.text("button.hand_over"), MakeLine(shown.line_id)), order),)
    if shown.kind in (DeliverableKind.UNIQUE_TEXT, DeliverableKind.UNIQUE_FILE):
        return ((Button(t.text("button.find_faulty"), ShowFaultyPieces(shown.id, 0)),), (order,))
    return ((order,),)


def _head(shown: Ticket, t: Translator) -> str:
    head = t.text("tickets.open" if shown.is_open else "tickets.is_closed", number=shown.id)
    if shown.about:
        head += "\n" + t.text("tickets.about", name=shown.about, number=shown.order_id)
    return head


def _text(shown: Ticket, heads: list[str], t: Translator, *, ours: str, theirs: str) -> str:
    """Put as many of the newest messages below the head as one message holds."""
    blocks: list[str] = []
    for message in reversed(shown.messages):
        writer = t.text(theirs if message.from_shop else ours)
        block = t.text("tickets.message", writer=writer, moment=t.moment(message.written_at), text=_said(message, t))
        if utf16_length(plain_text("\n\n".join([*heads, block, *blocks]))) > MAX_TEXT - 50:
            break
        blocks.insert(0, block)
    older = shown.older + len(shown.messages) - len(blocks)
    note = [t.text("tickets.older", count=older)] if older else []
    return "\n\n".join([*heads, *note, *blocks])


def label(shown: Ticket) -> str:
    """Name a ticket on a button."""
    mark = "🟢" if shown.is_open else "⚪"
    first = " ".join((shown.about or shown.messages[-1].text).split())
    return shortened(f"{mark} #{shown.id} · {first}", MAX_LABEL)
