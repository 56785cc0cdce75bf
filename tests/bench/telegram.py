"""A Telegram that answers at once, with as little HTTP as a bot needs, on loopback; it also posts updates.

It also returns prices, as CoinGecko does, because a top-up screen needs a rate.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs

Update = dict[str, Any]
_MESSAGE_METHODS = (b"send", b"edit")


class Telegram:
    """The Bot API. `secret` is the one from the last setWebhook; `keyboards` are the latest ones, by chat.

    `slow` delays the answers for some chats by a number of seconds; chats in `made_to_wait` get a 429.
    """

    def __init__(self) -> None:
        self.secret = ""
        self.keyboards: dict[int, list[list[dict[str, str]]]] = {}
        self.reads_keyboards = False
        self.slow: dict[int, float] = {}
        self.made_to_wait: set[int] = set()
        self.calls = 0
        self.bytes_taken = 0
        """The total size of the calls, including headers."""
        self.knows_prices = False
        """The shop has requested prices."""
        self._messages = itertools.count(100)

    async def listen(self) -> int:
        """Bind a free port on loopback."""
        server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    def answer(self, method: bytes, body: bytes) -> bytes:
        """Answer a call."""
        if method.startswith(b"price?"):
            self.knows_prices = True
            return b'{"bitcoin":{"usd":64000},"litecoin":{"usd":84},"ethereum":{"usd":3150},"solana":{"usd":152}}'
        self.calls += 1
        if method.startswith(_MESSAGE_METHODS):
            if self.made_to_wait and _chat(body) in self.made_to_wait:
                return b'{"ok":false,"error_code":429,"description":"-","parameters":{"retry_after":3}}'
            if self.reads_keyboards:
                self._read_keyboard(body)
            number = next(self._messages)
            return (
                b'{"ok":true,"result":{"message_id":%d,"date":1,"chat":{"id":1,"type":"private"},"text":"-"}}'
                % number
            )
        if method == b"getMe":
            return b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Bench","username":"bench_bot"}}'
        if method == b"setWebhook":
            self.secret = parse_qs(body.decode())["secret_token"][0]
        return b'{"ok":true,"result":true}'

    def delay_s(self, body: bytes) -> float:
        """Return how long to delay the answer to a call."""
        return self.slow.get(_chat(body), 0.0) if self.slow else 0.0

    def _read_keyboard(self, body: bytes) -> None:
        form = parse_qs(body.decode())
        if "reply_markup" in form:
            markup = json.loads(form["reply_markup"][0])
            self.keyboards[int(form["chat_id"][0])] = markup.get("inline_keyboard", [])


class _Connection(asyncio.Protocol):
    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            total = end + 4 + _length(head)
            if len(self._buffer) < total:
                return
            body, self._buffer = self._buffer[end + 4 : total], self._buffer[total:]
            self._telegram.bytes_taken += total
            answer = self._telegram.answer(head.split(b" ", 2)[1].rpartition(b"/")[2], body)
            whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            whole %= (len(answer), answer)
            if delay_s := self._telegram.delay_s(body):
                asyncio.get_running_loop().call_later(delay_s, self._transport.write, whole)
            else:
                self._transport.write(whole)


class Poster:
    """Posts updates to a webhook, in order on each connection, and measures how long each takes."""

    def __init__(self, port: int, path: str, secret: str) -> None:
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\n"
        ).encode()

    async def post_all(self, walks: Iterator[Iterator[Update]], *, connections: int, seconds: float) -> list[float]:
        """Post for this long, or until there are no more updates; return the seconds that each took.

        A walk is what one person does: its updates are posted in order, on one connection.
        """
        end = perf_counter() + seconds
        taken = await asyncio.gather(*(self._post_some(walks, end) for _ in range(connections)))
        return [each for some in taken for each in some]

    async def _post_some(self, walks: Iterator[Iterator[Update]], end: float) -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        taken = []
        for update in itertools.chain.from_iterable(itertools.takewhile(lambda _: perf_counter() < end, walks)):
            body = json.dumps(update).encode()
            started = perf_counter()
            writer.write(self._head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            taken.append(perf_counter() - started)
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
        writer.close()
        return taken


def _chat(body: bytes) -> int:
    return int(parse_qs(body.decode()).get("chat_id", ["0"])[0])


def _length(head: bytes) -> int:
    """Read Content-Length; without it there is no body."""
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0
