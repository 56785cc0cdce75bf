"""telebot's way to Telegram: one pooled urllib3 sender, parameters in the body, errors without the token.

telebot puts every parameter into the URL, where proxies log it and long keyboards hit length limits. Its hook
`apihelper.CUSTOM_REQUEST_SENDER` gets the same arguments as `requests.request`; this sends them as a form instead.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote_plus

import urllib3
from telebot import apihelper
from urllib3 import encode_multipart_formdata
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from bot_handlers.telegram import failures
from bot_handlers.telegram.answers import MOST_BYTES, TelegramReply, TelegramUnreachable, checked, printable
from bot_handlers.telegram.long_poll import LongPoll
from shop.chains.exchanges import Exchange, bind, system_look_up, within

_log = logging.getLogger("souk.telegram")

_DRIP_S = 30
_SILENCE_S = 60
_SLOWEST_BYTES_PER_S = 64 * 1024
"""The slowest transfer of a file; a slower one runs out of time."""
_CHUNK_BYTES = 64 * 1024
_FORM = "application/x-www-form-urlencoded"
_ESCAPES = {byte: quote_plus(bytes([byte])) for byte in range(256)}
"""The form encoding of each byte."""


class WholeKeyboard(str):
    """The JSON of a keyboard that is sent with all of its buttons, or refused."""

    __slots__ = ()


def _nobody(_method: str, _status: int, _date: str) -> None:
    """Ignore it."""


class Transport:
    """The process's one connection pool to the Bot API.

    `on_answer` gets the method, the HTTP status (0: no answer) and the Date header of each call. An answer must be
    complete `drip_s` after it begins, or counts as none; a whole call, including the name look-up, must end `drip_s`
    after the longest silences that telebot allows (see `shop.chains.exchanges`).
    """

    def __init__(
        self,
        *,
        connections: int,
        before_request: Callable[[], None],
        on_answer: Callable[[str, int, str], None] = _nobody,
        drip_s: float = _DRIP_S,
    ) -> None:
        self._pool = urllib3.PoolManager(
            maxsize=connections, block=False, retries=urllib3.Retry(total=0, read=False, redirect=0)
        )
        bind(self._pool)
        self.before_request = before_request
        self.on_answer = on_answer
        self._drip_s = drip_s

    def install(self, api_url: str) -> None:
        """Make telebot use this transport and this server. Once per process: telebot keeps them in globals."""
        apihelper.CUSTOM_REQUEST_SENDER = self.send
        apihelper.API_URL = api_url + "/bot{0}/{1}"
        apihelper.FILE_URL = api_url + "/file/bot{0}/{1}"

    def long_poll(self, api_url: str, token: str) -> LongPoll:
        """Make a connection for a bot's calls without a waiting thread."""
        return LongPoll(api_url, token, before_request=self.before_request, on_answer=self.on_answer)

    def send(
        self,
        _method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        timeout: tuple[float, float] = (15, 30),
        proxies: object = None,
    ) -> TelegramReply:
        """Call a Bot API method; if Telegram refuses a button's link, again without the buttons that open links; if
        a group's topic was deleted, again without the topic.

        Here, and not where screens are sent, because every kind of message may have such buttons. No button of a
        `WholeKeyboard` is left out.

        Raises:
            TelegramUnreachable: no answer, or not one of the Bot API (`answers`). The text never contains the URL,
            which contains the token.
        """
        del proxies
        form = {name: _as_text(value) for name, value in (params or {}).items() if value is not None}
        may_shrink = "reply_markup" in form and not isinstance((params or {})["reply_markup"], WholeKeyboard)
        parts = {name: _as_file(name, value) for name, value in (files or {}).items()}
        reply = self._call(url, form, parts, timeout)
        answer = reply.json()
        if not answer["ok"] and failures.refuses_topic(answer["description"]) and form.pop("message_thread_id", ""):
            _log.warning("the topic of NOTICES_CHAT is gone or closed; what belongs there goes to the group itself")
            reply = self._call(url, form, parts, timeout)
            answer = reply.json()
        if answer["ok"] or not may_shrink or not failures.refuses_link(answer["description"]):
            return reply
        _log.info("sent again without links: %s", answer["description"])
        return self._call(url, form | {"reply_markup": _without_links(form["reply_markup"])}, parts, timeout)

    def _call(
        self, url: str, form: Mapping[str, str], parts: Mapping[str, tuple[str, bytes]], timeout: tuple[float, float]
    ) -> TelegramReply:
        self.before_request()
        method = url.rpartition("/")[2]
        content_type, body = _multipart(form, parts) if parts else (_FORM, _form_encoded(form))
        sending_s = len(body) / _SLOWEST_BYTES_PER_S
        try:
            with self._exchange(sum(timeout) + self._drip_s + sending_s, max(timeout), MOST_BYTES):
                response = self._pool.urlopen(
                    "POST", url, body=body, headers={"Content-Type": content_type}, preload_content=False
                )
                content = self._read(response)
        except HTTPError as error:
            self.on_answer(method, 0, "")
            raise TelegramUnreachable(type(error).__name__, never_asked=_never_asked(error)) from None
        self.on_answer(method, response.status, response.headers.get("Date", ""))
        answer = checked(method, response.status, content)
        return TelegramReply(response.status, answer, response.reason or "")

    def download(self, url: str, *, most_bytes: int) -> bytes:
        """Fetch a file that a person sent.

        Raises:
            TelegramUnreachable: no file arrived, or more than `most_bytes`.
        """
        self.before_request()
        try:
            with self._exchange(self._drip_s + most_bytes / _SLOWEST_BYTES_PER_S, _SILENCE_S, most_bytes + 1):
                response = self._pool.request("GET", url, preload_content=False)
                try:
                    content = response.read(most_bytes + 1)
                finally:
                    response.release_conn()
        except HTTPError as error:
            raise TelegramUnreachable(type(error).__name__) from None
        if response.status != 200 or len(content) > most_bytes:
            raise TelegramUnreachable(f"status {response.status}")
        return bytes(content)

    @staticmethod
    def _exchange(deadline_s: float, timeout_s: float, most_bytes: int) -> AbstractContextManager[None]:
        return within(
            Exchange(deadline_s=deadline_s, timeout_s=timeout_s, max_bytes=most_bytes, look_up=system_look_up)
        )

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """Read a complete answer; a connection left in the middle of one is not reused."""
        content, end = bytearray(), time.monotonic() + self._drip_s
        while chunk := response.read1(_CHUNK_BYTES):
            content += chunk
            if len(content) > MOST_BYTES or time.monotonic() > end:
                response.close()
                raise TelegramUnreachable("an endless answer")
        response.release_conn()
        return bytes(content)


