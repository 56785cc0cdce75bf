"""What strangers can make the web server hold in memory, tested with real connections to a real server."""

import json
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from waitress import wasyncore

from shop.health import Health
from tests.patience import DEADLINE_S
from web.app_factory import create_app
from web.limits import CONNECTIONS, KNOWN_SENDER_BYTES, REQUEST_S, STRANGER_BYTES, Limits
from web.metrics import metrics_page
from web.server import THREADS, listen
from web.telegram_webhook import is_pre_checkout, knows_telegram

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-that-nobody-guesses_1"
SECRETS = {123456: SECRET}
TELEGRAM = f"POST /telegram/123456 HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
STRANGER = "POST /telegram/123456 HTTP/1.1\r\nHost: x\r\n"
UPDATE = b'{"update_id": 1}'


class Door:
    """A shop's web server, and what came through it."""

    def __init__(self, limits: Limits, stack: ExitStack) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.read = 0
        self.hold = threading.Event()
        self.hold.set()
        self.app = app = create_app(
            accept=self._accept,
            secrets=SECRETS,
            webhook_path="/telegram",
            health=Health,
        )
        self._count(app)
        self.server = server = listen(app, "127.0.0.1", 0, limits=limits)
        self.port = int(server.effective_port)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        stack.callback(thread.join, DEADLINE_S)
        stack.callback(server.trigger.pull_trigger, lambda: wasyncore.close_all(server._map))
        self._stack = stack

    def _accept(self, _bot: int, update: dict[str, Any]) -> None:
        self.accepted.append(update)
        self.hold.wait(DEADLINE_S)

    def _count(self, app: Flask) -> None:
        @app.after_request
        def count(reply: Response) -> Response:
            self.read += len(request.get_data())
            return reply

    def connect(self, head: str = "", body: bytes = b"") -> socket.socket:
        connection = self._stack.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S))
        connection.sendall(head.encode() + body)
        return connection

    def post(self, head: str, body: bytes) -> str:
        return status(self.connect(f"{head}Content-Length: {len(body)}\r\n\r\n", body))


def status(connection: socket.socket) -> str:
    """Return the status line of the next answer; empty if the server hung up."""
    return connection.makefile("rb").readline().decode().strip().removeprefix("HTTP/1.1 ")


@pytest.fixture
def open_door() -> Iterator[Callable[..., Door]]:
    with ExitStack() as stack:
        yield lambda **limits: Door(Limits(knows_sender=knows_telegram(SECRETS, path="/telegram"), **limits), stack)


@pytest.mark.parametrize(
    "head",
    [
        STRANGER,
        TELEGRAM.replace(SECRET, "wrong"),
        TELEGRAM.replace("123456", "7"),
        TELEGRAM.replace("POST", "PUT"),
        TELEGRAM.replace("/telegram/123456", "/healthz"),
    ],
)
def test_a_strangers_large_body_is_refused_before_any_of_it_is_sent(
    open_door: Callable[..., Door], head: str
) -> None:
    door = open_door()
    for size in (STRANGER_BYTES + 1, 60_000_000):
        assert status(door.connect(f"{head}Content-Length: {size}\r\n\r\n")) == "413 Request Entity Too Large"
    assert (door.accepted, door.read) == ([], 0)


def test_nobody_is_asked_to_send_a_body_that_will_not_be_read(open_door: Callable[..., Door]) -> None:
    door = open_door()
    connection = door.connect(f"{STRANGER}Expect: 100-continue\r\nContent-Length: 60000000\r\n\r\n")
    assert status(connection) == "413 Request Entity Too Large"
    invited = door.connect(f"{TELEGRAM}Expect: 100-continue\r\nContent-Length: {len(UPDATE)}\r\n\r\n")
    assert status(invited) == "100 Continue"


def test_a_body_of_unknown_length_is_read_no_further_than_a_stranger_may_send(open_door: Callable[..., Door]) -> None:
    door = open_door()
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    connection = door.connect(f"{STRANGER}Transfer-Encoding: chunked\r\n\r\n", chunk * 3)
    assert status(connection) == "413 Request Entity Too Large"
    assert door.read == 0


