"""All routes of the shop, in one table."""

from bot_handlers.callbacks.bots import ShowBots, TypeBot
from bot_handlers.handlers.tickets import dialog_of_reply
from bot_handlers.routes.admins import admins_buttons
from bot_handlers.routes.customers import customers_buttons
from bot_handlers.routes.handlers import Handlers
from bot_handlers.routes.stars import stars_buttons, stars_steps
from bot_handlers.routes.steps import admins_steps, customers_steps
from bot_handlers.screens.home import menu_words
from bot_handlers.updates.router import Routes
from locales import Languages


def routes_of(handlers: Handlers, languages: Languages) -> Routes:
    """Put all routes together."""
    return Routes(
        buttons=(
            *customers_buttons(handlers),
            *admins_buttons(handlers),
            *stars_buttons(handlers.stars, handlers.goods),
        ),
        steps=(*customers_steps(handlers), *admins_steps(handlers), *stars_steps(handlers.stars)),
        words=menu_words(languages) | {"/add": TypeBot()},
        greet=handlers.home.greet,
        start=handlers.home.start,
        receive_file=handlers.goods.receive_file,
        receive_loose=handlers.tickets.receive_loose,
        receive_edit=handlers.tickets.take_edit,
        answered=dialog_of_reply,
        answer_in_group=handlers.tickets.answer_in_group,
        look_up=handlers.customers.look_up,
        prover=handlers.second_factor,
        take_token=handlers.bots.take_token,
        tokens_place=ShowBots(),
    )
