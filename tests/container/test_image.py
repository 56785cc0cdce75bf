"""The image, built from the Dockerfile and run as an engine would: its contents, and a shop running in it."""

import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shop.version import VERSION
from tests.container.conftest import TAG
from tests.container.engine import OUTSIDE_ADDRESS, REQUIRED, Container, Image, build
from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import ROOT, Chat
from tests.patience import DEADLINE_S

pytestmark = pytest.mark.xdist_group("image")
ORDINARY_USER = 10001
MOST_BYTES = 150_000_000
LAST_RELEASE = "1725b43"
IMPORT_ALL = """
import importlib, io, pathlib
for room in ("commands", "wallet", "storage", "shop", "bot_handlers", "web", "locales"):
    for file in sorted(pathlib.Path(room).rglob("*.py")):
        name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        if not name.endswith("__main__"):
            importlib.import_module(name)
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
figure, picture = Figure(), io.BytesIO()
figure.subplots().bar(["a", "b"], [1, 2])
FigureCanvasAgg(figure).print_png(picture)
from locales import Languages
from babel import Locale
for code in Languages.found().codes:
    Locale.parse(code, sep="_" if "_" in code else "-").currencies["USD"]
raise SystemExit(0 if picture.getvalue().startswith(bytes([137]) + b"PNG") else 1)
"""


def test_the_image_declares_how_it_is_run(image: Image) -> None:
    config = image.config
    assert (config["User"], config["StopSignal"], list(config["Volumes"])) == ("souk", "SIGTERM", ["/data"])
    assert (config["Entrypoint"], config["Cmd"]) == (["python", "app.py"], ["serve"])
    assert config["Labels"]["org.opencontainers.image.version"] == VERSION
    assert f"souk:x:{ORDINARY_USER}:" in (image.root / "etc/passwd").read_text()


def test_it_is_small_and_contains_no_tools_and_no_tests(image: Image) -> None:
    added = [image.root / "opt/souk", image.root / "souk"]
    files = [file for folder in added for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    names = {part for file in files for part in file.relative_to(image.root).parts}
    assert names & {"pip", "setuptools", "tests", "gcc", "requirements.txt", ".env", ".git"} == set()
    assert {"LICENSE", "licences.md"} <= {file.name for file in (image.root / "souk").iterdir()}
    assert list((image.root / "root").glob(".cache/*")) == []


def test_everything_in_it_can_be_imported_and_charts_are_drawn(image: Image, volume: Path) -> None:
    code, errors = image.start(command=("python", "-c", IMPORT_ALL), data=volume).ended()
    assert code == 0, errors


def test_a_shop_without_a_token_says_so_and_exits_with_2(image: Image, volume: Path) -> None:
    code, errors = image.start(data=volume).ended()
    assert (code, errors.count("\n")) == (2, 1)
    assert errors.startswith("TOKEN is missing")
    assert list(volume.iterdir()) == []


def ready(container: Container, customer: Chat) -> None:
    """Wait until the shop answers."""
    customer.say("/start")
    customer.wait_text("Main menu")
    assert container.process.poll() is None


def healthy(image: Image, container: Container, port: int) -> bool:
    """Ask the image's own health check, inside the container."""
    test = image.config["Healthcheck"]["Test"]
    assert test[0] == "CMD"
    return container.execute(*test[1:], environ=[*image.config["Env"], f"WEBAPP_PORT={port}"]) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_shop_that_polls_is_healthy_ends_cleanly_and_forgets_nothing(
    image: Image, volume: Path, world: World, settings: dict[str, str], wait_for: Callable[..., Any]
) -> None:
    customer, port = Chat(world.page.url, 1001), free_port()
    container = image.start(data=volume, **settings | {"WEBAPP_PORT": str(port)})
    ready(container, customer)
    wait_for(lambda: healthy(image, container, port), "the health check passes")
    assert not healthy(image, container, free_port())
    status = Path(f"/proc/{container.pid}/status").read_text()
    assert f"Uid:\t{ORDINARY_USER}\t" in status
    assert re.search(r"^NSpid:.*\t1$", status, re.MULTILINE)
    customer.press("Top up")
    customer.press("Bitcoin")
    customer.press("Other amount")
    code, errors = container.stop(signal.SIGTERM)
    assert (code, "Traceback" in errors, TOKEN in errors) == (0, False, False), errors

    container = image.start(data=volume, **settings)
    customer.say("30")
    customer.wait_text("To top up $30.00, send")
    assert container.stop(signal.SIGTERM)[0] == 0


def test_a_shop_with_a_public_url_is_sent_its_updates(
    image: Image, volume: Path, world: World, settings: dict[str, str]
) -> None:
    port = free_port()
    here = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "WEBAPP_PORT": str(port)}
    container = image.start(data=volume, **settings | here)
    ready(container, Chat(world.page.url, 1001))
    assert container.stop(signal.SIGTERM)[0] == 0


