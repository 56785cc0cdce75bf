"""The bots of this process by their ids. Bots come and go while others work with them."""

from collections.abc import Iterable
from typing import NoReturn

from telebot import TeleBot

from bot_handlers.telegram.answers import TelegramUnreachable


class BotNotServed(TelegramUnreachable):
    """This bot is not served (any longer): what was asked for has not happened."""

    def __init__(self) -> None:
        super().__init__("this bot is not served", never_asked=True)


class Roster(dict[int, TeleBot]):
    """The bots that are served. Who asks for another one gets a failure of Telegram's, which every caller expects."""

    def __missing__(self, bot_id: int) -> NoReturn:
        raise BotNotServed

    @classmethod
    def of(cls, tokens: Iterable[str]) -> "Roster":
        """Make the bots of some tokens."""
        return cls({bot.bot_id: bot for bot in map(bot_of, tokens)})


def bot_of(token: str) -> TeleBot:
    """Make a bot. It has no thread of its own, and its handlers are shared: a further bot costs some kilobytes."""
    return TeleBot(token, threaded=False)
