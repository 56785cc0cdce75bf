"""Browsing and searching the catalogue."""

from bot_handlers.callbacks.catalog import ShowFound, ShowProduct, ShowShelf, ShowSortings, TypeQuantity, TypeSearch
from bot_handlers.callbacks.checkout import ShowLine
from bot_handlers.screens import catalog as screens
from bot_handlers.screens import checkout as checkout_screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.catalog.storefront import Catalog, Sorting
from shop.sales.carts import Carts

MAX_NUMBER_DIGITS = 6


class CatalogHandlers:
    """From the shelf to the product, and how many of it."""

    def __init__(self, catalog: Catalog, carts: Carts, *, conversations: Conversations, messenger: Messenger) -> None:
        self._catalog = catalog
        self._carts = carts
        self._conversations = conversations
        self._messenger = messenger

    def show_shelf(self, visit: Visit, place: ShowShelf) -> None:
        """Show a page of a category; a forged order is the usual one."""
        sorting = Sorting(place.sorting) if place.sorting in {each.value for each in Sorting} else Sorting.NAME_UP
        shelf = self._catalog.shelf(place.category_id, page=place.page, sorting=sorting, viewer_id=visit.person.id)
        self._messenger.show(visit, screens.shelf(shelf, visit.translator))

    def show_sortings(self, visit: Visit, choice: ShowSortings) -> None:
        """Show the orders that products can be put in."""
        self._messenger.show(visit, screens.sortings(choice.category_id, choice.sorting, visit.translator))

    def show_product(self, visit: Visit, choice: ShowProduct) -> None:
        """Show a product; a number of units beyond what there is shows that many."""
        card = self._catalog.product_page(choice.product_id, visit.person.id)
        quantity = min(max(choice.quantity, 1), max(card.available, 1))
        self._messenger.show(visit, screens.product(card, quantity, choice.back, visit.translator))

    def type_search(self, visit: Visit, _page: TypeSearch) -> None:
        """Ask for words; the next message is the answer."""
        self._conversations.ask(visit, Step.SEARCH)
        self._messenger.show(visit, screens.ask_search(visit.translator))

    def typed_search(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Search for the words; what is no text is asked for again."""
        if not text.strip():
            self._messenger.show(visit, screens.ask_search(visit.translator))
            return
        page = self._catalog.search(visit.person, text)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.found(page, visit.translator))

    def show_found(self, visit: Visit, place: ShowFound) -> None:
        """Show a page of what a search of this customer found."""
        page = self._catalog.found(visit.person, place.search_id, page=place.page)
        self._messenger.show(visit, screens.found(page, visit.translator))

    def type_quantity(self, visit: Visit, choice: TypeQuantity) -> None:
        """Ask for a number of units; the next message is the answer."""
        card = self._catalog.product(choice.product_id, visit.person.id)
        self._conversations.ask(visit, Step.QUANTITY, product=str(card.id), came=choice.back)
        back = ShowLine(card.id) if choice.back == "cart" else ShowProduct(card.id, 1, choice.back)
        self._messenger.show(visit, screens.ask_quantity(card, back, visit.translator))

    def typed_quantity(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take the number that was asked for; what is none is asked for again, what cannot be had is refused."""
        product_id, back = int(dialog.answers["product"]), dialog.answers["came"]
        if not (text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS):
            self.type_quantity(visit, TypeQuantity(product_id, back))
        elif back == "cart":
            cart = self._carts.set(visit.person, product_id, int(text))
            self._conversations.end(visit)
            self._messenger.show(visit, checkout_screens.cart(cart, visit.translator))
        else:
            self._conversations.end(visit)
            self.show_product(visit, ShowProduct(product_id, int(text), back))
