"""The only way out: every request to another operator's server goes through here.

Connections are pooled and shared by all threads. An exchange has a deadline, from the look-up of the name to the last
byte, and a size limit (see `exchanges`); the answer is classified (see `errors`) before it is read. Redirects
are not followed: they would carry keys elsewhere.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from shop.chains.answers import JsonValue
from shop.chains.errors import (
    BadAnswer,
    NotFound,
    ProviderError,
    RateLimited,
    Refused,
    Rejected,
    TooLarge,
    Unavailable,
)
from shop.chains.exchanges import Exchange, ExchangeAdapter, LookUp, system_look_up, within

Clock = Callable[[], float]
"""The time in Unix seconds."""

_HEADERS = {"Accept": "application/json, text/plain, */*"}
_CHUNK_BYTES = 65_536
_LONGEST_WAIT_S = 86_400
_ERROR_BYTES = 2_000
_LIMIT_WORDS = (b"frequency limit", b"rate limit", b"daily usage", b"too many requests")
_REFUSALS = frozenset({401, 402, 403, 418, 451})
_TOO_LONG = "an answer above the size limit"
_SLOW = 0.4
"""The part of the deadline after which an answer counts as slow."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server: its base URL, and the headers and query parameters of every request."""

    base_url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    label: str = ""

    @property
    def name(self) -> str:
        """The host only, because paths and queries may contain keys; `label` tells two endpoints of one host
        apart.
        """
        host = urlsplit(self.base_url).hostname or "?"
        return f"{host} ({self.label})" if self.label else host


@dataclass(frozen=True, slots=True)
class Reply:
    """A 200 answer, not parsed yet. `is_slow`: it took so long that another server should be asked first."""

    provider: str
    media_type: str
    body: bytes = field(repr=False)
    is_slow: bool = False

    def json(self) -> JsonValue:
        """Read the body as JSON, whatever its content type, unless it is a web page."""
        self._not_html()
        return JsonValue.parse(self.body, provider=self.provider)

    def text(self) -> str:
        """Read the body as one short line of ASCII."""
        self._not_html()
        if len(self.body) > 1_000 or not self.body.isascii():
            raise BadAnswer(self.provider, "not a line of text")
        return self.body.decode("ascii").strip()

    def raw(self) -> bytes:
        """Take the body as bytes."""
        self._not_html()
        return self.body

    def _not_html(self) -> None:
        if self.media_type == "text/html" or self.body[:64].lstrip().lower().startswith((b"<!doctype", b"<html")):
            raise BadAnswer(self.provider, "a web page instead of an answer")


class _Session(requests.Session):
    """A session that ignores redirects, because it would read a redirect's body, however long, before anything can
    stop it. It reads the environment's proxies and certificates once for each server, which takes longer than a small
    request; all requests have the same options.
    """

    def __init__(self) -> None:
        super().__init__()
        self._environment: dict[tuple[str, str], Any] = {}

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None

    def merge_environment_settings(self, url: Any, *options: Any, **more: Any) -> Any:
        server = urlsplit(url)[:2]
        if server not in self._environment:
            self._environment[server] = super().merge_environment_settings(url, *options, **more)
        return self._environment[server]


def _nobody(_server: str, _outcome: str, _date: str) -> None:
    """Ignore it."""


