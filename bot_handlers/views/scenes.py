"""The pictures of the menu's screens as admins see them."""

from bot_handlers.admin.callbacks_scenes import DropScene, SendScene, ShowScene, ShowScenes
from bot_handlers.callbacks import AdminHome, Callback
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.administration.appearance import MenuScreen

_NAMES = {MenuScreen.HOME: "button.home"}
"""Every other screen is called as in the menu."""


def scenes(dressed: frozenset[MenuScreen], t: Translator) -> Screen:
    """Show which screens there are; a dot marks those with a picture."""
    rows = tuple(
        (Button(("● " if scene in dressed else "") + _name(scene, t), ShowScene(scene.value)),)
        for scene in MenuScreen
    )
    return Screen(t.text("scenes"), (*rows, _back(AdminHome(), t)))


def one(scene: MenuScreen, t: Translator, *, has_picture: bool) -> Screen:
    """Show the picture of a screen."""
    change: tuple[Button, ...] = (Button(t.text("button.picture"), SendScene(scene.value)),)
    if has_picture:
        change += (Button(t.text("button.no_picture"), DropScene(scene.value)),)
    text = t.text("scenes.one" if has_picture else "scenes.none", name=_name(scene, t))
    return Screen(text, (change, _back(ShowScenes(), t)), scene=scene)


def ask(scene: MenuScreen, t: Translator) -> Screen:
    """Ask for a picture."""
    return Screen(t.text("ask_picture", name=_name(scene, t)), (_back(ShowScene(scene.value), t),))


def _name(scene: MenuScreen, t: Translator) -> str:
    return t.text(_NAMES.get(scene, f"menu.{scene.value}"))


def _back(to: Callback, t: Translator) -> tuple[Button, ...]:
    return (Button(t.text("button.back"), to), *back_home(t))
