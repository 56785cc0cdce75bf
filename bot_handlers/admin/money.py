"""Where the coins lie, and whether the books add up."""

from bot_handlers.admin.callbacks_figures import CheckBooks, ShowBooks, ShowHoldingPage, ShowHoldings
from bot_handlers.messenger import Messenger
from bot_handlers.views import money as views
from bot_handlers.visits import Visit
from shop.reports.holdings import Holdings
from shop.reports.reconciliation import Reconciliation


class MoneyHandlers:
    """What those press who look after the money."""

    def __init__(self, holdings: Holdings, books: Reconciliation, messenger: Messenger) -> None:
        self._holdings = holdings
        self._books = books
        self._messenger = messenger

    def show(self, visit: Visit, _page: ShowHoldings) -> None:
        """Show where the shop's coins lie."""
        coins, invoices = self._holdings.all(visit.person)
        self._messenger.show(visit, views.holdings(coins, invoices, visit.translator))

    def show_page(self, visit: Visit, place: ShowHoldingPage) -> None:
        """Show a page of the addresses that an asset lies on."""
        page = self._holdings.page(visit.person, place.asset, page=place.page)
        self._messenger.show(visit, views.addresses(page, visit.translator))

    def show_books(self, visit: Visit, _page: ShowBooks) -> None:
        """Show what the latest look at the books found."""
        self._messenger.show(visit, views.books(self._books.last(visit.person), visit.translator))

    def check_books(self, visit: Visit, _page: CheckBooks) -> None:
        """Look at the books now."""
        self._messenger.show(visit, views.books(self._books.check(visit.person), visit.translator))
