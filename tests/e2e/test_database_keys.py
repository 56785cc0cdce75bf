"""The database key, as operators bring it, change it and lose it: no command loses a key that may open something."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from storage.database import Database
from storage.inspection import inspect
from storage.keys import DatabaseKey, database_key, new_key_file
from storage.models import Customer
from tests.e2e.conftest import TOKEN
from tests.e2e.driver import ROOT, run

SETTINGS = {"TOKEN": TOKEN, "ADMIN_ID_LIST": "1"}
CUSTOMERS = 3


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder of a stopped shop with customers, a backup, and a copy of its key."""
    make_shop(tmp_path)
    with inspect(tmp_path / "data/souk.db", key_in(tmp_path / "keys/souk.db.key")) as found:
        found.copy(tmp_path / "backup.db")
    shutil.copy(tmp_path / "keys/souk.db.key", tmp_path / "souk.db.key")
    return tmp_path


def make_shop(folder: Path) -> None:
    path = folder / "data/souk.db"
    database = Database(path, database_key(path, folder=folder / "keys"))
    database.open()
    with database.transaction():
        for number in range(CUSTOMERS):
            Customer.create(telegram_id=1000 + number, bot_id=1, first_name="Ada", language="en", created_at=0)
    database.close()


def key_in(file: Path) -> DatabaseKey:
    return DatabaseKey(bytes.fromhex(file.read_text().strip()))


