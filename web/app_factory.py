"""The Flask application: the webhook, the health page, and the routes that a caller registers."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from shop.health import Health
from web.health import health_page
from web.payment_callbacks import CallbackRoute, payment_callbacks
from web.telegram_webhook import telegram_webhook


def create_app(
    *,
    accept: Callable[[int, dict[str, Any]], None],
    secrets: Mapping[int, str],
    webhook_path: str,
    health: Callable[[], Health],
    is_ready: Callable[[], bool] = lambda: True,
    payment_callback: CallbackRoute | None = None,
) -> Flask:
    """Build the application. `secrets` maps a bot's id to the secret that Telegram sends with each update.

    `payment_callback` is the payment provider's route; without a provider there is no such route.
    """
    app = Flask("souk", static_folder=None)
    app.register_blueprint(telegram_webhook(accept, secrets, path=webhook_path))
    app.register_blueprint(health_page(health, is_ready=is_ready))
    if payment_callback is not None:
        app.register_blueprint(payment_callbacks(payment_callback))
    return app
