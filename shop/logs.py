"""Logs: one line per event that matters to an operator, without secrets."""

import logging
import math
import re
import sys
import time
from collections.abc import Callable

QUIET_S = 60
_TOKEN = re.compile(r"(\d{5,}):[A-Za-z0-9_-]{5,}")


def redacted(text: str) -> str:
    """Replace bot tokens in a text, whoever wrote it."""
    return _TOKEN.sub(r"\1:…", text)


class _Redacting(logging.Formatter):
    """The last filter before the log: no bot token passes, whatever a library wrote."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def configure_logging(level: str) -> None:
    """Send the logs of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("souk").setLevel(level)
    for noisy in ("waitress.queue", "TeleBot", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    logging.getLogger("TeleBot").handlers.clear()


class Sparing:
    """A warning that strangers can cause as often as they like: logged once a minute, with how many were left out."""

    def __init__(self, log: logging.Logger, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._quiet_until = -math.inf
        self._left_out = 0

    def warning(self, words: str, *values: object) -> None:
        """Log the warning, or count it. Two threads at the same moment may log it twice."""
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
