"""The web server: waitress in front of the Flask application, until a signal ends it."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from flask import Flask

from web.limits import Limits, Server, limited_server

THREADS = 8


class PortUnavailable(Exception):
    """The web server cannot listen where it should; the text says what to do."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"{host}:{port} cannot be listened on ({reason}): stop what uses it, or set WEBAPP_HOST and WEBAPP_PORT."
        )


def listen(app: Flask, host: str, port: int, *, limits: Limits) -> Server:
    """Take the port; nothing is answered before `run`. Port 0 takes any free one.

    Raises:
        PortUnavailable: it is in use, or the host is not an address of this machine.
    """
    try:
        return limited_server(app, limits, host=host, port=port, threads=THREADS, ident="souk")
    except (OSError, ValueError) as error:
        raise PortUnavailable(host, port, getattr(error, "strerror", None) or str(error)) from None


@contextmanager
def until_a_signal() -> Iterator[ExitStack]:
    """Let SIGTERM and Ctrl-C end the main loop, then undo everything in the opposite order; exit with 0.

    A signal that arrives while threads are being started may fall between taking a lock and holding it: releasing
    that lock then raises a RuntimeError (`threading`), which ends this program in the same way.
    """
    is_leaving = False

    def leave(*_: Any) -> None:
        nonlocal is_leaving
        is_leaving = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    try:
        with ExitStack() as stack:
            yield stack
    except RuntimeError:
        if not is_leaving:
            raise
