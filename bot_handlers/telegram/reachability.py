"""Whether Telegram and this shop can reach each other: figures for health, log lines, an alarm for the owners."""

import logging
import threading
from collections.abc import Callable
from enum import Enum

from shop.outbox import Event, Outbox
from storage.database import Database

_log = logging.getLogger("souk.telegram")

ALARM_AFTER_S = 60


class Trouble(Enum):
    """Why updates do not arrive, in one word. `piled`: they pile up at Telegram faster than they are fetched."""

    TOKEN = "token"  # noqa: S105 - a word, not a token
    CONFLICT = "conflict"
    SILENT = "silent"
    MOVED = "moved"
    WEBHOOK = "webhook"
    PILED = "piled"


_SENTENCES = {
    Trouble.TOKEN: "Telegram rejects the bot token: check TOKEN (@BotFather shows it)",
    Trouble.CONFLICT: "another program uses this token: stop it, or give this shop a separate bot",
    Trouble.SILENT: "Telegram gives no updates",
    Trouble.MOVED: "somebody changed this bot's webhook; it is set again. Who else has the token?",
    Trouble.WEBHOOK: "Telegram cannot deliver to the webhook",
    Trouble.PILED: "updates are piling up at Telegram",
}


class Reachability:
    """The state of the arrival of updates; any thread may ask. Times are Unix seconds.

    `monotonic` never goes back, so a clock that is set hides no silence and makes none longer. The owners are
    notified of a trouble once, when it has lasted for `ALARM_AFTER_S`, and of its end.
    """

    def __init__(
        self, database: Database, outbox: Outbox, *, clock: Callable[[], int], monotonic: Callable[[], float]
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._told: Trouble | None = None
        self._heard_at = monotonic()
        """The last time that getUpdates was answered or getWebhookInfo named no error; at first, the start."""
        self.trouble: Trouble | None = None
        self.since: int | None = None
        """When the trouble began, in Unix seconds."""
        self._begun = 0.0
        """The same in seconds of the monotonic clock."""
        self.waiting = 0
        """How many updates were pending at Telegram at the last check of the webhook."""

    @property
    def silent_s(self) -> int:
        """Return how long ago updates arrived, or could have; since the start if they never did."""
        return int(self._monotonic() - self._heard_at)

    def well(self) -> None:
        """Record that updates arrive."""
        with self._lock:
            self._heard_at = self._monotonic()
            if self.trouble is None:
                return
            since, told = self.since or self._clock(), self._told
            self.trouble = self.since = self._told = None
        _log.info("updates from Telegram arrive again")
        if told is not None:
            self._tell(Event.ADMIN_HEARS, since, {})

    def ill(self, trouble: Trouble, detail: str, *, alarm_after_s: int = ALARM_AFTER_S) -> None:
        """Record that updates do not arrive, and why; `detail` is Telegram's wording, without secrets."""
        with self._lock:
            is_news = self.trouble is not trouble
            self.trouble = trouble
            if self.since is None:
                self.since, self._begun = self._clock(), self._monotonic()
            since = self.since
            told = self._told is not None or self._monotonic() - self._begun < alarm_after_s
            self._told = self._told or (None if told else trouble)
        if is_news:
            _log.warning("%s (%s)", _SENTENCES[trouble], detail)
        if not told:
            self._tell(Event.ADMIN_DEAF, since, {"trouble": trouble.value, "detail": detail})

    def _tell(self, event: Event, since: int, payload: dict[str, str]) -> None:
        with self._database.transaction():
            self._outbox.tell_admins(event, key=f"{event.value}:{since}", payload=payload)
