"""The web server: waitress in front of the Flask application, until a signal ends it."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from flask import Flask

from shop.errors.refusals import OperatorError
from web.limits import Limits, Server, limited_server

THREADS = 8


class PortUnavailable(OperatorError):
    """The web server cannot listen on its address."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Cannot listen on {host}:{port} ({reason}): stop what uses it, or set WEBAPP_HOST and WEBAPP_PORT."
        )


def listen(app: Flask, host: str, port: int, *, limits: Limits) -> Server:
    """Bind the port without answering yet; `run` does that. Port 0 takes any free port.

    Raises:
        PortUnavailable: the port is in use, or the address does not belong to this machine.
    """
    try:
        return limited_server(app, limits, host=host, port=port, threads=THREADS, ident="souk")
    except (OSError, ValueError) as error:
        raise PortUnavailable(host, port, getattr(error, "strerror", None) or str(error)) from None


@contextmanager
def until_a_signal() -> Iterator[ExitStack]:
    """End the main loop on SIGTERM or Ctrl-C, undo everything in reverse order, and exit with 0.

    A signal that arrives while threads are starting may hit between acquiring a lock and owning it. Releasing that
    lock then raises RuntimeError (in `threading`), which is ignored while the program is ending.
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
