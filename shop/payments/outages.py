"""Who does not answer, since when, and when the admins are told of it."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shop.chains.errors import NotFound, ProviderError, Rejected
from shop.outbox import Event, Outbox
from storage.database import Database

_log = logging.getLogger("souk.chains")

ALARM_AFTER_S = 120


class Outage:
    """The silence of one other side. The admins are told when it lasts, and of its end. It writes by itself."""

    def __init__(self, name: str, database: Database, outbox: Outbox, *, clock: Callable[[], int]) -> None:
        self.name = name
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._lock = threading.Lock()
        self._since: int | None = None
        self._told = False
        self.reason = ""
        """Why nothing comes, for the log and for a monitor; empty when it does."""

    @property
    def lasts(self) -> bool:
        """Tell whether nobody answers at the moment."""
        return self._since is not None

    def failed(self, reason: object) -> None:
        """Take note that nobody answered."""
        with self._lock:
            self.reason = str(reason)
            if self._since is None:
                self._since = self._clock()
                _log.warning("%s delayed: %s", self.name, reason)
            since = self._since
            if self._told or 0 <= self._clock() - since < ALARM_AFTER_S:  # a start in the future is long enough ago
                return
            self._told = True
        self._tell(Event.ADMIN_DELAYED, since)

    def answered(self) -> None:
        """Take note of an answer."""
        if self._since is None:
            return
        with self._lock:
            since, told = self._since, self._told
            self._since, self._told, self.reason = None, False, ""
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
        with self._database.transaction():
            self._outbox.tell_admins(event, key=f"{event.value}:{self.name}:{since}", payload={"chain": self.name})
