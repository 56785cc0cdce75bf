"""The connection to Telegram: parameters in the body, no token in any error."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, request

from bot_handlers.telegram import failures
from bot_handlers.telegram import setup as arrival
from bot_handlers.telegram.answers import BadAnswer, TelegramUnreachable, printable
from bot_handlers.telegram.setup import ArrivalFailed
from bot_handlers.telegram.transport import Transport
from tests.bot_handlers.conftest import FrontServer
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.patience import DEADLINE_S
from tests.shop.chains.dripping import DRIPS, dripping
from tests.stand import TOKEN

SECRET = TOKEN.partition(":")[2]


class Seen:
    """What a server received."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.files: list[dict[str, tuple[str | None, bytes]]] = []
        self.answer: Callable[[], Response] = lambda: Response('{"ok": true, "result": true}')


@pytest.fixture
def seen(front_server: FrontServer) -> Seen:
    """A Telegram that records what it receives."""
    seen = Seen()
    app = Flask("wire")

    @app.route("/<path:_path>", methods=["GET", "POST"])
    def receive(_path: str) -> Response:
        seen.queries.append(request.query_string.decode())
        seen.forms.append(dict(request.form))
        seen.files.append({name: (file.filename, file.read()) for name, file in request.files.items()})
        return seen.answer()

    front_server.app = app
    return seen


@pytest.fixture
def transport() -> Iterator[Transport]:
    yield Transport(connections=2, before_request=lambda: None)


def send(transport: Transport, server: FrontServer, **what: Any) -> Any:
    return transport.send("post", f"{server.url}/bot{TOKEN}/sendChatAction", **what)


def test_every_character_of_a_text_arrives_unchanged(
    transport: Transport, front_server: FrontServer, seen: Seen
) -> None:
    signs = "".join(map(chr, [*range(1, 0x400), *range(0x2000, 0x2100), *range(0x1F600, 0x1F640)]))
    send(transport, front_server, params={"text": signs, "reply_markup": '{"a": "&=+ %20;#\\n"}'})
    assert seen.forms == [{"text": printable(signs), "reply_markup": '{"a": "&=+ %20;#\\n"}'}]


