"""Carts, coupons, confirmation, and orders that wait for money."""

from collections.abc import Callable
from dataclasses import replace

from bot_handlers.callbacks.checkout import (
    AddToCart,
    BuyNow,
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    DropCoupon,
    RemoveLine,
    ShowCart,
    ShowLine,
    StopWaiting,
    TopUpOffer,
    TypeCoupon,
)
from bot_handlers.callbacks.orders import SendGoods, ShowHistory, ShowOrder
from bot_handlers.callbacks.top_ups import ChooseCoin
from bot_handlers.screens import checkout as screens
from bot_handlers.screens import orders as orders_screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.sales.carts import Carts
from shop.sales.checkout import Checkout
from shop.sales.delivery import Delivery
from shop.sales.orders import Orders
from shop.sales.waiting import WaitingOffers


class CheckoutHandlers:
    """From the product to the goods."""

    def __init__(
        self, carts: Carts, checkout: Checkout, orders: Orders, delivery: Delivery, messenger: Messenger
    ) -> None:
        self._carts = carts
        self._checkout = checkout
        self._orders = orders
        self._delivery = delivery
        self._messenger = messenger

    def buy_now(self, visit: Visit, choice: BuyNow) -> None:
        """Offer units of one product."""
        offer = self._checkout.offer_product(visit.person, choice.product_id, choice.quantity)
        self._messenger.show(visit, screens.offer(offer, visit.translator))

    def add_to_cart(self, visit: Visit, choice: AddToCart) -> None:
        """Put units in the cart and show it."""
        cart = self._carts.add(visit.person, choice.product_id, max(1, choice.quantity))
        self._messenger.show(visit, screens.cart(cart, visit.translator))

    def show_cart(self, visit: Visit, _page: ShowCart) -> None:
        """Show the cart."""
        self._messenger.show(visit, screens.cart(self._carts.of(visit.person), visit.translator))

    def change_cart(self, visit: Visit, choice: ChangeCart) -> None:
        """Take one unit more or less."""
        cart = self._carts.add(visit.person, choice.product_id, 1 if choice.change > 0 else -1)
        self._messenger.show(visit, screens.cart(cart, visit.translator))

    def show_line(self, visit: Visit, choice: ShowLine) -> None:
        """Show one product of the cart."""
        line = self._carts.line(visit.person, choice.product_id)
        self._messenger.show(visit, screens.line(line, visit.translator))

    def remove_line(self, visit: Visit, choice: RemoveLine) -> None:
        """Take a product out of the cart."""
        cart = self._carts.remove(visit.person, choice.product_id)
        self._messenger.show(visit, screens.cart(cart, visit.translator))

    def clear_cart(self, visit: Visit, _page: ClearCart) -> None:
        """Empty the cart."""
        self._messenger.show(visit, screens.cart(self._carts.clear(visit.person), visit.translator))

    def check_out(self, visit: Visit, _page: CheckOut) -> None:
        """Offer the cart."""
        self._messenger.show(visit, screens.offer(self._checkout.offer_cart(visit.person), visit.translator))

    def confirm(self, visit: Visit, choice: Confirm) -> None:
        """Buy what was offered; the goods are on their way when the receipt shows."""
        receipt = self._checkout.place(visit.person, choice.offer_id)
        self._messenger.show(visit, orders_screens.bought(receipt, visit.translator))

    def show_history(self, visit: Visit, place: ShowHistory) -> None:
        """Show a page of the purchases."""
        history = self._orders.history(visit.person, page=place.page)
        self._messenger.show(visit, orders_screens.history(history, visit.translator))

    def show_order(self, visit: Visit, choice: ShowOrder) -> None:
        """Show an order of this customer."""
        receipt = self._orders.receipt_for(visit.person, choice.order_id)
        self._messenger.show(visit, orders_screens.order(receipt, visit.translator))

    def send_goods(self, visit: Visit, choice: SendGoods) -> None:
        """Send the goods of an order of this customer again: texts now, files by their letters."""
        receipt = self._delivery.send_files_again(visit.person, choice.order_id)
        self._messenger.deliver(visit.bot_id, visit.chat_id, orders_screens.parcel(receipt, visit.translator))


class CouponEntryHandlers:
    """From a code to a lower price: a code that was typed on the cart leads to the confirmation, which shows it."""

    def __init__(
        self, carts: Carts, checkout: Checkout, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._carts = carts
        self._checkout = checkout
        self._conversations = conversations
        self._messenger = messenger

    def type_code(self, visit: Visit, choice: TypeCoupon) -> None:
        """Ask for a code; the next message is the answer."""
        about = {} if choice.offer_id is None else {"offer": str(choice.offer_id)}
        self._conversations.ask(visit, Step.COUPON, **about)
        self._messenger.show(visit, screens.ask_coupon(visit.translator))

    def typed_code(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a code; what is no text is asked for again, and a code that was refused may be typed anew."""
        offer_id = int(dialog.answers["offer"]) if "offer" in dialog.answers else None
        if not text:
            self.type_code(visit, TypeCoupon(offer_id))
            return
        if offer_id is None:
            offer = self._checkout.offer_cart(visit.person, code=text)
        else:
            offer = self._checkout.with_coupon(visit.person, offer_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.offer(offer, visit.translator))

    def drop(self, visit: Visit, choice: DropCoupon) -> None:
        """Show the same at its full price."""
        if choice.offer_id is None:
            cart = self._carts.forget_coupon(visit.person)
            self._messenger.show(visit, screens.cart(cart, visit.translator))
        else:
            offer = self._checkout.without_coupon(visit.person, choice.offer_id)
            self._messenger.show(visit, screens.offer(offer, visit.translator))


class WaitingHandlers:
    """From a short balance to the coins. `choose_coin` and `confirm` are the screens that both ways lead to."""

    def __init__(
        self,
        waiting: WaitingOffers,
        carts: Carts,
        messenger: Messenger,
        *,
        choose_coin: Callable[[Visit, ChooseCoin], None],
        confirm: Callable[[Visit, Confirm], None],
    ) -> None:
        self._waiting = waiting
        self._carts = carts
        self._messenger = messenger
        self._choose_coin = choose_coin
        self._confirm = confirm

    def top_up(self, visit: Visit, choice: TopUpOffer) -> None:
        """Let an offer wait and show the coins; when the money has come meanwhile, it is bought as was promised."""
        missing = self._waiting.wait(visit.person, choice.offer_id)
        if missing.minor > 0:
            self._choose_coin(visit, ChooseCoin(missing.minor))
        else:
            self._confirm(visit, Confirm(choice.offer_id))

    def stop(self, visit: Visit, _press: StopWaiting) -> None:
        """Let nothing wait any more; the cart stays."""
        self._waiting.stop(visit.person)
        cart = replace(self._carts.of(visit.person), stopped_waiting=True)
        self._messenger.show(visit, screens.cart(cart, visit.translator))
