"""Customers' orders, all orders for admins, and goods made to order, which admins deliver."""

from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.orders import (
    MakeLine,
    SendGoods,
    SendOrders,
    ShowEveryOrder,
    ShowFoundOrders,
    ShowHistory,
    ShowOrder,
    TypeOrderSearch,
)
from bot_handlers.screens import orders as screens
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.sales.delivery import MAX_FILE_BYTES, Delivery
from shop.sales.orders import Orders
from shop.support.orders import OrderFilter, OrderPage, OrderSupport

MAX_FILE_NAME = 120


@dataclass(frozen=True, slots=True)
class OrderHandlers:
    """Purchases, and how they reach their buyers."""

    chat: Chat
    orders: Orders
    delivery: Delivery
    support: OrderSupport

    def show_history(self, visit: Visit, place: ShowHistory) -> None:
        """Show a page of this customer's orders."""
        history = self.orders.history(visit.person, page=place.page)
        self.chat.show(visit, screens.history(history, visit.translator))

    def show(self, visit: Visit, choice: ShowOrder) -> None:
        """Show an order of this customer."""
        receipt = self.orders.receipt_for(visit.person, choice.order_id)
        self.chat.show(visit, screens.order(receipt, visit.translator))

    def send_goods(self, visit: Visit, choice: SendGoods) -> None:
        """Send the goods of an order of this customer again: texts at once, files by the outbox."""
        receipt = self.delivery.send_files_again(visit.person, choice.order_id)
        self.chat.messenger.deliver(visit.bot_id, visit.chat_id, screens.parcel(receipt, visit.translator))

    def ask_made(self, visit: Visit, choice: MakeLine) -> None:
        """Ask for what was made to order: a text or a file."""
        line = self.delivery.to_make(visit.person, choice.line_id)
        self.chat.ask(visit, Step.MADE, screens.ask_made(line, visit.translator), line=str(line.line_id))

    def take_made(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Hand a text over to the buyer."""
        line = self.delivery.deliver(visit.person, int(dialog.answers["line"]), text)
        self.chat.end(visit)
        self.chat.show(visit, screens.made(line, visit.translator))

    def take_made_file(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Hand a file over to the buyer."""
        line = self.delivery.to_make(visit.person, int(dialog.answers["line"]))
        content = self.chat.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        name = document.name.replace("/", "_").replace("\\", "_")[-MAX_FILE_NAME:] or f"order-{line.order_id}"
        self.delivery.deliver(visit.person, line.line_id, name, file=content)
        self.chat.end(visit)
        self.chat.show(visit, screens.made(line, visit.translator))

    def show_every(self, visit: Visit, place: ShowEveryOrder) -> None:
        """Show admins a page of all orders."""
        page = self.support.page(visit.person, member(OrderFilter, place.which), page=place.page)
        self.chat.show(visit, screens.every_order(page, visit.translator))

    def ask_search(self, visit: Visit, _page: TypeOrderSearch) -> None:
        """Ask admins what to find orders by."""
        self.chat.ask(visit, Step.ORDER_SEARCH, screens.ask_order_search(visit.translator))

    def take_search(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Show what was found; the dialog stays open if it was nothing."""
        page = self.support.search(visit.person, text)
        if page.count:
            self.chat.end(visit)
        self._show_found(visit, page)

    def show_found(self, visit: Visit, place: ShowFoundOrders) -> None:
        """Show a page of what a search found."""
        self._show_found(visit, self.support.found(visit.person, place.search_id, page=place.page))

    def send_every(self, visit: Visit, choice: SendOrders) -> None:
        """Send all orders as a file."""
        t = visit.translator
        text = self.support.csv(visit.person, member(OrderFilter, choice.which), screens.orders_csv_head(t))
        self.chat.send_file(visit, screens.orders_file(text, t))

    def _show_found(self, visit: Visit, page: OrderPage) -> None:
        self.chat.show(visit, screens.found_orders(page, visit.translator))
