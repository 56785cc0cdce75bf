"""Buttons of custom texts and menu pictures."""

from bot_handlers.callbacks import Callback, button


@button("texts")
class ShowTexts(Callback):
    """Show the texts that can be replaced."""


@button("textin")
class ShowTextLanguages(Callback):
    """Show the languages of a text (`TextKey`)."""

    key: str


@button("text")
class ShowText(Callback):
    """Show a text in a language."""

    key: str
    language: str


@button("newtext")
class TypeText(Callback):
    """Ask for a text."""

    key: str
    language: str


@button("savetext")
class SaveText(Callback):
    """Show the draft of a text again: this button of older previews does not say which draft it is below."""

    key: str
    language: str


@button("publishtext")
class PublishText(Callback):
    """Publish the draft of a text, known by its mark, since another admin may have written another one."""

    key: str
    language: str
    mark: str


@button("oldtext")
class TakeTextBack(Callback):
    """Go back to the built-in text."""

    key: str
    language: str


@button("scenes")
class ShowScenes(Callback):
    """Show the screens that can have a picture."""


@button("scene")
class ShowScene(Callback):
    """Show the picture of a screen (`MenuScreen`)."""

    scene: str


@button("dress")
class SendScene(Callback):
    """Ask for the picture of a screen."""

    scene: str


@button("undress")
class DropScene(Callback):
    """Remove the picture of a screen."""

    scene: str