def test_nothing_but_the_volume_and_tmp_can_be_written(image: Image, volume: Path) -> None:
    write = "for place in / /souk /opt/souk /etc; do touch $place/x 2>/dev/null && exit 1; done; touch /data/x /tmp/x"
    assert image.start(command=("sh", "-c", write), data=volume).ended()[0] == 0
    assert (volume / "x").exists()


def test_the_sandbox_is_reached_from_outside_the_container(
    image: Image, volume: Path, wait_for: Callable[..., Any]
) -> None:
    container = image.start("sandbox", data=volume, own_network=True)
    line = container.process.stdout.readline()
    assert line.startswith("Souk sandbox: http://"), container.process.communicate()
    enter = ["nsenter", "--target", str(container.pid), "--net", "curl", "--silent", "--output", "/dev/null"]

    def answer(*more: str) -> str:
        asked = [*enter, "--write-out", "%{http_code}", *more, f"http://{OUTSIDE_ADDRESS}:8080/"]
        return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=DEADLINE_S).stdout

    assert wait_for(answer, "an answer") == "200"
    assert answer("--header", "Host: 127.0.0.1:8080") == "200"
    assert answer("--header", "Host: shop.example") == "403"
    assert container.stop(signal.SIGTERM)[0] == 0


@pytest.fixture
def last_release(image: Image, tmp_path: Path) -> Any:
    """An image with the last release's program, built with today's Dockerfile."""
    context = tmp_path / "release"
    context.mkdir()
    archive = subprocess.run(["git", "archive", LAST_RELEASE], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode != 0 and not REQUIRED:
        pytest.skip("the history of the repository is not here")
    subprocess.run(["tar", "-x", "-C", str(context)], input=archive.stdout, check=True)
    for name in ("Dockerfile", ".dockerignore", "docs/licences.md"):
        (context / name).write_bytes((ROOT / name).read_bytes())
    for later in ("commands", "docs/examples"):
        (context / later).mkdir(exist_ok=True)
    build(f"{TAG}-{LAST_RELEASE}", context)
    old = Image(f"{TAG}-{LAST_RELEASE}")
    yield old
    old.remove()


def test_an_upgrade_continues_where_the_last_release_stopped(
    image: Image,
    last_release: Image,
    volume: Path,
    world: World,
    settings: dict[str, str],
    wait_for: Callable[..., Any],
) -> None:
    customer = Chat(world.page.url, 1001)
    container = last_release.start(data=volume, **settings)
    ready(container, customer)
    customer.press("Top up")
    customer.press("Bitcoin")
    customer.press("Another sum")
    assert container.stop(signal.SIGTERM)[0] == 0

    container = image.start(data=volume, **settings)
    customer.say("30")
    customer.wait_text("To top up $30.00, send")
    assert container.stop(signal.SIGTERM)[0] == 0
