"""The README, literally, on a machine with only Python and make: every command that it shows works."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.container.conftest import answer_as_owner
from tests.container.engine import BASE, OF_THIS_MACHINE, REQUIRED, Image, missing
from tests.e2e.clones import IGNORED
from tests.e2e.conftest import World
from tests.e2e.driver import ROOT, Chat
from tests.e2e.terminal import Terminal
from tests.patience import DEADLINE_S

pytestmark = [
    pytest.mark.xdist_group("fresh-clone"),
    pytest.mark.skipif(not REQUIRED, reason="installs every library anew"),
]
TYPED = re.findall(r"^```sh\n(.*?)\n```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
OWNER = 77
USER = 1000


@dataclass(frozen=True, slots=True)
class Machine:
    """A root file system with Python and make, for an ordinary user. It shares this machine's network."""

    root: Path

    @property
    def clone(self) -> Path:
        return self.root / "home/newcomer/souk"

    def type(self, command: str, **environ: str) -> Terminal:
        """Type a command in the clone."""
        inside = f"cd {Path('/', self.clone.relative_to(self.root))} && {command}"
        enter = f"mount -t proc proc {self.root}/proc && mount --rbind /dev {self.root}/dev && exec chroot"
        shell = f"{enter} --userspec={USER}:{USER} {self.root} sh -c {shlex.quote(inside)}"
        home = {"HOME": "/home/newcomer", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
        return Terminal(
            "--mount", "--", "sh", "-c", shell, cwd=self.root, program="/usr/bin/unshare", **home | environ
        )


@pytest.fixture
def machine() -> Iterator[Machine]:
    assert not missing()
    base = Image(BASE)
    found = Machine(base.root)
    make = shutil.which("make")
    assert make is not None
    shutil.copy(make, base.root / "usr/bin/make")
    for each in OF_THIS_MACHINE:
        if Path(each).is_dir():
            shutil.copytree(each, base.root / each[1:], dirs_exist_ok=True)
        elif Path(each).exists():
            shutil.copy(each, base.root / each[1:])
    shutil.copytree(ROOT, found.clone, ignore=IGNORED)
    for path in (found.clone.parent, *found.clone.parent.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)
    yield found
    base.remove()


@pytest.fixture
def stopped() -> Iterator[list[Terminal]]:
    """Terminals that are interrupted at the end, as if by Ctrl-C."""
    terminals: list[Terminal] = []
    yield terminals
    for each in terminals:
        if each.process.poll() is None:
            each.interrupt()


def test_the_commands_of_the_readme_lead_to_a_sandbox_and_to_a_shop(
    world: World, machine: Machine, stopped: list[Terminal]
) -> None:
    assert TYPED == ["make run", "make init", "make run"]
    there = {"WEBAPP_PORT": "0", "PYTHONUNBUFFERED": "1"}
    sandbox = machine.type("make run", **there)
    stopped.append(sandbox)
    sandbox.read("Installing the libraries, about a minute, only this time:")
    sandbox.read("Souk sandbox: http://", deadline_s=10 * DEADLINE_S)  # libraries are downloaded and unpacked
    address = "http://" + re.sub(r"\s.*", "", sandbox.read("/\n"))
    assert requests.get(address, timeout=DEADLINE_S).status_code == 200
    sandbox.interrupt()
    assert "Traceback" not in sandbox.text

    servers = {name: value for name, value in world.environ.items() if name.endswith(("_URL", "_URLS"))}
    asked = machine.type("make init", **servers | there)
    stopped.append(asked)
    answer_as_owner(asked, world, OWNER)
    words = dict(re.findall(r"(\d+) ([a-z]+)", asked.read("Press Enter").partition("on paper:")[2]))
    asked.type("")
    for _ in range(3):
        asked.read("Word ")
        asked.type(words[asked.read(":")[:-1]])
    asked.read("Correct.")
    assert asked.end() == 0

    shop = machine.type("make run", **servers | there)
    stopped.append(shop)
    owner = Chat(world.page.url, OWNER)
    owner.button("Admin")
    shop.interrupt()
    assert "Traceback" not in shop.text
    assert (machine.clone / "keys/souk.db.key").exists()
