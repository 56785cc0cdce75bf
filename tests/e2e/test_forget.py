"""The command that erases a person's data, and the shop that starts after it, from outside."""

from pathlib import Path

from tests.e2e.conftest import World
from tests.e2e.driver import Chat, Program
from tests.patience import DEADLINE_S

CUSTOMER = 1001


def forget(world: World, tmp_path: Path, telegram_id: int) -> tuple[int, str, str]:
    command = Program("forget", "--yes", str(telegram_id), cwd=tmp_path, **world.environ)
    out, errors = command.process.communicate(timeout=DEADLINE_S)
    return command.process.returncode, out.strip(), errors.strip()


def test_a_command_in_the_wrong_folder_makes_no_new_shop(world: World, tmp_path: Path) -> None:
    commands = ["forget --yes 1", "reset-totp 1", "rekey", "backup", "sweep plan --out p"]
    for command in map(str.split, commands):
        program = Program(*command, cwd=tmp_path, **world.environ)
        _, errors = program.process.communicate(timeout=DEADLINE_S)
        assert program.process.returncode == 1
        assert "There is no database at" in errors
    assert not Path(world.environ["DATABASE_PATH"]).exists()
    assert not Path(world.environ["DATABASE_PATH"] + ".key").exists()


def test_an_owner_erases_a_persons_data_on_the_server_and_the_shop_starts_again(world: World, tmp_path: Path) -> None:
    program = Program("serve", cwd=tmp_path, **world.environ)
    customer = Chat(world.page.url, CUSTOMER)
    customer.say("/start", first_name="Adalbert")
    customer.wait_text("Hello Adalbert!")
    code, errors = program.stop()
    assert code == 0, errors

    code, said, errors = forget(world, tmp_path, CUSTOMER)
    assert (code, said) == (0, f"{CUSTOMER} is forgotten. The books stay, without their name."), errors
    assert forget(world, tmp_path, CUSTOMER)[::2] == (1, f"{CUSTOMER} is not a customer of this shop.")
    assert Path(world.environ["DATABASE_PATH"] + ".deletions").exists()

    program = Program("serve", cwd=tmp_path, **world.environ)
    customer.say("/privacy", first_name="Adalbert")
    customer.wait_text("Privacy policy")
    code, errors = program.stop()
    assert code == 0, errors
