"""The systemd commands of the operate and runbooks pages, typed literally on a machine booted by systemd."""

import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.container.booted import Booted, lacking
from tests.container.engine import FOLDER, REQUIRED
from tests.container.pages import Shell, commands, section
from tests.e2e.clones import compile_all, git, make_origin, release_a_migration
from tests.e2e.conftest import TOKEN, World, stock
from tests.e2e.driver import Chat
from tests.patience import DEADLINE_S, wait_for

pytestmark = pytest.mark.xdist_group("systemd")
OWNER, CUSTOMER = 1111111, 1001
SHOW = ("Show them now?", "y")
SURE = ("Forget this person now?", "y")
WARNINGS = (0, 1)
SETTINGS = "/etc/souk/settings"
DYNAMIC_USERS = (61_184, 65_519)
"""Ids of users that systemd creates temporarily (systemd.exec(5), DynamicUser)."""
QUICK = "[Service]\\nWatchdogSec=3\\nRestartSec=1\\n"


@dataclass(frozen=True, slots=True)
class Project:
    """A repository, and a clone of it that machines see as /opt/souk; its libraries are installed only once."""

    origin: Path
    clone: Path


@dataclass(frozen=True, slots=True)
class Machine:
    """A booted machine, with a shell on it."""

    booted: Booted
    shell: Shell
    port: int


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    if (reason := lacking()) and not REQUIRED:
        pytest.skip(reason)
    assert not reason
    home = Path(tempfile.mkdtemp(prefix="souk-systemd-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    made = Project(home / "origin", home / "souk")
    make_origin(made.origin)
    git("clone", "--quiet", str(made.origin), str(made.clone), cwd=home)
    git("remote", "set-url", "origin", "/srv/origin", cwd=made.clone)
    compile_all(made.clone)  # the unit lets no start write bytecode, so that each would compile everything again
    yield made
    shutil.rmtree(home)


@pytest.fixture
def machines(project: Project, world: World) -> Iterator[list[Machine]]:
    """The running machines; those that a test booted are turned off before the next test."""
    running: list[Machine] = []
    yield running
    for each in running:
        turn_off(each)


def boot(project: Project, machines: list[Machine]) -> Machine:
    """Turn on a machine with the clone as its /opt/souk."""
    cache = FOLDER / "pip"
    cache.mkdir(exist_ok=True)
    booted = Booted(opt__souk=project.clone, srv__origin=project.origin, **{"root__.cache": cache})
    yours = {f"123456789:AA-your-{which}": TOKEN for which in ("token", "new-token")}
    yours["forget ID"] = f"forget {CUSTOMER}"
    machines.append(Machine(booted, Shell(*booted.enter, cwd=Path("/"), yours=yours), free_port()))
    return machines[-1]


def turn_off(machine: Machine) -> None:
    machine.shell.leave()
    machine.booted.cut_power()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def install(machine: Machine, world: World) -> None:
    """Follow the page up to the first start, after adding the settings of the emulated world."""
    machine.shell.type(prepare(machine, world))
    healthy(machine)


def prepare(machine: Machine, world: World) -> str:
    """Follow the page up to copying the unit, and add the settings of the emulated world; return the next line."""
    lines = commands(section("docs/operate.md", "With systemd"))
    first_start = lines.index("sudo systemctl enable --now souk")
    machine.shell.follow(lines[:first_start])
    mine = ("TOKEN", "ADMIN_ID_LIST", "DATABASE_PATH")
    told = {name: value for name, value in world.environ.items() if name not in mine}
    told |= {"CONSENT": "never", "WEBAPP_PORT": str(machine.port)}
    further = "".join(f'{name}="{value}"\n' for name, value in told.items())
    assert machine.booted.run("sh", "-c", f"printf '%s' '{further}' >> {SETTINGS}")[0] == 0
    return lines[first_start]


def healthy(machine: Machine) -> None:
    """Wait until the unit is active and the shop's health page says that it is healthy."""

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{machine.port}/healthz", timeout=DEADLINE_S).ok
        except requests.ConnectionError:
            return False

    wait_for(lambda: machine.booted.ask("souk", "ActiveState") == "active", "an active unit", longest_pause_s=0.2)
    wait_for(answers, "a healthy shop")


def process_of(machine: Machine) -> str:
    return machine.booted.ask("souk", "MainPID")


def restarted(machine: Machine, before: str) -> None:
    """Wait until systemd has started the shop again."""
    wait_for(lambda: process_of(machine) not in ("0", before), "another process", longest_pause_s=0.2)
    healthy(machine)


def hurry(machine: Machine) -> None:
    """Shorten systemd's timeouts with a drop-in."""
    place = "/etc/systemd/system/souk.service.d"
    put = f"mkdir {place} && printf '{QUICK}' > {place}/quick.conf"
    assert machine.booted.run("sh", "-c", f"{put} && systemctl daemon-reload && systemctl restart souk")[0] == 0
    healthy(machine)


def send(machine: Machine, signal: str) -> None:
    """Send the shop's process a signal, as anyone else might."""
    assert machine.booted.run("systemctl", "kill", "--kill-who=main", f"--signal={signal}", "souk")[0] == 0


def sign_of_life(machine: Machine) -> str:
    return machine.booted.ask("souk", "WatchdogTimestampMonotonic")


def greeted(world: World, person: int) -> Chat:
    chat = Chat(world.page.url, person)
    chat.say("/start", first_name="Ada")
    chat.screen("Main menu")
    return chat


def sees_goods(customer: Chat) -> None:
    customer.say("/shop")
    customer.press("Keys", "Beacon")


def test_the_page_leads_to_a_shop_that_systemd_watches(
    project: Project, machines: list[Machine], world: World
) -> None:
    machine = boot(project, machines)
    install(machine, world)
    hurry(machine)
    customer, pid = greeted(world, CUSTOMER), process_of(machine)
    status = machine.booted.run("cat", f"/proc/{pid}/status")[1]
    user = int(re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE).group(1))
    assert DYNAMIC_USERS[0] <= user <= DYNAMIC_USERS[1]
    environ = machine.booted.run("cat", f"/proc/{pid}/environ")[1].split("\0")
    assert "TOKEN_FILE=/run/credentials/souk.service/token" in environ
    assert TOKEN not in "".join(environ)

    send(machine, "KILL")
    restarted(machine, pid)
    customer.say("/start")
    customer.screen("Main menu")

    for _ in range(2):
        heard = sign_of_life(machine)
        wait_for(lambda heard=heard: sign_of_life(machine) != heard, "a sign of life", longest_pause_s=0.2)
    pid = process_of(machine)
    send(machine, "STOP")
    restarted(machine, pid)
    assert "Watchdog timeout" in machine.booted.run("journalctl", "--unit=souk", "--no-pager")[1]

    machine.shell.type("sudo systemctl stop souk")
    assert machine.booted.ask("souk", "ActiveState") == "inactive"
    assert machine.booted.ask("souk", "Result") == "success"


def test_the_table_of_commands_is_true(project: Project, machines: list[Machine], world: World) -> None:
    machine = boot(project, machines)
    install(machine, world)
    greeted(world, CUSTOMER)
    lines = commands(section("docs/operate.md", "With systemd"))
    restart, words, start, doctor, backup, forget, start_again, log, upgrade = lines[
        lines.index("sudo systemctl enable --now souk") + 1 :
    ]
    machine.shell.type(restart)
    assert re.search(r"(\b[a-z]+ ){23}[a-z]+\b", machine.shell.type(words, answers=[SHOW]))
    machine.shell.type(start)
    told = machine.shell.type(doctor, codes=WARNINGS)
    assert "FAILURE" not in told
    assert "/var/lib/souk" in told
    assert "opens only with the key of /var/lib/souk/souk.db" in machine.shell.type(backup)
    assert f"{CUSTOMER} is forgotten" in machine.shell.type(forget, answers=[SURE])
    machine.shell.type(start_again)
    assert "Started" in machine.shell.type(f"{log} | cat")
    machine.shell.type(upgrade)
    healthy(machine)
    greeted(world, CUSTOMER)


def test_an_upgrade_works_and_can_be_rolled_back(project: Project, machines: list[Machine], world: World) -> None:
    machine = boot(project, machines)
    install(machine, world)
    customer = open_shop(world)
    number = release_a_migration(project.origin)
    lines = commands(section("docs/runbooks.md", "Upgrade and back with systemd"))
    back = lines.index("sudo systemctl stop souk")
    assert f"schema {number - 1}: the next start upgrades it" in "".join(machine.shell.follow(lines[:back]))
    sees_goods(customer)
    *reset, check, restore, start = lines[back:]
    machine.shell.follow(reset)
    assert "a newer" in machine.shell.type(check, codes=(1, 2))
    assert "Products on hold: 1." in "".join(machine.shell.follow([restore, start]))
    healthy(machine)
    customer.say("/shop")
    customer.says("The shop is empty")


def open_shop(world: World) -> Chat:
    """Add goods to a running shop; return a customer of it."""
    owner = greeted(world, OWNER)
    stock(owner, "KEY-1", "KEY-2")
    return greeted(world, CUSTOMER)


def test_a_shop_moves_and_a_backup_is_restored(project: Project, machines: list[Machine], world: World) -> None:
    old = boot(project, machines)
    install(old, world)
    customer = open_shop(world)
    lines = commands(section("docs/runbooks.md", "Move with systemd"))
    there, remove = lines.index("cd /opt/souk", 1), lines[-1]
    old.shell.follow(lines[:there])
    packed = project.clone / "souk-move.tar.gz"
    assert oct(packed.stat().st_mode)[-3:] == "600"
    new = boot(project, machines)
    new.shell.follow(lines[there:-1])
    sees_goods(customer)
    old.shell.type(remove)
    assert not packed.exists()

    new.shell.follow(
        [
            "sudo ./as-service backup --to /var/lib/souk/taken.db",
            "sudo mv /var/lib/souk/taken.db backup.db",
            "sudo cp /var/lib/souk-keys/souk.db.key .",
            "sudo systemctl stop souk",
            "sudo rm -r /var/lib/private/souk /var/lib/private/souk-keys /var/lib/souk /var/lib/souk-keys",
        ]
    )
    told = new.shell.follow(commands(section("docs/runbooks.md", "Restore with systemd")))
    assert "All books agree." in "".join(told)
    assert "Products on hold: 1." in "".join(told)
    customer.say("/shop")
    customer.says("The shop is empty")


def runbook(machine: Machine, title: str) -> str:
    """Follow a section of the runbooks; return what it showed."""
    shown = "".join(machine.shell.follow(commands(section("docs/runbooks.md", title))))
    healthy(machine)
    return shown


def test_after_theft_the_key_the_token_and_an_account_are_changed(
    project: Project, machines: list[Machine], world: World
) -> None:
    machine = boot(project, machines)
    install(machine, world)
    customer = open_shop(world)
    runbook(machine, "A stolen key with systemd")
    assert machine.booted.run("ls", "-A", "/var/lib/souk-keys")[1] == "souk.db.key"
    sees_goods(customer)
    machine.shell.type("sudo rm /etc/souk/token")
    runbook(machine, "A leaked token with systemd")
    assert machine.booted.run("stat", "--format=%a %U", "/etc/souk/token")[1] == "600 root"
    sees_goods(customer)
    machine.shell.type(f"sudo sed -i 's/{OWNER}/2222222, {OWNER},12222222/' {SETTINGS}")
    runbook(machine, "A stolen Telegram account with systemd")
    owners = machine.booted.run("grep", "ADMIN_ID_LIST", SETTINGS)[1]
    assert re.findall(r"\d+", owners) == [str(OWNER), "12222222"]
    sees_goods(customer)


def test_a_server_that_is_gone_comes_back_from_its_off_site_copy_and_a_lost_key_means_a_new_shop(
    project: Project, machines: list[Machine], world: World
) -> None:
    old = boot(project, machines)
    install(old, world)
    customer = open_shop(world)
    setting = re.search(r"^echo 'BACKUP_FOLDER=.*", section("docs/backups.md", "An off-site copy"), re.MULTILINE)
    assert setting is not None
    old.shell.follow([setting[0], "sudo systemctl restart souk"])
    wait_for(lambda: old.booted.run("ls", "-A", "/var/lib/souk/second")[1], "a copy")
    old.shell.follow(["sudo systemctl stop souk", "sudo cp -r /var/lib/souk/second /var/lib/souk-keys/souk.db.key ."])
    new = boot(project, machines)
    prepare(new, world)
    told = runbook(new, "A server that is gone, with systemd")
    assert "All books agree." in told
    assert "Products on hold: 1." in told
    customer.say("/shop")
    customer.says("The shop is empty")

    new.shell.type("sudo rm /var/lib/souk-keys/souk.db.key")
    assert "bring that file back" in new.shell.type("sudo ./as-service doctor", codes=(2,))
    runbook(new, "A lost key with systemd")
    greeted(world, CUSTOMER)
    assert "souk.db" in new.booted.run("ls", "/var/lib/souk/lost")[1].split()
