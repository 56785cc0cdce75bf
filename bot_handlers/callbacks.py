"""Typed callback data: what a button says when it is pressed. At most 64 bytes, ids only, never a price or a right.

Whoever presses may have forged it: unpacking checks the shape, the shop checks everything else.
"""

import re
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from shop.errors import StaleScreen

MAX_BYTES = 64
"""Bot API: callback_data is 1 to 64 bytes."""
_WORD = re.compile(r"[A-Za-z0-9_-]{1,20}")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NOTHING = "~"


@dataclass(frozen=True, slots=True)
class Callback:
    """A button's data: a prefix, then its fields in order, separated by colons."""

    prefix: ClassVar[str]

    def pack(self) -> str:
        """Write the data for a button."""
        values = [getattr(self, field.name) for field in fields(self)]
        return ":".join([self.prefix, *(_NOTHING if value is None else str(value) for value in values)])

    @classmethod
    def unpack(cls, data: str) -> Self:
        """Read the data of a pressed button.

        Raises:
            StaleScreen: it has not the shape that `pack` writes.
        """
        texts = data.split(":")[1:]
        kinds = [field.type for field in fields(cls)]
        if len(texts) != len(kinds):
            raise StaleScreen
        return cls(*(_value(text, str(kind)) for text, kind in zip(texts, kinds, strict=True)))


def _value(text: str, kind: str) -> int | str | None:
    if text == _NOTHING and "None" in kind:
        return None
    if "int" in kind:
        if not _NUMBER.fullmatch(text):
            raise StaleScreen
        return int(text)
    if not _WORD.fullmatch(text):
        raise StaleScreen
    return text


@dataclass(frozen=True, slots=True)
class Home(Callback):
    """Show the main menu."""

    prefix = "home"


@dataclass(frozen=True, slots=True)
class ShowShelf(Callback):
    """Show a page of a category in an order (`shop.catalog.Sorting`); no id shows the roots."""

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
    """Show a product, with a number of units chosen; `came` says where Back leads (`views.catalog`)."""

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
class BuyNow(Callback):
    """Offer units of one product."""

    prefix = "buy"
    product_id: "int"
    quantity: "int"


@dataclass(frozen=True, slots=True)
class AddToCart(Callback):
    """Put units of a product in the cart."""

    prefix = "add"
    product_id: "int"
    quantity: "int"


@dataclass(frozen=True, slots=True)
class ShowCart(Callback):
    """Show the cart."""

    prefix = "cart"


@dataclass(frozen=True, slots=True)
class ChangeCart(Callback):
    """Change the number of units of a product in the cart."""

    prefix = "change"
    product_id: "int"
    change: "int"


@dataclass(frozen=True, slots=True)
class ShowLine(Callback):
    """Show one product of the cart."""

    prefix = "line"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class RemoveLine(Callback):
    """Take a product out of the cart."""

    prefix = "remove"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class ClearCart(Callback):
    """Empty the cart."""

    prefix = "clear"


@dataclass(frozen=True, slots=True)
class CheckOut(Callback):
    """Offer the cart."""

    prefix = "checkout"


@dataclass(frozen=True, slots=True)
class Confirm(Callback):
    """Buy what an offer showed."""

    prefix = "confirm"
    offer_id: "int"


@dataclass(frozen=True, slots=True)
class ChooseCoin(Callback):
    """Show the coins to top up with; `asked_minor` is a sum to bring, in minor units."""

    prefix = "topup"
    asked_minor: "int | None"


@dataclass(frozen=True, slots=True)
class ShowTopUp(Callback):
    """Show the address of a coin."""

    prefix = "pay"
    asset: "str"
    asked_minor: "int | None"


@dataclass(frozen=True, slots=True)
class TypeSum(Callback):
    """Ask for the sum to top up."""

    prefix = "sum"
    asset: "str"


@dataclass(frozen=True, slots=True)
class TypeTransaction(Callback):
    """Ask for the id of a transaction that the customer has sent."""

    prefix = "paid"
    asset: "str"


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
class ShowLanguages(Callback):
    """Show the languages."""

    prefix = "languages"


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Callback):
    """Choose a language."""

    prefix = "language"
    code: "str"


@dataclass(frozen=True, slots=True)
class ShowHelp(Callback):
    """Show how the shop works and whom to ask."""

    prefix = "help"


@dataclass(frozen=True, slots=True)
class AdminHome(Callback):
    """Show the admins' menu."""

    prefix = "admin"


@dataclass(frozen=True, slots=True)
class MakeLine(Callback):
    """Hand over what was made for an order line."""

    prefix = "make"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class Nothing(Callback):
    """A label that looks like a button."""

    prefix = "nothing"
