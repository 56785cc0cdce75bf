"""Alarms about the machine and the program: owners are notified once when one is raised, and once when it is over."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from shop.context import Context
from shop.outbox import Event

_log = logging.getLogger("souk.health")

LONGEST_CAUSE = 300


class Alarm(Enum):
    """The kinds of trouble that raise an alarm."""

    DATABASE = "database"
    DISK = "disk"
    OUTBOX = "outbox"
    CLOCK = "clock"
    BACKUP = "backup"
    JOB = "job"


@dataclass(slots=True)
class _Raised:
    """A raised alarm: since when (Unix seconds), its first cause, and whether the owners know."""

    since: int
    cause: str
    is_told: bool = False


@dataclass(slots=True)
class Alarms:
    """The raised alarms, by kind and subject. To be used by one thread."""

    context: Context
    _raised: dict[tuple[Alarm, str], _Raised] = field(init=False, default_factory=dict)

    def keep(self, present: Mapping[tuple[Alarm, str], str]) -> None:
        """Log and remember problems and their causes while the database cannot be written."""
        for (alarm, subject), cause in present.items():
            if (alarm, subject) not in self._raised:
                self._raised[alarm, subject] = _Raised(self.context.clock(), cause[:LONGEST_CAUSE])
                _log.warning("alarm: %s", " ".join(filter(None, (alarm.value, subject, cause))))

    def tell(self, present: Mapping[tuple[Alarm, str], str]) -> None:
        """Queue letters about new problems and about those that are over; anything kept back earlier comes first."""
        self.keep(present)
        over = [key for key in self._raised if key not in present]
        untold = [key for key, raised in self._raised.items() if not raised.is_told]
        if not over and not untold:
            return
        with self.context.database.transaction():
            for key in untold:
                self._tell(Event.ADMIN_ALARM, key)
            for key in over:
                self._tell(Event.ADMIN_ALL_CLEAR, key)
        for key in untold:
            self._raised[key].is_told = True
        for key in over:
            _log.info("all clear: %s", " ".join(filter(None, (key[0].value, key[1]))))
            del self._raised[key]

    def _tell(self, event: Event, key: tuple[Alarm, str]) -> None:
        (alarm, subject), raised = key, self._raised[key]
        self.context.outbox.tell_admins(
            event,
            key=f"{event.value}:{alarm.value}:{subject}:{raised.since}",
            payload={"alarm": alarm.value, "subject": subject, "cause": raised.cause, "since": raised.since},
        )
