"""The first words with Telegram: is the token good, and which way do updates come."""

import logging

from telebot import TeleBot

from bot_handlers import failures
from bot_handlers.bots import ALLOWED_UPDATES
from bot_handlers.failures import TelegramFailure

_log = logging.getLogger("souk.telegram")


class ArrivalFailed(Exception):
    """Telegram does not take the bot; the text says what the operator can do."""


def greet(bot: TeleBot, api_url: str) -> None:
    """Make sure that Telegram knows the bot.

    Raises:
        ArrivalFailed: the token is refused, or Telegram cannot be reached.
    """
    try:
        me = bot.get_me()
    except TelegramFailure as error:
        if failures.says(error, "method not found"):
            _log.warning("this Bot API server does not know getMe; going on")
            return
        if failures.says(error, "unauthorized", "not found"):
            raise ArrivalFailed("Telegram refuses the bot token: check TOKEN (@BotFather shows it).") from None
        raise ArrivalFailed(
            f"Telegram cannot be reached at {api_url}: check the network of this machine, or TELEGRAM_API_URL."
        ) from None
    _log.info("bot @%s", me.username)


def receive_by_webhook(bot: TeleBot, url: str, *, secret: str) -> None:
    """Have updates posted to a URL.

    Raises:
        ArrivalFailed: Telegram refuses the URL.
    """
    try:
        bot.set_webhook(url=url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
    except TelegramFailure as error:
        raise ArrivalFailed(f"Telegram refuses the webhook ({failures.describe(error)}): check PUBLIC_URL.") from None


def receive_by_polling(bot: TeleBot) -> None:
    """Fetch updates from now on: no webhook may be left from before.

    Raises:
        ArrivalFailed: Telegram does not let go of the webhook.
    """
    try:
        bot.delete_webhook()
    except TelegramFailure as error:
        if failures.says(error, "not found"):  # a small Bot API server that has no webhooks to let go of
            return
        raise ArrivalFailed(f"Telegram keeps the old webhook ({failures.describe(error)}): try again.") from None
