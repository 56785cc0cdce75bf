"""The Docker commands of the README, operate and runbooks pages, typed literally on a terminal.

Only placeholders on the pages are replaced, and the base image is named without its digest, which would require
asking a registry. Containers find the emulated world through the environment of that base image.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from tests.container.conftest import answer_as_owner
from tests.container.docker_engine import DOCKER, EMULATOR, GROUP, Engine
from tests.container.pages import Shell, commands, section
from tests.e2e.clones import git, make_origin, release_a_migration
from tests.e2e.conftest import TOKEN, World, stock
from tests.e2e.driver import Chat
from tests.patience import wait_for
from web.sandbox.server import RunningServer, serve_in_thread

pytestmark = pytest.mark.xdist_group("docker")
OWNER, CUSTOMER = 1111111, 1001
YOURS = {"123456789:AA-your-token": TOKEN, "souk forget ID": f"souk forget {CUSTOMER}"}
SANDBOX = "docker run --rm -p 127.0.0.1:8080:8080 souk sandbox"
COMPOSE = f"""#!/bin/sh
# Debian 12 has Compose as a program of its own.
if [ "$1" = compose ] && ! {DOCKER} compose version >/dev/null 2>&1; then
  shift
  exec docker-compose "$@"
fi
exec {DOCKER} "$@"
"""
SHOW = ("Show them now?", "y")
SURE = ("Forget this person now?", "y")
WARNINGS = (0, 1)
QUICK = "services: {souk: {healthcheck: {interval: 2s}}}\n"


@dataclass
class Server:
    """An ordinary user's folder; the user may use the engine, and has a repository to clone from."""

    home: Path
    engine: Engine

    @property
    def origin(self) -> Path:
        return self.home / "origin"

    def own(self) -> None:
        """Hand everything in the folder over to the user."""
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, GROUP, GROUP, follow_symlinks=False)

    def clone(self, name: str) -> Path:
        git("clone", "--quiet", str(self.origin), str(self.home / name), cwd=self.home)
        return self.home / name


@pytest.fixture(scope="module")
def release(engine: Engine) -> Iterator[Path]:
    """Souk's repository with the files of this folder, except that its image needs no registry."""
    with tempfile.TemporaryDirectory(prefix="souk-release-") as folder:
        made = Path(folder, "origin")
        make_origin(made)
        recipe = made / "Dockerfile"
        text = re.sub(r"^ARG BASE_DIGEST=.*$", "ARG BASE_DIGEST=", recipe.read_text(), flags=re.MULTILINE)
        recipe.write_text(text)
        git("commit", "--all", "--quiet", "--message=No registry", cwd=made)
        yield made
        engine.keep_stages("souk", made)


