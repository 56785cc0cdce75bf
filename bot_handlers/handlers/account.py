"""A customer's own account."""

from dataclasses import dataclass, replace

from bot_handlers.callbacks.account import (
    HearAnnouncements,
    SendStatement,
    ShowComing,
    ShowProfile,
    ShowReferral,
    ShowStatement,
)
from bot_handlers.screens import account as screens
from bot_handlers.telegram.setup import Links
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat
from shop.customers import Customers
from shop.payments.referrals import Referrals
from shop.payments.statements import Statements


@dataclass(frozen=True, slots=True)
class AccountHandlers:
    """Everything that customers can see about themselves."""

    chat: Chat
    statements: Statements
    referrals: Referrals
    customers: Customers
    links: Links

    def show(self, visit: Visit, _page: ShowProfile) -> None:
        """Show the profile."""
        profile = self.statements.profile(visit.person)
        self.chat.show(visit, screens.profile(profile, visit.translator, referral=self.referrals.on))

    def show_statement(self, visit: Visit, place: ShowStatement) -> None:
        """Show a page of the movements of the balance."""
        statement = self.statements.page(visit.person, page=place.page)
        self.chat.show(visit, screens.statement(statement, visit.translator))

    def send_statement(self, visit: Visit, _page: SendStatement) -> None:
        """Send all movements of the balance as a file."""
        t = visit.translator
        text = self.statements.csv(visit.person, lambda kind: t.text(f"entry.{kind.value}"), screens.csv_head(t))
        self.chat.send_file(visit, screens.statement_file(text, t))

    def show_coming(self, visit: Visit, _page: ShowComing) -> None:
        """Show the pending deposits."""
        coming = self.statements.coming(visit.person)
        self.chat.show(visit, screens.coming(coming, visit.translator))

    def hear(self, visit: Visit, choice: HearAnnouncements) -> None:
        """Turn announcements off or on; the announcement whose button was pressed stays as it is."""
        self.customers.hear(visit.person, announcements=choice.wanted == 1)
        screen = screens.hears(visit.translator, announcements=choice.wanted == 1)
        self.chat.show(replace(visit, message_id=None), screen)

    def show_referral(self, visit: Visit, _page: ShowReferral) -> None:
        """Show the referral link and what it has earned."""
        figures = self.referrals.figures(visit.person)
        link = self.links.start(visit.bot_id, figures.start) if figures.start else ""
        self.chat.show(visit, screens.referral(figures, link, visit.translator))
