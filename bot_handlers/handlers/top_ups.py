"""Top-ups, to the shop's own addresses or through a payment provider."""

from collections.abc import Callable

from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp, TypeSum, TypeTransaction
from bot_handlers.screens import top_ups as screens
from bot_handlers.screens import top_ups as top_ups_screens
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.customers import Customers
from shop.errors import StaleScreen
from shop.money import MAX_MINOR, InvalidAmount, Money, parse
from shop.payments.invoices import Invoices
from shop.payments.top_ups import PaymentChecks, TopUps
from shop.sales.waiting import WaitingOffers


class TopUpHandlers:
    """From a coin to an address."""

    def __init__(
        self,
        customers: Customers,
        top_ups: TopUps,
        payment_checks: PaymentChecks,
        waiting: WaitingOffers,
        *,
        conversations: Conversations,
        messenger: Messenger,
        clock: Callable[[], int],
        currency: str,
    ) -> None:
        self._customers = customers
        self._top_ups = top_ups
        self._payment_checks = payment_checks
        self._waiting = waiting
        self._conversations = conversations
        self._messenger = messenger
        self._clock = clock
        self._currency = currency

    def choose_coin(self, visit: Visit, choice: ChooseCoin) -> None:
        """Show the coins to pay with."""
        balance = self._customers.balance(visit.person)
        screen = screens.coins(
            self._top_ups.assets,
            self._top_ups.delayed,
            asked=self._asked(choice.asked_minor),
            balance=balance,
            waiting=self._waiting.total_of(visit.person),
            kept_until=self._waiting.kept_until(visit.person),
            t=visit.translator,
        )
        self._messenger.show(visit, screen)

    def show_top_up(self, visit: Visit, choice: ShowTopUp) -> None:
        """Show where to pay."""
        self._show(visit, choice.asset, self._asked(choice.asked_minor))

    def type_sum(self, visit: Visit, choice: TypeSum) -> None:
        """Ask for the sum; the next message is the answer."""
        asset = self._top_ups.asset(choice.asset)
        self._conversations.ask(visit, Step.TOP_UP_SUM, asset=asset.code)
        self._messenger.show(visit, screens.ask_sum(asset, self._currency, visit.translator))

    def typed_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the sum that was asked for; what is none is asked for again."""
        try:
            asked = parse(text, self._currency)
        except InvalidAmount:
            asked = Money(0, self._currency)
        if asked.minor <= 0:
            screen = Screen(visit.translator.text("ask_sum.again", currency=self._currency))
            self._messenger.show(visit, screen)
            return
        self._conversations.end(visit)
        self._show(visit, dialog.answers["asset"], asked)

    def type_transaction(self, visit: Visit, choice: TypeTransaction) -> None:
        """Ask for the id of a transaction; the next message is the answer."""
        asset = self._top_ups.asset(choice.asset)
        self._conversations.ask(visit, Step.TRANSACTION, asset=asset.code)
        self._messenger.show(visit, screens.ask_transaction(asset, visit.translator))

    def typed_transaction(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Look a transaction up and show what it paid; one that is unknown may be typed again."""
        for view in self._payment_checks.check(visit.person, dialog.answers["asset"], text):
            self._messenger.show(visit, screens.deposit(view, visit.translator))
        self._conversations.end(visit)

    def _show(self, visit: Visit, asset_code: str, asked: Money | None) -> None:
        shown = self._top_ups.open(visit.person, asset_code, asked)
        minutes_left = max(0, shown.expires_at - self._clock()) // 60
        self._messenger.show(
            visit, screens.top_up(shown, self._currency, visit.translator, minutes_left=minutes_left)
        )

    def _asked(self, minor: int | None) -> Money | None:
        """Take a sum from a button; a forged one is no sum."""
        return Money(minor, self._currency) if minor is not None and 0 < minor <= MAX_MINOR else None


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
        screen = top_ups_screens.coins(
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
            self._messenger.show(visit, screens.choose_sum(asset, self._currency, visit.translator))
        else:
            self._show(visit, choice.asset, asked)

    def type_sum(self, visit: Visit, choice: TypeSum) -> None:
        """Ask for the sum; the next message is the answer."""
        asset = self._invoices.asset(choice.asset)
        self._conversations.ask(visit, Step.TOP_UP_SUM, asset=asset.code)
        self._messenger.show(visit, top_ups_screens.ask_sum(asset, self._currency, visit.translator))

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
        self._messenger.show(visit, screens.invoice(shown, visit.translator, minutes_left=minutes_left))

    def _asked(self, minor: int | None) -> Money | None:
        """Take a sum from a button; a forged one is no sum."""
        return Money(minor, self._currency) if minor is not None and 0 < minor <= MAX_MINOR else None
