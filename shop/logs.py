"""Logs: one line per event that matters to an operator, without secrets."""

import json
import logging
import math
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

QUIET_S = 60
RECENT_S = 300
_log = logging.getLogger("souk.threads")
_TOKEN = re.compile(r"(\d{5,}):[A-Za-z0-9_-]{5,}")


def redacted(text: str) -> str:
    """Replace bot tokens in a text."""
    return _TOKEN.sub(r"\1:…", text)


class _Redacting(logging.Formatter):
    """The last filter before the log: lets no bot token pass, whatever a library wrote."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _Json(logging.Formatter):
    """One JSON object per line, for log collectors, after the same filter."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "thread": record.threadName,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str, *, as_json: bool = False) -> None:
    """Send the logs of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    text = _Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_Json() if as_json else text)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("souk").setLevel(level)
    for noisy in ("waitress.queue", "TeleBot", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("TeleBot").handlers.clear()


class UncaughtErrors:
    """Errors that ended a thread. `install` makes sure each is logged; the count is for monitors."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.count = 0
        self._monotonic = monotonic
        self._last = -math.inf

    def install(self) -> None:
        """Replace Python's handling of errors that end a thread."""
        threading.excepthook = self.take

    def take(self, end: threading.ExceptHookArgs) -> None:
        """Log the error and count it."""
        self.count += 1
        self._last = self._monotonic()
        thread = end.thread.name if end.thread is not None else "?"
        error = end.exc_value or end.exc_type()
        _log.error("thread %s ended with an error", thread, exc_info=error)

    @property
    def is_recent(self) -> bool:
        """Return whether a thread ended with an error within the last minutes."""
        return self._monotonic() - self._last < RECENT_S


class Sparing:
    """A warning that strangers can cause at will: logged once a minute, with the number left out."""

    def __init__(self, log: logging.Logger, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._quiet_until = -math.inf
        self._left_out = 0

    def warning(self, words: str, *values: object) -> None:
        """Log the warning, or count it. Two threads at the same time may log it twice."""
        now = self._clock()
        if now < self._quiet_until:
            self._left_out += 1
            return
        left_out, self._left_out = self._left_out, 0
        self._quiet_until = now + QUIET_S
        self._log.warning(words + (f" ({left_out} more since the last time)" if left_out else ""), *values)


def shortened(address: str) -> str:
    """Shorten an address or a transaction id, so that logs do not link people to the chain."""
    return address if len(address) <= 12 else f"{address[:6]}…{address[-4:]}"
