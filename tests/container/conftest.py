"""The tests' image, built once, and the emulated world for its shops."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.container.docker_engine import Engine, NoEngine
from tests.container.engine import REQUIRED, Image, build, missing, remove_what_killed_runs_left
from tests.e2e.conftest import TOKEN, World
from tests.e2e.conftest import world as world_of
from tests.e2e.terminal import Terminal
from tests.patience import DEADLINE_S

TAG = "souk:test"
world = world_of


@pytest.fixture(scope="session", name="image")
def _image() -> Iterator[Image]:
    if (reason := missing()) and not REQUIRED:
        pytest.skip(f"no image can be built: {reason}")
    assert not reason
    remove_what_killed_runs_left()
    build(TAG)
    image = Image(TAG)
    yield image
    image.remove()


@pytest.fixture(scope="session", name="engine")
def _engine() -> Iterator[Engine]:
    if (reason := missing()) and not REQUIRED:
        pytest.skip(f"no image can be built: {reason}")
    assert not reason
    try:
        engine = Engine()
    except NoEngine as error:
        if REQUIRED:
            raise
        pytest.skip(str(error))
    yield engine
    engine.stop()


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(world: World) -> dict[str, str]:
    """Return the settings of a shop in the emulated world; the image says where its data is."""
    return {name: value for name, value in world.environ.items() if name != "DATABASE_PATH"} | {"WEBAPP_PORT": "0"}


def answer_as_owner(asked: Terminal, world: World, owner: int) -> None:
    """Answer `init`: the token, a message from the owner, and otherwise the defaults."""
    asked.answer("Bot token", TOKEN)
    code = re.search(r"/start ([0-9a-f]{8})\n", asked.read("\n  /start ") + asked.read("\n")).group(1)
    url = f"{world.page.url}/sandbox/api/users/{owner}/messages"
    assert requests.post(url, json={"text": f"/start {code}", "first_name": "Olga"}, timeout=DEADLINE_S).ok
    ours = ("Your name or", "How customers reach you", "The country")
    for question in ("Currency", "Language", "Custody", "Link where customers", *ours):
        asked.answer(question, "")
