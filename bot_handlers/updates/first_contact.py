"""A bot before its shop runs: its name, and its owner.

The owner proves that the bot is theirs with a `/start` and a code that only the set-up terminal shows (Bot API, "Deep
linking"), so no one else who finds the new bot meanwhile becomes its owner. No update is confirmed, so all messages,
including the owner's `/start`, are still there when the shop starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telebot import TeleBot, apihelper

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.setup import ArrivalFailed, greet
from bot_handlers.telegram.transport import Transport
from bot_handlers.telegram.visits import ALLOWED_UPDATES
from bot_handlers.updates.reading import UnreadableUpdate, is_numbered, read

_MOST_WAITING = 100
"""The most updates in one answer (Bot API, getUpdates)."""


@dataclass(frozen=True, slots=True)
class Found:
    """The person who sent the code."""

    telegram_id: int
    first_name: str


class FirstContact:
    """Talks to Telegram for a bot whose shop is not running."""

    def __init__(self, token: str, api_url: str) -> None:
        Transport(connections=1, before_request=lambda: None).install(api_url)
        self._bot = TeleBot(token, threaded=False)
        self._api_url = api_url

    def name(self) -> str:
        """Ask for the bot's username; "" if this server does not tell it.

        Raises:
            ArrivalFailed: the token is refused, or Telegram cannot be reached.
        """
        greet(self._bot, self._api_url)
        try:
            return self._bot.get_me().username or ""
        except TelegramFailure:
            return ""

    def owner(self, code: str, *, is_over: Callable[[], bool], pause: Callable[[], None]) -> Found | None:
        """Wait for a `/start` with this code; None if it takes too long.

        Raises:
            ArrivalFailed: another program receives this bot's updates, or too many wait already.
        """
        while not is_over():
            updates = self._waiting()
            if (found := next(filter(None, (_sender(each, code) for each in updates)), None)) is not None:
                return found
            if len(updates) >= _MOST_WAITING:
                raise ArrivalFailed("Too many messages wait at this bot already: say who owns it with --owner.")
            pause()
        return None

    def _waiting(self) -> list[dict[str, Any]]:
        try:
            answer = apihelper.get_updates(self._bot.token, allowed_updates=ALLOWED_UPDATES, timeout=10)
        except TelegramFailure as error:
            if failures.says(error, "conflict"):
                raise ArrivalFailed(
                    "Another program receives this bot's updates: stop it, or say who owns the bot with --owner."
                ) from None
            raise ArrivalFailed(f"Telegram does not hand out updates ({failures.describe(error)}).") from None
        return [each for each in answer if is_numbered(each)]


def _sender(update: dict[str, Any], code: str) -> Found | None:
    try:
        message = read(update).message
    except UnreadableUpdate:
        return None
    if message is None or message.from_user is None or message.text != f"/start {code}":
        return None
    return Found(message.from_user.id, message.from_user.first_name or "")
