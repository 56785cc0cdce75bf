"""A customer's own account."""

from bot_handlers.callbacks.account import SendStatement, ShowComing, ShowProfile, ShowReferral, ShowStatement
from bot_handlers.callbacks.home import ShowFaq
from bot_handlers.screens import account as account_screens
from bot_handlers.screens import home as home_screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.setup import Links
from bot_handlers.telegram.visits import Visit
from shop.administration.appearance import CustomTexts, TextKey
from shop.payments.referrals import Referrals
from shop.payments.statements import Statements


class AccountHandlers:
    """What a customer knows about himself."""

    def __init__(
        self,
        statements: Statements,
        referrals: Referrals,
        texts: CustomTexts,
        messenger: Messenger,
        *,
        links: Links,
        support_link: str,
    ) -> None:
        self._statements = statements
        self._referrals = referrals
        self._texts = texts
        self._messenger = messenger
        self._links = links
        self._support_link = support_link

    def show(self, visit: Visit, _page: ShowProfile) -> None:
        """Show the customer's own page."""
        profile = self._statements.profile(visit.person)
        self._messenger.show(visit, account_screens.profile(profile, visit.translator, referral=self._referrals.on))

    def show_statement(self, visit: Visit, place: ShowStatement) -> None:
        """Show a page of the movements of the balance."""
        statement = self._statements.page(visit.person, page=place.page)
        self._messenger.show(visit, account_screens.statement(statement, visit.translator))

    def send_statement(self, visit: Visit, _page: SendStatement) -> None:
        """Send all movements as a file; where no file can be sent, as text."""
        t = visit.translator
        text = self._statements.csv(
            visit.person, lambda kind: t.text(f"entry.{kind.value}"), account_screens.csv_head(t)
        )
        self._messenger.deliver(visit.bot_id, visit.chat_id, account_screens.statement_file(text, t), as_file=True)

    def show_coming(self, visit: Visit, _page: ShowComing) -> None:
        """Show the deposits that are on their way."""
        coming = self._statements.coming(visit.person)
        self._messenger.show(visit, account_screens.coming(coming, visit.translator))

    def show_referral(self, visit: Visit, _page: ShowReferral) -> None:
        """Show the personal link and what it brought."""
        figures = self._referrals.figures(visit.person)
        link = self._links.start(visit.bot_id, figures.start) if figures.start else ""
        self._messenger.show(visit, account_screens.referral(figures, link, visit.translator))

    def show_faq(self, visit: Visit, _page: ShowFaq) -> None:
        """Show what is often asked."""
        own = self._texts.of(TextKey.FAQ, visit.person.language)
        self._messenger.show(visit, home_screens.faq(self._support_link, visit.translator, own))
