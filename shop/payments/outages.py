"""Outages of chains and providers, and when admins are notified of them."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shop.chains.errors import NotFound, ProviderError, RateLimited, Rejected
from shop.context import Context
from shop.outbox import Event

_log = logging.getLogger("souk.chains")

ALARM_AFTER_S = 120


@dataclass(slots=True)
class Outage:
    """An outage of one chain or provider. Admins are notified if it lasts, and when it ends."""

    context: Context
    name: str
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _since: int | None = field(init=False, default=None)
    """When it began, in Unix seconds."""
    _begun: float = field(init=False, default=0)
    """The same in seconds of the monotonic clock."""
    _told: bool = field(init=False, default=False)
    reason: str = field(init=False, default="")
    """The reason for the outage, for the log and monitors; empty if there is none."""

    @property
    def lasts(self) -> bool:
        """Return whether the outage continues."""
        return self._since is not None

    @property
    def is_told(self) -> bool:
        """Return whether the outage continues and admins were notified of it."""
        return self._told

    def failed(self, reason: object) -> None:
        """Record that there was no answer."""
        with self._lock:
            self.reason = str(reason)
            if self._since is None:
                self._since, self._begun = self.context.clock(), self.context.monotonic()
                _log.warning("%s delayed: %s", self.name, reason)
            since = self._since
            if self._told or self.context.monotonic() - self._begun < ALARM_AFTER_S:
                return
            self._told = True
        self._tell(Event.ADMIN_DELAYED, since)

    def answered(self) -> None:
        """Record an answer."""
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
    def watching(self, *, of_one: bool = False) -> Iterator[None]:
        """Record the outcome of a request; a refusal is an answer.

        `of_one`: the request is about one payment, so a failure may be this one's alone, and is not recorded, unless
        the server wants fewer requests.
        """
        try:
            yield
        except (NotFound, Rejected):
            self.answered()
            raise
        except ProviderError as error:
            if not of_one or isinstance(error, RateLimited):
                self.failed(error)
            raise
        self.answered()

    def _tell(self, event: Event, since: int) -> None:
        with self.context.database.transaction():
            self.context.outbox.tell_admins(
                event, key=f"{event.value}:{self.name}:{since}", payload={"chain": self.name}
            )
