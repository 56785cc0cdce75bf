"""Buttons of the order history, and of goods made to order."""

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
    """Hand over what was made for an order line."""

    line_id: int


@button("lineofgoods")
class ShowGoodsLine(Callback):
    """Show below delivered goods what can be done about one of several lines."""

    line_id: int


@button("buyagain")
class BuyAgain(Callback):
    """Show below delivered goods the product that they are of."""

    product_id: int


@button("note")
class TypeOrderNote(Callback):
    """Ask for a note on an offer, for whoever makes the goods."""

    offer_id: int


@button("everyorder")
class ShowEveryOrder(Callback):
    """Show admins a page of everybody's orders: `all`, `make` or `back`."""

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
    """Send admins everybody's orders as a file."""

    which: str
