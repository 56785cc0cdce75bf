"""The main menu, languages, help."""

import html

from bot_handlers.callbacks import (
    AdminHome,
    ChooseCoin,
    ChooseLanguage,
    Home,
    ShowCart,
    ShowHelp,
    ShowHistory,
    ShowLanguages,
    ShowShelf,
)
from bot_handlers.callbacks_around import ShowFaq, ShowProfile, ShowRules, ShowTickets
from bot_handlers.views.screen import Button, Menu, Screen
from locales import Languages, Translator
from shop.administration.appearance import MenuScreen
from shop.money import Money
from shop.people import Person

MENU_KEYS = (("menu.shop", "menu.cart"), ("menu.top_up", "menu.history"), ("menu.profile", "menu.help"))
"""The texts of the menu below the text field, by row. Pressing one sends its text."""


def welcome(person: Person, t: Translator, own: str | None) -> Menu:
    """Greet a person, in the operator's own words if there are some, and give him the menu."""
    labels = tuple(tuple(t.text(key) for key in row) for row in MENU_KEYS)
    if own is None:
        return Menu(t.text("welcome", name=person.first_name), labels)
    # No format string: other braces are what the operator meant to show. A name may stand in a link: quotes too.
    return Menu(own.replace("{name}", html.escape(person.first_name)), labels)


def home(person: Person, balance: Money, t: Translator) -> Screen:
    """Show the main menu."""
    rows: list[tuple[Button, ...]] = [
        (Button(t.text("menu.shop"), ShowShelf(None, 0)), Button(t.text("menu.cart"), ShowCart())),
        (Button(t.text("menu.top_up"), ChooseCoin(None)), Button(t.text("menu.history"), ShowHistory(0))),
        (Button(t.text("menu.profile"), ShowProfile()), Button(t.text("menu.language"), ShowLanguages())),
        (Button(t.text("menu.help"), ShowHelp()),),
    ]
    if person.is_admin:
        rows.append((Button(t.text("menu.admin"), AdminHome()),))
    return Screen(t.text("home", balance=balance), tuple(rows), scene=MenuScreen.HOME)


def languages(every: Languages, t: Translator) -> Screen:
    """Show the languages, each by its own name."""
    rows = [
        (Button(("● " if code == t.language else "") + translator.name, ChooseLanguage(code)),)
        for code, translator in every.translators.items()
    ]
    return Screen(t.text("languages"), (*rows, back_home(t)))


def help_page(support_link: str, t: Translator, *, by_invoice: bool, own: str | None, rules: bool) -> Screen:
    """Explain how the shop works, and how it is paid, or what the operator says of it."""
    support = (Button(t.text("button.support"), link=support_link),)
    rows: list[tuple[Button, ...]] = [support] if support_link else []
    rows.append((Button(t.text("button.faq"), ShowFaq()), Button(t.text("button.tickets"), ShowTickets(0))))
    if rules:
        rows.append((Button(t.text("button.rules"), ShowRules()),))
    text = own or t.text("help.invoices" if by_invoice else "help")
    return Screen(text, (*rows, back_home(t)), scene=MenuScreen.HELP)


def rules(own: str, t: Translator) -> Screen:
    """Show the operator's rules."""
    return Screen(own, ((Button(t.text("button.back"), ShowHelp()), *back_home(t)),))


def back_home(t: Translator) -> tuple[Button, ...]:
    """The row that leads to the main menu."""
    return (Button(t.text("button.home"), Home()),)
