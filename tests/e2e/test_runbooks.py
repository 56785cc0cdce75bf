"""The runbooks, literally: their commands are read from the page and run, in a clone, in an emulated world.

The lines "Stop the shop." and "Start the shop." are steps too. Placeholders on the page (token, ids) are replaced.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlcipher3

from locales import language_codes
from shop.settings.loading import load
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Customer, Product
from tests.e2e.clones import compile_all, git, give_bytecode, make_origin, release_a_migration
from tests.e2e.conftest import TOKEN, World, stock, world_of
from tests.e2e.driver import ROOT, Chat, Program
from tests.patience import DEADLINE_S, wait_for

PAGE = (ROOT / "docs/runbooks.md").read_text("utf-8")
OWNER, CUSTOMER = 1111111, 1001
YOURS = {"123456789:AA-your-token": TOKEN, "123456789:AA-your-new-token": TOKEN}
STEP = re.compile(
    r"^```sh\n(?P<commands>.*?)^```|(?:^|\. )(?P<deed>Stop|Start) the shop\.$", re.MULTILINE | re.DOTALL
)


def section(title: str) -> str:
    below = PAGE.partition(f"\n## {title}\n")[2]
    found = re.split(r"\n##+ ", below)[0]  # variants for Docker or systemd have their own headings
    assert found, title
    return found


@dataclass
class Machine:
    """A clone of Souk on some machine, and the shop that runs in it."""

    folder: Path
    world: World
    told: list[str] = field(default_factory=list)
    shop: Program | None = None

    def __post_init__(self) -> None:
        about = ("TOKEN", "ADMIN_ID_LIST", "DATABASE_PATH")
        theirs = {name: value for name, value in self.world.environ.items() if name not in about}
        self.environ = theirs | {"WEBAPP_PORT": "0"}
        self.customer = Chat(self.world.page.url, CUSTOMER)

    def follow(self, text: str) -> None:
        """Follow a part of the page, one step after another."""
        for step in STEP.finditer(text):
            if step["commands"]:
                self.run(step["commands"])
            elif step["deed"] == "Stop":
                self.stop()
            else:
                self.start()

    def run(self, commands: str) -> None:
        """Type commands of the page."""
        self.told.append(typed(commands, folder=self.folder, environ=self.environ))

    def start(self) -> None:
        """Start the shop as `make run` does, and wait until it answers."""
        self.shop = Program(cwd=self.folder, script=self.folder / "app.py", **self.environ)
        self.customer.say("/start", first_name="Ada")
        self.customer.screen()

    def stop(self) -> None:
        if self.shop is not None:
            code, errors = self.shop.stop()
            assert code == 0, errors
        self.shop = None

    @property
    def database(self) -> Path:
        return self.folder / "data/souk.db"


def typed(commands: str, *, folder: Path, environ: dict[str, str]) -> str:
    """Type commands of the page in a folder; return what they print."""
    for theirs, ours in YOURS.items():
        commands = commands.replace(theirs, ours)
    done = subprocess.run(
        ["sh", "-euc", commands],
        cwd=folder,
        env=environ | {"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Souk's repository with the files of this folder, and the bytecode of its modules."""
    source = tmp_path_factory.mktemp("release") / "origin"
    make_origin(source)
    compile_all(source)
    return source


def clone(release: Path, folder: Path) -> None:
    """Clone Souk on a new machine, with the libraries installed."""
    git("clone", "--quiet", str(release), str(folder), cwd=folder.parent)
    give_bytecode(release, folder)
    (folder / ".venv").symlink_to(sys.prefix)


@dataclass
class SetUp:
    """The folder of a shop that was set up and stopped, the state of its world, and what the commands printed."""

    folder: Path
    kept: Path
    told: list[str]


@pytest.fixture(scope="module")
def set_up(release: Path, tmp_path_factory: pytest.TempPathFactory) -> SetUp:
    """Set a shop up as the first runbook says, with a customer and goods, for each test to copy."""
    place = tmp_path_factory.mktemp("set-up")
    folder, kept = place / "first", place / "kept"
    clone(release, folder)
    kept.mkdir()
    with world_of(place, kept=kept) as world:
        first = Machine(folder, world)
        first.follow(section("The first shop"))
        owner = Chat(world.page.url, OWNER)
        owner.say("/start", first_name="Olga")
        stock(owner, "KEY-1", "KEY-2")
        first.stop()
    return SetUp(folder, kept, first.told)


