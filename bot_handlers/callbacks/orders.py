"""Buttons of the order history, and of goods made to order."""

from typing import ClassVar

from bot_handlers.callbacks import Callback, button


@button("orders")
class ShowHistory(Callback):
    """Show a page of the customer's orders."""

    page: int


@button("order")
class ShowOrder(Callback):
    """Show an order."""

    order_id: int


@button("goods")
class SendGoods(Callback):
    """Send the goods of an order again."""

    order_id: int


@button("make")
class MakeLine(Callback):
    """Deliver goods made for an order line."""

    line_id: int


@button("lineofgoods")
class ShowGoodsLine(Callback):
    """Show, below delivered goods, the actions for one of several lines."""

    line_id: int
    below: ClassVar[bool] = True


@button("buyagain")
class BuyAgain(Callback):
    """Show the product of delivered goods below them."""

    product_id: int
    below: ClassVar[bool] = True


@button("note")
class TypeOrderNote(Callback):
    """Ask for a note on an offer, for the admin who makes the goods."""

    offer_id: int


@button("everyorder")
class ShowEveryOrder(Callback):
    """Show admins a page of all orders: `all`, `make` or `back`."""

    which: str
    page: int


@button("findorder")
class TypeOrderSearch(Callback):
    """Ask admins what to find orders by."""


@button("foundorders")
class ShowFoundOrders(Callback):
    """Show admins a page of the orders that a search found."""

    search_id: int
    page: int


@button("sendorders")
class SendOrders(Callback):
    """Send admins all orders as a file."""

    which: str
