"""Those of several bots that Telegram's updates do not reach while others serve.

The owners are notified of each once, by its name, and once when it is over. If no bot gets updates, the whole shop is
in trouble, and other notifications say so.
"""

import logging
import threading
from collections.abc import Set
from dataclasses import dataclass, field

from shop.context import Context
from shop.outbox import Event
from storage.models import Bot

_log = logging.getLogger("souk.telegram")


@dataclass(slots=True)
class _Silence:
    """Why a bot gets no updates, since when (Unix seconds), and after how many seconds the owners are told."""

    trouble: str
    detail: str
    since: int
    alarm_after_s: int
    is_told: bool = False


@dataclass(slots=True)
class DeafBots:
    """The bots that get no updates. Any thread may use it."""

    context: Context
    _silences: dict[int, _Silence] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    @property
    def ids(self) -> frozenset[int]:
        """The ids of these bots."""
        return frozenset(self._silences)

    def note(self, bot_id: int, trouble: str, detail: str, *, alarm_after_s: int) -> None:
        """Record that a bot gets no updates, and why; `detail` is Telegram's wording, without secrets."""
        with self._lock:
            known = self._silences.setdefault(bot_id, _Silence("", "", self.context.clock(), alarm_after_s))
            is_news, known.trouble, known.detail = known.trouble != trouble, trouble, detail
            known.alarm_after_s = min(known.alarm_after_s, alarm_after_s)
        if is_news:
            _log.warning("bot %d gets no updates: %s (%s)", bot_id, trouble, detail)

    def clear(self, bot_id: int) -> None:
        """Record that a bot gets updates, and notify the owners if they know that it did not."""
        if bot_id not in self._silences:
            return
        silence = self.forget(bot_id)
        _log.info("bot %d gets updates again", bot_id)
        if silence is not None and silence.is_told:
            self._tell(Event.ADMIN_HEARS, bot_id, silence.since, {})

    def forget(self, bot_id: int) -> _Silence | None:
        """Drop what is known of a bot that is no longer served."""
        with self._lock:
            return self._silences.pop(bot_id, None)

    def tell(self, served: Set[int], *, again_after_s: int) -> None:
        """Notify the owners of each bot that has been deaf for long enough.

        If no bot gets updates, nothing is sent and every bot's time starts over, so the first to recover is not
        followed by an alarm for each of the others.
        """
        due = []
        with self._lock:
            now, are_all = self.context.clock(), set(self._silences) >= set(served)
            for bot_id, silence in self._silences.items():
                if are_all:
                    if not silence.is_told:
                        silence.since, silence.alarm_after_s = now, again_after_s
                    continue
                # A start in the future, after the clock was set back, counts as long ago.
                if silence.is_told or 0 <= now - silence.since < silence.alarm_after_s:
                    continue
                silence.is_told = True
                due.append((bot_id, silence))
        for bot_id, silence in due:
            told = {"trouble": silence.trouble, "detail": silence.detail}
            self._tell(Event.ADMIN_DEAF, bot_id, silence.since, told)

    def _tell(self, event: Event, bot_id: int, since: int, payload: dict[str, str]) -> None:
        row = Bot.there(bot_id)
        if row is None:
            return
        named = {"name": row.name, "username": row.username}
        with self.context.database.transaction():
            self.context.outbox.tell_admins(event, key=f"{event.value}:{bot_id}:{since}", payload=named | payload)
