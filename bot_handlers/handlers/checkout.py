"""Carts, coupons, confirmation, and orders that wait for money."""

from dataclasses import dataclass, replace

from bot_handlers.callbacks.checkout import (
    AddToCart,
    Agree,
    BuyNow,
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    DropCoupon,
    EmptyCart,
    RemoveLine,
    ShowCart,
    ShowLine,
    StopWaiting,
    TopUpOffer,
    TypeCoupon,
)
from bot_handlers.callbacks.orders import TypeOrderNote
from bot_handlers.callbacks.top_ups import ChooseCoin
from bot_handlers.handlers.top_ups import TopUpHandlers
from bot_handlers.screens import checkout as screens
from bot_handlers.screens.orders import bought
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.sales.carts import Cart, Carts
from shop.sales.checkout import Checkout, Offer
from shop.sales.waiting import WaitingOffers
from shop.terms.consents import Consents


@dataclass(frozen=True, slots=True)
class CheckoutHandlers:
    """From the product to the order. If the balance is too low, `top_ups` shows how to pay."""

    chat: Chat
    carts: Carts
    checkout: Checkout
    waiting: WaitingOffers
    consents: Consents
    top_ups: TopUpHandlers

    def buy_now(self, visit: Visit, choice: BuyNow) -> None:
        """Offer items of one product."""
        self._show_offer(visit, self.checkout.offer_product(visit.person, choice.product_id, choice.quantity))

    def add_to_cart(self, visit: Visit, choice: AddToCart) -> None:
        """Put items in the cart."""
        self._show_cart(visit, self.carts.add(visit.person, choice.product_id, max(1, choice.quantity)))

    def show_cart(self, visit: Visit, _page: ShowCart) -> None:
        """Show the cart."""
        self._show_cart(visit, self.carts.of(visit.person))

    def change_cart(self, visit: Visit, choice: ChangeCart) -> None:
        """Put one item more or one less in the cart."""
        self._show_cart(visit, self.carts.add(visit.person, choice.product_id, 1 if choice.change > 0 else -1))

    def show_line(self, visit: Visit, choice: ShowLine) -> None:
        """Show one product of the cart."""
        line = self.carts.line(visit.person, choice.product_id)
        self.chat.show(visit, screens.line(line, visit.translator))

    def remove_line(self, visit: Visit, choice: RemoveLine) -> None:
        """Remove a product from the cart."""
        self._show_cart(visit, self.carts.remove(visit.person, choice.product_id))

    def ask_clear(self, visit: Visit, _page: ClearCart) -> None:
        """Ask whether to empty the cart; one that is empty already is shown."""
        cart = self.carts.of(visit.person)
        screen = screens.ask_clear if cart.lines else screens.cart
        self.chat.show(visit, screen(cart, visit.translator))

    def clear_cart(self, visit: Visit, _page: EmptyCart) -> None:
        """Empty the cart."""
        self._show_cart(visit, self.carts.clear(visit.person))

    def check_out(self, visit: Visit, _page: CheckOut) -> None:
        """Offer the cart."""
        self._show_offer(visit, self.checkout.offer_cart(visit.person))

    def confirm(self, visit: Visit, choice: Confirm) -> None:
        """Buy what was offered; by the time the receipt shows, the goods are being sent."""
        receipt = self.checkout.place(visit.person, choice.offer_id)
        self.chat.show(visit, bought(receipt, visit.translator))

    def ask_coupon(self, visit: Visit, choice: TypeCoupon) -> None:
        """Ask for a coupon code."""
        about = {} if choice.offer_id is None else {"offer": str(choice.offer_id)}
        self.chat.ask(visit, Step.COUPON, screens.ask_coupon(visit.translator), **about)

    def take_coupon(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a code, and show the offer with it; if it is refused, another one can be typed."""
        if "offer" in dialog.answers:
            offer = self.checkout.with_coupon(visit.person, int(dialog.answers["offer"]), text)
        else:
            offer = self.checkout.offer_cart(visit.person, code=text)
        self.chat.end(visit)
        self._show_offer(visit, offer)

    def ask_note(self, visit: Visit, choice: TypeOrderNote) -> None:
        """Ask for a note for the admin who makes the goods."""
        self.checkout.check_note(visit.person, choice.offer_id)
        self.chat.ask(visit, Step.ORDER_NOTE, screens.ask_note(visit.translator), offer=str(choice.offer_id))

    def take_note(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the note, and show the offer with it."""
        offer = self.checkout.with_note(visit.person, int(dialog.answers["offer"]), text)
        self.chat.end(visit)
        self._show_offer(visit, offer)

    def remove_coupon(self, visit: Visit, choice: DropCoupon) -> None:
        """Show the offer, or the cart, at the full price."""
        if choice.offer_id is None:
            self._show_cart(visit, self.carts.forget_coupon(visit.person))
        else:
            self._show_offer(visit, self.checkout.without_coupon(visit.person, choice.offer_id))

    def top_up(self, visit: Visit, choice: TopUpOffer) -> None:
        """Make an offer wait for money and show the coins; if the money has arrived meanwhile, buy it now."""
        missing = self.waiting.wait(visit.person, choice.offer_id)
        if missing.minor > 0:
            self.top_ups.choose_coin(visit, ChooseCoin(missing.minor))
        else:
            self.confirm(visit, Confirm(choice.offer_id))

    def agree(self, visit: Visit, choice: Agree) -> None:
        """Record the consent, and continue with the offer: buy it, or show how to pay the missing amount."""
        self.consents.give(visit.person, choice.offer_id, choice.version)
        self.top_up(visit, TopUpOffer(choice.offer_id))

    def stop_waiting(self, visit: Visit, _press: StopWaiting) -> None:
        """Stop the waiting offer; the cart stays as it is."""
        self.waiting.stop(visit.person)
        self._show_cart(visit, replace(self.carts.of(visit.person), stopped_waiting=True))

    def _show_cart(self, visit: Visit, cart: Cart) -> None:
        self.chat.show(visit, screens.cart(cart, visit.translator))

    def _show_offer(self, visit: Visit, offer: Offer) -> None:
        self.chat.show(visit, screens.offer(offer, visit.translator))
