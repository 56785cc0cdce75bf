"""Limits on the time and size of one exchange with a server, whatever the server does in between.

A socket's timeout applies from one byte to the next: a server that sends one every few seconds holds a thread for
hours. Here the remaining time is set before each step (looking up the name, connecting, the TLS handshake, each write
and each read), so that an exchange ends at its deadline and its socket is closed.

Left out: SOCKS proxies, whose connections are made by a separate library.
"""

import http.client
import io
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

LookUp = Callable[[str, int], list[tuple[Any, ...]]]
"""Looks up the addresses of a host and port, in the form that `socket.getaddrinfo` returns."""

_FRAMING_BYTES = 1024 * 1024


class Exchange:
    """The remaining budget of one exchange: seconds until its deadline, and bytes that the server may still send.

    `timeout_s` is the longest silence. `max_bytes` is about the body; headers and framing may take a little more.
    """

    def __init__(self, *, deadline_s: float, timeout_s: float, max_bytes: int, look_up: LookUp) -> None:
        self.is_too_long = False
        self._ends_at = time.monotonic() + deadline_s
        self._timeout_s = timeout_s
        self._bytes_left = max_bytes + _FRAMING_BYTES
        self._look_up = look_up

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._ends_at

    def wait_s(self) -> float:
        """Return how long the next step may take. Raises TimeoutError after the deadline."""
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the deadline of the exchange has passed")
        return min(left_s, self._timeout_s)

    def received(self, count: int) -> None:
        """Count received bytes. Raises OSError when there are more than any answer needs."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            self.is_too_long = True
            raise OSError("more bytes than an answer may have")

    def addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """Look a name up on a thread that is abandoned at the deadline, since the system's resolver has none.

        Raises:
            OSError: there is no such name, or no answer in time.
        """
        found: queue.SimpleQueue[list[tuple[Any, ...]] | OSError | UnicodeError] = queue.SimpleQueue()

        def look() -> None:
            try:
                found.put(self._look_up(host, port))
            except (OSError, UnicodeError) as error:
                found.put(error)

        threading.Thread(target=look, name="name-look-up", daemon=True).start()
        try:
            answer = found.get(timeout=self.wait_s())
        except queue.Empty:
            raise TimeoutError("the host name was not resolved in time") from None
        if isinstance(answer, OSError | UnicodeError):
            raise answer
        return answer


_current: ContextVar[Exchange] = ContextVar("the exchange that this thread is in")


@contextmanager
def within(exchange: Exchange) -> Iterator[None]:
    """Apply an exchange's limits to what this thread sends and receives."""
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


def system_look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    """Ask the system's resolver."""
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class _Incoming(io.RawIOBase):
    """A socket's bytes, each read within the exchange's remaining budget."""

    def __init__(self, sock: socket.socket, source: io.RawIOBase) -> None:
        self._socket = sock
        self._source = source
        self._exchange = _current.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._socket.settimeout(self._exchange.wait_s())
        count = self._source.readinto(buffer)
        self._exchange.received(count or 0)
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """A response whose status line, headers and body are read within the exchange."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Incoming(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    """A connection that is made and written to within the exchange."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        exchange = _current.get()
        problem = OSError("a name without addresses")
        try:
            addresses = exchange.addresses(self.host, self.port or self.default_port)
        except OSError as error:
            raise self._not_connected(error) from None
        for family, kind, protocol, _, address in addresses:
            made = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.settimeout(exchange.wait_s())
                made.connect(address)
                made.settimeout(exchange.wait_s())  # for the TLS handshake, which as a whole must end within it
            except OSError as error:
                made.close()
                problem = error
            else:
                return made
        raise self._not_connected(problem)

    def _not_connected(self, problem: OSError) -> HTTPError:
        """Build the error that says that nothing was sent."""
        if isinstance(problem, TimeoutError):
            return ConnectTimeoutError(self, str(problem))
        return NewConnectionError(self, str(problem))

    def send(self, data: Any) -> None:
        """Write all bytes."""
        if self.sock is None:
            self.connect()
        exchange, rest = _current.get(), memoryview(data)
        while rest:
            self.sock.settimeout(exchange.wait_s())
            rest = rest[self.sock.send(rest) :]


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def bind(manager: PoolManager) -> None:
    """Make all of a manager's connections observe the limits of their thread's exchange."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class ExchangeAdapter(HTTPAdapter):
    """Makes the connections of a session, directly or through an HTTP proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **options)
        bind(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Make the pools for a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            bind(manager)
        return manager
