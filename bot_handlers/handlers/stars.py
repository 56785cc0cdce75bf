"""Telegram Stars, for customers and admins."""

from dataclasses import dataclass

from bot_handlers.callbacks.stars import (
    RefundStars,
    SendBill,
    ShowStarPayment,
    ShowStarPayments,
    ShowStars,
    SwitchStoreMode,
    TypeStarSum,
)
from bot_handlers.handlers.top_ups import typed_sum
from bot_handlers.screens import stars as screens
from bot_handlers.screens.top_ups import presets
from bot_handlers.telegram.stars import BillSender
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.customers import Customers
from shop.errors.payments import StarsNotTaken
from shop.errors.refusals import StaleScreen
from shop.money import MAX_MINOR, InvalidAmount, Money
from shop.payments.assembly import Payments
from shop.payments.stars import PaymentView
from shop.people import Right

FEWEST_STARS = 10
"""The fewest Stars that a suggested sum costs: since prices are rounded up, a sum of few of them costs much more."""


@dataclass(frozen=True, slots=True)
class StarHandlers:
    """From a sum to a bill; payments for admins; store mode for owners."""

    chat: Chat
    customers: Customers
    payments: Payments
    bills: BillSender
    currency: str

    def show(self, visit: Visit, choice: ShowStars) -> None:
        """Show what a sum costs; without one, show sums.

        Raises:
            StarsNotTaken: the shop takes none at the moment.
        """
        stars = self.payments.stars
        if not stars.store_mode.takes_stars:
            raise StarsNotTaken
        if choice.asked_minor is None:
            sums = presets(stars.worth(FEWEST_STARS))
            screen = screens.sums(tuple((asked, stars.price(asked)) for asked in sums), visit.translator)
        else:
            asked = self._asked(choice.asked_minor)
            screen = screens.price(asked, stars.price(asked), visit.translator)
        self.chat.show(visit, screen)

    def ask_sum(self, visit: Visit, _page: TypeStarSum) -> None:
        """Ask for the sum to top up."""
        self.chat.ask(visit, Step.STAR_SUM, screens.ask_sum(self.currency, visit.translator))

    def take_sum(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Show what the sum costs; if it is not an amount, another one can be typed."""
        try:
            asked = typed_sum(text, self.currency)
        except InvalidAmount:
            self.chat.ask_again(visit, dialog, visit.translator.text("ask_sum.again", currency=self.currency))
            return
        self.chat.end(visit)
        self.show(visit, ShowStars(asked.minor))

    def send_bill(self, visit: Visit, choice: SendBill) -> None:
        """Send a bill."""
        self.bills.send(visit, self.payments.stars.bill(visit.person, self._asked(choice.asked_minor)))

    def show_payments(self, visit: Visit, place: ShowStarPayments) -> None:
        """Show a page of the payments."""
        page = self.payments.star_refunds.page(visit.person, page=place.page)
        mode, is_owner = self.payments.store_mode, Right.OWNERS_ONLY in visit.person.rights
        screen = screens.payments(
            page, visit.translator, takes_stars=mode.takes_stars, store_mode=mode.is_on if is_owner else None
        )
        self.chat.show(visit, screen)

    def show_payment(self, visit: Visit, choice: ShowStarPayment) -> None:
        """Show a payment."""
        self._show(visit, self.payments.star_refunds.one(visit.person, choice.payment_id))

    def refund(self, visit: Visit, choice: RefundStars) -> None:
        """Begin to give the Stars of a payment back."""
        self._show(visit, self.payments.star_refunds.begin(visit.person, choice.payment_id))

    def switch_store_mode(self, visit: Visit, choice: SwitchStoreMode) -> None:
        """Switch store mode."""
        self.payments.store_mode.switch(visit.person, on=choice.on == 1)
        self.show_payments(visit, ShowStarPayments(0))

    def _show(self, visit: Visit, view: PaymentView) -> None:
        name = self.customers.name_of(view.customer_id)
        self.chat.show(visit, screens.payment(view, name, visit.translator))

    def _asked(self, minor: int) -> Money:
        """Take a sum from a button.

        Raises:
            StaleScreen: it is a forged one.
        """
        if not 0 < minor <= MAX_MINOR:
            raise StaleScreen
        return Money(minor, self.currency)