@pytest.fixture
def world(set_up: SetUp, tmp_path: Path) -> Iterator[World]:
    """The world of that shop, as it was when the shop stopped."""
    with world_of(tmp_path, kept=shutil.copytree(set_up.kept, tmp_path / "kept")) as made:
        yield made


@pytest.fixture
def shop(set_up: SetUp, world: World, tmp_path: Path) -> Iterator[Machine]:
    """A copy of that shop, stopped."""
    copy = Machine(tmp_path / "first", world)
    subprocess.run(["cp", "-a", str(set_up.folder), str(copy.folder)], check=True)
    yield copy
    copy.stop()


@pytest.fixture
def second(release: Path, world: World, tmp_path: Path) -> Iterator[Machine]:
    """Another machine with a fresh clone."""
    machine = Machine(tmp_path / "second", world)
    clone(release, machine.folder)
    yield machine
    machine.stop()


def key_of(machine: Machine) -> DatabaseKey:
    return DatabaseKey(bytes.fromhex((machine.folder / "keys/souk.db.key").read_text().strip()))


def test_the_first_shop_is_set_up_and_the_doctor_finds_nothing_wrong(set_up: SetUp) -> None:
    assert (set_up.folder / ".env").read_text().startswith("ADMIN_ID_LIST=1111111\nCURRENCY=EUR\n")
    assert "FAILURE" not in "".join(set_up.told)
    assert re.fullmatch(r"[0-9a-f]{64}\n", set_up.told[-1])


def test_an_upgrade_works_and_can_be_rolled_back(shop: Machine, release: Path, tmp_path: Path) -> None:
    there, back = section("Upgrade and back").split("**Going back.**")
    origin = shutil.copytree(release, tmp_path / "origin", ignore=shutil.ignore_patterns("__pycache__"))
    git("remote", "set-url", "origin", str(origin), cwd=shop.folder)
    number = release_a_migration(origin)
    shop.start()
    shop.follow(there)
    assert f"schema {number - 1}: the next start upgrades it" in "".join(shop.told)
    assert Path(f"{shop.database}.before-{number:04}").exists()
    shop.follow(back)
    assert not (shop.folder / f"storage/migrations/{number:04}_later.sql").exists()
    assert len(list(shop.database.parent.glob("souk.db.aside-*/souk.db"))) == 1
    shop.customer.say("/shop")
    shop.customer.says("The shop is empty")


def test_a_shop_moves_to_another_server(shop: Machine, second: Machine) -> None:
    old, new = section("Move to another server").split("Copy `souk-move.tar.gz`")
    shop.follow(old)
    shutil.copy(shop.folder / "souk-move.tar.gz", second.folder)
    second.follow(new)
    second.customer.say("/shop")
    second.customer.press("Keys", "Beacon")


def test_a_backup_is_restored_and_products_for_sale_are_hidden(shop: Machine) -> None:
    shop.run(".venv/bin/python app.py backup --to backup.db; cp keys/souk.db.key .")
    deletions = shop.database.with_name("souk.db.deletions")
    deletions.write_text("deleted 0000000000000001 1\n")
    shop.follow(section("Restore a backup"))
    assert "All books agree." in shop.told[-1]
    assert deletions.exists(), "people who were deleted stay deleted"
    shop.stop()
    database = Database(shop.database, key_of(shop))
    database.open()
    assert [row.hidden for row in Product.select()] == [True]
    assert Customer.select().count() == 2
    database.close()


def test_a_lost_server_is_replaced_from_the_off_site_copy(shop: Machine, second: Machine) -> None:
    place = shop.folder.parent / "kept-elsewhere"
    shop.environ["BACKUP_FOLDER"] = str(place)
    shop.start()
    wait_for_pages(place)
    assert shop.shop is not None
    shop.shop.process.kill()
    shop.shop.process.communicate()
    shop.shop = None
    shutil.copytree(place, second.folder / "second")
    for name in (".env", "keys/souk.db.key"):
        shutil.copy(shop.folder / name, second.folder)
    second.follow(section("A server that is gone"))
    assert "2 customers" in "".join(second.told)


def wait_for_pages(place: Path) -> None:
    wait_for(lambda: list(place.glob("*.pages")), "the first pages")


