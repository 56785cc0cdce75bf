"""Buttons for notes about a customer, and for a customer's move to another Telegram account."""

from bot_handlers.callbacks import Callback, button


@button("notes")
class ShowNotes(Callback):
    """Show a page of the notes about a customer."""

    customer_id: int
    page: int


@button("addnote")
class TypeNote(Callback):
    """Ask for a note about a customer."""

    customer_id: int


@button("dropnote")
class RemoveNote(Callback):
    """Delete a note."""

    note_id: int


@button("newaccount")
class TypeNewAccount(Callback):
    """Ask which Telegram account a customer moves to."""

    customer_id: int


@button("moveaccount")
class MoveAccount(Callback):
    """Move a customer to a Telegram account, as was shown."""

    customer_id: int
    telegram_id: int