@pytest.fixture
def server(engine: Engine, world: World, release: Path) -> Iterator[Server]:
    mine = ("TOKEN", "ADMIN_ID_LIST", "DATABASE_PATH")
    told = {name: value for name, value in world.environ.items() if name not in mine} | {"CONSENT": "never"}
    emulated = providers_for_containers(world)
    address = f"http://{EMULATOR}"
    engine.emulate(emulated.port, {name: value.replace(world.providers.url, address) for name, value in told.items()})
    found = Server(Path(tempfile.mkdtemp(prefix="souk-docker-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))), engine)
    found.home.chmod(0o755)
    git("clone", "--quiet", str(release), str(found.origin), cwd=found.home)
    program = found.home / "bin/docker"
    program.parent.mkdir()
    program.write_text(COMPOSE)
    program.chmod(0o755)
    found.own()
    yield found
    engine.clear()
    engine.remove_tags("souk")
    shutil.rmtree(found.home)
    emulated.stop()


def providers_for_containers(world: World) -> RunningServer:
    """Serve the emulated Telegram and chains under any host name; the world's own server only allows loopback."""
    app = Flask("providers")
    app.register_blueprint(world.sandbox.telegram.blueprint())
    app.register_blueprint(world.sandbox.chains.blueprint())
    return serve_in_thread(app)


@pytest.fixture
def shell(server: Server) -> Iterator[Callable[[Path], Shell]]:
    opened: list[Shell] = []

    def open_shell(folder: Path) -> Shell:
        user = ("/usr/bin/setpriv", f"--reuid={GROUP}", f"--regid={GROUP}", "--clear-groups")
        home = {"HOME": str(server.home), "PATH": f"{server.home}/bin:{os.environ['PATH']}"}
        opened.append(Shell(*user, cwd=folder, yours=YOURS, DOCKER_HOST=server.engine.host, **home))
        return opened[-1]

    yield open_shell
    for each in opened:
        each.leave()


def test_the_readmes_sandbox_answers_on_the_port_that_it_names(
    server: Server, shell: Callable[[Path], Shell]
) -> None:
    build, run = re.search(r"^With Docker: `(.+?) && (.+?)`", section("README.md", "Try it"), re.MULTILINE).groups()
    folder = server.clone("souk")
    first, second = shell(folder), shell(folder)
    first.type(build)
    assert run == SANDBOX
    another = SANDBOX.replace("127.0.0.1:8080", "127.0.0.1:8081")
    assert f"`-p {another.split()[4]}`" in section("docs/operate.md", "With Docker")
    for each, command, port in ((first, SANDBOX, 8080), (second, another, 8081)):
        each.begin(command)
        each.terminal.read("Souk sandbox: http://")
        page = server.engine.on_its_host("curl", "--silent", f"http://127.0.0.1:{port}/")
        assert "<title>Souk" in page
    for each in (first, second):
        each.terminal.press_ctrl_c()
        each.finish(codes=(0, 130))
    assert server.engine.docker("ps", "--all", "--quiet") == ""


def test_the_operate_page_leads_to_a_shop_and_through_its_table(
    server: Server, shell: Callable[[Path], Shell], world: World
) -> None:
    lines = commands(section("docs/operate.md", "With Docker"))
    folder, customer = server.clone("souk"), Chat(world.page.url, CUSTOMER)
    hurry(folder)
    typed = shell(folder)
    build, init, up, words, start, doctor, backup, forget, start_again, apply, upgrade, sandbox = lines
    typed.type(build)
    typed.begin(init)
    answer_as_owner(typed.terminal, world, OWNER)
    typed.finish()
    made = (folder / ".env").stat()
    assert (oct(made.st_mode)[-3:], made.st_uid) == ("600", GROUP)
    typed.type(up)
    customer.say("/start", first_name="Ada")
    customer.wait_text("Main menu")
    assert re.search(r"(\b[a-z]+ ){23}[a-z]+\b", typed.type(words, answers=[SHOW]))
    typed.type(start)
    healthy(server.engine)
    assert "FAILURE" not in typed.type(doctor, codes=WARNINGS)
    assert "opens only with the key of /data/souk.db" in typed.type(backup)
    assert f"{CUSTOMER} is forgotten" in typed.type(forget, answers=[SURE])
    typed.type(start_again)
    with (folder / ".env").open("a") as settings:
        settings.write("\nSUPPORT_LINK=https://t.me/changed\n")
    typed.type(apply)
    assert "t.me/changed" in typed.type("docker compose exec souk env")
    typed.type(upgrade)
    healthy(server.engine)
    customer.say("/start", first_name="Ada")
    customer.screen("Main menu")
    assert sandbox == SANDBOX


def hurry(folder: Path) -> None:
    """Have the engine do the health check of the compose file more often."""
    (folder / "docker-compose.override.yml").write_text(QUICK)


def healthy(engine: Engine) -> None:
    """Wait until the health check has told the engine that the shop is healthy."""

    def is_healthy() -> bool:
        return "(healthy)" in engine.docker("ps", "--format", "{{.Status}}")

    wait_for(is_healthy, "a healthy shop", longest_pause_s=0.5)


def open_shop(typed: Shell, world: World) -> Chat:
    """Start a first shop as the runbook does; return a customer who can see goods."""
    typed.follow(commands(section("docs/runbooks.md", "The first shop with Docker"))[:-4])
    owner, customer = Chat(world.page.url, OWNER), Chat(world.page.url, CUSTOMER)
    for each in (owner, customer):
        each.say("/start")
        each.screen()
    stock(owner, "KEY-1", "KEY-2")
    return customer


def check_first_shop(typed: Shell) -> None:
    """Follow the rest of the runbook for a first shop."""
    doctor, stop, words, start = commands(section("docs/runbooks.md", "The first shop with Docker"))[-4:]
    assert "FAILURE" not in typed.type(doctor, codes=WARNINGS)
    typed.type(stop)
    typed.type(words, answers=[SHOW])
    typed.type(start)


def sees_goods(customer: Chat) -> None:
    customer.say("/shop")
    customer.press("Keys", "Beacon")


def test_an_upgrade_works_and_can_be_rolled_back(
    server: Server, shell: Callable[[Path], Shell], world: World
) -> None:
    folder = server.clone("first")
    typed = shell(folder)
    customer = open_shop(typed, world)
    check_first_shop(typed)
    number = release_a_migration(server.origin)
    lines = commands(section("docs/runbooks.md", "Upgrade and back with Docker"))
    there, back = lines[: lines.index("docker compose stop souk")], lines[-6:]
    assert f"schema {number - 1}: the next start upgrades it" in "".join(typed.follow(there))
    sees_goods(customer)
    *reset, check, restore, up = back
    typed.follow(reset)
    assert "a newer" in typed.type(check, codes=(1, 2))
    assert "Products on hold: 1." in "".join(typed.follow([restore, up]))
    customer.say("/shop")
    customer.says("The shop is empty")


def test_after_theft_the_key_and_the_token_are_changed(
    server: Server, shell: Callable[[Path], Shell], world: World
) -> None:
    folder = server.clone("first")
    typed = shell(folder)
    customer = open_shop(typed, world)
    typed.follow(commands(section("docs/runbooks.md", "A stolen key with Docker")))
    files = typed.type("docker compose run --rm --entrypoint ls souk /keys")
    assert re.findall(r"souk\.db\S*", files) == ["souk.db.key"]
    sees_goods(customer)
    (folder / ".env").write_text(f"TOKEN={TOKEN}\nADMIN_ID_LIST={OWNER},2222222,12222222\n")
    typed.type("docker compose up -d")
    sees_goods(customer)
    stop, start = commands(section("docs/runbooks.md", "Runbooks"))[:3:2]
    steps = re.search(r"^```sh\n(.+?)^```", section("docs/runbooks.md", "A stolen Telegram account"), re.M | re.S)
    assert steps is not None
    typed.follow([stop, *steps[1].splitlines(), start])
    sees_goods(customer)
    owners = typed.type("docker compose exec -T souk printenv ADMIN_ID_LIST")
    assert re.findall(r"\d{7,}", owners) == [str(OWNER), "12222222"]


def test_a_shop_moves_and_a_backup_is_restored(server: Server, shell: Callable[[Path], Shell], world: World) -> None:
    old, new = server.clone("first"), server.clone("second")
    first, second = shell(old), shell(new)
    customer = open_shop(first, world)
    *pack, clean, remove = commands(section("docs/runbooks.md", "Move with Docker"))
    place = pack.index("docker compose build --quiet")
    first.follow(pack[:place])
    assert oct((old / "souk-move.tar.gz").stat().st_mode)[-3:] == "600"
    for name in ("souk-move.tar.gz", ".env"):
        shutil.copy(old / name, new)
    server.own()
    second.follow(pack[place:])
    sees_goods(customer)
    first.follow([clean, remove])
    assert [name for name in server.engine.docker("volume", "ls", "--quiet").split() if "first" in name] == []

    second.follow(
        [
            "docker compose exec souk python app.py backup --to /data/backup.db",
            "docker compose exec -T souk cat /data/backup.db > backup.db",
            "docker compose exec -T souk cat /keys/souk.db.key > souk.db.key",
            "docker compose down --volumes",
        ]
    )
    told = second.follow(commands(section("docs/runbooks.md", "Restore with Docker")))
    assert "All books agree." in "".join(told)
    assert "Products on hold: 1." in "".join(told)
    customer.say("/shop")
    customer.says("The shop is empty")


def test_a_server_that_is_gone_comes_back_from_its_off_site_copy_and_a_lost_key_means_a_new_shop(
    server: Server, shell: Callable[[Path], Shell], world: World
) -> None:
    old, new = server.clone("first"), server.clone("second")
    first, second = shell(old), shell(new)
    customer = open_shop(first, world)
    with (old / ".env").open("a") as settings:
        settings.write("BACKUP_FOLDER=/data/second\n")
    first.type("docker compose up -d")
    look = "docker compose exec -T souk ls /data/second"
    wait_for(
        lambda: re.search(r"^\d{8}T", first.type(look, codes=(0, 1, 2)), re.MULTILINE), "a copy", longest_pause_s=0.5
    )
    first.follow(
        [
            "docker compose stop souk",
            f"docker compose run --rm -T --entrypoint tar souk -c -C /data second | tar -x -C {new}",
            f"docker compose run --rm -T --entrypoint cat souk /keys/souk.db.key > {new}/souk.db.key",
            "docker compose down --volumes",
        ]
    )
    shutil.copy(old / ".env", new)
    server.own()
    told = "".join(second.follow(commands(section("docs/runbooks.md", "A server that is gone, with Docker"))))
    assert "All books agree." in told
    assert "Products on hold: 1." in told
    customer.say("/shop")
    customer.says("The shop is empty")

    stop, aside, start = commands(section("docs/runbooks.md", "A lost key with Docker"))
    second.type(stop)
    second.type("docker compose run --rm --entrypoint rm souk /keys/souk.db.key")
    assert "bring that file back" in second.type("docker compose run --rm souk doctor", codes=(2,))
    second.follow([aside, start])
    customer.say("/start", first_name="Ada")
    customer.screen("Main menu")
    assert re.findall(r"souk\.db\n", second.type("docker compose exec -T souk ls /data/lost"))
