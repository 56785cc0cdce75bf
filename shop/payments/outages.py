"""Who does not answer, since when, and when the admins are told of it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shop.chains.errors import NotFound, ProviderError, Rejected
from shop.context import Context
from shop.outbox import Event

_log = logging.getLogger("souk.chains")

ALARM_AFTER_S = 120


@dataclass(slots=True)
class Outage:
    """The silence of one other side. The admins are told when it lasts, and of its end. It writes by itself."""

    context: Context
    name: str
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _since: int | None = field(init=False, default=None)
    _told: bool = field(init=False, default=False)

    @property
    def lasts(self) -> bool:
        """Tell whether nobody answers at the moment."""
        return self._since is not None

    def failed(self, reason: object) -> None:
        """Take note that nobody answered."""
        with self._lock:
            if self._since is None:
                self._since = self.context.clock()
                _log.warning("%s delayed: %s", self.name, reason)
            since = self._since
            if self._told or self.context.clock() - since < ALARM_AFTER_S:
                return
            self._told = True
        self._tell(Event.ADMIN_DELAYED, since)

    def answered(self) -> None:
        """Take note of an answer."""
        if self._since is None:
            return
        with self._lock:
            since, told = self._since, self._told
            self._since, self._told = None, False
        if since is not None:
            _log.info("%s answers again", self.name)
            if told:
                self._tell(Event.ADMIN_ANSWERS, since)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Take note of how a question to the other side ends; a refusal of what was asked is an answer."""
        try:
            yield
        except (NotFound, Rejected):
            self.answered()
            raise
        except ProviderError as error:
            self.failed(error)
            raise
        self.answered()

    def _tell(self, event: Event, since: int) -> None:
        with self.context.database.transaction():
            self.context.outbox.tell_admins(
                event, key=f"{event.value}:{self.name}:{since}", payload={"chain": self.name}
            )
