"""Logs: one line per event that an operator cares about, and no secret in any of them."""

import logging
import re
import sys

_TOKEN = re.compile(r"(\d{5,}):[A-Za-z0-9_-]{5,}")


def redacted(text: str) -> str:
    """Take the secrets out of a text, whatever wrote it."""
    return _TOKEN.sub(r"\1:…", text)


class _Redacting(logging.Formatter):
    """The last door before the log: whatever a library wrote, a bot token does not pass."""

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
    """Shorten an address or a transaction id, so that a log does not tie people to the chain."""
    return address if len(address) <= 12 else f"{address[:6]}…{address[-4:]}"
