"""Callback data of the pictures of the menu's screens."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


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
