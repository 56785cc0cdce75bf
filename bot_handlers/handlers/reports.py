"""Figures, holdings and reconciliation."""

from dataclasses import dataclass

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
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat
from locales import Languages
from shop.assembly import Shop


@dataclass(frozen=True, slots=True)
class ReportHandlers:
    """How the shop is doing, and where its money is."""

    chat: Chat
    shop: Shop
    languages: Languages

    def show_figures(self, visit: Visit, choice: ShowFigures) -> None:
        """Show the figures of a span of days."""
        report = self.shop.figures.report(visit.person, choice.days)
        self.chat.show(visit, screens.figures(report, visit.translator))

    def show_chart(self, visit: Visit, choice: ShowChart) -> None:
        """Show the figures of a span as a picture."""
        report, course = self.shop.figures.charted(visit.person, choice.days)
        english = self.languages["en"]
        self.chat.show(visit, screens.chart(report, course, visit.translator, english, dark=bool(choice.dark)))

    def send_figures(self, visit: Visit, choice: SendFigures) -> None:
        """Send the figures of each day of a span as a file."""
        course = self.shop.figures.course(visit.person, choice.days)
        self.chat.send_file(visit, screens.file(course, visit.translator))

    def show_holdings(self, visit: Visit, _page: ShowHoldings) -> None:
        """Show where the shop's coins are."""
        coins, invoices = self.shop.holdings.all(visit.person)
        first = self.shop.holdings.first_addresses(visit.person)
        self.chat.show(visit, screens.holdings(coins, invoices, visit.translator, first=first))

    def show_addresses(self, visit: Visit, place: ShowHoldingPage) -> None:
        """Show a page of the addresses that hold an asset."""
        page = self.shop.holdings.page(visit.person, place.asset, page=place.page)
        self.chat.show(visit, screens.addresses(page, visit.translator))

    def release(self, visit: Visit, choice: ReleaseDeposit) -> None:
        """Credit a deposit that is held."""
        released = self.shop.payments.deposits.release(visit.person, choice.deposit_id)
        name = self.shop.customers.name_of(released.customer_id)
        self.chat.show(visit, top_ups_screens.admin_deposit(released, name, visit.translator))

    def show_books(self, visit: Visit, _page: ShowBooks) -> None:
        """Show the result of the latest reconciliation."""
        self.chat.show(visit, screens.books(self.shop.reconciliation.last(visit.person), visit.translator))

    def check_books(self, visit: Visit, _page: CheckBooks) -> None:
        """Reconcile the books now."""
        self.chat.show(visit, screens.books(self.shop.reconciliation.check(visit.person), visit.translator))
