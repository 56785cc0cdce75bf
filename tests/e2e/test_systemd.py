"""The unit for systemd: valid, hardened, and true about what the program does."""

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.serving import keep_alive
from shop.health import HUNG_S
from storage.database import Database
from tests.conftest import StandingClock
from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import ROOT, Chat, Program
from tests.monitoring import monitor_of
from tests.patience import DEADLINE_S
from tests.stand import open_shop
from web.service_manager import ServiceManager

UNIT = ROOT / "souk.service"
WORST_EXPOSURE = 2.0
no_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=DEADLINE_S
    )


@no_systemd
def test_the_unit_is_valid(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/souk/.venv/bin/python", sys.executable))
    checked = analyze("verify", "--man=no", str(unit))
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_neither_gives_up_on_the_shop_nor_interrupts_an_upgrade() -> None:
    said = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    assert (said["Restart"], said["RestartSec"], said["StartLimitIntervalSec"]) == ("always", "10", "0")
    assert said["TimeoutStartSec"] == "1h"
    assert said["RestartPreventExitStatus"] == "2", "wrong settings, which no retry mends"


@no_systemd
def test_the_unit_is_hardened() -> None:
    words = analyze("security", "--offline=true", str(UNIT)).stdout
    assert float(re.search(r"Overall exposure level for souk.service: ([0-9.]+)", words).group(1)) <= WORST_EXPOSURE


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The socket on which systemd listens, and its name as passed to the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = str(tmp_path / "notify") if request.param == "path" else f"@{tmp_path}"
        listener.bind(name.replace("@", "\0", 1) if request.param == "abstract" else name)
        listener.settimeout(DEADLINE_S)
        yield name, listener


def test_a_shop_reports_that_it_is_ready_alive_and_stopping(
    world: World, tmp_path: Path, manager: tuple[str, socket.socket]
) -> None:
    name, listener = manager
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    told = {key: value for key, value in world.environ.items() if key != "TOKEN"} | {"TOKEN_FILE": str(token)}
    program = Program("serve", cwd=tmp_path, NOTIFY_SOCKET=name, **told)
    assert listener.recv(100) == b"READY=1"
    assert [listener.recv(100) for _ in range(2)] == [b"WATCHDOG=1"] * 2
    Chat(world.page.url, 1001).say("/start")
    code, errors = program.stop()
    heard = b""
    while heard != b"STOPPING=1":
        heard = listener.recv(100)
    assert (code, "systemd" in errors) == (0, False), errors


def test_a_shop_that_hangs_gives_no_more_signs_of_life(
    database: Database, clock: StandingClock, manager: tuple[str, socket.socket]
) -> None:
    name, listener = manager
    monitor, systemd = monitor_of(open_shop(database, clock)), ServiceManager({"NOTIFY_SOCKET": name})
    monitor.look()
    keep_alive(systemd, monitor)
    assert listener.recv(100) == b"WATCHDOG=1"
    with database.transaction():
        hanging = threading.Thread(target=lambda: (monitor.look(), database.release_thread()))
        hanging.start()
        clock.pass_s(HUNG_S + 1)
        keep_alive(systemd, monitor)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.recv(100)
    hanging.join(DEADLINE_S)
    keep_alive(systemd, monitor)
    assert listener.recv(100) == b"WATCHDOG=1"


def test_a_missing_service_manager_is_a_line_in_the_log(world: World, tmp_path: Path) -> None:
    program = Program("serve", cwd=tmp_path, NOTIFY_SOCKET=str(tmp_path / "nobody"), **world.environ)
    Chat(world.page.url, 1001).say("/start")
    code, errors = program.stop()
    assert (code, "Traceback" in errors) == (0, False)
    assert "systemd does not accept READY=1" in errors
