"""Buttons of the menu, languages, help and rules."""

from bot_handlers.callbacks import Callback, button


@button("home")
class Home(Callback):
    """Show the main menu."""


@button("languages")
class ShowLanguages(Callback):
    """Show the languages."""


@button("language")
class ChooseLanguage(Callback):
    """Choose a language."""

    code: str


@button("help")
class ShowHelp(Callback):
    """Show how the shop works and whom to ask."""


@button("admin")
class AdminHome(Callback):
    """Show the admins' menu."""


@button("nothing")
class Nothing(Callback):
    """A label: it looks like a button and does nothing."""


@button("faq")
class ShowFaq(Callback):
    """Show the frequent questions and their answers."""


@button("rules")
class ShowRules(Callback):
    """Show the operator's rules."""
