"""Limits on what a stranger can make the web server hold: bytes, connections and time.

waitress limits bodies, connections and silence. But it reads a whole body before the application sees the request, it
stops accepting when every place is taken, a client that sends a byte now and then stays forever, and a few slow
requests hold up all others. Four additions close these gaps:

* a body above `stranger_bytes` is read only after its headers prove who sends it;
* a request that is not complete after `request_s` is dropped;
* when every place is taken, the connections that have waited longest make room for new ones;
* requests from monitors, and those that must be answered within seconds, have separate threads.
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
"""The largest urgent request in bytes."""
FOR_MONITORS = frozenset({"/healthz", "/readyz", "/metrics"})
_SHARE_THAT_MAKES_ROOM = 10
_log = logging.getLogger("souk.web")

KnowsSender = Callable[[str, str, Mapping[str, str]], bool]
"""Recognises a sender by a request's method, path and headers (in upper case, with `_` for `-`)."""


def nobody(_method: str, _path: str, _headers: Mapping[str, str]) -> bool:
    """Trust no sender with more than a stranger may send."""
    return False


def _nothing() -> None:
    """Ignore the tick."""


def _never(_body: bytes) -> bool:
    """Treat no request as urgent."""
    return False


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a body, open connections, and seconds until a request has to be complete.

    `on_tick` is called by the server's loop about once a second while the loop runs. `is_urgent` decides by a short
    body whether a request bypasses all others.
    """

    knows_sender: KnowsSender = nobody
    body_bytes: int = KNOWN_SENDER_BYTES
    stranger_bytes: int = STRANGER_BYTES
    connections: int = CONNECTIONS
    request_s: float = REQUEST_S
    on_tick: Callable[[], None] = _nothing
    is_urgent: Callable[[bytes], bool] = _never


def limited_server(app: Any, limits: Limits, **adjustments: Any) -> "Server":
    """Build a waitress server that keeps the limits, one listening socket for each address of the host.

    Raises:
        OSError, ValueError: an address cannot be listened on.
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
            self.expect_continue = False  # otherwise waitress would ask for the body
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:  # a length with more digits than Python parses
            raise ParsingError("Content-Length is invalid") from None

    def _is_too_much(self) -> bool:
        size = max(self.content_length, self.body_bytes_received)
        return size > self._limits.stranger_bytes and not self._limits.knows_sender(
            self.command, self.path, self.headers
        )


class _Dispatcher(ThreadedTaskDispatcher):
    """The worker threads, plus a few for monitors and urgent requests when all others hang."""

    def __init__(self, is_urgent: Callable[[bytes], bool]) -> None:
        super().__init__()
        self._is_urgent = is_urgent
        self._monitors, self._urgent = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self._monitors.set_thread_count(1)
        self._urgent.set_thread_count(2)

    def add_task(self, task: Any) -> None:
        request = task.requests[0] if task.requests else None
        if getattr(request, "path", "") in FOR_MONITORS:
            self._monitors.add_task(task)
        elif isinstance(request, HTTPRequestParser) and self._is_urgent(_short_body(request)):
            self._urgent.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        self._monitors.shutdown(cancel_pending, timeout)
        self._urgent.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))


def _short_body(request: HTTPRequestParser) -> bytes:
    """Read the body of a request without consuming it; empty for a long or refused one."""
    if request.error or not 0 < request.body_bytes_received <= URGENT_BYTES:
        return b""
    stream = request.get_body_stream()
    place = stream.tell()
    body = stream.read(URGENT_BYTES)
    stream.seek(place)
    return bytes(body)


class _Channel(HTTPChannel):
    """A connection that knows how long it has owed the rest of a request."""

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
        """Return whether the rest of a request is overdue. A connection between two requests owes nothing."""
        return (
            not self.requests
            and self.owing_since is not None
            and time.monotonic() - self.owing_since > self.server.limits.request_s
        )


class _Server(TcpWSGIServer):
    """A listening socket with room for everyone who sends complete requests."""

    channel_class = _Channel
    next_channel_cleanup: float

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:
        self.limits = limits
        self._full = Sparing(_log)
        self._closing, self._is_closed = threading.Lock(), False
        super().__init__(*arguments, **named)

    def pull_trigger(self) -> None:
        # A request that outlasts the stop has no loop to wake, and its pipe's descriptor may already belong to
        # another file.
        with self._closing:
            if not self._is_closed:
                super().pull_trigger()

    def close(self) -> None:
        with self._closing:
            self._is_closed = True
            super().close()

    def readable(self) -> bool:
        # waitress schedules its maintenance by the wall clock: if the clock is set back, there would be none until it
        # catches up.
        self.next_channel_cleanup = min(self.next_channel_cleanup, time.time() + self.adj.cleanup_interval)
        full = len(self.active_channels) >= self.limits.connections
        if full:
            self._make_room()
        return bool(super().readable()) and not full

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        self.limits.on_tick()
        for channel in self.active_channels.values():
            if channel.is_late():
                channel.will_close = True

    def _make_room(self) -> None:
        """Close a tenth of the idle connections, those that have waited longest first."""
        idle = [each for each in self.active_channels.values() if not each.requests]
        if any(each.will_close for each in idle):
            return
        idle.sort(key=lambda each: (each.owing_since is None, each.owing_since or each.last_activity))
        for channel in idle[: max(1, len(idle) // _SHARE_THAT_MAKES_ROOM)]:
            channel.will_close = True
        self._full.warning("all %d connections are taken: the oldest make room", len(self.active_channels))


class _Servers(MultiSocketServer):
    """The sockets of a host name with several addresses, such as `localhost`."""

    @property
    def effective_port(self) -> str:
        """Return the port of the first socket."""
        return str(self.effective_listen[0][1])


Server = _Server | _Servers
