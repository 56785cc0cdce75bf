"""A balance put right by hand: a sum, a reason, a confirmation."""

from bot_handlers.admin.callbacks_customers import Adjust, TypeAdjustment
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import adjustments as views
from bot_handlers.visits import Visit
from shop.adjustments import Adjustments
from shop.customers import Customers
from shop.money import InvalidAmount, Money, parse


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
        self._messenger.show(visit, views.ask(choice.customer_id, name, balance, visit.translator))

    def typed_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the sum and ask for the reason; what is no sum is asked for again."""
        customer_id = int(dialog.answers["customer"])
        try:
            amount = _signed(text, self._currency)
        except InvalidAmount:
            self._messenger.show(visit, views.ask_again(customer_id, self._currency, visit.translator))
            return
        self._adjustments.check(visit.person, customer_id, amount)
        answers = dialog.answers | {"minor": str(amount.minor)}
        self._conversations.ask(visit, Step.ADJUSTMENT_REASON, **answers)
        self._messenger.show(visit, views.ask_reason(customer_id, visit.translator))

    def typed_reason(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the reason and show what is to be confirmed; what is no text is asked for again."""
        customer_id = int(dialog.answers["customer"])
        if not text:
            self._messenger.show(visit, views.ask_reason(customer_id, visit.translator))
            return
        amount = Money(int(dialog.answers["minor"]), self._currency)
        wanted = self._adjustments.propose(visit.person, customer_id, amount, text)
        self._conversations.end(visit)
        name = self._customers.name_of(customer_id)
        balance = self._adjustments.balance(visit.person, customer_id)
        self._messenger.show(visit, views.confirm(wanted, name, balance, visit.translator))

    def make(self, visit: Visit, choice: Adjust) -> None:
        """Do what was shown."""
        made = self._adjustments.make(visit.person, choice.adjustment_id)
        self._messenger.show(visit, views.done(made, visit.translator))


def _signed(text: str, currency: str) -> Money:
    """Read a sum with a sign: none means plus; the minus may be the typographic one that phones make."""
    word = text.strip()
    taken = word.startswith(("-", "−", "–"))
    amount = parse(word[1:] if taken or word.startswith("+") else word, currency)
    if not amount.minor:
        raise InvalidAmount(text)
    return -amount if taken else amount
