"""Logs: one line per event that matters to an operator, without secrets."""

import logging
import re
import sys

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


def shortened(address: str) -> str:
    """Shorten an address or a transaction id, so that logs do not link people to the chain."""
    return address if len(address) <= 12 else f"{address[:6]}…{address[-4:]}"
