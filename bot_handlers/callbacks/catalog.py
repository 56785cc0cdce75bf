"""Buttons of the catalogue."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowShelf(Callback):
    """Show a page of a category in an order (`shop.catalog.storefront.Sorting`); no id shows the roots."""

    prefix = "shelf"
    category_id: "int | None"
    page: "int"
    sorting: "str" = "nu"


@dataclass(frozen=True, slots=True)
class ShowSortings(Callback):
    """Show the orders that the products of a category can be put in."""

    prefix = "sort"
    category_id: "int"
    sorting: "str"


@dataclass(frozen=True, slots=True)
class TypeSearch(Callback):
    """Ask for the words to search for."""

    prefix = "search"


@dataclass(frozen=True, slots=True)
class ShowFound(Callback):
    """Show a page of what a search found."""

    prefix = "found"
    search_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowProduct(Callback):
    """Show a product, with a number of units chosen; `came` says where Back leads (`screens.catalog`)."""

    prefix = "product"
    product_id: "int"
    quantity: "int"
    came: "str" = "shelf"


@dataclass(frozen=True, slots=True)
class TypeQuantity(Callback):
    """Ask for a number of units; `came` is "cart", or says where the product's Back leads."""

    prefix = "number"
    product_id: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class TellWhenBack(Callback):
    """Have oneself told when a product is back."""

    prefix = "wish"
    product_id: "int"
