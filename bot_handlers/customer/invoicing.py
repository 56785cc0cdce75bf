"""Coins, sums, and the payments that a provider takes."""

from collections.abc import Callable

from bot_handlers.callbacks import ChooseCoin, ShowTopUp, TypeSum, TypeTransaction
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import invoices as views
from bot_handlers.views import payments as payment_views
from bot_handlers.views.screen import Screen
from bot_handlers.visits import Visit
from shop.customers import Customers
from shop.errors import StaleScreen
from shop.money import MAX_MINOR, InvalidAmount, Money, parse
from shop.payments.invoices import Invoices
from shop.sales.waiting import WaitingOffers


class InvoicingHandlers:
    """From a coin and a sum to an address: stands in for `PayingHandlers` where a provider takes the payments."""

    def __init__(
        self,
        customers: Customers,
        invoices: Invoices,
        waiting: WaitingOffers,
        *,
        conversations: Conversations,
        messenger: Messenger,
        clock: Callable[[], int],
        currency: str,
    ) -> None:
        self._customers = customers
        self._invoices = invoices
        self._waiting = waiting
        self._conversations = conversations
        self._messenger = messenger
        self._clock = clock
        self._currency = currency

    def choose_coin(self, visit: Visit, choice: ChooseCoin) -> None:
        """Show the coins to pay with."""
        screen = payment_views.coins(
            self._invoices.assets,
            frozenset(),
            asked=self._asked(choice.asked_minor),
            balance=self._customers.balance(visit.person),
            waiting=self._waiting.total_of(visit.person),
            kept_until=self._waiting.kept_until(visit.person),
            t=visit.translator,
        )
        self._messenger.show(visit, screen)

    def show_top_up(self, visit: Visit, choice: ShowTopUp) -> None:
        """Show where to pay; without a sum, ask for one."""
        asked = self._asked(choice.asked_minor)
        if asked is None:
            asset = self._invoices.asset(choice.asset)
            self._messenger.show(visit, views.choose_sum(asset, self._currency, visit.translator))
        else:
            self._show(visit, choice.asset, asked)

    def type_sum(self, visit: Visit, choice: TypeSum) -> None:
        """Ask for the sum; the next message is the answer."""
        asset = self._invoices.asset(choice.asset)
        self._conversations.ask(visit, Step.TOP_UP_SUM, asset=asset.code)
        self._messenger.show(visit, payment_views.ask_sum(asset, self._currency, visit.translator))

    def typed_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the sum that was asked for; what is none, or is not taken, may be typed again."""
        try:
            asked = parse(text, self._currency)
        except InvalidAmount:
            asked = Money(0, self._currency)
        if asked.minor <= 0:
            self._messenger.show(visit, Screen(visit.translator.text("ask_sum.again", currency=self._currency)))
            return
        self._show(visit, dialog.answers["asset"], asked)
        self._conversations.end(visit)

    def type_transaction(self, visit: Visit, choice: TypeTransaction) -> None:
        """Refuse a button of the time when the shop took the payments itself."""
        raise StaleScreen

    def typed_transaction(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Leave a dialog of that time."""
        self._conversations.end(visit)
        raise StaleScreen

    def _show(self, visit: Visit, asset_code: str, asked: Money) -> None:
        shown = self._invoices.open(visit.person, asset_code, asked)
        minutes_left = max(0, shown.expires_at - self._clock()) // 60
        self._messenger.show(visit, views.invoice(shown, visit.translator, minutes_left=minutes_left))

    def _asked(self, minor: int | None) -> Money | None:
        """Take a sum from a button; a forged one is no sum."""
        return Money(minor, self._currency) if minor is not None and 0 < minor <= MAX_MINOR else None
