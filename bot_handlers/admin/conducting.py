"""Writing to a customer, banning him, letting him in again."""

from bot_handlers.admin.callbacks_customers import ShowCustomer, TypeBan, TypeToCustomer
from bot_handlers.admin.customers import CustomerHandlers
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import conduct as views
from bot_handlers.visits import Visit
from shop.support.customers import Conduct, CustomerSupport


class ConductHandlers:
    """What an admin says to one customer."""

    def __init__(
        self,
        conduct: Conduct,
        desk: CustomerSupport,
        looking: CustomerHandlers,
        *,
        conversations: Conversations,
        messenger: Messenger,
    ) -> None:
        self._conduct = conduct
        self._desk = desk
        self._looking = looking
        self._conversations = conversations
        self._messenger = messenger

    def ask_letter(self, visit: Visit, choice: TypeToCustomer) -> None:
        """Ask for the words; the next text is the letter."""
        name = self._desk.name(visit.person, choice.customer_id)
        self._conversations.ask(visit, Step.LETTER, customer=str(choice.customer_id))
        self._messenger.show(visit, views.ask_letter(choice.customer_id, name, visit.translator))

    def typed_letter(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Send the letter; what is no text is asked for again."""
        customer_id = int(dialog.answers["customer"])
        if not text:
            self.ask_letter(visit, TypeToCustomer(customer_id))
            return
        self._conduct.write(visit.person, customer_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, views.written(customer_id, visit.translator))

    def ask_ban(self, visit: Visit, choice: TypeBan) -> None:
        """Ask why he is to be banned, or let in again; the next text is the answer."""
        customer = self._conduct.check(visit.person, choice.customer_id)
        answers = {"customer": str(customer.id), "banned": str(choice.banned)}
        self._conversations.ask(visit, Step.BAN_REASON, **answers)
        name = self._desk.name(visit.person, customer.id)
        self._messenger.show(visit, views.ask_ban(customer.id, name, visit.translator, banned=bool(choice.banned)))

    def typed_ban(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Ban him, or let him in again; what is no text is asked for again."""
        customer_id, banned = int(dialog.answers["customer"]), int(dialog.answers["banned"])
        if not text:
            self.ask_ban(visit, TypeBan(customer_id, banned))
            return
        self._conduct.ban(visit.person, customer_id, text, banned=bool(banned))
        self._conversations.end(visit)
        self._looking.show(visit, ShowCustomer(customer_id))