class HttpClient:
    """Asks servers.

    `timeout_s` is the longest silence and `deadline_s` the longest exchange. `before_request` runs first, on the same
    thread, and may refuse by raising. `look_up` resolves names. `on_answer` gets the server's name, how the exchange
    ended (`ok`, or the class of the error), and the answer's Date header. `monotonic` measures how long answers take.
    """

    def __init__(
        self,
        *,
        version: str = "0",
        timeout_s: float = 10,
        deadline_s: float = 20,
        max_bytes: int = 32 * 1024 * 1024,
        before_request: Callable[[], None] | None = None,
        look_up: LookUp = system_look_up,
        on_answer: Callable[[str, str, str], None] = _nobody,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout_s = timeout_s
        self.deadline_s = deadline_s
        self._max_bytes = max_bytes
        self._before_request = before_request
        self._look_up = look_up
        self._on_answer = on_answer
        self._monotonic = monotonic
        self._session = _Session()
        self._session.headers["User-Agent"] = f"Souk/{version} (self-hosted shop)"
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, ExchangeAdapter(pool_maxsize=16, max_retries=0))

    def get(self, endpoint: Endpoint, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """Ask with GET.

        Raises:
            ProviderError: the subclass says how it failed.
        """
        return self._ask("GET", endpoint, path, params=params or {}, body=None)

    def post(self, endpoint: Endpoint, path: str, body: object) -> Reply:
        """Ask with POST and a JSON body; bytes are JSON already, and a text is sent as it is.

        Raises:
            ProviderError: the subclass says how it failed.
        """
        return self._ask("POST", endpoint, path, params={}, body=body)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _ask(self, method: str, endpoint: Endpoint, path: str, *, params: Mapping[str, str], body: object) -> Reply:
        if self._before_request is not None:
            self._before_request()
        exchange = Exchange(
            deadline_s=self.deadline_s,
            timeout_s=self._timeout_s,
            max_bytes=self._max_bytes,
            look_up=self._look_up,
        )
        asked_at = self._monotonic()
        try:
            with within(exchange), self._send(method, endpoint, path, params=params, body=body) as response:
                content = self._read(response, exchange)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            interruption = _interruption(endpoint.name, exchange, error)
            self._on_answer(endpoint.name, type(interruption).__name__, "")
            raise interruption from None
        media_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        is_slow = self._monotonic() - asked_at > _SLOW * self.deadline_s
        reply = Reply(endpoint.name, media_type, content, is_slow)
        failure = _failure(response, reply)
        outcome = "ok" if failure is None else type(failure).__name__
        self._on_answer(endpoint.name, outcome, response.headers.get("Date", ""))
        if failure is not None:
            failure.status = response.status_code
            raise failure
        return reply

    def _send(
        self, method: str, endpoint: Endpoint, path: str, *, params: Mapping[str, str], body: object
    ) -> requests.Response:
        content_type = {"Content-Type": "text/plain" if isinstance(body, str) else "application/json"}
        return self._session.request(
            method,
            endpoint.base_url.rstrip("/") + path,
            params={**endpoint.query, **params},
            data=body if isinstance(body, bytes | str) else None,
            json=None if isinstance(body, bytes | str) else body,
            headers={**_HEADERS, **({} if body is None else content_type), **endpoint.headers},
            timeout=self._timeout_s,
            allow_redirects=False,
            stream=True,
        )

    def _read(self, response: requests.Response, exchange: Exchange) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(_CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_bytes:
                exchange.is_too_long = True
                raise OSError(_TOO_LONG)
        return b"".join(chunks)


def _interruption(name: str, exchange: Exchange, error: Exception) -> ProviderError:
    """Say why an exchange ended before the answer did."""
    if exchange.is_too_long:
        return TooLarge(name, _TOO_LONG)
    if exchange.is_over or isinstance(error, requests.Timeout):
        return Unavailable(name, "no answer in time")
    return Unavailable(name, "no connection")


def _failure(response: requests.Response, reply: Reply) -> ProviderError | None:
    status, name = response.status_code, reply.provider
    failure: ProviderError | None = None
    if status == 429 or (status == 403 and any(word in reply.body[:_ERROR_BYTES].lower() for word in _LIMIT_WORDS)):
        failure = RateLimited(name, "too many requests", retry_after_s=_retry_after_s(response))
    elif status in _REFUSALS:
        failure = Refused(name, status)
    elif status >= 500:
        failure = Unavailable(name, f"server error ({status})", body=reply.body[:_ERROR_BYTES])
    elif status < 400 or reply.media_type == "text/html":
        failure = BadAnswer(name, f"unexpected status {status}") if status != 200 else None
    elif status == 404:
        failure = NotFound(name)
    else:
        failure = Rejected(name, status, reply.body[:_ERROR_BYTES])
    return failure


def _retry_after_s(response: requests.Response) -> int | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds or a date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(int(value[:6]), _LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(value)
        asked_at = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    wait_s = int((_aware(moment) - _aware(asked_at)).total_seconds())
    return min(max(wait_s, 0), _LONGEST_WAIT_S)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
