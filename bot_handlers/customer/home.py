"""Greeting, main menu, languages, help."""

from bot_handlers.callbacks import ChooseLanguage, Home, ShowHelp, ShowLanguages
from bot_handlers.messenger import Messenger
from bot_handlers.views import home as views
from bot_handlers.visits import Visit
from locales import Languages
from shop.customers import Customers


class HomeHandlers:
    """The way in."""

    def __init__(
        self,
        customers: Customers,
        languages: Languages,
        messenger: Messenger,
        *,
        support_link: str,
        by_invoice: bool = False,
    ) -> None:
        self._customers = customers
        self._languages = languages
        self._messenger = messenger
        self._support_link = support_link
        self._by_invoice = by_invoice

    def start(self, visit: Visit) -> None:
        """Greet, give the menu below the text field, and show the main menu."""
        self._messenger.show_menu(visit, views.welcome(visit.person, visit.translator))
        self.show_home(visit, Home())

    def show_home(self, visit: Visit, _home: Home) -> None:
        """Show the main menu."""
        balance = self._customers.balance(visit.person)
        self._messenger.show(visit, views.home(visit.person, balance, visit.translator))

    def show_languages(self, visit: Visit, _page: ShowLanguages) -> None:
        """Show the languages."""
        self._messenger.show(visit, views.languages(self._languages, visit.translator))

    def choose_language(self, visit: Visit, choice: ChooseLanguage) -> None:
        """Speak the chosen language from now on, the menu below the text field included."""
        person = self._customers.choose_language(visit.person, choice.code)
        translator = self._languages[person.language]
        balance = self._customers.balance(person)
        self._messenger.show(visit, views.home(person, balance, translator))
        self._messenger.show_menu(visit, views.welcome(person, translator))

    def show_help(self, visit: Visit, _page: ShowHelp) -> None:
        """Explain how the shop works."""
        self._messenger.show(
            visit, views.help_page(self._support_link, visit.translator, by_invoice=self._by_invoice)
        )
