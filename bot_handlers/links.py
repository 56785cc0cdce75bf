"""Links that lead to a bot of this process."""

import logging

from telebot import TeleBot

from bot_handlers import failures
from bot_handlers.failures import TelegramFailure

_log = logging.getLogger("souk.telegram")


class Links:
    """Makes links; the name of a bot is asked for once."""

    def __init__(self, bots: dict[int, TeleBot]) -> None:
        self._bots = bots
        self._names: dict[int, str] = {}

    def start(self, bot_id: int, parameter: str) -> str:
        """Write the link that starts a bot with a parameter; without its name, the command that does the same."""
        name = self._names.get(bot_id) or self._ask(bot_id)
        return f"https://t.me/{name}?start={parameter}" if name else f"/start {parameter}"

    def _ask(self, bot_id: int) -> str:
        try:
            self._names[bot_id] = self._bots[bot_id].get_me().username or ""
        except TelegramFailure as error:
            _log.info("the bot's name is not known: %s", failures.describe(error))
            return ""
        return self._names[bot_id]
