"""Notes about a customer, and their move to another Telegram account."""

import html

from bot_handlers.callbacks.customers import ShowCustomer
from bot_handlers.callbacks.support import MoveAccount, RemoveNote, ShowNotes, TypeNewAccount, TypeNote
from bot_handlers.screens.screen import Button, Screen, back_home, back_row, pager, shortened, support_rows
from locales import Translator
from shop.support.account_moves import MovePlan
from shop.support.notes import Note, NotePage
from shop.terms.operator import Contact

MAX_NOTE = 300
"""The most UTF-16 code units of a note in a list; a note alone on its page is shown in full."""
MAX_LABEL = 30


def notes(customer_id: int, name: str, page: NotePage, t: Translator) -> Screen:
    """Show a page of the notes about a customer, newest first; each can be deleted."""
    most = MAX_NOTE if len(page.notes) > 1 else 1000
    entries = [
        t.text("notes.entry", moment=t.moment(each.written_at), author=each.author, text=shortened(each.text, most))
        for each in page.notes
    ]
    rows: list[tuple[Button, ...]] = [(Button(_label(each), RemoveNote(each.id)),) for each in page.notes]
    rows += pager(page, lambda number: ShowNotes(customer_id, number))
    rows += [(Button(t.text("button.add_note"), TypeNote(customer_id)),), back_row(ShowCustomer(customer_id), t)]
    head = t.text("notes" if page.notes else "notes.none", name=name)
    return Screen("\n\n".join([head, *entries]), tuple(rows))


def ask_note(customer_id: int, name: str, t: Translator) -> Screen:
    """Ask for a note."""
    return Screen(t.text("ask_note", name=name), (back_row(ShowNotes(customer_id, 0), t),))


def ask_account(customer_id: int, name: str, t: Translator) -> Screen:
    """Ask which Telegram account the customer will use from now on."""
    return Screen(t.text("ask_account", name=name), (back_row(ShowCustomer(customer_id), t),))


def confirm_move(plan: MovePlan, t: Translator) -> Screen:
    """Show what a move would do."""
    text = t.text("account.confirm", name=plan.name, to=plan.to_name, balance=plan.balance, orders=plan.orders)
    if plan.deletion_at is not None:
        text += "\n\n" + t.text("account.deletion", moment=t.moment(plan.deletion_at))
    move = Button(t.text("button.move_account"), MoveAccount(plan.customer_id, plan.to_telegram_id))
    return Screen(text, ((move,), back_row(TypeNewAccount(plan.customer_id), t)))


def moved(plan: MovePlan, t: Translator) -> Screen:
    """Say that an account was moved."""
    rows = ((Button(t.text("button.customer"), ShowCustomer(plan.customer_id)), *back_home(t)),)
    return Screen(t.text("account.moved", name=plan.name, to=plan.to_name), rows)


def arrived(t: Translator, *, deletion_ended: bool) -> Screen:
    """Tell a customer that their account is on this Telegram account now, and whether a deletion was cancelled."""
    text = t.text("account.arrived")
    if deletion_ended:
        text += "\n\n" + t.text("account.deletion_ended")
    return Screen(text, (back_home(t),))


def left(contact: Contact, t: Translator) -> Screen:
    """Tell the old Telegram account that the shop's account moved away, and whom to write to if that is wrong."""
    text = "\n".join([t.text("account.left"), *([html.escape(contact.text, quote=False)] if contact.text else [])])
    return Screen(text, support_rows(contact.link, t))


def _label(note: Note) -> str:
    return shortened(f"🗑 {' '.join(note.text.split())}", MAX_LABEL)
