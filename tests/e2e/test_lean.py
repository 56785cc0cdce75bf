"""A serving shop imports nothing that only a few shops, or only other commands, need."""

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


@pytest.fixture
def listed(world: World, tmp_path: Path) -> set[str]:
    """Serve a customer, stop, and return the names of the modules that were imported."""
    file = tmp_path / "modules"
    script = Path(__file__).with_name("listing_modules.py")
    program = Program(
        cwd=tmp_path, script=script, **world.environ | {"LISTED_MODULES": str(file), "PYTHONPATH": str(ROOT)}
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
