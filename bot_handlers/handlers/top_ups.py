"""Top-ups, to the shop's own addresses or through a payment provider."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp, TypeSum, TypeTransaction
from bot_handlers.screens import refusals
from bot_handlers.screens import stars as star_screens
from bot_handlers.screens import top_ups as screens
from bot_handlers.screens.screen import Rows, Screen
from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.messenger import LiveMessage
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.assets import Asset
from shop.customers import Customers
from shop.errors.catalog import AmbiguousSum
from shop.errors.refusals import Refusal, StaleScreen
from shop.money import MAX_MINOR, AmbiguousAmount, InvalidAmount, Money, parse
from shop.payments.assembly import Payments
from shop.payments.deposit_views import DepositView
from shop.payments.invoice_views import InvoiceView
from shop.payments.invoices import Invoices
from shop.payments.top_ups import TopUp
from shop.sales.waiting import WaitingOffers
from wallet.chains import Chain

_log = logging.getLogger("souk.telegram")


@dataclass(frozen=True, slots=True)
class TopUpHandlers:
    """From a coin to an address. If a payment provider takes the payments, it opens an invoice for a sum."""

    chat: Chat
    customers: Customers
    payments: Payments
    waiting: WaitingOffers
    currency: str

    def choose_coin(self, visit: Visit, choice: ChooseCoin) -> None:
        """Show the coins to pay with."""
        asked = self._asked(choice.asked_minor)
        assets, delayed = self._coins()
        screen = screens.coins(
            assets,
            delayed,
            asked=asked,
            more=self._by_stars(visit, asked),
            balance=self.customers.balance(visit.person),
            waiting=self.waiting.total_of(visit.person),
            kept=self._reserved(visit),
            t=visit.translator,
        )
        self.chat.show(visit, screen)

    def _coins(self) -> tuple[tuple[Asset, ...], frozenset[Chain]]:
        """List the coins that can be paid with now, and the chains that are delayed."""
        invoices, top_ups = self.payments.invoices, self.payments.top_ups
        if not self.payments.store_mode.takes_coins:
            return (), frozenset()
        return (top_ups.assets, top_ups.delayed) if invoices is None else (invoices.assets, frozenset())

    def _by_stars(self, visit: Visit, asked: Money | None) -> Rows:
        """Make the button that leads to Stars, for customers who can use it."""
        stars = self.payments.stars
        if not stars.takes(visit.person):
            return ()
        return star_screens.way(asked, None if asked is None else stars.price(asked), visit.translator)

    def show(self, visit: Visit, choice: ShowTopUp) -> None:
        """Show where to pay. An invoice is opened for a sum only: without one, ask for it."""
        asked, invoices = self._asked(choice.asked_minor), self.payments.invoices
        if invoices is None:
            self._show_address(visit, choice.asset, asked)
        elif asked is None:
            asset = invoices.asset(choice.asset)
            self.chat.show(visit, screens.choose_sum(asset, invoices.least(asset), visit.translator))
        else:
            self._show_invoice(visit, invoices, choice.asset, asked)

    def ask_sum(self, visit: Visit, choice: TypeSum) -> None:
        """Ask for the sum to top up."""
        asset = self._asset(choice.asset)
        screen = screens.ask_sum(asset, self.currency, visit.translator)
        self.chat.ask(visit, Step.TOP_UP_SUM, screen, asset=asset.code)

    def take_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the sum and show where to pay; if it is not a sum, or is refused, another one can be typed."""
        try:
            asked = typed_sum(text, self.currency)
        except InvalidAmount:
            self.chat.ask_again(visit, dialog, visit.translator.text("ask_sum.again", currency=self.currency))
            return
        if self.payments.invoices is None:
            self._show_address(visit, dialog.answers["asset"], asked)
        else:
            self._show_invoice(visit, self.payments.invoices, dialog.answers["asset"], asked)
        self.chat.end(visit)

    def ask_transaction(self, visit: Visit, choice: TypeTransaction) -> None:
        """Ask for the id of a transaction.

        Raises:
            StaleScreen: a payment provider takes the payments now, and finds them without help.
        """
        if self.payments.invoices is not None:
            raise StaleScreen
        asset = self._asset(choice.asset)
        address = self.payments.top_ups.addresses.of(visit.person.id, asset.chain)
        shown = self.payments.screens.promised(visit.person.id, asset)
        screen = screens.ask_transaction(asset, address, shown, visit.translator)
        self.chat.ask(visit, Step.TRANSACTION, screen, asset=asset.code)

    def take_transaction(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Queue the look-up of a transaction; the message with the place in the queue becomes the answer.

        The dialog stays open until something was found: another transaction can be typed.

        Raises:
            StaleScreen: a payment provider takes the payments by now; the dialog ends.
        """
        if self.payments.invoices is not None:
            self.chat.end(visit)
            raise StaleScreen
        asset = self._asset(dialog.answers["asset"])
        self.payments.payment_checks.ask(visit.person, asset.code, text, LookUpMessage(self.chat, visit, asset))

    def _reserved(self, visit: Visit) -> str:
        once_paid = self.waiting.keeps and self.payments.invoices is None
        return screens.reserved(self.waiting.kept(visit.person), visit.translator, once_paid=once_paid)

    def _asset(self, code: str) -> Asset:
        return (self.payments.invoices or self.payments.top_ups).asset(code)

    def _asked(self, minor: int | None) -> Money | None:
        """Take a sum from a button; None if it has none, or a forged one."""
        return Money(minor, self.currency) if minor is not None and 0 < minor <= MAX_MINOR else None

    def _show_address(self, visit: Visit, asset_code: str, asked: Money | None) -> None:
        shown = self.payments.top_ups.open(visit.person, asset_code, asked)
        kept = self.waiting.kept(visit.person)
        self._show_live(visit, shown, screens.top_up(shown, self.currency, visit.translator, kept=kept))

    def _show_invoice(self, visit: Visit, invoices: Invoices, asset_code: str, asked: Money) -> None:
        shown = invoices.open(visit.person, asset_code, asked)
        self._show_live(visit, shown, screens.invoice(shown, visit.translator))

    def _show_live(self, visit: Visit, shown: TopUp | InvoiceView, screen: Screen) -> None:
        """Show a screen that counts down."""
        screen_id = self.payments.screens.begin(visit.person, shown)
        self.chat.show(visit, screen, shown=partial(self.payments.screens.arrived, screen_id))


def typed_sum(text: str, currency: str) -> Money:
    """Read an amount that a customer wants to top up.

    Raises:
        AmbiguousSum: it can be read in two ways.
        InvalidAmount: it is not an amount, or is zero.
    """
    try:
        asked = parse(text, currency)
    except AmbiguousAmount:
        raise AmbiguousSum(text) from None
    if asked.minor <= 0:
        raise InvalidAmount(text)
    return asked


@dataclass(frozen=True, slots=True)
class LookUpMessage:
    """The message that shows the progress of a transaction's look-up. The shop's threads call it.

    `asset` is None if it is looked up on several chains; `payment` makes the screen of what was found.
    """

    chat: Chat
    visit: Visit
    asset: Asset | None
    payment: Callable[[DepositView], Screen] | None = None
    message: LiveMessage = field(default_factory=LiveMessage)

    def waits(self, place: int) -> None:
        """Show the place in the queue."""
        self._show(screens.look_up(self.asset, self.visit.translator, place=place))

    def begins(self) -> None:
        """Show that the transaction is being looked up."""
        self._show(screens.look_up(self.asset, self.visit.translator, place=0))

    def found(self, deposits: Sequence[DepositView]) -> None:
        """Show what the transaction paid, a message for each deposit, and end the dialog if it is still this one."""
        self._show(self._screen(deposits[0]))
        for view in deposits[1:]:
            self.chat.show(self.visit, self._screen(view))
        dialog = self.chat.conversations.of(self.visit)
        if dialog is not None and dialog.step is Step.TRANSACTION:
            self.chat.end(self.visit)

    def refused(self, refusal: Refusal) -> None:
        """Say why there is nothing to show."""
        self._show(refusals.screen(refusal, self.visit.translator))

    def failed(self) -> None:
        """Apologise."""
        self._show(Screen(self.visit.translator.text("apology")))

    def _screen(self, view: DepositView) -> Screen:
        return screens.deposit(view, self.visit.translator) if self.payment is None else self.payment(view)

    def _show(self, screen: Screen) -> None:
        try:
            self.chat.messenger.renew(self.visit, self.message, screen)
        except TelegramFailure as error:  # no caller of a look-up would handle it
            _log.warning("not shown: %s", failures.describe(error))
