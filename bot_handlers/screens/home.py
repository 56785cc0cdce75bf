"""Welcome, menu, languages, help, rules and FAQ; the admins' menu."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.account import ShowProfile
from bot_handlers.callbacks.administration import ShowAudit, ShowBackups, ShowManagers, ShowNotifications
from bot_handlers.callbacks.announcements import ShowAnnouncements
from bot_handlers.callbacks.appearance import ShowScenes, ShowTexts
from bot_handlers.callbacks.bots import ShowBots
from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import ShowCart
from bot_handlers.callbacks.coupons import ShowCoupons
from bot_handlers.callbacks.customers import FindCustomer
from bot_handlers.callbacks.goods import ShowBranch, ShowScarce
from bot_handlers.callbacks.home import AdminHome, ChooseLanguage, ShowFaq, ShowHelp, ShowLanguages, ShowRules
from bot_handlers.callbacks.orders import ShowEveryOrder, ShowHistory
from bot_handlers.callbacks.reports import ShowFigures, ShowHoldings
from bot_handlers.callbacks.reviews import ShowEveryReview
from bot_handlers.callbacks.stars import ShowStarPayments
from bot_handlers.callbacks.terms import ShowPaySupport, ShowPrivacy, ShowTerms
from bot_handlers.callbacks.tickets import ShowOpenTickets, ShowTickets, TypeTicket
from bot_handlers.callbacks.top_ups import ChooseCoin
from bot_handlers.screens.goods import EXAMPLE
from bot_handlers.screens.screen import Button, Menu, Screen, back_home, back_row, support_rows
from locales import Languages, Translator
from shop.administration.appearance import MenuScreen
from shop.catalog.storefront import CategoryCard
from shop.money import Money
from shop.people import Person, Right
from shop.support.workload import Waiting
from shop.terms.operator import Contact

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of the customer's menu: the key of its text, the command that does the same, and where it leads.

    `below`: it also stands below the text field.
    """

    text: str
    command: str
    button: Callback
    below: bool = True


MENU = (
    MenuEntry("menu.shop", "shop", ShowShelf(None, 0)),
    MenuEntry("menu.cart", "cart", ShowCart()),
    MenuEntry("menu.top_up", "topup", ChooseCoin(None)),
    MenuEntry("menu.history", "orders", ShowHistory(0)),
    MenuEntry("menu.profile", "profile", ShowProfile()),
    MenuEntry("menu.language", "language", ShowLanguages(), below=False),
    MenuEntry("menu.help", "help", ShowHelp()),
)
"""The customer's menu."""
ADMINS_ENTRY = MenuEntry("menu.admin", "admin", AdminHome())
"""The additional entry of an admin's menu."""
COMMANDS = {entry.command: entry for entry in MENU}
"""The menu entries by command. `/start` and any unknown command show the main menu."""
TERMS_COMMANDS: dict[str, Callback] = {
    "privacy": ShowPrivacy(),
    "terms": ShowTerms(),
    "paysupport": ShowPaySupport(),
}
"""The commands that Telegram's terms require of a bot that sells. They are listed under Help, not in the menu."""
_ADMIN_MENU: tuple[tuple[Right | None, str, Callback], ...] = (
    (Right.CATALOGUE, "button.goods", ShowBranch(None, 0)),
    (Right.CATALOGUE, "button.scarce", ShowScarce(0)),
    (Right.CATALOGUE, "button.coupons", ShowCoupons(0)),
    (Right.CUSTOMERS, "button.find_customer", FindCustomer()),
    (Right.CUSTOMERS, "button.every_order", ShowEveryOrder("all", 0)),
    (Right.CUSTOMERS, "button.open_tickets", ShowOpenTickets(0)),
    (Right.CUSTOMERS, "button.moderation", ShowEveryReview(None, 0)),
    (Right.ANNOUNCEMENTS, "button.announcements", ShowAnnouncements(0)),
    (Right.FIGURES, "button.figures", ShowFigures(7)),
    (Right.MONEY, "button.money", ShowHoldings()),
    (Right.MONEY, "button.star_payments", ShowStarPayments(0)),
    (Right.CATALOGUE, "button.texts", ShowTexts()),
    (Right.CATALOGUE, "button.scenes", ShowScenes()),
    (None, "button.notifications", ShowNotifications()),
    (Right.BACKUP, "button.backups", ShowBackups()),
    (Right.OWNERS_ONLY, "button.managers", ShowManagers(0)),
    (Right.OWNERS_ONLY, "button.audit", ShowAudit(0, None)),
)
"""The admins' menu: the right needed for each entry (None: any), its text, and its button."""


