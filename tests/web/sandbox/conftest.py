"""A sandbox on real servers, with chains that only record what they were asked."""

import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import telebot
from flask import Blueprint, Flask, Response, jsonify, request
from telebot import apihelper

from tests.patience import DEADLINE_S
from web.sandbox.errors import SandboxError
from web.sandbox.sandbox import Sandbox
from web.sandbox.server import RunningServer, serve_in_thread

TOKEN = "4200000001:sandbox-token"
OTHER_TOKEN = "4200000002:another-token"


class RememberedChains:
    """Chains that record what they were asked, and one provider route."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"paid": [], "height": 100, "faults": [], "dropped": []}

    def pay(self, chain: str, address: str, amount: Decimal, asset: str | None) -> str:
        if chain not in {"btc", "usdt_trc20"}:
            raise SandboxError("there is no such chain", 404)
        self.state["paid"].append([chain, address, str(amount), asset])
        return f"tx{len(self.state['paid'])}"

    def mine(self, chain: str, blocks: int) -> int:
        self.state["height"] += blocks
        return self.state["height"]

    def drop(self, chain: str, txid: str) -> None:
        self.state["dropped"].append(txid)

    def fault(self, chain: str, kind: str, count: int) -> None:
        self.state["faults"].append([kind, count])

    def overview(self) -> list[dict[str, Any]]:
        return [{"chain": "btc", "name": "Bitcoin", "height": self.state["height"], "assets": ["BTC"]}]

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("chains", __name__)
        blueprint.add_url_rule("/esplora/height", view_func=lambda: str(self.state["height"]))
        return blueprint

    def snapshot(self) -> dict[str, Any]:
        return self.state

    def restore(self, saved: dict[str, Any]) -> None:
        self.state = saved


class Running:
    """A running sandbox, and shortcuts for its API."""

    def __init__(self, sandbox: Sandbox, page: RunningServer, providers: RunningServer) -> None:
        self.sandbox = sandbox
        self.page = page
        self.providers = providers

    def api(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return requests.request(method, f"{self.page.url}/sandbox/api/{path}", timeout=DEADLINE_S, **arguments)

    def say(self, user_id: int, text: str, **fields: Any) -> dict[str, Any]:
        return self.done("POST", f"users/{user_id}/messages", json={"text": text, **fields})

    def press(self, user_id: int, message_id: int, data: str) -> dict[str, Any]:
        return self.done("POST", f"users/{user_id}/callbacks", json={"message_id": message_id, "data": data})

    def chat(self, user_id: int, **query: Any) -> dict[str, Any]:
        return self.done("GET", f"users/{user_id}/chat", params=query)

    def done(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        reply = self.api(method, path, **arguments)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call the Bot API with a JSON body; return its whole answer with the HTTP status."""
        reply = requests.post(f"{self.providers.url}/bot{TOKEN}/{method}", json=parameters, timeout=DEADLINE_S)
        return {"status": reply.status_code, **reply.json()}

    def sent(self, method: str, **parameters: Any) -> Any:
        answer = self.call(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]


@pytest.fixture(name="start_sandbox")
def _start_sandbox() -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:

        def start(data_dir: Path | None = None, **options: Any) -> Running:
            options = {"retry_base_s": 0.02, "hang_s": 0.2, "save_delay_s": 0.01, **options}
            sandbox = Sandbox([TOKEN, OTHER_TOKEN], RememberedChains(), data_dir=data_dir, **options)
            app = Flask("shop")
            sandbox.register(app)
            page, providers = serve_in_thread(app), serve_in_thread(sandbox.providers_app())
            sandbox.start()
            stack.callback(page.stop)
            stack.callback(providers.stop)
            stack.callback(sandbox.stop)
            return Running(sandbox, page, providers)

        yield start


@pytest.fixture(name="running")
def _running(start_sandbox: Callable[..., Running]) -> Running:
    return start_sandbox()


@pytest.fixture(name="bot")
def _bot(running: Running) -> Iterator[telebot.TeleBot]:
    before = apihelper.API_URL, apihelper.FILE_URL, apihelper.CUSTOM_REQUEST_SENDER
    apihelper.CUSTOM_REQUEST_SENDER = None  # telebot's own sender, whatever other tests installed
    apihelper.API_URL = f"{running.providers.url}/bot{{0}}/{{1}}"
    apihelper.FILE_URL = f"{running.providers.url}/file/bot{{0}}/{{1}}"
    yield telebot.TeleBot(TOKEN, threaded=False)
    apihelper.API_URL, apihelper.FILE_URL, apihelper.CUSTOM_REQUEST_SENDER = before


class Receiver:
    """A webhook that records its updates, and answers as configured."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answer: Callable[[dict[str, Any]], int] = lambda update: 200
        self.app = Flask("receiver")
        self.app.add_url_rule("/hook", view_func=self._receive, methods=["POST"])

    def _receive(self) -> Response:
        update = request.get_json()
        self.updates.append(update)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        reply = jsonify({})
        reply.status_code = self.answer(update)
        return reply


@pytest.fixture(name="receiver")
def _receiver() -> Receiver:
    return Receiver()


@pytest.fixture(name="hook")
def _hook(receiver: Receiver, running: Running) -> Iterator[str]:
    server = serve_in_thread(receiver.app)
    url = f"{server.url}/hook"
    running.sent("setWebhook", url=url, secret_token="top-secret_1", allowed_updates=[])
    yield url
    server.stop()


@pytest.fixture(name="png")
def _png() -> Callable[[int, int], bytes]:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    def png(width: int, height: int) -> bytes:
        header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
        rows = zlib.compress((b"\0" + b"\xff" * width) * height)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

    return png


@pytest.fixture(name="closed_port")
def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
