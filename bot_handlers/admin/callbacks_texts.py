"""Callback data of the operator's own texts."""

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