def test_the_limits_are_those_that_the_guide_names() -> None:
    guide = " ".join((ROOT / "docs" / "operate.md").read_text("utf-8").split())
    assert f"at most {CONNECTIONS} connections" in guide
    assert REQUEST_S == 10
    assert "ten seconds for a request" in guide
    assert f"no body above {STRANGER_BYTES // 1024} KiB" in guide
    assert (Limits().connections, Limits().request_s, Limits().stranger_bytes) == (
        CONNECTIONS,
        REQUEST_S,
        STRANGER_BYTES,
    )


def test_telegram_may_send_a_mebibyte_and_no_more(open_door: Callable[..., Door]) -> None:
    door = open_door()
    padded = UPDATE.ljust(KNOWN_SENDER_BYTES)
    assert door.post(TELEGRAM, padded) == "200 OK"
    head = f"{TELEGRAM}Content-Length: {KNOWN_SENDER_BYTES + 1}\r\n\r\n"
    assert status(door.connect(head)) == "413 Request Entity Too Large"
    assert len(door.accepted) == 1


def test_a_strangers_small_body_is_judged_by_the_route(open_door: Callable[..., Door]) -> None:
    assert open_door().post(STRANGER, UPDATE) == "403 FORBIDDEN"


def test_a_length_of_five_thousand_digits_is_a_bad_request(
    open_door: Callable[..., Door], caplog: pytest.LogCaptureFixture
) -> None:
    assert status(open_door().connect(f"{STRANGER}Content-Length: {'9' * 5000}\r\n\r\n")) == "400 Bad Request"
    assert "ValueError" not in caplog.text


