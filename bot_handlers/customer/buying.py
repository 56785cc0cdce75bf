"""Shelves, products, cart, confirmation, history."""

from bot_handlers.callbacks import (
    AddToCart,
    BuyNow,
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    SendGoods,
    ShowCart,
    ShowHistory,
    ShowOrder,
    ShowProduct,
    ShowShelf,
)
from bot_handlers.messenger import Messenger
from bot_handlers.views import catalog as views
from bot_handlers.views import orders as order_views
from bot_handlers.visits import Visit
from shop.carts import Carts
from shop.catalog import Catalog
from shop.checkout import Checkout
from shop.orders import Orders


class BuyingHandlers:
    """From the shelf to the goods."""

    def __init__(
        self, catalog: Catalog, carts: Carts, checkout: Checkout, orders: Orders, messenger: Messenger
    ) -> None:
        self._catalog = catalog
        self._carts = carts
        self._checkout = checkout
        self._orders = orders
        self._messenger = messenger

    def show_shelf(self, visit: Visit, place: ShowShelf) -> None:
        """Show a page of a category."""
        shelf = self._catalog.shelf(place.category_id, page=place.page)
        self._messenger.show(visit, views.shelf(shelf, visit.translator))

    def show_product(self, visit: Visit, choice: ShowProduct) -> None:
        """Show a product; a number of units beyond the stock shows the stock."""
        card = self._catalog.product(choice.product_id)
        quantity = min(max(choice.quantity, 1), max(card.stock_count, 1))
        self._messenger.show(visit, views.product(card, quantity, visit.translator))

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
        """Send the goods of an order of this customer again."""
        receipt = self._orders.receipt_for(visit.person, choice.order_id)
        self._messenger.deliver(visit.bot_id, visit.chat_id, order_views.parcel(receipt, visit.translator))
