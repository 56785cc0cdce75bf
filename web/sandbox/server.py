"""A WSGI server in a separate thread, which stops on request."""

import threading
from dataclasses import dataclass
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

LOOP_S = 0.5
DRAIN_S = 3.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `url`."""

    host: str
    port: int
    _server: BaseWSGIServer
    _sockets: dict[int, Any]
    _stopping: threading.Event
    _thread: threading.Thread

    @property
    def url(self) -> str:
        """Return the base URL, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def stop(self) -> None:
        """Accept no more connections, give running requests a few seconds to end, and close."""
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join(timeout=DRAIN_S + 5)


def serve_in_thread(app: Flask, host: str = "127.0.0.1", port: int = 0, *, threads: int = 32) -> RunningServer:
    """Serve an app; port 0 takes any free one.

    Raises: OSError if the port is taken.
    """
    sockets: dict[int, Any] = {}
    server = create_server(
        app,
        map=sockets,
        host=host,
        port=port,
        threads=threads,
        ipv6=False,
        ident="souk-sandbox",
        connection_limit=1000,
        asyncore_use_poll=True,
        max_request_body_size=64 * 1024 * 1024,
    )
    stopping = threading.Event()
    thread = threading.Thread(target=_run, args=(server, sockets, stopping), name="sandbox-server", daemon=True)
    running = RunningServer(host, int(server.effective_port), server, sockets, stopping, thread)
    thread.start()
    return running


def _run(server: BaseWSGIServer, sockets: dict[int, Any], stopping: threading.Event) -> None:
    while not stopping.is_set():
        wasyncore.loop(timeout=LOOP_S, use_poll=True, map=sockets, count=1)
    server.accepting = False
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=DRAIN_S)
    wasyncore.loop(timeout=0.05, use_poll=True, map=sockets, count=2)
    wasyncore.close_all(sockets, ignore_all=True)
