"""Buttons of the catalogue."""

from typing import ClassVar

from bot_handlers.callbacks import Callback, button


@button("shelf")
class ShowShelf(Callback):
    """Show a page of a category in an order (`shop.catalog.storefront.Sorting`); no id shows the roots."""

    category_id: int | None
    page: int
    sorting: str = "nu"


@button("sort")
class ShowSortings(Callback):
    """Show the orders that the products of a category can be put in."""

    category_id: int
    sorting: str


@button("search")
class TypeSearch(Callback):
    """Ask for the words to search for."""


@button("loosesearch")
class SearchLoose(Callback):
    """Search for what was said without a question."""

    ends_dialog: ClassVar[bool] = False


@button("found")
class ShowFound(Callback):
    """Show a page of what a search found."""

    search_id: int
    page: int


@button("product")
class ShowProduct(Callback):
    """Show a product, with a number of units chosen; `back` says where Back leads (`screens.catalog`)."""

    product_id: int
    quantity: int
    back: str = "shelf"


@button("number")
class TypeQuantity(Callback):
    """Ask for a number of units; `back` is "cart", or says where the product's Back leads."""

    product_id: int
    back: str


@button("wish")
class TellWhenBack(Callback):
    """Ask to be told when a product is back in stock."""

    product_id: int


@button("unwish")
class LeaveWaitList(Callback):
    """Ask no longer to be told when a product is back in stock."""

    product_id: int
