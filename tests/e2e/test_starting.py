"""What each start runs: a shop with a bot token, otherwise a sandbox that only this machine can reach."""

import socket
from pathlib import Path

import requests
from flask import Flask

from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import Chat, Program, wait_for
from tests.patience import DEADLINE_S
from web.sandbox.server import serve_in_thread


def refused(*arguments: str, cwd: Path, **environ: str) -> tuple[int, str]:
    """Run a command that cannot start; return its exit code and error output."""
    program = Program(*arguments, cwd=cwd, **environ)
    _, errors = program.process.communicate(timeout=DEADLINE_S)
    return program.process.returncode, errors


def test_a_shop_without_a_token_says_what_is_missing_and_does_not_start_a_sandbox(tmp_path: Path) -> None:
    code, errors = refused("serve", cwd=tmp_path)
    assert code == 2
    assert errors.startswith("TOKEN is missing")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_for_other_machines_needs_an_explicit_option(tmp_path: Path) -> None:
    for arguments in ((), ("sandbox",)):
        code, errors = refused(*arguments, cwd=tmp_path, WEBAPP_HOST="0.0.0.0")
        assert (code, "--public" in errors, errors.count("\n")) == (1, True, 1)


def test_a_public_sandbox_answers_to_its_address_and_to_no_other_name(tmp_path: Path) -> None:
    for arguments, environ in ((("sandbox", "--public"), {}), (("sandbox",), {"SANDBOX_PUBLIC": "1"})):
        program = Program(*arguments, cwd=tmp_path, WEBAPP_HOST="0.0.0.0", **environ)
        address = program.address()
        assert address.startswith("http://127.0.0.1:")
        assert requests.get(address, headers={"Host": "192.0.2.7:8080"}, timeout=DEADLINE_S).status_code == 200
        assert requests.get(address, headers={"Host": "shop.example"}, timeout=DEADLINE_S).status_code == 403
        assert program.stop()[0] == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_developers_shop_is_reached_through_the_tunnel_on_this_machine(world: World, tmp_path: Path) -> None:
    port = free_port()
    ngrok = Flask("ngrok")
    tunnel = {"public_url": "https://tunnel.example", "config": {"addr": f"http://localhost:{port}"}}
    ngrok.add_url_rule("/api/tunnels", view_func=lambda: {"tunnels": [tunnel]})
    server = serve_in_thread(ngrok)
    environ = world.environ | {"RUNTIME_ENVIRONMENT": "DEV", "TUNNEL_API_URL": server.url, "WEBAPP_PORT": str(port)}
    program = Program("serve", cwd=tmp_path, **environ)
    asked = f"{world.providers.url}/bot{TOKEN}/getWebhookInfo"
    wait_for(lambda: requests.get(asked, timeout=DEADLINE_S).json()["result"]["url"], "the webhook is set")
    url = requests.get(asked, timeout=DEADLINE_S).json()["result"]["url"]
    assert url == f"https://tunnel.example/telegram/{TOKEN.partition(':')[0]}"
    assert program.stop()[0] == 0
    server.stop()


def test_a_developers_shop_without_a_tunnel_polls(world: World, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    program = Program("serve", cwd=tmp_path, **world.environ, RUNTIME_ENVIRONMENT="dev", TUNNEL_API_URL=nobody)
    customer = Chat(world.page.url, 1001)
    customer.say("/start")
    customer.wait_text("Main menu")
    assert program.stop()[0] == 0
