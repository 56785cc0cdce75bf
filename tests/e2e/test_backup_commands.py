"""The backup, verify, restore and rekey commands, as an operator types them, with the shop running or stopped."""

import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.inspection import inspect
from storage.keys import DatabaseKey
from tests.e2e.conftest import World
from tests.e2e.driver import Chat, Program, run, wait_for

OWNER, CUSTOMER = 1, 1001


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Iterator[Program]:
    """A shop with a customer who has an address, and an off-site copy."""
    environ = world.environ | {"BACKUP_FOLDER": str(tmp_path / "second")}
    program = Program("serve", cwd=tmp_path, **environ)
    owner, customer = Chat(world.page.url, OWNER), Chat(world.page.url, CUSTOMER)
    owner.say("/start", first_name="Olga")
    customer.say("/start", first_name="Ada")
    customer.press("Top up", "Solana")
    customer.says("Solana")
    yield program
    if program.process.poll() is None:
        program.stop()


def test_while_the_shop_runs_a_backup_is_made_checked_and_restored_elsewhere(
    world: World, shop: Program, tmp_path: Path
) -> None:
    code, told, errors = run("backup", "--to", "copy.db", cwd=tmp_path, **world.environ)
    assert (code, errors) == (0, "")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert told.startswith("copy.db, ")
    code, told, _ = run("verify", "copy.db", cwd=tmp_path, **world.environ)
    assert (code, "All books agree." in told) == (0, True)
    assert "2 customers, 0 orders, 1 addresses." in told
    code, told, _ = run("backup", cwd=tmp_path, **world.environ)
    assert re.match(r".*/backups/souk-\d{8}T\d{6}Z-asked\.db, ", told)

    live = Path(world.environ["DATABASE_PATH"])
    for name in (live.name, f"{live.name}-wal"):
        code, _, errors = run("backup", "--to", str(live.with_name(name)), cwd=tmp_path, **world.environ)
        assert (code, "choose another name" in errors) == (2, True)

    key = Path(world.environ["DATABASE_PATH"] + ".key")
    new = world.environ | {"DATABASE_PATH": str(tmp_path / "new" / "souk.db")}
    code, _, errors = run("restore", "copy.db", cwd=tmp_path, **new)
    assert (code, "--key" in errors) == (1, True)
    assert not (tmp_path / "new" / "souk.db").exists()
    code, told, _ = run("restore", "copy.db", "--key", str(key), cwd=tmp_path, **new)
    assert (code, "Every address except the sealed ones was derived again and matches." in told) == (0, True), told
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["souk.db", "souk.db.key", "souk.db.lock"]
    code, _, errors = run("restore", "copy.db", cwd=tmp_path, **new)
    assert (code, "is there already" in errors) == (1, True)
    for arguments in ((), ("--set-aside",)):
        code, _, errors = run("restore", "copy.db", *arguments, cwd=tmp_path, **world.environ)
        assert (code, "in use by another process" in errors) == (1, True)
    code, told, _ = run("restore", "copy.db", "--set-aside", cwd=tmp_path, **new)
    assert (code, "The database that was there is in" in told) == (0, True)

    assert shop.stop()[0] == 0
    again = Program("serve", cwd=tmp_path, **new)
    customer = Chat(world.page.url, CUSTOMER)
    customer.say("/cart")
    customer.wait_text("Your cart is empty.")
    assert again.stop()[0] == 0


def test_after_a_kill_the_shop_is_rebuilt_from_the_off_site_copy(world: World, shop: Program, tmp_path: Path) -> None:
    second = tmp_path / "second"
    wait_for(lambda: list(second.glob("*.pages")), "the first pages")
    shop.process.kill()
    shop.process.communicate()
    key = world.environ["DATABASE_PATH"] + ".key"
    new = world.environ | {"DATABASE_PATH": str(tmp_path / "new" / "souk.db")}
    code, told, errors = run("verify", "second", cwd=tmp_path, **world.environ)
    assert (code, "second, as of 20" in told) == (0, True), errors
    code, told, errors = run("restore", "second", "--key", key, cwd=tmp_path, **new)
    assert (code, "All books agree." in told) == (0, True), told + errors


def test_a_damaged_or_foreign_backup_is_refused_and_nothing_is_left(
    world: World, shop: Program, tmp_path: Path
) -> None:
    assert shop.stop()[0] == 0
    assert run("backup", "--to", "copy.db", cwd=tmp_path, **world.environ)[0] == 0
    broken = bytearray((tmp_path / "copy.db").read_bytes())
    broken[5 * 4096 + 7] ^= 1
    (tmp_path / "broken.db").write_bytes(broken)
    (tmp_path / "empty").mkdir()
    other = secrets.token_hex(32)
    new = world.environ | {"DATABASE_PATH": str(tmp_path / "new" / "souk.db")}
    key = world.environ["DATABASE_PATH"] + ".key"
    for source, settings, words in (
        ("broken.db", world.environ, "does not open with this key"),
        ("copy.db", new | {"DB_KEY": other}, "does not open with this key"),
        ("nothing.db", world.environ, "There is no backup at nothing.db"),
        ("empty", world.environ, "There is no backup at empty"),
        ("copy.db", new, "--key"),
    ):
        code, _, errors = run("verify", source, cwd=tmp_path, **settings)
        assert (code, words in errors) == (1, True), errors
    code, _, errors = run("restore", "broken.db", "--key", key, cwd=tmp_path, **new)
    assert (code, "does not open" in errors) == (1, True)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["souk.db.lock"]


def test_a_new_key_opens_the_shop_and_the_old_one_only_earlier_backups(
    world: World, shop: Program, tmp_path: Path
) -> None:
    code, _, errors = run("rekey", cwd=tmp_path, **world.environ)
    assert (code, "in use by another process" in errors) == (1, True)
    assert shop.stop()[0] == 0
    path = Path(world.environ["DATABASE_PATH"])
    key_file = Path(f"{path}.key")
    old = DatabaseKey(bytes.fromhex(key_file.read_text().strip()))
    assert run("backup", "--to", "before.db", cwd=tmp_path, **world.environ)[0] == 0
    code, told, errors = run("rekey", cwd=tmp_path, **world.environ)
    assert code == 0, errors
    assert "has a new key" in told
    assert key_file.read_text().strip() not in told
    new = DatabaseKey(bytes.fromhex(key_file.read_text().strip()))
    assert new.raw != old.raw
    assert Path(f"{path}.key.old").read_text().strip() == old.raw.hex()
    with inspect(path, new) as found:
        assert found.damage() == []
    with inspect(tmp_path / "before.db", old) as found:
        assert found.damage() == []
    again = Program("serve", cwd=tmp_path, **world.environ)
    customer = Chat(world.page.url, CUSTOMER)
    customer.say("/cart")
    customer.wait_text("Your cart is empty.")
    assert again.stop()[0] == 0

    (tmp_path / "chosen").write_text("ab" * 32)
    code, told, _ = run("rekey", "--new-key", "chosen", cwd=tmp_path, **world.environ)
    assert (code, "set DB_KEY" in told) == (0, True)
    with inspect(path, DatabaseKey(bytes.fromhex("ab" * 32))) as found:
        assert found.damage() == []
    code, _, errors = run("rekey", cwd=tmp_path, **world.environ | {"DB_KEY": "ab" * 32})
    assert (code, "--new-key" in errors) == (2, True)
