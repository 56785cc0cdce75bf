"""Reports of the program's own errors to the owners.

An error is logged where it is caught; the handler below takes a copy. It may run anywhere, even in an open
transaction: it only collects, and a job writes the letters. Errors while reporting errors are only logged.
"""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue

from shop.logs import redacted
from shop.outbox import Event, Outbox
from storage.database import Database

TOLD_EVERY_S = 60
MOST_KINDS = 50
"""The most different errors remembered between two letters; any others are only logged."""
MAX_TRACEBACK = 20_000
_MAX_WHAT = 300
_ROOT = Path(__file__).resolve().parents[2]
_OF_OUR_OWN = "while telling of an error"


@dataclass(slots=True)
class _Kind:
    """An error by type and place: its newest occurrence, and how many were not reported yet."""

    what: str
    where: str
    trace: str
    untold: int = 0
    since: int = 0
    told_at: int | None = None


@contextmanager
def unreported() -> Iterator[None]:
    """Run code that reports errors, whose own errors must not be reported."""
    try:
        yield
    except BaseException as error:
        error.add_note(_OF_OUR_OWN)
        raise


class ErrorReports(QueueHandler):
    """Collects errors from the log; a job turns them into letters, at most one a minute for each kind."""

    def __init__(self, database: Database, outbox: Outbox, *, clock: Callable[[], int]) -> None:
        super().__init__(SimpleQueue())  # stays empty: only QueueHandler's error handling in `emit` is used
        self.setLevel(logging.ERROR)
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._kinds_lock = threading.Lock()

    def enqueue(self, record: logging.LogRecord) -> None:
        """Remember an error. `QueueHandler.emit` catches anything this raises, so a log line never ends its
        caller.
        """
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and _OF_OUR_OWN not in getattr(error, "__notes__", ()):
            self._remember(record, error)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Keep the exception with its record, which never leaves this process."""
        return record

    def write(self) -> None:
        """Queue a letter about each kind of error that is due."""
        now = self._clock()
        with self._kinds_lock:
            due = [kind for kind in self._kinds.values() if kind.untold and _is_due(kind, now)]
            told = [(kind, kind.untold) for kind in due]
        if told:
            with unreported(), self._database.transaction():
                for kind, count in told:
                    self._tell(kind, count, now)
        with self._kinds_lock:
            for kind, count in told:
                kind.untold, kind.told_at = kind.untold - count, now
            quiet = [key for key, kind in self._kinds.items() if not kind.untold and _is_due(kind, now)]
            for key in quiet:
                del self._kinds[key]

    def _remember(self, record: logging.LogRecord, error: BaseException) -> None:
        what = redacted(f"{type(error).__name__}: {error}")[:_MAX_WHAT]
        where = _place_of(error)
        trace = redacted(f"{record.getMessage()}\n\n{''.join(traceback.format_exception(error))}")[-MAX_TRACEBACK:]
        now = self._clock()
        with self._kinds_lock:
            kind = self._kinds.get((type(error).__name__, where))
            if kind is None:
                if len(self._kinds) >= MOST_KINDS:
                    return
                kind = self._kinds[type(error).__name__, where] = _Kind(what, where, trace)
            if not kind.untold:
                kind.since = now
            kind.what, kind.trace, kind.untold = what, trace, kind.untold + 1

    def _tell(self, kind: _Kind, count: int, now: int) -> None:
        self._outbox.tell_admins(
            Event.ADMIN_ERROR,
            key=f"error:{now}:{kind.where}:{kind.what}",
            payload={
                "what": kind.what,
                "where": kind.where,
                "count": count,
                "since": kind.since,
                "traceback": kind.trace,
            },
        )


def _is_due(kind: _Kind, now: int) -> bool:
    return kind.told_at is None or not 0 <= now - kind.told_at < TOLD_EVERY_S


def _place_of(error: BaseException) -> str:
    """Locate the innermost frame in the shop's own code; without one, where the error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_ours(Path(frame.filename))]
    if not frames:
        return "?"
    frame = (own or frames)[-1]
    path = Path(frame.filename)
    return f"{path.relative_to(_ROOT).as_posix() if own else path.name}:{frame.lineno} ({frame.name})"


def _is_ours(path: Path) -> bool:
    """Return whether a file belongs to the shop; libraries in a virtual environment inside its folder do not."""
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts
