"""Every kind of button that there is."""

import sys
from dataclasses import fields

import bot_handlers.routes  # every button has a route
from bot_handlers.callbacks import Callback
from bot_handlers.updates.router import Router
from tests.bot_handlers.stage import Stage


def _is_kind(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, Callback) and each is not Callback


_MODULES = [module for name, module in sys.modules.items() if name.startswith(bot_handlers.__name__)]
_EVERY = {id(each): each for module in _MODULES for each in vars(module).values()}.values()
KINDS: list[type[Callback]] = sorted((each for each in _EVERY if _is_kind(each)), key=lambda kind: kind.prefix)
"""The kinds of callback data, by prefix."""


def plausible(kind: type[Callback]) -> Callback:
    """A button of this kind with the number 1 or the word `en` in every field."""
    return kind(*(1 if "int" in str(field.type) else "en" for field in fields(kind)))


def router_of(stage: Stage) -> Router:
    cells = [cell.cell_contents for cell in stage.bot.callback_query_handlers[0]["function"].__closure__]
    [router] = [each for each in cells if isinstance(each, Router)]
    return router
