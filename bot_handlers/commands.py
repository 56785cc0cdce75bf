"""The commands: what each leads to, and how Telegram comes to know them in every language."""

import logging
from types import MappingProxyType

from telebot import TeleBot
from telebot.types import BotCommand

from bot_handlers import failures
from bot_handlers.callbacks import Callback, ChooseCoin, ShowCart, ShowHelp, ShowHistory, ShowShelf
from bot_handlers.callbacks_around import ShowProfile
from bot_handlers.failures import TelegramFailure
from locales import Languages, Translator

COMMANDS: MappingProxyType[str, Callback] = MappingProxyType(
    {
        "shop": ShowShelf(None, 0),
        "cart": ShowCart(),
        "topup": ChooseCoin(None),
        "orders": ShowHistory(0),
        "profile": ShowProfile(),
        "help": ShowHelp(),
    }
)
"""What a command shows. `/start`, and any that is not here, greets."""
_log = logging.getLogger("souk.telegram")


def command_in(text: str) -> Callback | None:
    """Read a command, perhaps with the bot's name and with arguments."""
    word = text.removeprefix("/").partition(" ")[0].partition("@")[0].lower()
    return COMMANDS.get(word) if text.startswith("/") else None


def announce(bot: TeleBot, languages: Languages, *, default_language: str) -> None:
    """Let Telegram show the commands beside the text field, in each person's language.

    A server that does not know them costs nobody anything: the menu and the buttons are enough.
    """
    try:
        bot.set_my_commands(_described(languages[default_language]))
        for code, translator in languages.translators.items():
            bot.set_my_commands(_described(translator), language_code=code)
    except TelegramFailure as error:
        _log.info("commands not announced: %s", failures.describe(error))


def _described(t: Translator) -> list[BotCommand]:
    return [BotCommand(name, t.text(f"command.{name}")) for name in ("start", *COMMANDS)]