def test_every_parameter_travels_in_the_body(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    answer = send(transport, front_server, params={"text": "ключ <&> 🔑", "chat_id": 5, "silent": True, "none": None})
    assert seen.queries == [""]
    assert seen.forms == [{"text": "ключ <&> 🔑", "chat_id": "5", "silent": "true"}]
    assert (answer.status_code, answer.json(), answer.text) == (200, {"ok": True, "result": True}, "")


def test_only_the_part_that_utf_8_cannot_encode_is_lost(
    transport: Transport, front_server: FrontServer, seen: Seen
) -> None:
    send(transport, front_server, params={"text": "a\ud800b🔑"})
    assert seen.forms == [{"text": "a\ufffdb🔑"}]


def test_a_file_travels_beside_the_parameters(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    send(transport, front_server, params={"chat_id": 5}, files={"document": ("order-1.txt", b"\x00\xff")})
    assert seen.forms == [{"chat_id": "5"}]
    assert seen.files == [{"document": ("order-1.txt", b"\x00\xff")}]


def test_a_keyboard_too_long_for_a_url_arrives(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    send(transport, front_server, params={"reply_markup": "x" * 100_000})
    assert len(seen.forms[0]["reply_markup"]) == 100_000


def test_any_broken_connection_is_unreachable_and_contains_no_token(transport: Transport, unused_port: int) -> None:
    with pytest.raises(TelegramUnreachable) as refused:
        transport.send("post", f"http://127.0.0.1:{unused_port}/bot{TOKEN}/getMe")
    error = refused.value
    assert SECRET not in f"{error!r} {error} {error.__cause__!r}"
    assert error.__suppress_context__
    assert failures.describe(error) == "MaxRetryError"


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("kind", ["drop", "timeout", "lost_reply"])
def test_a_connection_that_breaks_off_is_unreachable(stage: Stage, kind: str) -> None:
    stage.telegram.fault(kind, 1, "getMe")
    with pytest.raises(TelegramUnreachable) as refused:
        stage.bot.get_me()
    assert SECRET not in f"{refused.value!r} {refused.value} {refused.value.__cause__!r}"


def test_nothing_is_retried_automatically(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    seen.answer = lambda: Response("busy", 503, headers={"Retry-After": "1"})
    with pytest.raises(BadAnswer) as refused:
        send(transport, front_server)
    assert refused.value.status == 503
    assert len(seen.forms) == 1


def test_an_endless_answer_is_abandoned(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    pieces: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            pieces.append(1)
            yield b" " * 1_000_000

    seen.answer = lambda: Response(endless())
    with pytest.raises(TelegramUnreachable) as refused:
        send(transport, front_server)
    assert str(refused.value) == "an endless answer"
    assert len(pieces) < 100


def test_a_redirect_is_not_followed(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    seen.answer = lambda: Response("", 302, headers={"Location": f"{front_server.url}/elsewhere"})
    with pytest.raises(TelegramUnreachable) as refused:
        send(transport, front_server)
    assert SECRET not in str(refused.value)
    assert len(seen.forms) == 1


def test_no_call_is_made_while_a_transaction_is_open(stage: Stage) -> None:
    with pytest.raises(AssertionError, match="while a transaction") as refused, stage.stand.database.transaction():
        stage.bot.send_message(CUSTOMER, "never")
    assert "never" not in str(refused.value)
    assert "never" not in stage.texts()


def test_a_file_is_fetched_up_to_its_limit(transport: Transport, front_server: FrontServer, seen: Seen) -> None:
    seen.answer = lambda: Response(b"x" * 1000)
    url = f"{front_server.url}/file/bot{TOKEN}/documents/file_1"
    assert transport.download(url, most_bytes=1000) == b"x" * 1000
    with pytest.raises(TelegramUnreachable) as refused:
        transport.download(url, most_bytes=999)
    assert SECRET not in str(refused.value)


def test_a_file_that_does_not_exist_is_unreachable(
    transport: Transport, front_server: FrontServer, seen: Seen
) -> None:
    seen.answer = lambda: Response("nothing here", 404)
    with pytest.raises(TelegramUnreachable) as refused:
        transport.download(f"{front_server.url}/file/bot{TOKEN}/x", most_bytes=10)
    assert str(refused.value) == "status 404"


@pytest.mark.parametrize("kind", ["500", "drop", "502"])
def test_a_telegram_that_cannot_be_reached_stops_the_start_with_a_sentence(stage: Stage, kind: str) -> None:
    stage.telegram.fault(kind, 1, "getMe")
    with pytest.raises(ArrivalFailed) as refused:
        arrival.greet(stage.bot, stage.url)
    assert str(refused.value).startswith(f"Telegram cannot be reached at {stage.url}")
    assert SECRET not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_a_token_that_telegram_refuses_stops_the_start_with_a_sentence(stage: Stage) -> None:
    stage.bot.token = "1:wrong"
    with pytest.raises(ArrivalFailed) as refused:
        arrival.greet(stage.bot, stage.url)
    assert "check TOKEN" in str(refused.value)


def test_a_start_says_hello_in_the_log_without_the_token(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    arrival.greet(stage.bot, stage.url)
    arrival.receive_by_polling(stage.bot)
    assert "bot @souk_sandbox_bot" in caplog.text
    assert SECRET not in "".join(record.getMessage() for record in caplog.records if record.name.startswith("souk"))


@pytest.mark.parametrize("name", DRIPS)
def test_a_dripping_telegram_is_abandoned_at_the_deadline_and_its_socket_closed(name: str) -> None:
    hasty = Transport(connections=1, before_request=lambda: None, drip_s=1)
    with dripping(*DRIPS[name]) as server:
        with pytest.raises(TelegramUnreachable) as refused:
            hasty.send("post", f"http://127.0.0.1:{server.port}/bot{TOKEN}/sendMessage", timeout=(1, 1))
        assert SECRET not in str(refused.value)
        assert not refused.value.never_asked
        assert server.closed.wait(DEADLINE_S)


@pytest.mark.parametrize("name", [name for name in DRIPS if "body" in name or "header" in name])
def test_a_dripping_file_is_abandoned_at_the_deadline(name: str) -> None:
    hasty = Transport(connections=1, before_request=lambda: None, drip_s=2)
    with dripping(*DRIPS[name]) as server:
        with pytest.raises(TelegramUnreachable) as refused:
            hasty.download(f"http://127.0.0.1:{server.port}/file/bot{TOKEN}/a", most_bytes=1_000)
        assert SECRET not in str(refused.value)
        assert server.closed.wait(DEADLINE_S)
