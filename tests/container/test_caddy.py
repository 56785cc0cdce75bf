"""The shipped Caddyfile in front of a shop's web server: real Caddy, with TLS from its internal authority."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from waitress import wasyncore

from shop.health import Health
from tests.container.engine import REQUIRED
from tests.e2e.driver import ROOT
from tests.patience import DEADLINE_S
from web.app_factory import create_app
from web.limits import Limits
from web.payment_callbacks import CallbackRoute
from web.server import listen
from web.telegram_webhook import knows_telegram

pytestmark = [
    pytest.mark.xdist_group("caddy"),
    pytest.mark.skipif(not REQUIRED and shutil.which("caddy") is None, reason="Caddy is not installed"),
]
SECRET = "a-secret-that-nobody-guesses_1"
SECRETS = {123456: SECRET}
PATH = "/hooks/telegram"
REPORTS = "/cryptoprocessing/event"
SECRET_HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
SLOW = 500


class Front:
    """Caddy with a shop's web server behind it, which records what came through.

    `ending` follows the server in PUBLIC_URL.
    """

    def __init__(self, folder: Path, stack: ExitStack, *, ending: str = "") -> None:
        self.updates: list[dict[str, Any]] = []
        self.reports: list[tuple[bytes, str | None]] = []
        self.port, self.plain_port = (free_port() for _ in range(2))
        self.url = f"https://localhost:{self.port}"
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PUBLIC_URL": self.url + ending,
            "WEBHOOK_PATH": PATH,
            "HTTP_PORT": str(self.plain_port),
            "HTTPS_PORT": str(self.port),
            "SHOP_ADDRESS": f"127.0.0.1:{self._start_shop(stack)}",
        }
        self.authority = folder / "caddy/pki/authorities/local/root.crt"
        command = ("caddy", "run", "--config", str(ROOT / "Caddyfile"), "--adapter", "caddyfile")
        self.process = subprocess.Popen(command, env=environ, stderr=(folder / "log").open("w"))
        stack.callback(self.process.wait, 30)
        stack.callback(self.process.terminate)

    def _start_shop(self, stack: ExitStack) -> str:
        app = create_app(
            accept=lambda _bot, update: self.updates.append(update),
            secrets=SECRETS,
            webhook_path=PATH,
            health=Health,
            payment_callback=CallbackRoute(
                REPORTS, "X-Signature", lambda body, signature: self.reports.append((body, signature))
            ),
        )
        server = listen(app, "127.0.0.1", 0, limits=Limits(knows_sender=knows_telegram(SECRETS, path=PATH)))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        stack.callback(thread.join, 10)
        stack.callback(server.trigger.pull_trigger, lambda: wasyncore.close_all(server._map))
        return str(server.effective_port)

    def ask(self, method: str, path: str, **more: Any) -> int:
        """Ask Caddy over TLS and return the status; a certificate from anyone else is refused.

        A refusal's body isn't read: the shop refuses a large body and closes while Caddy still sends it; Caddy then
        passes the answer on without its end.
        """
        known = {"verify": str(self.authority), "timeout": DEADLINE_S, "stream": True}
        with requests.request(method, self.url + path, **known, **more) as answer:
            return answer.status_code

    def is_up(self) -> bool:
        """Return whether Caddy answers with a certificate from its own authority."""
        try:
            return self.authority.exists() and self.ask("GET", "/") > 0
        except requests.ConnectionError:
            assert self.process.poll() is None, "Caddy ended"
            return False

    def open(self, head: bytes) -> ssl.SSLSocket:
        """Open a connection and send something on it."""
        context = ssl.create_default_context(cafile=str(self.authority))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S)
        connection = context.wrap_socket(plain, server_hostname="localhost")
        connection.sendall(head)
        return connection


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with ExitStack() as stack:
        yield Front(tmp_path_factory.mktemp("caddy"), stack)


@pytest.fixture(autouse=True)
def _up(front: Front, wait_for: Callable[..., Any]) -> None:
    wait_for(front.is_up, "Caddy answers")
    front.updates.clear()
    front.reports.clear()


def test_telegram_is_let_in_with_the_secret_and_nobody_without_it(front: Front) -> None:
    assert front.ask("POST", f"{PATH}/123456", json={"update_id": 1}, headers=SECRET_HEADER) == 200
    assert front.updates == [{"update_id": 1}]
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
        assert front.ask("POST", f"{PATH}/123456", json={"update_id": 2}, headers=headers) == 403
    assert front.ask("POST", f"{PATH}/7", json={"update_id": 2}, headers=SECRET_HEADER) == 404
    assert len(front.updates) == 1


@pytest.mark.parametrize("path", ["/", "/healthz", "/telegram/123456", "/sandbox/api/state", PATH, "/metrics", "//x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_other_path_is_not_found(front: Front, method: str, path: str) -> None:
    assert front.ask(method, path, headers=SECRET_HEADER) == 404


@pytest.mark.parametrize("ending", ["/", "/souk", "/hooks/"])
def test_an_address_with_a_path_answers_not_found_and_never_ok(
    tmp_path: Path, wait_for: Callable[..., Any], ending: str
) -> None:
    with ExitStack() as stack:
        front = Front(tmp_path, stack, ending=ending)
        wait_for(front.is_up, "Caddy answers")
        for path in (f"{PATH}/123456", f"{ending}{PATH}/123456", "/", "/x", REPORTS):
            assert front.ask("POST", path, json={"update_id": 1}, headers=SECRET_HEADER) == 404
        assert front.updates == []


def test_another_host_is_not_found(front: Front) -> None:
    other = SECRET_HEADER | {"Host": "other.example"}
    assert front.ask("POST", f"{PATH}/123456", json={"update_id": 1}, headers=other) == 404
    plain = f"http://127.0.0.1:{front.plain_port}{PATH}/123456"
    assert requests.post(plain, json={"update_id": 1}, headers=other, timeout=DEADLINE_S).status_code == 404
    assert front.updates == []


def test_plain_http_is_sent_to_the_same_place_with_tls(front: Front) -> None:
    plain = requests.get(f"http://localhost:{front.plain_port}/x", timeout=DEADLINE_S, allow_redirects=False)
    assert (plain.status_code, plain.headers["Location"]) == (308, "https://localhost/x")


@pytest.mark.parametrize("path", [f"{PATH}/123456", REPORTS])
def test_only_a_post_goes_through(front: Front, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        assert front.ask(method, path, headers=SECRET_HEADER) == 404


def test_a_payment_report_passes_byte_for_byte(front: Front) -> None:
    body = b'{"id" : 1,\r\n\t"cryptoAmount":0.000012, "x":"\xc3\xa9\xff\\u00e9\x00"}  '
    assert front.ask("POST", REPORTS, data=body, headers={"X-Signature": "aB" * 64}) == 200
    assert front.reports == [(body, "aB" * 64)]


def test_a_body_that_is_too_large_gets_no_further(front: Front) -> None:
    assert front.ask("POST", REPORTS, data=b" " * (64 * 1024 + 1)) in (413, 502)
    assert front.ask("POST", f"{PATH}/123456", data=b" " * (1024 * 1024 + 1), headers=SECRET_HEADER) in (413, 502)
    assert front.ask("POST", f"{PATH}/123456", headers=SECRET_HEADER | {"X-Long": "x" * 40_000}) == 431
    assert (front.reports, front.updates) == ([], [])


@pytest.mark.parametrize(("kib", "status"), [(12, 404), (20, 431)])
def test_caddy_itself_refuses_long_headers_on_paths_that_it_answers(front: Front, kib: int, status: int) -> None:
    assert front.ask("GET", "/", headers={"X-Long": "x" * kib * 1024}) == status


def test_slow_connections_do_not_keep_telegram_out_and_are_dropped(
    front: Front, wait_for: Callable[..., Any]
) -> None:
    head = f"POST {PATH}/123456 HTTP/1.1\r\nHost: localhost:{front.port}\r\n".encode()
    with_body = head + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    with ExitStack() as stack:
        slow = [stack.enter_context(front.open(each)) for each in (head, with_body) * (SLOW // 2)]
        for number in range(20):
            update = {"update_id": number}
            assert front.ask("POST", f"{PATH}/123456", json=update, headers=SECRET_HEADER) == 200
        assert len(front.updates) == 20
        for connection in slow:
            connection.setblocking(False)
        wait_for(lambda: all(is_closed(connection) for connection in slow), "the slow connections are dropped")


def is_closed(connection: ssl.SSLSocket) -> bool:
    """Read what is available; return whether the other side closed the connection."""
    try:
        while connection.recv(4096):
            pass
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except (OSError, ValueError):
        return True
    return True


def test_the_caddyfile_is_valid_and_formatted_for_a_bare_name_too(tmp_path: Path) -> None:
    for environ in ({}, {"PUBLIC_URL": "https://203-0-113-7.sslip.io"}, {"PUBLIC_URL": "https://shop.example.com"}):
        command = ["caddy", "validate", "--config", str(ROOT / "Caddyfile"), "--adapter", "caddyfile"]
        # Without a home, Caddy would write the keys of its own authority into the clone.
        home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        checked = subprocess.run(command, env=home | environ, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "not formatted" not in checked.stderr
