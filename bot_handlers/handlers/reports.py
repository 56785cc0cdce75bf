"""Figures, holdings and reconciliation."""

from bot_handlers.callbacks.reports import (
    CheckBooks,
    ReleaseDeposit,
    SendFigures,
    ShowBooks,
    ShowChart,
    ShowFigures,
    ShowHoldingPage,
    ShowHoldings,
)
from bot_handlers.screens import reports as screens
from bot_handlers.screens import top_ups as top_ups_screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from locales import Languages
from shop.customers import Customers
from shop.payments.deposits import Deposits
from shop.reports.figures import Figures
from shop.reports.holdings import Holdings
from shop.reports.reconciliation import Reconciliation


class ReportHandlers:
    """The shop's figures, as far as somebody may see them."""

    def __init__(self, figures: Figures, languages: Languages, messenger: Messenger) -> None:
        self._figures = figures
        self._english = languages["en"]
        self._messenger = messenger

    def show(self, visit: Visit, choice: ShowFigures) -> None:
        """Show the figures of a span."""
        self._messenger.show(
            visit, screens.figures(self._figures.report(visit.person, choice.days), visit.translator)
        )

    def show_chart(self, visit: Visit, choice: ShowChart) -> None:
        """Show the figures of a span as a picture."""
        report, course = self._figures.charted(visit.person, choice.days)
        screen = screens.chart(report, course, visit.translator, self._english, dark=bool(choice.dark))
        self._messenger.show(visit, screen)

    def send(self, visit: Visit, choice: SendFigures) -> None:
        """Send the course of a span as a file; where no file can be sent, as text."""
        course = self._figures.course(visit.person, choice.days)
        parcel = screens.file(course, visit.translator)
        self._messenger.deliver(visit.bot_id, visit.chat_id, parcel, as_file=True)


class MoneyHandlers:
    """What those press who look after the money."""

    def __init__(
        self,
        holdings: Holdings,
        books: Reconciliation,
        deposits: Deposits,
        customers: Customers,
        messenger: Messenger,
    ) -> None:
        self._holdings = holdings
        self._books = books
        self._deposits = deposits
        self._customers = customers
        self._messenger = messenger

    def release(self, visit: Visit, choice: ReleaseDeposit) -> None:
        """Credit a deposit that is held."""
        released = self._deposits.release(visit.person, choice.deposit_id)
        name = self._customers.name_of(released.customer_id)
        self._messenger.show(visit, top_ups_screens.admin_deposit(released, name, visit.translator))

    def show(self, visit: Visit, _page: ShowHoldings) -> None:
        """Show where the shop's coins lie."""
        coins, invoices = self._holdings.all(visit.person)
        self._messenger.show(visit, screens.holdings(coins, invoices, visit.translator))

    def show_page(self, visit: Visit, place: ShowHoldingPage) -> None:
        """Show a page of the addresses that an asset lies on."""
        page = self._holdings.page(visit.person, place.asset, page=place.page)
        self._messenger.show(visit, screens.addresses(page, visit.translator))

    def show_books(self, visit: Visit, _page: ShowBooks) -> None:
        """Show what the latest look at the books found."""
        self._messenger.show(visit, screens.books(self._books.last(visit.person), visit.translator))

    def check_books(self, visit: Visit, _page: CheckBooks) -> None:
        """Look at the books now."""
        self._messenger.show(visit, screens.books(self._books.check(visit.person), visit.translator))
