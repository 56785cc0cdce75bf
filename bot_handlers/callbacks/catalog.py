"""Buttons of the catalogue, and the links that lead into it."""

import re
from typing import ClassVar

from bot_handlers.callbacks import Callback, button

_PLACE = re.compile(r"/start ([pc])_([1-9][0-9]{0,8})")


@button("shelf")
class ShowShelf(Callback):
    """Show a page of a category in an order (`shop.catalog.storefront.Sorting`); no id shows the roots."""

    category_id: int | None
    page: int
    sorting: str = "nu"


@button("sort")
class ShowSortings(Callback):
    """Show the sort orders for the products of a category."""

    category_id: int
    sorting: str


@button("search")
class TypeSearch(Callback):
    """Ask for the words to search for."""


@button("loosesearch")
class SearchLoose(Callback):
    """Search for the text of an unexpected message. `message_id` is its number in the chat; None: the latest one."""

    message_id: int | None = None
    ends_dialog: ClassVar[bool] = False


@button("found")
class ShowFound(Callback):
    """Show a page of search results."""

    search_id: int
    page: int


@button("product")
class ShowProduct(Callback):
    """Show a product, with a number of items chosen; `back` says where Back leads (`screens.catalog`)."""

    product_id: int
    quantity: int
    back: str = "shelf"


@button("number")
class TypeQuantity(Callback):
    """Ask for a number of items; `back` is "cart", or says where the product's Back leads."""

    product_id: int
    back: str


@button("wish")
class TellWhenBack(Callback):
    """Ask to be notified when a product is back in stock."""

    product_id: int


@button("unwish")
class LeaveWaitList(Callback):
    """Cancel the notification that a product is back in stock."""

    product_id: int


def place_in(text: str) -> Callback | None:
    """Read the product (`p_`) or category (`c_`) that a link to the bot opens."""
    match = _PLACE.fullmatch(text)
    if match is None:
        return None
    return ShowProduct(int(match[2]), 1) if match[1] == "p" else ShowShelf(int(match[2]), 0)


def start_parameter(kind: str, number: int) -> str:
    """Write the parameter of a link to a product (`p`) or a category (`c`)."""
    return f"{kind}_{number}"
