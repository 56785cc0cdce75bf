"""The bots of this process by their ids. Bots come and go while other threads use them."""

from collections.abc import Iterable
from typing import NoReturn

from telebot import TeleBot

from bot_handlers.telegram.answers import TelegramUnreachable


class BotNotServed(TelegramUnreachable):
    """This bot is not served (any longer), so the call had no effect."""

    def __init__(self) -> None:
        super().__init__("this bot is not served", never_asked=True)


class Roster(dict[int, TeleBot]):
    """The bots that are served. Asking for another one raises a Telegram failure, which every caller expects."""

    def __missing__(self, bot_id: int) -> NoReturn:
        raise BotNotServed

    @classmethod
    def of(cls, tokens: Iterable[str]) -> "Roster":
        """Build the bots for some tokens."""
        return cls({bot.bot_id: bot for bot in map(bot_of, tokens)})


def bot_of(token: str) -> TeleBot:
    """Build a bot. It has no thread, and its handlers are shared, so each further bot costs only kilobytes."""
    return TeleBot(token, threaded=False)
