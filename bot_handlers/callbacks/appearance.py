"""Buttons of custom texts and menu pictures."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowTexts(Callback):
    """Show the texts that can be the operator's own."""

    prefix = "texts"


@dataclass(frozen=True, slots=True)
class ShowTextLanguages(Callback):
    """Show the languages of a text (`shop.own_texts.TextKey`)."""

    prefix = "textin"
    key: "str"


@dataclass(frozen=True, slots=True)
class ShowText(Callback):
    """Show a text in a language, as it is."""

    prefix = "text"
    key: "str"
    language: "str"


@dataclass(frozen=True, slots=True)
class TypeText(Callback):
    """Ask for a text."""

    prefix = "newtext"
    key: "str"
    language: "str"


@dataclass(frozen=True, slots=True)
class SaveText(Callback):
    """Show a draft to everybody from now on."""

    prefix = "savetext"
    key: "str"
    language: "str"


@dataclass(frozen=True, slots=True)
class TakeTextBack(Callback):
    """Show the shop's own text again."""

    prefix = "oldtext"
    key: "str"
    language: "str"


@dataclass(frozen=True, slots=True)
class ShowScenes(Callback):
    """Show the screens that can have a picture."""

    prefix = "scenes"


@dataclass(frozen=True, slots=True)
class ShowScene(Callback):
    """Show the picture of a screen (`shop.menu_pictures.Scene`)."""

    prefix = "scene"
    scene: "str"


@dataclass(frozen=True, slots=True)
class SendScene(Callback):
    """Ask for the picture of a screen."""

    prefix = "dress"
    scene: "str"


@dataclass(frozen=True, slots=True)
class DropScene(Callback):
    """Take the picture of a screen away."""

    prefix = "undress"
    scene: "str"
