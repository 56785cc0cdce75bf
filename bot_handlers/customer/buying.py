"""Cart, confirmation, history."""

from bot_handlers.callbacks import (
    AddToCart,
    BuyNow,
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    RemoveLine,
    SendGoods,
    ShowCart,
    ShowHistory,
    ShowLine,
    ShowOrder,
)
from bot_handlers.messenger import Messenger
from bot_handlers.views import carts as views
from bot_handlers.views import orders as order_views
from bot_handlers.visits import Visit
from shop.sales.carts import Carts
from shop.sales.checkout import Checkout
from shop.sales.delivery import Delivery
from shop.sales.orders import Orders


class BuyingHandlers:
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
        self._messenger.show(visit, views.offer(offer, visit.translator))

    def add_to_cart(self, visit: Visit, choice: AddToCart) -> None:
        """Put units in the cart and show it."""
        cart = self._carts.add(visit.person, choice.product_id, max(1, choice.quantity))
        self._messenger.show(visit, views.cart(cart, visit.translator))

    def show_cart(self, visit: Visit, _page: ShowCart) -> None:
        """Show the cart."""
        self._messenger.show(visit, views.cart(self._carts.of(visit.person), visit.translator))

    def change_cart(self, visit: Visit, choice: ChangeCart) -> None:
        """Take one unit more or less."""
        cart = self._carts.add(visit.person, choice.product_id, 1 if choice.change > 0 else -1)
        self._messenger.show(visit, views.cart(cart, visit.translator))

    def show_line(self, visit: Visit, choice: ShowLine) -> None:
        """Show one product of the cart."""
        line = self._carts.line(visit.person, choice.product_id)
        self._messenger.show(visit, views.line(line, visit.translator))

    def remove_line(self, visit: Visit, choice: RemoveLine) -> None:
        """Take a product out of the cart."""
        cart = self._carts.remove(visit.person, choice.product_id)
        self._messenger.show(visit, views.cart(cart, visit.translator))

    def clear_cart(self, visit: Visit, _page: ClearCart) -> None:
        """Empty the cart."""
        self._messenger.show(visit, views.cart(self._carts.clear(visit.person), visit.translator))

    def check_out(self, visit: Visit, _page: CheckOut) -> None:
        """Offer the cart."""
        self._messenger.show(visit, views.offer(self._checkout.offer_cart(visit.person), visit.translator))

    def confirm(self, visit: Visit, choice: Confirm) -> None:
        """Buy what was offered; the goods are on their way when the receipt shows."""
        receipt = self._checkout.place(visit.person, choice.offer_id)
        self._messenger.show(visit, order_views.bought(receipt, visit.translator))

    def show_history(self, visit: Visit, place: ShowHistory) -> None:
        """Show a page of the purchases."""
        history = self._orders.history(visit.person, page=place.page)
        self._messenger.show(visit, order_views.history(history, visit.translator))

    def show_order(self, visit: Visit, choice: ShowOrder) -> None:
        """Show an order of this customer."""
        receipt = self._orders.receipt_for(visit.person, choice.order_id)
        self._messenger.show(visit, order_views.order(receipt, visit.translator))

    def send_goods(self, visit: Visit, choice: SendGoods) -> None:
        """Send the goods of an order of this customer again: texts now, files by their letters."""
        receipt = self._delivery.send_files_again(visit.person, choice.order_id)
        self._messenger.deliver(visit.bot_id, visit.chat_id, order_views.parcel(receipt, visit.translator))
