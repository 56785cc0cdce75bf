"""The real shop and an emulated Telegram in another process: long polling, webhook, restarts, signals, wiring."""

import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests
from flask import Flask, request

from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import Chat, Program, wait_for
from tests.patience import DEADLINE_S
from wallet.chains import Chain
from web.sandbox.server import serve_in_thread
from web.sandbox.wire import Json

AS_PROCESS_ONE = ("unshare", "--pid", "--fork", "--kill-child")
METRICS_TOKEN = "a-token-of-the-tests"


def test_long_polling_serves_and_a_restart_loses_nothing(world: World, tmp_path: Path) -> None:
    customer = Chat(world.page.url, 1001)
    program = Program(cwd=tmp_path, **world.environ)
    customer.say("/start")
    customer.press("Top up", "Bitcoin", "Other amount")
    limits = Path(f"/proc/{program.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), "a core dump would hold every key"
    code, errors = program.stop()
    assert code == 0
    assert "Traceback" not in errors, errors
    assert TOKEN not in errors

    program = Program(cwd=tmp_path, **world.environ)
    customer.say("30")
    customer.wait_text("To top up $30.00, send")
    assert program.stop()[0] == 0


def test_the_webhook_is_used_if_a_public_url_is_set(world: World, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environ = world.environ | {"PUBLIC_URL": f"http://127.0.0.1:{port}", "WEBAPP_PORT": str(port)}
    program = Program(cwd=tmp_path, **environ)
    customer = Chat(world.page.url, 1001)
    customer.say("/start")
    customer.wait_text("Main menu")
    hook = world.sandbox.telegram.world.bots[TOKEN].webhook
    large = json.dumps(update(900_000_000, "/help") | {"padding": "x" * 100 * 1024})
    assert post(hook.url, large, "a stranger") == 413
    assert post(hook.url, large, hook.secret_token) == 200
    customer.wait_text("How it works")
    assert program.stop()[0] == 0


def update(update_id: int, text: str) -> Json:
    """Build a customer's message as Telegram would post it."""
    person, chat = {"id": 1001, "is_bot": False, "first_name": "Ada"}, {"id": 1001, "type": "private"}
    return {
        "update_id": update_id,
        "message": {"message_id": update_id, "date": 1, "chat": chat, "from": person, "text": text},
    }


def post(url: str, body: str, secret: str) -> int:
    """Post an update to the webhook; return the answer's status, which is all that a refused body surely gets."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    with requests.post(url, data=body, headers=headers, timeout=DEADLINE_S, stream=True) as answer:
        return answer.status_code


@pytest.mark.parametrize("receiving", ["polling", "webhook"])
def test_every_thread_that_a_shop_needs_is_watched(world: World, tmp_path: Path, receiving: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    shop = f"http://127.0.0.1:{port}"
    environ = world.environ | {"WEBAPP_PORT": str(port), "METRICS_TOKEN": METRICS_TOKEN}
    program = Program(cwd=tmp_path, **environ | ({"PUBLIC_URL": shop} if receiving == "webhook" else {}))
    Chat(world.page.url, 1001).say("/start")
    watched = set(re.findall(r'^souk_thread_deaths_total\{thread="([\w-]+)"\}', figures(shop), re.MULTILINE))
    chains = {f"chain-{chain.value}" for chain in Chain}
    assert watched == chains | {
        *("prices", "letters", "announcements", "health", "housekeeping", "orders", "reconciliation"),
        *("look-ups-1", "look-ups-2", "errors", "backups", "stars", receiving),
    }
    for figure in (
        'souk_updates_total{kind="message",result="handled"} 1.0',
        'souk_handler_seconds_count{kind="message"} 1.0',
        'souk_telegram_calls_total{method="sendMessage",status="200"}',
        'souk_provider_calls_total{outcome="ok",server=',
    ):
        wait_for(lambda figure=figure: figure in figures(shop), figure)
    assert program.stop()[0] == 0


def figures(shop: str) -> str:
    """Read the page of figures."""
    headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    return requests.get(f"{shop}/metrics", headers=headers, timeout=DEADLINE_S).text


def test_a_folder_that_cannot_be_written_is_one_sentence(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    program = Program(cwd=tmp_path, **world.environ | {"DATABASE_PATH": "file/souk.db"})
    _, errors = program.process.communicate(timeout=DEADLINE_S)
    assert program.process.returncode == 1
    assert "cannot be written" in errors
    assert "Traceback" not in errors


def test_a_token_that_telegram_refuses_is_one_sentence(world: World, tmp_path: Path) -> None:
    program = Program(cwd=tmp_path, **world.environ | {"TOKEN": "999:wrong"})
    _, errors = program.process.communicate(timeout=DEADLINE_S)
    assert program.process.returncode == 2, "like any other wrong setting: systemd does not try again"
    assert "Telegram rejects the bot token" in errors
    assert "Traceback" not in errors, errors


@pytest.mark.parametrize(("method", "public_url"), [("setWebhook", "http://127.0.0.1:9"), ("deleteWebhook", "")])
def test_a_webhook_that_telegram_refuses_ends_the_start_before_any_job(
    world: World, tmp_path: Path, method: str, public_url: str
) -> None:
    asked, node = list[str](), Flask("node")
    node.before_request(lambda: asked.append(request.path) or ("", 503))
    server = serve_in_thread(node)
    world.sandbox.telegram.fault("400", 9, method)
    program = Program(cwd=tmp_path, **world.environ | {"PUBLIC_URL": public_url, "ETH_RPC_URLS": server.url})
    _, errors = program.process.communicate(timeout=DEADLINE_S)
    server.stop()
    assert program.process.returncode == 1
    assert "webhook" in errors
    assert "Traceback" not in errors, errors
    assert asked == []


def may_be_process_one() -> bool:
    """Return whether this user may create a process namespace; the full run must be able to."""
    if os.environ.get("SOUK_REQUIRE_NODES") == "1":
        return True
    try:
        return subprocess.run([*AS_PROCESS_ONE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_be_process_one(), reason="needs the right to make a process namespace (root)")
def test_sigterm_ends_it_cleanly_as_process_one(world: World, tmp_path: Path) -> None:
    program = Program(cwd=tmp_path, wrapper=AS_PROCESS_ONE, **world.environ)
    customer = Chat(world.page.url, 1001)
    customer.say("/start")
    (child,) = wait_for(program.children, "the shop is process one")
    numbers = re.search(r"^NSpid:(.*)$", Path(f"/proc/{child}/status").read_text(), re.MULTILINE).group(1).split()
    assert numbers[-1] == "1"
    os.kill(child, signal.SIGTERM)
    code, errors = program.stop(signal.SIGCONT)
    assert code == 0, errors
