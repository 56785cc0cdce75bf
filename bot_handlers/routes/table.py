"""All routes of the shop, put together."""

from bot_handlers.routes.admins import admins_buttons
from bot_handlers.routes.customers import customers_buttons
from bot_handlers.routes.handlers import Handlers
from bot_handlers.routes.steps import admins_steps, customers_steps
from bot_handlers.screens.home import menu_words
from bot_handlers.updates.router import Routes
from locales import Languages


def routes_of(handlers: Handlers, languages: Languages) -> Routes:
    """Put all routes together."""
    return Routes(
        buttons=(*customers_buttons(handlers), *admins_buttons(handlers)),
        steps=(*customers_steps(handlers), *admins_steps(handlers)),
        words=menu_words(languages),
        start=handlers.home.start,
        receive_file=handlers.goods.receive_file,
        look_up=handlers.customers.look_up,
        prover=handlers.second_factor,
    )
