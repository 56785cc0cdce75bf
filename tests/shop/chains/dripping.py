"""A real server that is never silent for long and never finishes."""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.patience import DEADLINE_S

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PAUSE_S = 0.02
MOST_DRIPS = 500
"""It gives up after ten seconds, so that a client without a deadline fails its test instead of hanging."""

# What is sent at once, and what is sent repeatedly.
DRIPS = {
    "header lines": (OK, [b"X", b"-", b"A", b":", b"1", b"\r\n"]),
    "one header line": (OK + b"X-Long: ", [b"x"]),
    "a body with its length": (OK + b"Content-Length: 100000\r\n\r\n", [b" "]),
    "one chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n8000\r\n", [b" "]),
    "the length of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", [b"0"]),
    "a body until the connection ends": (OK + b"Connection: close\r\n\r\n", [b" "]),
    "100 Continue without end": (b"", [b"HTTP/1.1 100 Continue\r\n\r\n"]),
    "the status line": (b"HTTP/1.1 2", [b"0"]),
    "silence": (b"", [b""]),
}
TLS_RECORD = (b"\x16\x03\x03\x40\x00", [b"\x02"])
"""The header of a 16 KiB handshake record, and a byte of possible content."""


class DrippingServer:
    """Drips to every client. `closed` is set when a client closes its socket before the server does."""

    def __init__(
        self, start: bytes, drips: list[bytes], *, pause_s: float = PAUSE_S, context: ssl.SSLContext | None = None
    ) -> None:
        self.closed = threading.Event()
        self.sent = 0
        self._start = start
        self._drips = drips
        self._pause_s = pause_s
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stop(self) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(DEADLINE_S)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError, TimeoutError):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                try:
                    self._drip_at(connection)
                except (ConnectionError, ssl.SSLEOFError):
                    self.closed.set()

    def _drip_at(self, connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(self._start)
        for drip in itertools.islice(itertools.cycle(self._drips), MOST_DRIPS):
            if self._stopping.is_set() or self._has_gone(connection):
                return
            connection.settimeout(10)
            connection.sendall(drip)
            self.sent += len(drip)

    def _has_gone(self, connection: socket.socket) -> bool:
        """Wait between two drips; return whether the client closed the connection meanwhile."""
        connection.settimeout(self._pause_s)
        try:
            gone = connection.recv(65_536) == b""
        except TimeoutError:
            return False
        if gone:
            self.closed.set()
        return gone


@contextmanager
def dripping(
    start: bytes, drips: list[bytes], *, pause_s: float = PAUSE_S, context: ssl.SSLContext | None = None
) -> Iterator[DrippingServer]:
    """Run such a server, with TLS if a context is given."""
    server = DrippingServer(start, drips, pause_s=pause_s, context=context)
    try:
        yield server
    finally:
        server.stop()
