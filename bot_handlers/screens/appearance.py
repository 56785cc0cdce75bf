"""Custom texts and menu pictures."""

from bot_handlers.callbacks.appearance import (
    DropScene,
    PublishText,
    SendScene,
    ShowScene,
    ShowScenes,
    ShowText,
    ShowTextLanguages,
    ShowTexts,
    TakeTextBack,
    TypeText,
)
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.terms import ShowOperator
from bot_handlers.screens.screen import Button, Screen, back_row
from locales import Languages, Translator
from shop.administration.appearance import MADE, MenuScreen, TextKey, TextStatus

NAME = "{name}"
"""The placeholder for the customer's name in a welcome text."""
_NAMES = {MenuScreen.HOME: "button.home"}
"""The names of screens that differ from their names in the menu."""


def texts(t: Translator) -> Screen:
    """Show which texts there are."""
    rows = tuple((Button(t.text(f"texts.{key.value}"), ShowTextLanguages(key.value)),) for key in TextKey)
    operator = (Button(t.text("button.operator"), ShowOperator()),)
    return Screen(t.text("texts"), (*rows, operator, back_row(AdminHome(), t)))


def languages(key: TextKey, written: frozenset[str], every: Languages, t: Translator) -> Screen:
    """Show the languages of a text; a dot marks those in which it is the operator's own."""
    rows = tuple(
        (Button(("● " if code in written else "") + translator.name, ShowText(key.value, code)),)
        for code, translator in every.translators.items()
    )
    return Screen(t.text("texts.languages", title=t.text(f"texts.{key.value}")), (*rows, back_row(ShowTexts(), t)))


def text(standing: TextStatus, speaker: Translator, t: Translator) -> Screen:
    """Show a text as it is; `speaker` has the shop's own words in its language."""
    key, language = standing.key.value, standing.language
    change: tuple[Button, ...] = (Button(t.text("button.write_text"), TypeText(key, language)),)
    if standing.html is not None:
        change += (Button(t.text("button.text_back"), TakeTextBack(key, language)),)
    text = standing.html
    if text is None:
        text = _default(standing.key, speaker, t)
    return Screen(text, (change, back_row(ShowTextLanguages(key), t)))


def _default(key: TextKey, speaker: Translator, t: Translator) -> str:
    if key in MADE:
        return t.text("texts.made", command=key.value)
    return t.text("texts.no_rules") if key is TextKey.RULES else speaker.text(key.value)


def ask_text(key: TextKey, language: str, t: Translator) -> Screen:
    """Ask for a text."""
    asked = t.text("texts.ask", title=t.text(f"texts.{key.value}"))
    if key is TextKey.WELCOME:
        asked += "\n" + t.text("texts.name", name=NAME)
    return Screen(asked, (back_row(ShowText(key.value, language), t),))


def preview(standing: TextStatus, t: Translator) -> Screen:
    """Show a draft as it would look."""
    key, language = standing.key.value, standing.language
    rows = (
        (Button(t.text("button.save_text"), PublishText(key, language, standing.mark)),),
        (Button(t.text("button.write_again"), TypeText(key, language)),),
        back_row(ShowText(key, language), t),
    )
    return Screen(standing.draft or "", rows)


def menu_screens(dressed: frozenset[MenuScreen], t: Translator) -> Screen:
    """Show which screens there are; a dot marks those with a picture."""
    rows = tuple(
        (Button(("● " if scene in dressed else "") + _name(scene, t), ShowScene(scene.value)),)
        for scene in MenuScreen
    )
    return Screen(t.text("scenes"), (*rows, back_row(AdminHome(), t)))


def menu_screen(scene: MenuScreen, t: Translator, *, has_picture: bool) -> Screen:
    """Show the picture of a screen."""
    change: tuple[Button, ...] = (Button(t.text("button.picture"), SendScene(scene.value)),)
    if has_picture:
        change += (Button(t.text("button.no_picture"), DropScene(scene.value)),)
    text = t.text("scenes.one" if has_picture else "scenes.none", name=_name(scene, t))
    return Screen(text, (change, back_row(ShowScenes(), t)), scene=scene)


def ask_picture(scene: MenuScreen, t: Translator) -> Screen:
    """Ask for a picture."""
    return Screen(t.text("ask_picture", name=_name(scene, t)), (back_row(ShowScene(scene.value), t),))


def _name(scene: MenuScreen, t: Translator) -> str:
    return t.text(_NAMES.get(scene, f"menu.{scene.value}"))
