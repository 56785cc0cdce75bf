"""Notes about a customer, and their move to another Telegram account."""

from dataclasses import dataclass

from bot_handlers.callbacks.support import MoveAccount, RemoveNote, ShowNotes, TypeNewAccount, TypeNote
from bot_handlers.screens import support as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.assembly import Shop


@dataclass(frozen=True, slots=True)
class SupportHandlers:
    """Notes about a customer, and the move of their account."""

    chat: Chat
    shop: Shop

    def show_notes(self, visit: Visit, place: ShowNotes) -> None:
        """Show a page of the notes about a customer."""
        name = self.shop.customer_support.name(visit.person, place.customer_id)
        page = self.shop.notes.of(visit.person, place.customer_id, page=place.page)
        self.chat.show(visit, screens.notes(place.customer_id, name, page, visit.translator))

    def ask_note(self, visit: Visit, choice: TypeNote) -> None:
        """Ask for a note."""
        name = self.shop.customer_support.name(visit.person, choice.customer_id)
        screen = screens.ask_note(choice.customer_id, name, visit.translator)
        self.chat.ask(visit, Step.CUSTOMER_NOTE, screen, customer=str(choice.customer_id))

    def take_note(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Write the note, and show the notes."""
        customer_id = int(dialog.answers["customer"])
        self.shop.notes.add(visit.person, customer_id, text)
        self.chat.end(visit)
        self.show_notes(visit, ShowNotes(customer_id, 0))

    def remove_note(self, visit: Visit, choice: RemoveNote) -> None:
        """Delete a note, and show the others."""
        self.show_notes(visit, ShowNotes(self.shop.notes.remove(visit.person, choice.note_id), 0))

    def ask_account(self, visit: Visit, choice: TypeNewAccount) -> None:
        """Ask which Telegram account a customer will use from now on."""
        name = self.shop.customer_support.name(visit.person, choice.customer_id)
        screen = screens.ask_account(choice.customer_id, name, visit.translator)
        self.chat.ask(visit, Step.NEW_ACCOUNT, screen, customer=str(choice.customer_id))

    def take_account(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the account, and ask whether to go ahead; if it cannot be that one, another can be named."""
        plan = self.shop.account_moves.read(visit.person, int(dialog.answers["customer"]), text)
        self.chat.end(visit)
        self.chat.show(visit, screens.confirm_move(plan, visit.translator))

    def move(self, visit: Visit, choice: MoveAccount) -> None:
        """Move the account."""
        plan = self.shop.account_moves.move(visit.person, choice.customer_id, choice.telegram_id)
        self.chat.show(visit, screens.moved(plan, visit.translator))
