"""A serving shop imports nothing that only a few shops, or only other commands, need; a small command, no client."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import World
from tests.e2e.driver import ROOT, Chat, Program

LATE = {
    *("matplotlib", "numpy", "PIL"),  # charts
    "segno",  # QR pictures
    *("charset_normalizer", "chardet"),  # requests' guesses at encodings
    *("asyncio", "argparse", "unittest", "multiprocessing"),  # what a library might bring along
    *("shop.doctor", "shop.moving", "storage.foreign"),
    *("commands.init", "commands.doctor", "commands.backups", "commands.rekeying"),
    *("web.sandbox.sandbox", "web.sandbox.telegram", "web.sandbox.chains", "web.sandbox.api"),
}
"""Modules that take memory and are loaded only when needed. See `python -m tests.bench.bench_memory`."""


LISTING = Path(__file__).with_name("listing_modules.py")

CLIENTS = {"requests", "urllib3", "telebot", "flask", "waitress", "bot_handlers", "web", "shop.chains.registry"}
"""What a command that asks nobody doesn't wait for."""


@pytest.fixture
def listed(world: World, tmp_path: Path) -> set[str]:
    """Serve a customer, stop, and return the names of the modules that were imported."""
    file = tmp_path / "modules"
    program = Program(
        cwd=tmp_path, script=LISTING, **world.environ | {"LISTED_MODULES": str(file), "PYTHONPATH": str(ROOT)}
    )
    customer = Chat(world.page.url, 1001)
    customer.say("/start")
    customer.wait_text("Main menu")
    code, errors = program.stop()
    assert code == 0, errors
    return set(file.read_text("utf-8").splitlines())


def test_a_serving_shop_has_not_imported_what_it_rarely_needs(listed: set[str]) -> None:
    assert {"telebot", "bot_handlers.assembly", "web.server"} <= listed, "the list is that of a shop that serves"
    assert listed & LATE == set()


@pytest.mark.parametrize("command", ["version", "words"])
def test_a_command_that_asks_nobody_loads_no_client(tmp_path: Path, command: str) -> None:
    file = tmp_path / "modules"
    environ = {"PATH": os.environ["PATH"], "LISTED_MODULES": str(file), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, LISTING, command], cwd=tmp_path, env=environ, capture_output=True, check=False)
    loaded = set(file.read_text("utf-8").splitlines())
    assert f"commands.{command}" in loaded
    assert loaded & CLIENTS == set()
