"""A bot's registration with Telegram at startup: webhook or polling, its commands, its links."""

import logging
import time
from collections.abc import Callable, Mapping

from telebot import TeleBot
from telebot.types import BotCommand, BotCommandScopeChat

from bot_handlers.screens.home import ADMINS_ENTRY, COMMANDS, TERMS_COMMANDS
from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import BadAnswer
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from locales import Languages, Translator
from shop.errors.refusals import OperatorError

_log = logging.getLogger("souk.telegram")

_LONGEST_WAIT_S = 5


def announce(
    bot: TeleBot, languages: Languages, *, default_language: str, owners: Callable[[], Mapping[int, str]]
) -> None:
    """Have Telegram list the commands beside the text field, in each person's language; `owners` get `/admin` too.

    A server that does not support this is not a problem, since the menu and the buttons are enough.
    """
    try:
        bot.set_my_commands(_described(languages[default_language]))
        for code, translator in languages.translators.items():
            bot.set_my_commands(_described(translator), language_code=code)
    except TelegramFailure as error:
        _log.info("commands not announced: %s", failures.describe(error))
        return
    for owner, language in owners().items():
        t = languages[language]
        try:
            bot.set_my_commands([*_described(t), _command(ADMINS_ENTRY.command, t)], scope=BotCommandScopeChat(owner))
        except TelegramFailure as error:  # the owner has not written to the bot yet
            _log.info("an owner's commands not announced: %s", failures.describe(error))


def _described(t: Translator) -> list[BotCommand]:
    return [_command(name, t) for name in ("start", *COMMANDS, *TERMS_COMMANDS)]


def _command(name: str, t: Translator) -> BotCommand:
    return BotCommand(name, t.text(f"command.{name}"))


class Links:
    """Builds links to the bots, asking Telegram once for each one's name."""

    def __init__(self, bots: dict[int, TeleBot]) -> None:
        self._bots = bots
        self._names: dict[int, str] = {}

    def start(self, bot_id: int, parameter: str) -> str:
        """Write the link that starts a bot with a parameter; if the bot's name is unknown, the command."""
        name = self._names.get(bot_id) or self._ask(bot_id)
        return f"https://t.me/{name}?start={parameter}" if name else f"/start {parameter}"

    def _ask(self, bot_id: int) -> str:
        try:
            self._names[bot_id] = self._bots[bot_id].get_me().username or ""
        except TelegramFailure as error:
            _log.info("the bot's name is unknown: %s", failures.describe(error))
            return ""
        return self._names[bot_id]


class ArrivalFailed(OperatorError):
    """Telegram does not accept the bot."""


class TokenRefused(ArrivalFailed):
    """Telegram does not know the token: no other try helps, unlike when it cannot be reached."""

    exit_code = 2


def greet(bot: TeleBot, api_url: str) -> None:
    """Make sure that Telegram knows the bot.

    Raises:
        TokenRefused: Telegram does not know the token.
        ArrivalFailed: Telegram cannot be reached.
    """
    try:
        me = bot.get_me()
    except TelegramFailure as error:
        if failures.says(error, "method not found"):
            _log.warning("this Bot API server does not know getMe; continuing")
            return
        if isinstance(error, BadAnswer) and error.is_result:
            _log.warning("this Bot API server does not say who the bot is (%s); continuing", failures.describe(error))
            return
        if failures.says(error, "unauthorized", "not found"):
            raise TokenRefused("Telegram rejects the bot token: check TOKEN (@BotFather shows it).") from None
        if isinstance(error, BadAnswer) and error.status < 500:
            raise ArrivalFailed(
                f"What answers at {api_url} is not a Bot API ({failures.describe(error)}): check TELEGRAM_API_URL."
            ) from None
        raise ArrivalFailed(
            f"Telegram cannot be reached at {api_url}: check the network of this machine, or TELEGRAM_API_URL."
        ) from None
    _log.info("bot @%s", me.username)


def receive_by_webhook(bot: TeleBot, url: str, *, secret: str, pause: Callable[[float], object] = time.sleep) -> None:
    """Have updates posted to a URL; if Telegram asks to wait a moment, as after two starts in a second, wait.

    Raises:
        ArrivalFailed: Telegram refuses the URL.
    """
    try:
        try:
            set_webhook(bot, url, secret=secret)
        except TelegramFailure as error:
            wait_s = failures.retry_after_s(error)
            if not 0 < wait_s <= _LONGEST_WAIT_S:
                raise
            pause(wait_s)
            set_webhook(bot, url, secret=secret)
    except TelegramFailure as error:
        raise ArrivalFailed(f"Telegram refuses the webhook ({failures.describe(error)}): check PUBLIC_URL.") from None


def set_webhook(bot: TeleBot, url: str, *, secret: str) -> None:
    """Tell Telegram where updates go. Raises what `TelegramFailure` lists."""
    bot.set_webhook(url=url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)


def receive_by_polling(bot: TeleBot) -> None:
    """Remove a leftover webhook, so that updates can be fetched.

    Raises:
        ArrivalFailed: Telegram keeps the webhook.
    """
    try:
        bot.delete_webhook()
    except TelegramFailure as error:
        if failures.says(error, "not found"):  # a minimal Bot API server without webhooks
            return
        raise ArrivalFailed(f"Telegram keeps the old webhook ({failures.describe(error)}): try again.") from None
