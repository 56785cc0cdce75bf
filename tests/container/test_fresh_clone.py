"""The README, literally, in a fresh clone without libraries: what it tells a newcomer to type works as it stands."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.container.engine import REQUIRED
from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import ROOT, Chat
from tests.e2e.terminal import Terminal
from tests.patience import DEADLINE_S

pytestmark = [
    pytest.mark.xdist_group("container"),
    pytest.mark.skipif(not REQUIRED, reason="installs every library anew"),
]
IGNORED = shutil.ignore_patterns(".git", ".venv", "__pycache__", "build", "data", ".env", ".*_cache", ".hypothesis")
TYPED = re.findall(r"^```sh\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
OWNER = 77


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "souk", ignore=IGNORED))


@pytest.fixture
def make() -> str:
    found = shutil.which("make")
    assert found is not None
    return found


@pytest.fixture
def stopped() -> Iterator[list[Terminal]]:
    """Terminals that are interrupted at the end, as by Ctrl-C."""
    terminals: list[Terminal] = []
    yield terminals
    for each in terminals:
        if each.process.poll() is None:
            each.interrupt()


def test_the_commands_of_the_readme_lead_to_a_sandbox_and_to_a_shop(
    world: World, clone: Path, make: str, stopped: list[Terminal]
) -> None:
    assert TYPED == ["make run", "make init", "make run"]
    there = {"WEBAPP_PORT": "0", "PYTHONUNBUFFERED": "1"}
    sandbox = Terminal("run", cwd=clone, program=make, **there)
    stopped.append(sandbox)
    sandbox.read("Installing, about a minute, once:")
    sandbox.read("Souk sandbox: http://", deadline_s=10 * DEADLINE_S)  # libraries are fetched and unpacked
    address = "http://" + re.sub(r"\s.*", "", sandbox.read("/\n"))
    assert requests.get(address, timeout=DEADLINE_S).status_code == 200
    sandbox.interrupt()
    assert "Traceback" not in sandbox.text

    servers = {name: value for name, value in world.environ.items() if name.endswith(("_URL", "_URLS"))}
    asked = Terminal("init", cwd=clone, program=make, **servers | there)
    stopped.append(asked)
    asked.answer("Bot token", TOKEN)
    code = re.search(r"/start ([0-9a-f]{8})\n", asked.read("\n  /start ") + asked.read("\n")).group(1)
    url = f"{world.page.url}/sandbox/api/users/{OWNER}/messages"
    assert requests.post(url, json={"text": f"/start {code}", "first_name": "Olga"}, timeout=DEADLINE_S).ok
    ours = ("Your name or", "How they reach you", "The country")
    for question in ("Currency", "Language", "Custody", "Link where customers", *ours):
        asked.answer(question, "")
    words = dict(re.findall(r"(\d+) ([a-z]+)", asked.read("Press Enter").partition("on paper:")[2]))
    asked.type("")
    for _ in range(3):
        asked.read("Word ")
        asked.type(words[asked.read(":")[:-1]])
    asked.read("Right.")
    assert asked.end() == 0

    shop = Terminal("run", cwd=clone, program=make, **servers | there)
    stopped.append(shop)
    owner = Chat(world.page.url, OWNER)
    owner.button("Admin")
    shop.interrupt()
    assert "Traceback" not in shop.text
    assert (clone / "keys/souk.db.key").exists()