def test_after_a_lost_key_the_shop_starts_from_scratch(shop: Machine) -> None:
    (shop.folder / "keys/souk.db.key").unlink()
    shop.follow(section("A lost key"))
    assert shop.database.exists()
    assert (shop.folder / "data-lost/souk.db").exists()


def test_a_stolen_key_no_longer_opens_anything(shop: Machine) -> None:
    stolen = key_of(shop)
    shop.follow(section("A stolen key"))
    assert not (shop.folder / "keys/souk.db.key.old").exists()
    for path in (shop.database, shop.folder / "after.db"):
        connection = sqlcipher3.connect(str(path))
        connection.execute(f"PRAGMA key = \"x'{stolen.raw.hex()}'\"")
        with pytest.raises(sqlcipher3.DatabaseError):
            connection.execute("SELECT count(*) FROM sqlite_master")
        connection.close()


def test_a_lost_phone_and_a_leaked_token_are_fixed_by_a_restart(shop: Machine) -> None:
    shop.follow(section("A lost phone"))
    shop.follow(section("A leaked token"))
    assert f"TOKEN={TOKEN}\n" in (shop.folder / ".env").read_text()


def test_after_a_ban_the_new_bot_knows_the_customers(shop: Machine) -> None:
    text = section("A bot that was banned")
    commands = text.replace("987654321:AA-token-of-the-new-bot", TOKEN)
    assert commands != text
    shop.follow(commands)
    shop.stop()
    database = Database(shop.database, key_of(shop))
    database.open()
    assert Customer.select().count() == 2
    database.close()


def test_after_a_break_in_the_restored_shop_has_a_new_key(shop: Machine) -> None:
    before = key_of(shop).raw
    shop.follow(section("A server that was broken into"))
    assert key_of(shop).raw != before


def test_an_owner_whose_account_was_stolen_is_removed(shop: Machine) -> None:
    env = shop.folder / ".env"
    env.write_text(env.read_text().replace("ADMIN_ID_LIST=1111111", "ADMIN_ID_LIST='2222222, 1111111'"))
    shop.follow(section("A stolen Telegram account"))
    assert owners_in(env) == (OWNER,)


@pytest.mark.parametrize(
    ("owners", "left"),
    [
        ("1111111,2222222", (OWNER,)),
        ("'2222222, 1111111'", (OWNER,)),
        ("'1111111, 2222222, 3'", (OWNER, 3)),
        ("2222222,1111111", (OWNER,)),
    ],
)
def test_a_stolen_account_is_removed_wherever_it_stands(tmp_path: Path, owners: str, left: tuple[int, ...]) -> None:
    env = tmp_path / ".env"
    env.write_text(f"TOKEN={TOKEN}\nADMIN_ID_LIST={owners}\n")
    for step in STEP.finditer(section("A stolen Telegram account")):
        if step["commands"]:
            typed(step["commands"], folder=tmp_path, environ={})
    assert owners_in(env) == left


def owners_in(env: Path) -> tuple[int, ...]:
    """Read the owners as the shop does."""
    return tuple(load({}, env, languages=language_codes()).admin_id_list)


def test_the_runbook_for_docker_names_commands_that_exist() -> None:
    text = section("The first shop with Docker")
    assert "docker compose up -d" in text
    services = (ROOT / "docker-compose.yml").read_text()
    named = re.findall(r"docker compose (?:exec|run|stop|start)(?: --rm)?(?: -it)? (\w+)", text)
    assert set(named) == {"souk"}
    assert "  souk:" in services


def test_every_section_with_commands_is_followed_by_a_test() -> None:
    """Blocks of `sh` are followed here; those for Docker and systemd are typed in tests of their own."""
    here = set(re.findall(r'section\("([^"]+)"\)', Path(__file__).read_text("utf-8")))
    apart = "".join(file.read_text("utf-8") for file in sorted((ROOT / "tests/container").glob("test_*_pages.py")))
    there = set(re.findall(r'(?:section\("docs/runbooks\.md", |runbook\(\w+, )"([^"]+)"\)', apart))
    sections = [part.partition("\n") for part in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]]
    blocks = {
        (title, kind) for title, _, text in sections for kind in re.findall(r"^```(\w*)\n.+?^```", text, re.M | re.S)
    }
    assert blocks
    assert {(title, kind) for title, kind in blocks if title not in {"sh": here, "": there}.get(kind, set())} == set()
