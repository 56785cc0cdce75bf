"""Limits on what a stranger can make the web server hold: bytes, connections and time.

waitress limits the size of bodies, the number of connections and the time a connection may stay silent. But it reads
a whole body before the application sees the request, it stops accepting when all connections are taken, a client that
sends a byte now and then stays connected forever, and a few slow requests hold up all the others. Four additions
close these gaps:

* a body above `stranger_bytes` is read only after its headers prove who sends it;
* a request that is not complete after `request_s` is dropped;
* when all connections are taken, those that have waited longest are closed to make room for new ones;
* monitors' requests, and requests that must be answered within seconds, have threads of their own.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import MultiSocketServer, TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error, RequestEntityTooLarge

from shop.logs import Sparing

KNOWN_SENDER_BYTES = 1024 * 1024
STRANGER_BYTES = 64 * 1024
MAX_HEADER_BYTES = 16 * 1024
CONNECTIONS = 200
REQUEST_S = 10
KEEP_ALIVE_S = 60
URGENT_BYTES = 8 * 1024
"""Longer requests are never urgent."""
_FOR_MONITORS = ({"/healthz", "/readyz"}, {"/metrics"})
"""Each group has a thread of its own: the totals on `/metrics` are read from the database, which may hang."""
_CLOSED_ONE_IN = 10
"""When there is no room for a new connection, one in so many idle ones is closed."""
_NEW_S = 1
"""Seconds in which a new connection should have sent its first request."""
_log = logging.getLogger("souk.web")

KnowsSender = Callable[[str, str, Mapping[str, str]], bool]
"""Decide by a request's method, path and headers (upper case, with `_` for `-`) whether its sender is known."""


def nobody(_method: str, _path: str, _headers: Mapping[str, str]) -> bool:
    """Treat every sender as a stranger."""
    return False


def _nothing() -> None:
    """Do nothing."""


def _never(_body: bytes) -> bool:
    """Treat no request as urgent."""
    return False


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the bytes of a body, on open connections, and on the seconds until a request has to be complete.

    The server's loop calls `on_tick` about once a second as long as it runs. `is_urgent` is given the body of each
    short request; an urgent one does not wait behind the others.
    """

    knows_sender: KnowsSender = nobody
    body_bytes: int = KNOWN_SENDER_BYTES
    stranger_bytes: int = STRANGER_BYTES
    connections: int = CONNECTIONS
    request_s: float = REQUEST_S
    on_tick: Callable[[], None] = _nothing
    is_urgent: Callable[[bytes], bool] = _never


def limited_server(app: Any, limits: Limits, **adjustments: Any) -> "Server":
    """Build a waitress server that enforces the limits, with one listening socket for each address of the host.

    Raises:
        OSError, ValueError: the server cannot listen on an address.
    """
    settings = Adjustments(
        max_request_body_size=limits.body_bytes + 1,
        max_request_header_size=MAX_HEADER_BYTES,
        inbuf_overflow=limits.stranger_bytes + 1,
        connection_limit=2 * limits.connections,
        channel_timeout=KEEP_ALIVE_S,
        cleanup_interval=1,
        asyncore_use_poll=True,
        **adjustments,
    )
    dispatcher = _Dispatcher(limits.is_urgent)
    dispatcher.set_thread_count(settings.threads)
    sockets: dict[int, Any] = {}
    servers = [
        _Server(app, sockets, limits=limits, dispatcher=dispatcher, adj=settings, sockinfo=address)
        for address in settings.listen
    ]
    if len(servers) == 1:
        return servers[0]
    listened = [(each.effective_host, each.effective_port) for each in servers]
    return _Servers(sockets, settings, listened, dispatcher, servers[0].log_info)


class _Request(HTTPRequestParser):
    """A request that is refused after its headers if its body is larger than its sender may send."""

    def __init__(self, adj: Adjustments, limits: Limits) -> None:
        self.error: Error | None = None
        super().__init__(adj)
        self._limits = limits

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.headers_finished and not self.error and self._is_too_much():
            self.error = RequestEntityTooLarge("refused unread")
            self.completed = True
        if self.error:
            self.expect_continue = False  # otherwise waitress would still ask for the body
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # a length with too many digits for `int`
            raise ParsingError("Content-Length is invalid") from None

    def _is_too_much(self) -> bool:
        size = max(self.content_length, self.body_bytes_received)
        return size > self._limits.stranger_bytes and not self._limits.knows_sender(
            self.command, self.path, self.headers
        )


class _Dispatcher(ThreadedTaskDispatcher):
    """The worker threads, plus a few for monitors and for urgent requests, which answer even when all others hang."""

    def __init__(self, is_urgent: Callable[[bytes], bool]) -> None:
        super().__init__()
        self._is_urgent = is_urgent
        self._urgent = ThreadedTaskDispatcher()
        self._urgent.set_thread_count(2)
        self._monitors: dict[str, ThreadedTaskDispatcher] = {}
        for paths in _FOR_MONITORS:
            own = ThreadedTaskDispatcher()
            own.set_thread_count(1)
            self._monitors |= dict.fromkeys(paths, own)

    def add_task(self, task: Any) -> None:
        request = task.requests[0] if task.requests else None
        if (own := self._monitors.get(getattr(request, "path", ""))) is not None:
            own.add_task(task)
        elif isinstance(request, HTTPRequestParser) and self._is_urgent(_short_body(request)):
            self._urgent.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        for own in set(self._monitors.values()):
            own.shutdown(cancel_pending, timeout)
        self._urgent.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))


def _short_body(request: HTTPRequestParser) -> bytes:
    """Return a request's body without consuming it; empty if it is long or the request was refused."""
    if request.error or not 0 < request.body_bytes_received <= URGENT_BYTES:
        return b""
    stream = request.get_body_stream()
    place = stream.tell()
    body = stream.read(URGENT_BYTES)
    stream.seek(place)
    return bytes(body)


