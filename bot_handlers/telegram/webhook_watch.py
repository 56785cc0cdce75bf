"""The webhook as Telegram sees it, checked every few minutes and set again if it was changed."""

from typing import Protocol

from telebot import TeleBot

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.reachability import ALARM_AFTER_S, Trouble
from bot_handlers.telegram.setup import set_webhook
from bot_handlers.telegram.visits import ALLOWED_UPDATES

LOOK_EVERY_S = 180
MANY_WAITING = 50
_TWO_LOOKS_S = LOOK_EVERY_S + ALARM_AFTER_S
"""Long enough for a second look before the alarm."""


class Listener(Protocol):
    """Records whether updates arrive (`Reachability`); `waiting` counts those at Telegram."""

    waiting: int

    def well(self) -> None:
        """Record that updates arrive."""
        ...

    def ill(self, trouble: Trouble, detail: str, *, alarm_after_s: int = ...) -> None:
        """Record that updates do not arrive, and why."""
        ...


class WebhookWatch:
    """Compares Telegram's webhook with the one that was set."""

    def __init__(self, bot: TeleBot, url: str, *, secret: str, reachability: Listener) -> None:
        self._bot = bot
        self._url = url
        self._secret = secret
        self._reachability = reachability
        self._last_error: int | None = None

    def look(self) -> None:
        """Ask Telegram once. The owners are notified immediately, because the next check is minutes away; but what
        the first one finds may date from before the start, and only the next one can tell.
        """
        is_first = self._last_error is None
        try:
            trouble, detail = self._judge()
        except TelegramFailure as error:
            self._reachability.ill(Trouble.SILENT, failures.describe(error))
            return
        if trouble is None:
            self._reachability.well()
        else:
            may_be_over = is_first and trouble is not Trouble.MOVED
            self._reachability.ill(trouble, detail, alarm_after_s=_TWO_LOOKS_S if may_be_over else 0)

    def _judge(self) -> tuple[Trouble | None, str]:
        """Report what is wrong, and repair what can be repaired.

        The date of an error counts if it differs from that of the last look; at the first look, which may find one
        from before the start, it counts if updates are waiting.
        """
        known = self._bot.get_webhook_info()
        self._reachability.waiting = waiting = known.pending_update_count
        is_new = known.last_error_date not in (0, self._last_error)
        failed = is_new and (self._last_error is not None or waiting > 0)
        self._last_error = known.last_error_date
        # Telegram lists the kinds in an order of its own, and none if they are its default, which has all of ours.
        lacks = set(ALLOWED_UPDATES) - set(known.allowed_updates or ALLOWED_UPDATES)
        if known.url != self._url or lacks:
            set_webhook(self._bot, self._url, secret=self._secret)
            return Trouble.MOVED, "the address" if known.url != self._url else "the kinds of updates"
        if failed:
            if "403" in known.last_error_message:  # Telegram sends a secret different from ours
                set_webhook(self._bot, self._url, secret=self._secret)
            return Trouble.WEBHOOK, known.last_error_message
        return (Trouble.PILED, str(waiting)) if waiting > MANY_WAITING else (None, "")
