"""The menu, languages, help and rules; the admins' menu."""

from bot_handlers.callbacks.home import AdminHome, ChooseLanguage, Home, ShowHelp, ShowLanguages, ShowRules
from bot_handlers.screens import home as screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from locales import Languages
from shop.administration.appearance import CustomTexts, TextKey
from shop.customers import Customers
from shop.errors import StaleScreen
from shop.people import Person


class HomeHandlers:
    """The way in."""

    def __init__(
        self,
        customers: Customers,
        languages: Languages,
        texts: CustomTexts,
        messenger: Messenger,
        *,
        support_link: str,
        by_invoice: bool = False,
    ) -> None:
        self._customers = customers
        self._languages = languages
        self._texts = texts
        self._messenger = messenger
        self._support_link = support_link
        self._by_invoice = by_invoice

    def start(self, visit: Visit) -> None:
        """Greet, give the menu below the text field, and show the main menu."""
        self._welcome(visit, visit.person)
        self.show_home(visit, Home())

    def show_home(self, visit: Visit, _home: Home) -> None:
        """Show the main menu."""
        balance = self._customers.balance(visit.person)
        self._messenger.show(visit, screens.home(visit.person, balance, visit.translator))

    def show_languages(self, visit: Visit, _page: ShowLanguages) -> None:
        """Show the languages."""
        self._messenger.show(visit, screens.languages(self._languages, visit.translator))

    def choose_language(self, visit: Visit, choice: ChooseLanguage) -> None:
        """Speak the chosen language from now on, the menu below the text field included."""
        person = self._customers.choose_language(visit.person, choice.code)
        translator = self._languages[person.language]
        balance = self._customers.balance(person)
        self._messenger.show(visit, screens.home(person, balance, translator))
        self._welcome(visit, person)

    def show_help(self, visit: Visit, _page: ShowHelp) -> None:
        """Explain how the shop works."""
        language = visit.person.language
        screen = screens.help_page(
            self._support_link,
            visit.translator,
            by_invoice=self._by_invoice,
            own=self._texts.of(TextKey.HELP, language),
            rules=self._texts.of(TextKey.RULES, language) is not None,
        )
        self._messenger.show(visit, screen)

    def show_rules(self, visit: Visit, _page: ShowRules) -> None:
        """Show the operator's rules."""
        own = self._texts.of(TextKey.RULES, visit.person.language)
        if own is None:
            raise StaleScreen
        self._messenger.show(visit, screens.rules(own, visit.translator))

    def _welcome(self, visit: Visit, person: Person) -> None:
        translator = self._languages[person.language]
        own = self._texts.of(TextKey.WELCOME, person.language)
        self._messenger.show_menu(visit, screens.welcome(person, translator, own))


class AdminHomeHandlers:
    """The way in for those who look after the shop."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger

    def show(self, visit: Visit, _page: AdminHome) -> None:
        """Show what this admin may look after."""
        self._messenger.show(visit, screens.admin_home(visit.person.rights, visit.translator))
