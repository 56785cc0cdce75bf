"""Buttons of the menu, languages, help and rules."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class Home(Callback):
    """Show the main menu."""

    prefix = "home"


@dataclass(frozen=True, slots=True)
class ShowLanguages(Callback):
    """Show the languages."""

    prefix = "languages"


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Callback):
    """Choose a language."""

    prefix = "language"
    code: "str"


@dataclass(frozen=True, slots=True)
class ShowHelp(Callback):
    """Show how the shop works and whom to ask."""

    prefix = "help"


@dataclass(frozen=True, slots=True)
class AdminHome(Callback):
    """Show the admins' menu."""

    prefix = "admin"


@dataclass(frozen=True, slots=True)
class Nothing(Callback):
    """A label that looks like a button."""

    prefix = "nothing"


@dataclass(frozen=True, slots=True)
class ShowFaq(Callback):
    """Show what is often asked."""

    prefix = "faq"


@dataclass(frozen=True, slots=True)
class ShowRules(Callback):
    """Show the rules that the operator wrote."""

    prefix = "rules"
