"""getUpdates calls that wait at Telegram without a waiting thread: one connection each.

telebot's calls hold a thread until Telegram answers, half a minute with long polling. A thread for each bot would be
expensive, since it holds a database connection. So several bots poll without telebot: one small request is sent (RFC
9112), the answer is read as it arrives, and the system tells the one thread that serves them all which connection has
data (`selectors`). Only connecting blocks, for a few seconds at most, and the server is the same for every bot.
"""

import http.client
import io
import json
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from telebot.apihelper import ApiTelegramException

from bot_handlers.telegram.answers import MOST_BYTES, TelegramReply, TelegramUnreachable, checked

_CONNECT_S = 5.0
_CHUNK_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class LongPoll:
    """One bot's connection, with one waiting call at a time.

    `on_answer` is called with the method, the HTTP status (0: no answer) and the Date header of each call.
    """

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        before_request: Callable[[], None],
        on_answer: Callable[[str, int, str], None],
    ) -> None:
        parts = urlsplit(api_url)
        self._host, self._is_tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._host_header = parts.netloc
        self._path = f"{parts.path}/bot{token}/getUpdates"
        self._before_request = before_request
        self._on_answer = on_answer
        self._received = bytearray()
        self.socket: socket.socket | None = None

    @property
    def has_begun(self) -> bool:
        """Return whether part of the answer has arrived."""
        return bool(self._received)

    def ask(self, **parameters: Any) -> socket.socket:
        """Send a call; return the socket that becomes readable when the answer arrives.

        Raises:
            TelegramUnreachable: it could not be sent. The text never contains the path, which contains the token.
        """
        self._before_request()
        body = urlencode({name: value for name, value in parameters.items() if value is not None}).encode()
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host_header}\r\nAccept-Encoding: identity\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._received.clear()
        try:
            if self.socket is None:
                self.socket = self._connect()
            self.socket.settimeout(_CONNECT_S)
            self.socket.sendall(head.encode() + body)
            self.socket.setblocking(False)
        except OSError as error:
            raise self._failed(type(error).__name__) from None
        return self.socket

    def hear(self) -> list[Any] | None:
        """Read the data that has arrived; return the updates once the answer is complete, and None before.

        Raises:
            ApiTelegramException: Telegram refuses.
            TelegramUnreachable: the connection broke, or this is not an answer of the Bot API.
        """
        has_ended = self._read()
        answer = _complete(bytes(self._received), has_ended=has_ended)
        if answer is None:
            if has_ended:
                raise self._failed("the connection was closed")
            return None
        status, headers, content = answer
        if has_ended or headers.get("Connection", "").lower() == "close":
            self.close()
        self._received.clear()
        self._on_answer("getUpdates", status, headers.get("Date", ""))
        found = checked("getUpdates", status, content)
        if not found["ok"]:
            raise ApiTelegramException("getUpdates", TelegramReply(status, found, ""), found)
        return list(found["result"])

    def give_up(self, reason: str) -> TelegramUnreachable:
        """End a call that takes too long; return the error to raise or to log."""
        return self._failed(reason)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _connect(self) -> socket.socket:
        plain = socket.create_connection((self._host, self._port), _CONNECT_S)
        if not self._is_tls:
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self._host)
        except OSError:
            plain.close()
            raise

    def _read(self) -> bool:
        """Take the available data; return whether the server has closed the connection."""
        if self.socket is None:
            return True
        while len(self._received) <= MOST_BYTES:
            try:
                chunk = self.socket.recv(_CHUNK_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except OSError as error:
                raise self._failed(type(error).__name__) from None
            if not chunk:
                return True
            self._received += chunk
        raise self._failed("an endless answer")

    def _failed(self, reason: str) -> TelegramUnreachable:
        self.close()
        self._received.clear()
        self._on_answer("getUpdates", 0, "")
        return TelegramUnreachable(reason)


class _Bytes:
    """All that `http.client` needs of a socket: a file to read from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


def _complete(received: bytes, *, has_ended: bool) -> tuple[int, http.client.HTTPMessage, bytes] | None:
    """Read an HTTP answer if it is complete: status, headers, content. A malformed one counts as empty."""
    if _END_OF_HEAD not in received:
        return None
    response = http.client.HTTPResponse(cast(socket.socket, _Bytes(received)), method="POST")
    try:
        response.begin()
        if response.length is None and not response.chunked and not has_ended:
            return None
        content = response.read()
    except http.client.IncompleteRead:
        return None
    except (http.client.HTTPException, ValueError):
        return 0, http.client.HTTPMessage(), json.dumps(None).encode()
    return response.status, response.headers, content
