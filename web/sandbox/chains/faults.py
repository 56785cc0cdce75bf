"""Break the emulated servers on purpose for their next few requests."""

import threading
from collections import deque
from collections.abc import Iterator

from flask import Response

from web.sandbox.chains.names import providers_of
from web.sandbox.errors import SandboxError

STALE_BLOCKS = 100
KINDS = (
    *("error500", "ratelimit429", "forbidden403", "html", "empty", "error_body", "stale", "timeout", "drop"),
    *("truncated", "drip", "lie", "revert", "batch", "swallow"),
)
"""`stale` lags behind, `lie` returns wrong prices, balances, nonces and fees, `revert` says that a call of Ethereum
would fail, `batch` refuses batches of requests, `swallow` accepts a transaction and drops it.
"""
_DRIPS = 1_200
_HTML = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
_ANSWERS = {
    "error500": (500, "Internal Server Error", "text/plain"),
    "ratelimit429": (429, "Too Many Requests", "text/plain"),
    "forbidden403": (403, "Forbidden", "text/plain"),
    "html": (200, _HTML, "text/html"),
    "timeout": (504, "late", "text/plain"),
}


class Faults:
    """How the next requests to each server will fail.

    `hold_s` is how long a "timeout" is held, `drip_s` how often a "drip" sends a byte.
    """

    def __init__(self, *, hold_s: float = 15, drip_s: float = 3) -> None:
        self.hold_s = hold_s
        self.drip_s = drip_s
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[str]] = {}

    def add(self, name: str, kind: str, count: int) -> None:
        """Make the next `count` requests to a server, or to all servers of a chain, fail; 0 ends this.

        Raises: SandboxError.
        """
        if kind not in KINDS:
            raise SandboxError(f"There is no fault called {kind[:40]!r}: {', '.join(KINDS)}.")
        if not 0 <= count <= 10_000:
            raise SandboxError("The number of faults must be between 0 and 10000.")
        with self._lock:
            for provider in providers_of(name):
                if count == 0:
                    self._waiting.pop(provider, None)
                else:
                    self._waiting.setdefault(provider, deque()).extend([kind] * count)

    def next(self, provider: str) -> str:
        """Take a server's next fault; empty if there is none."""
        with self._lock:
            waiting = self._waiting.get(provider)
            return waiting.popleft() if waiting else ""

    def left(self) -> dict[str, int]:
        """Count each server's faults that are still to come."""
        with self._lock:
            return {provider: len(waiting) for provider, waiting in self._waiting.items() if waiting}

    def response(self, kind: str) -> Response | None:
        """Build a broken server's response; None if the server itself has to build the wrong answer."""
        if kind == "timeout":
            self.released.wait(self.hold_s)
        if kind in {"drop", "truncated"}:
            return _cut_short(b"" if kind == "drop" else b'{"result":')
        if kind == "drip":
            return self._dripping()
        if kind not in _ANSWERS:
            return None
        status, text, media_type = _ANSWERS[kind]
        headers = {"Retry-After": "30"} if status == 429 else {}
        return Response(text, status=status, mimetype=media_type, headers=headers)

    def _dripping(self) -> Response:
        """Announce a body and send a byte every few seconds, for an hour or until the faults are released."""

        def body() -> Iterator[bytes]:
            for _ in range(_DRIPS):
                yield b" "
                if self.released.wait(self.drip_s):
                    return

        return Response(body(), status=200, mimetype="application/json", headers={"Content-Length": "1000000"})


def _cut_short(sent: bytes) -> Response:
    """Announce more than is sent: the server closes the connection halfway."""

    def body() -> Iterator[bytes]:
        yield sent

    return Response(body(), status=200, mimetype="application/json", headers={"Content-Length": "1000"})
