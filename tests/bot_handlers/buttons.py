"""Every kind of button."""

from dataclasses import fields

import bot_handlers.routes.table  # noqa: F401 - registers the route of every button
from bot_handlers.callbacks import BUTTONS, Callback
from bot_handlers.updates.router import Access, Group, Press, Router, Routes
from tests.bot_handlers.stage import Stage

KINDS: list[type[Callback]] = [BUTTONS[prefix] for prefix in sorted(BUTTONS)]
"""The kinds of callback data, by prefix."""


def plausible(kind: type[Callback]) -> Callback:
    """Build a button of this kind with the number 1 or the word `en` in every field."""
    return kind(*(1 if "int" in str(field.type) else "en" for field in fields(kind)))


def admin_buttons(stage: Stage) -> dict[type[Callback], tuple[Access, Press]]:
    """List the buttons that only admins may press."""
    rows = routes_of(stage).buttons
    return {kind: (access, press) for kind, access, press in rows if access is not Group.EVERYBODY}


def routes_of(stage: Stage) -> Routes:
    cells = [cell.cell_contents for cell in stage.bot.callback_query_handlers[0]["function"].__closure__]
    [router] = [each for each in cells if isinstance(each, Router)]
    return router.routes