class _Channel(HTTPChannel):
    """A connection that knows how long it has been sending its current request."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.owing_since: float | None = time.monotonic()
        super().__init__(*arguments, **named)

    def parser_class(self, adj: Adjustments) -> _Request:
        return _Request(adj, self.server.limits)

    def received(self, data: bytes) -> bool:
        if self.owing_since is None:
            self.owing_since = time.monotonic()
        taken: bool = super().received(data)
        if self.request is None:
            self.owing_since = None
        return taken

    def is_late(self) -> bool:
        """Return whether the rest of a request is overdue. A connection between two requests is never late."""
        return (
            not self.requests
            and self.owing_since is not None
            and time.monotonic() - self.owing_since > self.server.limits.request_s
        )

    @property
    def rank(self) -> tuple[int, float]:
        """The place in the order in which connections make room: those that owe a request, those between two, and
        last those that have only just come; in each group, those that have waited longest come first.
        """
        if self.owing_since is None:
            return 1, self.last_activity
        return 2 if time.monotonic() - self.owing_since < _NEW_S else 0, self.owing_since

    def hang_up(self) -> None:
        """Send what the client takes at once, and close. Only for the server's loop.

        waitress closes a connection once more can be sent on it: never, if the client reads nothing.
        """
        self.will_close = True
        self.handle_write()

    # The loop asks each connection what to wait for. One that was closed in the same round has to be left out,
    # because the next client may already have its descriptor.
    def readable(self) -> bool:
        return self._fileno is not None and bool(super().readable())

    def writable(self) -> bool:
        return self._fileno is not None and bool(super().writable())


class _Server(TcpWSGIServer):
    """A listening socket that keeps room for clients that send complete requests."""

    channel_class = _Channel
    next_channel_cleanup: float

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:
        self.limits = limits
        self._full = Sparing(_log)
        self._closing, self._is_closed = threading.Lock(), False
        super().__init__(*arguments, **named)

    def pull_trigger(self) -> None:
        # A request may outlast the loop. The loop's pipe is closed then, and another file may have its descriptor.
        with self._closing:
            if not self._is_closed:
                super().pull_trigger()

    def close(self) -> None:
        with self._closing:
            self._is_closed = True
            super().close()

    def readable(self) -> bool:
        # waitress plans the next round by the wall clock: if the clock is set back, no round would come for that
        # long.
        self.next_channel_cleanup = min(self.next_channel_cleanup, time.time() + self.adj.cleanup_interval)
        if self._is_full:
            self._make_room()
        return bool(super().readable()) and not self._is_full

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        self.limits.on_tick()
        for channel in list(self.active_channels.values()):
            if channel.will_close or channel.is_late():
                channel.hang_up()

    @property
    def _is_full(self) -> bool:
        return len(self.active_channels) >= self.limits.connections

    def _make_room(self) -> None:
        """Close a tenth of the connections with no request being answered, in the order of their `rank`."""
        idle = [each for each in self.active_channels.values() if not each.requests]
        idle.sort(key=lambda each: each.rank)
        self._full.warning("all %d connections are taken: the oldest make room", len(self.active_channels))
        for channel in idle[: max(1, len(idle) // _CLOSED_ONE_IN)]:
            channel.hang_up()


class _Servers(MultiSocketServer):
    """The sockets of a host name with several addresses, such as `localhost`."""

    @property
    def effective_port(self) -> str:
        """Return the port of the first socket."""
        return str(self.effective_listen[0][1])


Server = _Server | _Servers
