"""Browsing and searching the catalogue."""

from dataclasses import dataclass

from bot_handlers.callbacks.catalog import (
    LeaveWaitList,
    SearchLoose,
    ShowFound,
    ShowProduct,
    ShowShelf,
    ShowSortings,
    TellWhenBack,
    TypeQuantity,
    TypeSearch,
)
from bot_handlers.callbacks.checkout import ShowLine
from bot_handlers.callbacks.orders import BuyAgain
from bot_handlers.screens import catalog as screens
from bot_handlers.screens import checkout as checkout_screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.catalog.stock import Restocks
from shop.catalog.storefront import Catalog, Sorting
from shop.errors.sales import BadQuantity
from shop.sales.carts import Carts, check_quantity

MAX_NUMBER_DIGITS = 6


@dataclass(frozen=True, slots=True)
class CatalogHandlers:
    """From the shelf to the product, and how many of it."""

    chat: Chat
    catalog: Catalog
    carts: Carts
    restocks: Restocks

    def show_shelf(self, visit: Visit, place: ShowShelf) -> None:
        """Show a page of a category; an unknown order is taken for the usual one."""
        sorting = Sorting(place.sorting) if place.sorting in {each.value for each in Sorting} else Sorting.NAME_UP
        shelf = self.catalog.shelf(
            place.category_id,
            page=place.page,
            sorting=sorting,
            viewer_id=visit.person.id,
            opened=True,
            bot_id=visit.bot_id,
        )
        self.chat.show(visit, screens.shelf(shelf, visit.translator))

    def show_sortings(self, visit: Visit, choice: ShowSortings) -> None:
        """Show the orders that products can be put in."""
        self.chat.show(visit, screens.sortings(choice.category_id, choice.sorting, visit.translator))

    def show_product(self, visit: Visit, choice: ShowProduct) -> None:
        """Show a product with an available number of items; if that is less than was chosen, say so."""
        card = self.catalog.product_page(choice.product_id, visit.person.id)
        quantity = min(max(choice.quantity, 1), max(card.most, 1))
        waits = not card.available and self.restocks.waits(visit.person, card.id)
        self.chat.show(visit, screens.product(card, quantity, choice.back, visit.translator, waits=waits))
        if card.most and quantity < choice.quantity:
            check_quantity(card, choice.quantity)

    def buy_again(self, visit: Visit, choice: BuyAgain) -> None:
        """Show the product of delivered goods below them."""
        self.show_product(visit, ShowProduct(choice.product_id, 1))

    def ask_search(self, visit: Visit, _page: TypeSearch) -> None:
        """Ask for the words to search for."""
        self.chat.ask(visit, Step.SEARCH, screens.ask_search(visit.translator))

    def take_search(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Search for the words."""
        page = self.catalog.search(visit.person, text)
        self.chat.end(visit)
        self.chat.show(visit, screens.found(page, visit.translator))

    def search_loose(self, visit: Visit, choice: SearchLoose) -> None:
        """Search for what was said without a question."""
        dialog = self.chat.loose(visit, choice.message_id)
        self.take_search(visit, dialog, dialog.answers["text"])

    def show_found(self, visit: Visit, place: ShowFound) -> None:
        """Show a page of what a search of this customer found."""
        page = self.catalog.found(visit.person, place.search_id, page=place.page)
        self.chat.show(visit, screens.found(page, visit.translator))

    def ask_quantity(self, visit: Visit, choice: TypeQuantity) -> None:
        """Ask for a number of items."""
        card = self.catalog.product(choice.product_id, visit.person.id)
        back = ShowLine(card.id) if choice.back == "cart" else ShowProduct(card.id, 1, choice.back)
        screen = screens.ask_quantity(card, back, visit.translator)
        self.chat.ask(visit, Step.QUANTITY, screen, product=str(card.id), came=choice.back)

    def take_quantity(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a number of items; if it is not a number, or not available, say so and ask again."""
        product_id, back = int(dialog.answers["product"]), dialog.answers["came"]
        card = self.catalog.product(product_id, visit.person.id)
        quantity = int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS else -1
        if quantity < 0:
            raise BadQuantity(largest=max(card.most, 1))
        if back == "cart":
            cart = self.carts.set(visit.person, product_id, quantity)
            self.chat.end(visit)
            self.chat.show(visit, checkout_screens.cart(cart, visit.translator))
        else:
            check_quantity(card, quantity)
            self.chat.end(visit)
            self.show_product(visit, ShowProduct(product_id, quantity, back))

    def tell_when_back(self, visit: Visit, choice: TellWhenBack) -> None:
        """Record that a customer wants to know when a product is back in stock."""
        self.restocks.ask(visit.person, choice.product_id)
        self.chat.show(visit, screens.will_be_told(choice.product_id, visit.translator))

    def leave_wait_list(self, visit: Visit, choice: LeaveWaitList) -> None:
        """Record that a customer no longer wants to know, and show the product."""
        self.restocks.leave(visit.person, choice.product_id)
        self.show_product(visit, ShowProduct(choice.product_id, 1))