def test_a_monitor_is_answered_while_every_worker_hangs(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    door = open_door()
    door.hold.clear()
    head = f"{TELEGRAM}Content-Length: {len(UPDATE)}\r\n\r\n"
    hanging = [door.connect(head, UPDATE) for _ in range(THREADS + 3)]
    wait_for(lambda: len(door.accepted) == THREADS, "every worker has an update")
    assert status(door.connect("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")) == "200 OK"
    assert status(door.connect("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")) == "200 OK"
    assert len(door.accepted) == THREADS, "no update got through in between"
    door.hold.set()
    assert [status(each) for each in hanging] == ["200 OK"] * (THREADS + 3)


def test_the_health_pages_answer_while_the_metrics_hang(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    door = open_door()
    asked = threading.Event()

    def hanging() -> bytes:
        asked.set()
        door.hold.wait(DEADLINE_S)
        return b""

    door.app.register_blueprint(metrics_page(hanging, token="m"))
    door.hold.clear()
    scrape = door.connect("GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer m\r\n\r\n")
    wait_for(asked.is_set, "the metrics are being read")
    for path in ("/healthz", "/readyz"):
        assert status(door.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")) == "200 OK"
    door.hold.set()
    assert status(scrape) == "200 OK"


def test_a_pre_checkout_query_is_passed_on_while_every_worker_hangs(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    door = open_door(is_urgent=is_pre_checkout)
    door.hold.clear()
    head = f"{TELEGRAM}Content-Length: {len(UPDATE)}\r\n\r\n"
    hanging = [door.connect(head, UPDATE) for _ in range(THREADS + 3)]
    wait_for(lambda: len(door.accepted) == THREADS, "every worker has an update")
    question = json.dumps({"update_id": 2, "pre_checkout_query": {"id": "7"}}).encode()
    asking = door.connect(f"{TELEGRAM}Content-Length: {len(question)}\r\n\r\n", question)
    wait_for(lambda: {"id": "7"} in [each.get("pre_checkout_query") for each in door.accepted], "it is handed on")
    said = json.dumps({"update_id": 3, "message": {"text": '"pre_checkout_query": {}'}}).encode()
    writing = door.connect(f"{TELEGRAM}Content-Length: {len(said)}\r\n\r\n", said)
    assert door.post(STRANGER, question) == "403 FORBIDDEN"
    assert len(door.accepted) == THREADS + 1, "what people write about it waits with all the others"
    door.hold.set()
    assert [status(each) for each in (*hanging, asking, writing)] == ["200 OK"] * (THREADS + 5)


def test_connections_that_never_finish_a_request_do_not_keep_telegram_out(
    open_door: Callable[..., Door], caplog: pytest.LogCaptureFixture
) -> None:
    door = open_door(connections=20, request_s=60)
    with caplog.at_level(logging.WARNING):
        slow = [
            door.connect(*each) for each in [(STRANGER, b""), (f"{STRANGER}Content-Length: 9\r\n\r\n", b"1")] * 50
        ]
        assert door.post(TELEGRAM, UPDATE) == "200 OK"
    assert sum(hung_up(connection) for connection in slow) >= len(slow) - 20
    assert len([each for each in caplog.records if "connections" in each.getMessage()]) == 1


def never_reads(door: Door, wait_for: Callable[..., Any]) -> Any:
    """Open a connection that reads no answers, until one cannot be sent; return the server's side of it."""
    unread = door.connect("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    channel = wait_for(lambda: next(iter(door.server.active_channels.values()), None), "it is accepted")
    channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    unread.setblocking(False)
    unsent = bytearray()

    def is_stuck() -> bool:
        unsent.extend(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 100 if not unsent else b"")
        try:
            del unsent[: unread.send(unsent)]
        except BlockingIOError:
            return bool(channel.total_outbufs_len) and not channel.requests
        return False

    wait_for(is_stuck, "an answer cannot be sent")
    return channel


def test_a_client_that_reads_no_answers_does_not_keep_others_out(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    door = open_door(connections=5, request_s=DEADLINE_S)
    never_reads(door, wait_for)
    head = f"{TELEGRAM}Content-Length: {len(UPDATE)}\r\n\r\n"
    kept = [door.connect(head, UPDATE) for _ in range(4)]
    assert [status(each) for each in kept] == ["200 OK"] * 4
    assert [door.post(TELEGRAM, UPDATE) for _ in range(20)] == ["200 OK"] * 20


def test_a_client_that_reads_no_answers_is_dropped_once_it_has_been_silent_for_long(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    door = open_door(request_s=DEADLINE_S)
    channel = never_reads(door, wait_for)
    channel.last_activity = 0
    wait_for(lambda: not door.server.active_channels, "it is dropped")


def hung_up(connection: socket.socket) -> bool:
    """Return whether the server closed a connection."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_request_that_drips_is_dropped_and_an_idle_connection_is_kept(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    door = open_door(request_s=0.3)
    kept = door.connect(f"{TELEGRAM}Content-Length: {len(UPDATE)}\r\n\r\n", UPDATE)
    assert status(kept) == "200 OK"
    dripping = door.connect(STRANGER)

    def dropped() -> bool:
        try:
            dripping.sendall(b"a")
        except ConnectionError:
            return True
        dripping.setblocking(True)
        return False

    wait_for(lambda: hung_up(dripping) or dropped(), "the dripping request is dropped")
    kept.sendall(f"{TELEGRAM}Content-Length: {len(UPDATE)}\r\n\r\n".encode() + UPDATE)
    wait_for(lambda: len(door.accepted) == 2, "the idle connection still serves")


def test_a_name_with_two_addresses_is_served_on_one_port() -> None:
    server = listen(Flask("app"), "localhost", 0, limits=Limits())
    assert int(server.effective_port) > 0
    server.close()


def test_the_servers_periodic_work_goes_on_after_the_clock_was_set_back(
    open_door: Callable[..., Door], wait_for: Callable[..., Any]
) -> None:
    ticks: list[float] = []
    door = open_door(request_s=0.2, on_tick=lambda: ticks.append(time.time()))
    door.server.next_channel_cleanup = time.time() + 86_400  # as scheduled before the clock went back by a day
    before = len(ticks)
    half = door.connect("POST /telegram/123456 HTTP/1.1\r\n")
    assert status(half) == "", "what is not complete in time is dropped"
    wait_for(lambda: len(ticks) > before, "the watchdog looks again")


def open_files() -> set[str]:
    return {each.name for each in Path("/dev/fd").iterdir()}


def test_a_request_that_outlasts_the_server_wakes_nobody_and_writes_to_no_other_file() -> None:
    server = listen(Flask("test"), "127.0.0.1", 0, limits=Limits())
    before = open_files()
    server.close()
    freed = before - open_files()
    with tempfile.TemporaryFile() as file:
        others = [os.dup(file.fileno()) for _ in range(len(freed) + 8)]
        try:
            assert freed
            assert freed <= open_files(), "the numbers of the server's pipe have to be taken anew"
            server.pull_trigger()
            assert file.seek(0, os.SEEK_END) == 0
        finally:
            for number in others:
                os.close(number)
