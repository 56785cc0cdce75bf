"""The menu, languages, help, FAQ and rules; the admins' menu."""

from collections.abc import Callable
from dataclasses import dataclass

from bot_handlers.callbacks.home import (
    AdminHome,
    ChooseLanguage,
    Home,
    Nothing,
    ShowFaq,
    ShowHelp,
    ShowLanguages,
    ShowRules,
)
from bot_handlers.screens import home as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat
from locales import Languages
from shop.administration.appearance import CustomTexts, TextKey
from shop.administration.bots import ShopBots
from shop.catalog.storefront import Catalog
from shop.customers import Customers
from shop.errors.refusals import StaleScreen
from shop.people import Person
from shop.support.workload import Workload


@dataclass(frozen=True, slots=True)
class HomeHandlers:
    """The way in. `by_invoice`: a payment provider takes the coins. `takes_coins` says whether coins are accepted
    now.
    """

    chat: Chat
    customers: Customers
    catalog: Catalog
    texts: CustomTexts
    bots: ShopBots
    languages: Languages
    support_link: str
    by_invoice: bool
    workload: Workload
    takes_coins: Callable[[], bool] = lambda: True

    def greet(self, visit: Visit) -> None:
        """Greet, and put the menu below the text field."""
        self._welcome(visit, visit.person)

    def start(self, visit: Visit) -> None:
        """Greet, put the menu below the text field, and show the main menu."""
        self.greet(visit)
        self.show(visit, Home())

    def show(self, visit: Visit, _home: Home) -> None:
        """Show the main menu."""
        balance, front = self.customers.balance(visit.person), self.catalog.front(visit.bot_id)
        self.chat.show(visit, screens.home(visit.person, balance, front, visit.translator))

    def show_languages(self, visit: Visit, _page: ShowLanguages) -> None:
        """Show the languages."""
        self.chat.show(visit, screens.languages(self.languages, visit.translator))

    def choose_language(self, visit: Visit, choice: ChooseLanguage) -> None:
        """Speak the chosen language from now on, in the menu below the text field too."""
        person = self.customers.choose_language(visit.person, choice.code)
        translator = self.languages[person.language]
        balance, front = self.customers.balance(person), self.catalog.front(visit.bot_id)
        self.chat.show(visit, screens.home(person, balance, front, translator))
        self._welcome(visit, person)

    def show_help(self, visit: Visit, _page: ShowHelp) -> None:
        """Explain how the shop works."""
        language = visit.person.language
        screen = screens.help_page(
            self.support_link,
            visit.translator,
            by_invoice=self.by_invoice,
            own=self.texts.of(TextKey.HELP, language),
            rules=self.texts.of(TextKey.RULES, language) is not None,
            stars_alone=not self.takes_coins(),
        )
        self.chat.show(visit, screen)

    def show_faq(self, visit: Visit, _page: ShowFaq) -> None:
        """Show the frequent questions and their answers."""
        own = self.texts.of(TextKey.FAQ, visit.person.language)
        self.chat.show(visit, screens.faq(self.support_link, visit.translator, own))

    def show_rules(self, visit: Visit, _page: ShowRules) -> None:
        """Show the operator's rules."""
        own = self.texts.of(TextKey.RULES, visit.person.language)
        if own is None:
            raise StaleScreen
        self.chat.show(visit, screens.rules(own, visit.translator))

    def show_admin(self, visit: Visit, _page: AdminHome) -> None:
        """Show the admins' menu."""
        waiting, rights = self.workload.of(visit.person), visit.person.rights
        self.chat.show(visit, screens.admin_home(rights, waiting, visit.translator, has_bots=self.bots.are_several))

    def ignore(self, visit: Visit, _label: Nothing) -> None:
        """Do nothing: the button is only a label."""

    def _welcome(self, visit: Visit, person: Person) -> None:
        own = self.bots.welcome_of(visit.bot_id) or self.texts.of(TextKey.WELCOME, person.language)
        self.chat.messenger.show_menu(visit, screens.welcome(person, self.languages[person.language], own))
