"""Managers, second factor and backups, from outside."""

import re
from pathlib import Path

import pyotp

from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import AuditEntry, Customer
from tests.e2e.conftest import World
from tests.e2e.driver import Chat, Program
from tests.patience import DEADLINE_S

OWNER, MANAGER, CUSTOMER = 1, 77, 1001


def test_a_manager_is_appointed_can_do_only_that_and_loses_the_right_again(base: str) -> None:
    owner, manager = Chat(base, OWNER), Chat(base, MANAGER)
    manager.say("/start", first_name="Max", username="max_manager")
    owner.say("/start", first_name="Olga")
    owner.press("Admin", "Managers", "Add a manager")
    owner.say("@max_manager")
    owner.press("⬜ Customers")
    manager.wait_text("You can now manage these areas of the shop:\n• Customers")
    manager.press("Admin")
    menu = manager.labels()
    assert "✉️ Open tickets" in menu
    assert not any(label in menu for label in ("👥 Managers", "📜 Audit log", "🗄 Backups"))
    manager.press("Open tickets")
    screen = manager.screen("There are no open tickets.")["message_id"]
    for data in ("managers:0", "audit:0:~", "backups", "backup", f"give:{MANAGER}:money"):
        manager.press_data(screen, data)
        manager.alert("Only the admins of this shop can do that.")
    owner.press("✅ Customers")
    manager.press_data(screen, "desk:0")
    manager.alert("Only the admins of this shop can do that.")
    manager.wait_text("You no longer manage any area of this shop.")
    owner.press("← Back", "Audit log")
    log = owner.says("Audit log")
    assert "Permission removed" in log
    assert "Max @max_manager (77) · right: customers" in log


def test_a_backup_is_requested_in_the_chat_and_opens_with_the_key_file(world: World, tmp_path: Path) -> None:
    program = Program("serve", cwd=tmp_path, **world.environ)
    owner, customer = Chat(world.page.url, OWNER), Chat(world.page.url, CUSTOMER)
    customer.say("/start", first_name="Ada")
    owner.say("/start", first_name="Olga")
    owner.wait_text("Hello Olga")
    owner.press("Admin", "Backups", "Back up now")
    owner.says("encrypted and checked")
    backup = owner.file()
    code, errors = program.stop()
    assert code == 0, errors

    key_file = Path(world.environ["DATABASE_PATH"] + ".key")
    (tmp_path / "copy.db").write_bytes(backup)
    database = Database(tmp_path / "copy.db", DatabaseKey(bytes.fromhex(key_file.read_text().strip())))
    database.open()
    assert sorted(each.telegram_id for each in Customer.select()) == [OWNER, CUSTOMER]
    assert AuditEntry.select().count() == 0, "the copy is of before the entry about it"
    database.close()


def test_money_takes_a_code_if_the_operator_wants_it_and_a_lost_phone_is_reset(world: World, tmp_path: Path) -> None:
    environ = world.environ | {"ADMIN_TOTP": "true"}
    program = Program("serve", cwd=tmp_path, **environ)
    owner = Chat(world.page.url, OWNER)
    owner.say("/start", first_name="Olga")
    owner.press("Admin", "Managers")
    text = owner.says("Two-factor authentication required.")
    key = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", text).group().replace(" ", "")
    assert any("photo" in message for message in owner.messages)
    owner.say(pyotp.TOTP(key).now())
    owner.wait_text("Correct. You won’t need another code for 10 minutes.")
    owner.wait_text("Managers\nThere are none yet.")
    assert not any("photo" in message for message in owner.messages)
    owner.press("Audit log")
    assert "Two-factor set up" in owner.says("Audit log")
    code, errors = program.stop()
    assert code == 0, errors
    assert key not in errors

    reset = Program("reset-totp", str(OWNER), cwd=tmp_path, **environ)
    out, errors = reset.process.communicate(timeout=DEADLINE_S)
    assert (reset.process.returncode, out.strip()) == (
        0,
        f"{OWNER} will be asked to set up two-factor authentication again.",
    ), errors
    again = Program("reset-totp", str(OWNER), cwd=tmp_path, **environ)
    _, errors = again.process.communicate(timeout=DEADLINE_S)
    assert (again.process.returncode, errors.strip()) == (1, f"{OWNER} has no two-factor authentication set up.")

    program = Program("serve", cwd=tmp_path, **environ)
    owner.press_data(owner.messages[-1]["message_id"], "managers:0")
    newer = owner.says("Two-factor authentication required.")
    assert key not in newer.replace(" ", "")
    code, errors = program.stop()
    assert code == 0, errors
