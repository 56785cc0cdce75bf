"""Buttons of the order history, and of goods made to order."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowHistory(Callback):
    """Show a page of the purchases."""

    prefix = "orders"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowOrder(Callback):
    """Show what was bought."""

    prefix = "order"
    order_id: "int"


@dataclass(frozen=True, slots=True)
class SendGoods(Callback):
    """Send the goods of an order again."""

    prefix = "goods"
    order_id: "int"


@dataclass(frozen=True, slots=True)
class MakeLine(Callback):
    """Hand over what was made for an order line."""

    prefix = "make"
    line_id: "int"