def menu_words(languages: Languages) -> dict[str, Callback]:
    """List what can be typed for the menu: its commands, and its labels in every language.

    The keyboard below the text field may still show the labels of a previous language.
    """
    entries = (*MENU, ADMINS_ENTRY)
    commands = {f"/{entry.command}": entry.button for entry in entries}
    commands |= {f"/{command}": button for command, button in TERMS_COMMANDS.items()}
    every = languages.translators.values()
    return commands | {t.text(entry.text): entry.button for t in every for entry in entries}


def welcome(person: Person, t: Translator, own: str | None) -> Menu:
    """Greet a person, in the operator's own words if there are any, and put the menu below the text field."""
    labels = tuple(_pairs([t.text(entry.text) for entry in MENU if entry.below]))
    if person.is_admin:
        labels += ((t.text(ADMINS_ENTRY.text),),)
    if own is None:
        return Menu(t.text("welcome", name=person.first_name), labels)
    # Not a format string, since other braces are literal. A name may be inside a link, so quotes are escaped too.
    return Menu(own.replace("{name}", html.escape(person.first_name)), labels)


def home(person: Person, balance: Money, categories: tuple[CategoryCard, ...], t: Translator) -> Screen:
    """Show the main menu, with the shop's first categories."""
    shelves = [Button(f"📁 {category.name}", ShowShelf(category.id, 0)) for category in categories]
    rows = _pairs(shelves) + _pairs([Button(t.text(entry.text), entry.button) for entry in MENU])
    if person.is_admin:
        rows.append((Button(t.text(ADMINS_ENTRY.text), ADMINS_ENTRY.button),))
    return Screen(t.text("home", balance=balance), tuple(rows), scene=MenuScreen.HOME)


def banned(balance: Money, contact: Contact, t: Translator) -> Screen:
    """Tell a banned person so and, if they have money here, how much and whom to contact."""
    if not balance.minor:
        return Screen(t.text("banned"))
    rows = support_rows(contact.link, t)
    if not contact.text:
        return Screen(t.text("banned.to_owner", balance=balance), rows)
    return Screen(t.text("banned.with_money", balance=balance, contact=contact.text), rows)


def languages(every: Languages, t: Translator) -> Screen:
    """Show the languages, each by its own name."""
    rows = [
        (Button(("● " if code == t.language else "") + translator.name, ChooseLanguage(code)),)
        for code, translator in every.translators.items()
    ]
    return Screen(t.text("languages"), (*rows, back_home(t)))


def help_page(
    support_link: str, t: Translator, *, by_invoice: bool, own: str | None, rules: bool, stars_alone: bool = False
) -> Screen:
    """Explain how the shop works, and how to pay, or what the operator wrote instead."""
    rows = [*support_rows(support_link, t)]
    rows.append((Button(t.text("button.faq"), ShowFaq()), Button(t.text("button.tickets"), ShowTickets(0))))
    if rules:
        rows.append((Button(t.text("button.rules"), ShowRules()),))
    rows.append((Button(t.text("button.privacy"), ShowPrivacy()), Button(t.text("button.terms"), ShowTerms())))
    rows.append((Button(t.text("button.paysupport"), ShowPaySupport()),))
    ways = "help.invoices" if by_invoice else "help"
    text = own or t.text("help.stars" if stars_alone else ways)
    return Screen(text, (*rows, back_home(t)), scene=MenuScreen.HELP)


def rules(own: str, t: Translator) -> Screen:
    """Show the operator's rules."""
    return Screen(own, (back_row(ShowHelp(), t),))


def admin_home(rights: frozenset[Right], waiting: Waiting, t: Translator, *, has_bots: bool) -> Screen:
    """Show the part of the admins' menu that these rights open, with how much waits behind each entry.

    `has_bots`: further bots are wanted.
    """
    counts = {
        "button.open_tickets": waiting.open_tickets,
        "button.scarce": waiting.low_stock,
    }
    buttons = [
        Button(t.text(key) + (f" ({counts[key]})" if counts.get(key) else ""), to)
        for right, key, to in _ADMIN_MENU
        if right is None or right in rights
    ]
    if waiting.to_make:  # the work that customers are waiting for comes first
        buttons.insert(0, Button(t.text("button.to_make", count=waiting.to_make), ShowEveryOrder("make", 0)))
    if has_bots and Right.OWNERS_ONLY in rights:
        buttons.append(Button(t.text("button.bots"), ShowBots()))
    return Screen(t.text("admin", example=EXAMPLE), (*_pairs(buttons), back_home(t)))


def faq(support_link: str, t: Translator, own: str | None) -> Screen:
    """Show the FAQ, in the operator's own words if there are any."""
    rows = (
        *support_rows(support_link, t),
        (Button(t.text("button.write_ticket"), TypeTicket(None)),),
        (Button(t.text("menu.help"), ShowHelp()), *back_home(t)),
    )
    return Screen(own or t.text("faq"), rows)


def _pairs(items: Sequence[T]) -> list[tuple[T, ...]]:
    """Put two in a row."""
    return [tuple(items[start : start + 2]) for start in range(0, len(items), 2)]