def _never_asked(error: HTTPError) -> bool:
    """Return whether there was not even a connection."""
    reason = error.reason if isinstance(error, MaxRetryError) else error
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _form_encoded(form: Mapping[str, str]) -> bytes:
    """Write a URL-encoded form (WHATWG URL, application/x-www-form-urlencoded).

    The standard library goes through a text character by character in Python, which takes as long as the rest of a
    call.
    """
    pairs = (f"{name}={text.encode().decode('latin-1').translate(_ESCAPES)}" for name, text in form.items())
    return "&".join(pairs).encode()


def _multipart(form: Mapping[str, str], parts: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """Write a form with files; return its type as well, which holds its boundary."""
    body, content_type = encode_multipart_formdata({**form, **parts})
    return content_type, body


def _without_links(markup: str) -> str:
    """Take the buttons that open links out of a keyboard."""
    keyboard = json.loads(markup)
    rows = ([button for button in row if "url" not in button] for row in keyboard.get("inline_keyboard", []))
    return json.dumps({**keyboard, "inline_keyboard": [row for row in rows if row]})


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(value) if isinstance(value, str) else str(value)


def _as_file(name: str, value: Any) -> tuple[str, bytes]:
    """Convert telebot's file argument (bytes, a stream, or a named one) to the form urllib3 sends."""
    file_name, content = value if isinstance(value, tuple) else (name, value)
    return file_name, content if isinstance(content, bytes) else content.read()