def customers(path: Path, key: DatabaseKey) -> int:
    """Read the whole file and count its customers."""
    with inspect(path, key) as found:
        assert found.damage() == []
        return len(found.customers_of(tuple(range(1000, 1000 + CUSTOMERS))))


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@contextmanager
def reading(path: Path, key: DatabaseKey) -> Iterator[None]:
    """Read the file in another process, as `backup` does while it copies."""
    script = (
        "import sys; from pathlib import Path\n"
        "from storage.inspection import inspect; from storage.keys import DatabaseKey\n"
        "with inspect(Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2]))) as found:\n"
        "    found._connection.execute('BEGIN')\n"
        "    found.schema, print('reading', flush=True), sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path), key.raw.hex()],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout.readline() == "reading\n"
        yield
        reader.stdin.close()


class Commands:
    """Runs commands, which can be killed in the middle, as children of one process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *arguments: str, cwd: Path, killed_at: int | None = None) -> tuple[int, str]:
        """Run a command; return its exit code and its errors."""
        print(json.dumps([str(cwd), killed_at, arguments]), file=self._process.stdin, flush=True)
        code, errors = json.loads(self._process.stdout.readline())
        assert "Traceback" not in errors, errors
        return code, errors

    def cut_short(self, step: int, *arguments: str, cwd: Path) -> bool:
        """Kill a command before it renames, links or removes the file with this number; return whether it was."""
        code, errors = self.run(*arguments, cwd=cwd, killed_at=step)
        assert code in (0, -signal.SIGKILL), errors
        return code != 0


@pytest.fixture
def typed() -> Iterator[Commands]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.cutting"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | SETTINGS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Commands(process)
        process.stdin.close()


def unfinished(here: Path) -> None:
    """Leave the shop as a change of its key that was killed before it renamed the key files."""
    path, folder = here / "data/souk.db", here / "keys"
    database = Database(path, key_in(folder / "souk.db.key"))
    database.open()
    database.rekey(new_key_file(path, folder)[0])
    database.close()


@pytest.mark.parametrize("folder", ["new keys", ""])
def test_a_backup_is_restored_onto_empty_folders_with_its_key_beside_it(here: Path, folder: str) -> None:
    data, brought = here / "new data", here / ("new data" if folder else ".")
    data.mkdir()
    (here / "new keys").mkdir()
    for name in ("backup.db", "souk.db.key"):
        (here / name).rename(brought / name)
    environ = SETTINGS | {"DATABASE_PATH": "new data/souk.db", "KEY_FOLDER": folder}
    arguments = (str(brought / "backup.db"), "--key", str(brought / "souk.db.key"))
    code, _, errors = run("restore", *arguments, cwd=here, **environ)
    assert code == 0, errors
    for name in ("backup.db", "souk.db.key"):
        (brought / name).unlink()
    assert names(data) == ["souk.db", *([] if folder else ["souk.db.key"]), "souk.db.lock"]
    code, told, errors = run("version", "--check", cwd=here, **environ)
    assert (code, "has this schema" in told) == (0, True), errors


def test_a_key_that_does_not_open_the_backup_is_not_installed(here: Path) -> None:
    shutil.rmtree(here / "data")
    shutil.rmtree(here / "keys")
    (here / "wrong.key").write_text("11" * 32)
    code, _, errors = run("restore", "backup.db", "--key", "wrong.key", cwd=here, **SETTINGS)
    assert (code, "does not open with this key" in errors) == (1, True)
    assert not (here / "keys").exists()
    code, _, errors = run("restore", "backup.db", "--key", "souk.db.key", cwd=here, **SETTINGS)
    assert code == 0, errors
    assert customers(here / "data/souk.db", key_in(here / "keys/souk.db.key")) == CUSTOMERS


def test_the_key_of_a_database_that_is_set_aside_is_kept(here: Path) -> None:
    assert run("rekey", cwd=here, **SETTINGS)[0] == 0
    key = key_in(here / "keys/souk.db.key")
    arguments = ("restore", "backup.db", "--key", "souk.db.key", "--set-aside")
    code, told, errors = run(*arguments, cwd=here, **SETTINGS)
    assert (code, "keys/souk.db.key.old-2" in told) == (0, True), errors
    assert key_in(here / "keys/souk.db.key.old-2").raw == key.raw
    aside = next((here / "data").glob("souk.db.aside-*")) / "souk.db"
    assert customers(aside, key) == CUSTOMERS
    assert customers(here / "data/souk.db", key_in(here / "souk.db.key")) == CUSTOMERS


def test_another_key_in_the_place_of_the_restored_one_is_kept(here: Path) -> None:
    shutil.rmtree(here / "data")
    key, old = here / "keys/souk.db.key", here / "keys/souk.db.key.old"
    key.write_text("11" * 32)
    old.write_text("22" * 32)
    code, told, errors = run("restore", "backup.db", "--key", "souk.db.key", cwd=here, **SETTINGS)
    assert code == 0, errors
    assert "keys/souk.db.key.old-2" in told
    assert [key_in(each).raw[0] for each in (old, here / "keys/souk.db.key.old-2")] == [0x22, 0x11]
    assert customers(here / "data/souk.db", key_in(key)) == CUSTOMERS
    shutil.rmtree(here / "data")
    code, told, _ = run("restore", "backup.db", "--key", "souk.db.key", cwd=here, **SETTINGS)
    assert (code, "souk.db.key.old" in told) == (0, False)
    assert len(names(here / "keys")) == 3


def test_a_brought_key_is_never_ignored(here: Path) -> None:
    shutil.rmtree(here / "data")
    environ = SETTINGS | {"DB_KEY": "11" * 32}
    code, _, errors = run("restore", "backup.db", "--key", "souk.db.key", cwd=here, **environ)
    assert (code, "DB_KEY is set" in errors) == (2, True)
    assert names(here / "keys") == ["souk.db.key"]
    assert run("verify", "backup.db", "--key", "souk.db.key", cwd=here, **environ)[0] == 0


@pytest.mark.parametrize("command", ["restore", "verify"])
def test_a_file_that_is_no_key_is_named(here: Path, command: str) -> None:
    shutil.rmtree(here / "data")
    code, _, errors = run(command, "backup.db", "--key", "souk.db.kye", cwd=here, **SETTINGS)
    assert (code, errors) == (1, "souk.db.kye cannot be read (No such file or directory).\n")
    code, _, errors = run(command, "backup.db", "--key", "souk.db.key", cwd=here, **SETTINGS | {"DB_PASS": "x"})
    assert (code, errors) == (
        1,
        "souk.db.key is not the salt of a passphrase: it must be 32 hexadecimal digits.\n",
    )


def test_a_change_of_key_that_was_cut_short_is_finished_from_every_step(tmp_path: Path, typed: Commands) -> None:
    make_shop(tmp_path / "first")
    for step in count():
        here = shutil.copytree(tmp_path / "first", tmp_path / str(step))
        key_file = here / "keys/souk.db.key"
        old = key_in(key_file)
        was_cut = typed.cut_short(step, "rekey", cwd=here)
        if was_cut:
            code, errors = typed.run("version", "--check", cwd=here)
            assert code == 0 or "`rekey`" in errors, errors
            assert typed.run("rekey", cwd=here)[0] == 0
        assert names(here / "data") == ["souk.db", "souk.db.lock"]
        assert names(here / "keys") == ["souk.db.key", "souk.db.key.old"]
        assert key_in(key_file).raw != old.raw == key_in(here / "keys/souk.db.key.old").raw
        assert customers(here / "data/souk.db", key_in(key_file)) == CUSTOMERS
        if not was_cut:
            break
    assert step > 5


def test_a_shop_whose_change_of_key_was_cut_short_also_goes_on_with_its_old_key(
    tmp_path: Path, typed: Commands
) -> None:
    make_shop(tmp_path / "first")
    for step in count():
        here = shutil.copytree(tmp_path / "first", tmp_path / str(step))
        assert typed.cut_short(step, "rekey", cwd=here)
        code, errors = typed.run("reset-totp", "1", cwd=here)
        assert code == 1
        if "has no two-factor" not in errors:
            break
        assert "souk.db.before-rekey" not in names(here / "data")
        assert customers(here / "data/souk.db", key_in(here / "keys/souk.db.key")) == CUSTOMERS
    assert "`rekey` finishes it" in errors
    assert step > 2


def test_the_only_key_of_a_database_that_was_moved_away_is_kept(here: Path) -> None:
    unfinished(here)
    new = here / "keys/souk.db.key.new"
    key = key_in(new)
    code, _, errors = run("version", "--check", cwd=here, **SETTINGS)
    assert (code, "`rekey` finishes it" in errors) == (1, True)
    (here / "data").rename(here / "data-before")
    code, _, errors = run("rekey", cwd=here, **SETTINGS)
    assert (code, "no database" in errors) == (1, True)
    code, _, errors = run("restore", "backup.db", "--key", "souk.db.key", cwd=here, **SETTINGS)
    assert (code, str(new.relative_to(here)) in errors, "`rekey`" in errors) == (1, True, True)
    (here / "keys/souk.db.key").rename(here / "keys/souk.db.key.old")
    for arguments in (("serve",), ("restore", "backup.db", "--key", "souk.db.key")):
        code, _, errors = run(*arguments, cwd=here, **SETTINGS)
        assert (code, str(new.relative_to(here)) in errors, "`rekey`" in errors) == (1, True, True)
        assert names(here / "keys") == ["souk.db.key.new", "souk.db.key.old"]
        assert not (here / "data/souk.db").exists()
    shutil.rmtree(here / "data")
    (here / "data-before").rename(here / "data")
    code, _, errors = run("version", "--check", cwd=here, **SETTINGS)
    assert (code, "`rekey` finishes it" in errors) == (1, True)
    assert run("rekey", cwd=here, **SETTINGS)[0] == 0
    assert key_in(here / "keys/souk.db.key").raw == key.raw
    assert customers(here / "data/souk.db", key) == CUSTOMERS


def test_a_shop_whose_database_is_gone_starts_again_once_the_new_key_is_renamed(here: Path) -> None:
    unfinished(here)
    shutil.rmtree(here / "data")
    (here / "keys/souk.db.key.new").rename(here / "keys/of-the-lost-one")
    assert run("restore", "backup.db", "--key", "souk.db.key", cwd=here, **SETTINGS)[0] == 0


def test_a_change_that_was_cut_short_beside_the_database_is_found_there(tmp_path: Path) -> None:
    make_shop(tmp_path)
    beside = tmp_path / "data/souk.db.key"
    (tmp_path / "keys/souk.db.key").rename(beside)
    assert run("rekey", cwd=tmp_path, **SETTINGS)[0] == 0
    key = key_in(beside)
    beside.rename(f"{beside}.new")
    code, _, errors = run("version", "--check", cwd=tmp_path, **SETTINGS)
    assert (code, "`rekey` finishes it" in errors) == (1, True)
    assert run("rekey", cwd=tmp_path, **SETTINGS)[0] == 0
    assert key_in(beside).raw == key.raw


def test_the_key_does_not_change_without_a_database(tmp_path: Path) -> None:
    code, _, errors = run("rekey", cwd=tmp_path, **SETTINGS)
    assert (code, "There is no database at data/souk.db" in errors) == (1, True)
    assert names(tmp_path) == []


@pytest.mark.parametrize("is_killed", [True, False])
def test_the_key_does_not_change_while_another_process_reads(here: Path, is_killed: bool) -> None:
    path, key_file = here / "data/souk.db", here / "keys/souk.db.key"
    key = key_in(key_file)
    if is_killed:
        leave_a_log(path, key)
    with reading(path, key):
        code, _, errors = run("rekey", cwd=here, **SETTINGS)
        assert (code, "in use by another process" in errors) == (1, True)
        assert customers(path, key) == CUSTOMERS
    assert key_in(key_file).raw == key.raw
    assert customers(path, key) == CUSTOMERS
    assert run("rekey", cwd=here, **SETTINGS)[0] == 0
    assert names(path.parent) == ["souk.db", "souk.db.lock"]
    assert customers(path, key_in(key_file)) == CUSTOMERS


def leave_a_log(path: Path, key: DatabaseKey) -> None:
    """Write to the shop and kill it."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from storage.database import Database; from storage.keys import DatabaseKey\n"
        "from storage.models import Secret\n"
        "database = Database(Path(sys.argv[1]), DatabaseKey(bytes.fromhex(sys.argv[2])))\n"
        "database.open()\n"
        "with database.transaction(): Secret.make('key_kept_elsewhere', '1')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path), key.raw.hex()], cwd=ROOT, check=False)
    assert Path(f"{path}-wal").stat().st_size > 0


def test_a_new_passphrase_gets_its_salt(here: Path) -> None:
    (here / "pass").write_text("correct horse\n")
    (here / "next").write_text("battery staple\n")
    code, told, errors = run("rekey", "--new-pass", "pass", cwd=here, **SETTINGS)
    assert (code, "set DB_PASS" in told, "keys/souk.db.salt" in told) == (0, True, True), errors
    passed = SETTINGS | {"DB_PASS": "correct horse"}
    assert run("version", "--check", cwd=here, **passed)[0] == 0
    salt = (here / "keys/souk.db.salt").read_text()
    assert run("rekey", "--new-pass", "next", cwd=here, **passed)[0] == 0
    assert (here / "keys/souk.db.salt").read_text() == salt
    passed = SETTINGS | {"DB_PASS": "battery staple"}
    (here / "chosen").write_text("ab" * 32)
    assert run("rekey", "--new-key", "chosen", cwd=here, **passed)[0] == 0
    (here / "keys/souk.db.salt").unlink()
    assert run("rekey", "--new-pass", "pass", cwd=here, **SETTINGS | {"DB_KEY": "ab" * 32})[0] == 0
    assert run("version", "--check", cwd=here, **SETTINGS | {"DB_PASS": "correct horse"})[0] == 0


def test_no_salt_is_made_for_a_passphrase_that_has_lost_its_own(here: Path) -> None:
    (here / "pass").write_text("correct horse")
    assert run("rekey", "--new-pass", "pass", cwd=here, **SETTINGS)[0] == 0
    salt = here / "keys/souk.db.salt"
    salt.unlink()
    (here / "next").write_text("battery staple")
    code, _, errors = run("rekey", "--new-pass", "next", cwd=here, **SETTINGS | {"DB_PASS": "correct horse"})
    assert (code, "not keys/souk.db.salt" in errors) == (1, True)
    assert not salt.exists()


def test_a_new_key_that_is_none_or_not_new_is_refused(here: Path) -> None:
    key = key_in(here / "keys/souk.db.key")
    (here / "empty").write_text("\n")
    (here / "bad").write_text("zz")
    (here / "same").write_text(key.raw.hex().upper())
    for arguments, words in (
        (("--new-key", "empty"), "empty is empty."),
        (("--new-pass", "empty"), "empty is empty."),
        (("--new-key", "bad"), "bad is not a database key"),
        (("--new-key", "nothere"), "nothere cannot be read."),
        (("--new-key", "same"), "same holds the key that data/souk.db has already"),
        (("--new-key", "same", "--new-pass", "same"), "not both"),
    ):
        code, _, errors = run("rekey", *arguments, cwd=here, **SETTINGS)
        assert (code > 0, words in errors) == (True, True), errors
    assert customers(here / "data/souk.db", key) == CUSTOMERS
    assert names(here / "keys") == ["souk.db.key"]


def test_a_change_to_a_chosen_key_that_was_cut_short_is_finished_too(here: Path) -> None:
    (here / "chosen").write_text("ab" * 32)
    assert run("rekey", "--new-key", "chosen", cwd=here, **SETTINGS)[0] == 0
    code, told, errors = run("rekey", "--new-key", "chosen", cwd=here, **SETTINGS)
    assert (code, "set DB_KEY" in told) == (0, True), errors
    assert customers(here / "data/souk.db", DatabaseKey(bytes.fromhex("ab" * 32))) == CUSTOMERS


def test_a_backup_takes_the_place_of_no_key_and_of_nothing_that_is_not_a_file(here: Path) -> None:
    os.mkfifo(here / "pipe")
    (here / "link").symlink_to("pipe")
    for target in ("keys/souk.db.key", "keys/souk.db.salt", "pipe", "link"):
        code, _, errors = run("backup", "--to", target, cwd=here, **SETTINGS)
        assert (code, "choose another name" in errors) == (2, True), target
    assert (here / "pipe").is_fifo()
    assert (here / "link").is_symlink()
    assert customers(here / "data/souk.db", key_in(here / "keys/souk.db.key")) == CUSTOMERS


def test_a_link_to_the_database_stays_a_link(here: Path) -> None:
    path, real = here / "data/souk.db", here / "disk/shop.db"
    real.parent.mkdir()
    path.rename(real)
    path.symlink_to(real)
    for target in (path, real, Path(f"{path}.lock"), Path(f"{real}-wal")):
        code, _, errors = run("backup", "--to", str(target), cwd=here, **SETTINGS)
        assert (code, "choose another name" in errors) == (2, True), target
    assert run("rekey", cwd=here, **SETTINGS)[0] == 0
    assert path.is_symlink()
    assert names(real.parent) == ["shop.db", "shop.db.lock"]
    assert customers(real, key_in(here / "keys/souk.db.key")) == CUSTOMERS
    for are_gone in (False, True):
        if are_gone:
            shutil.rmtree(real.parent)
        arguments = ("restore", "backup.db", "--key", "souk.db.key", "--set-aside")
        code, told, errors = run(*arguments, cwd=here, **SETTINGS)
        assert (code, f"{real}.aside-" in told) == (0, not are_gone), errors
        assert path.is_symlink()
        assert customers(real, key_in(here / "souk.db.key")) == CUSTOMERS
