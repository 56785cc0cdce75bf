"""The image of the tests, built once; and the emulated world that its shops live in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.engine import REQUIRED, Image, build, missing, remove_what_killed_runs_left
from tests.e2e.conftest import World
from tests.e2e.conftest import world as world_of

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


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(world: World) -> dict[str, str]:
    """What the shop of the emulated world is told; where its data lies is said by the image."""
    return {name: value for name, value in world.environ.items() if name != "DATABASE_PATH"} | {"WEBAPP_PORT": "0"}
