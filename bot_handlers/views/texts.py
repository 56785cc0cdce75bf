"""The operator's own texts as admins see them."""

from bot_handlers.admin.callbacks_texts import (
    SaveText,
    ShowText,
    ShowTextLanguages,
    ShowTexts,
    TakeTextBack,
    TypeText,
)
from bot_handlers.callbacks import AdminHome, Callback
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen
from locales import Languages, Translator
from shop.administration.appearance import TextKey, TextStatus

NAME = "{name}"
"""What stands for the customer's name in a welcome."""


def texts(t: Translator) -> Screen:
    """Show which texts there are."""
    rows = tuple((Button(t.text(f"texts.{key.value}"), ShowTextLanguages(key.value)),) for key in TextKey)
    return Screen(t.text("texts"), (*rows, _back(AdminHome(), t)))


def languages(key: TextKey, written: frozenset[str], every: Languages, t: Translator) -> Screen:
    """Show the languages of a text; a dot marks those in which it is the operator's own."""
    rows = tuple(
        (Button(("● " if code in written else "") + translator.name, ShowText(key.value, code)),)
        for code, translator in every.translators.items()
    )
    return Screen(t.text("texts.languages", title=t.text(f"texts.{key.value}")), (*rows, _back(ShowTexts(), t)))


def one(standing: TextStatus, speaker: Translator, t: Translator) -> Screen:
    """Show a text as it is; `speaker` has the shop's own words in its language."""
    key, language = standing.key.value, standing.language
    change: tuple[Button, ...] = (Button(t.text("button.write_text"), TypeText(key, language)),)
    if standing.html is not None:
        change += (Button(t.text("button.text_back"), TakeTextBack(key, language)),)
    text = standing.html
    if text is None:
        text = t.text("texts.no_rules") if standing.key is TextKey.RULES else speaker.text(key)
    return Screen(text, (change, _back(ShowTextLanguages(key), t)))


def ask(key: TextKey, language: str, t: Translator) -> Screen:
    """Ask for a text."""
    asked = t.text("texts.ask", title=t.text(f"texts.{key.value}"))
    if key is TextKey.WELCOME:
        asked += "\n" + t.text("texts.name", name=NAME)
    return Screen(asked, (_back(ShowText(key.value, language), t),))


def preview(standing: TextStatus, t: Translator) -> Screen:
    """Show a draft as it would look."""
    key, language = standing.key.value, standing.language
    rows = (
        (Button(t.text("button.save_text"), SaveText(key, language)),),
        (Button(t.text("button.write_again"), TypeText(key, language)),),
        _back(ShowText(key, language), t),
    )
    return Screen(standing.draft or "", rows)


def _back(to: Callback, t: Translator) -> tuple[Button, ...]:
    return (Button(t.text("button.back"), to), *back_home(t))
