"""Operators' mistakes: one sentence that says what to do, a non-zero exit code, nothing lost."""

import socket
from pathlib import Path

import pytest

from storage.database import Database
from storage.keys import database_key
from tests.e2e.driver import Chat, Program, run
from tests.patience import DEADLINE_S

SHOP = {"TOKEN": "123456:not-a-real-token", "ADMIN_ID_LIST": "1", "TELEGRAM_API_URL": "http://127.0.0.1:9"}


def ended(program: Program) -> tuple[int, str]:
    _, errors = program.process.communicate(timeout=DEADLINE_S)
    assert "Traceback" not in errors
    return program.process.returncode, errors


def test_every_wrong_setting_is_listed_at_once(tmp_path: Path) -> None:
    code, errors = ended(Program(cwd=tmp_path, TOKEN="nonsense", PAGE_ENTRIES="many", CURRENCY="dollars"))
    assert code == 2
    for name in ("TOKEN", "PAGE_ENTRIES", "CURRENCY", "ADMIN_ID_LIST"):
        assert name in errors
    assert "nonsense" not in errors


def test_a_misspelt_setting_is_refused_in_the_env_file_and_reported_in_the_environment(tmp_path: Path) -> None:
    code, errors = ended(Program(cwd=tmp_path, DATABASE_PATHS="x", **SHOP))
    assert code == 1, "started as far as it can without a network"
    assert "DATABASE_PATHS is not a setting: did you mean DATABASE_PATH?" in errors
    (tmp_path / ".env").write_text("BTC_FINALTY=6,6,6\n")
    code, errors = ended(Program(cwd=tmp_path, **SHOP))
    assert code == 2
    assert "BTC_FINALTY is not a setting: did you mean BTC_FINALITY?" in errors


def test_no_network_is_one_sentence_without_the_token(tmp_path: Path) -> None:
    code, errors = ended(Program(cwd=tmp_path, **SHOP))
    assert code == 1
    assert "Telegram cannot be reached at http://127.0.0.1:9" in errors
    assert "not-a-real-token" not in errors


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, errors = ended(Program("sandbox", cwd=tmp_path, WEBAPP_PORT=port))
    assert code == 1
    assert f"127.0.0.1:{port}" in errors
    assert "WEBAPP_PORT" in errors


def test_the_sandbox_does_not_run_beside_a_real_bot(tmp_path: Path) -> None:
    code, errors = ended(Program("sandbox", cwd=tmp_path, **SHOP))
    assert code == 2
    assert "TOKEN" in errors


def test_a_wrong_key_says_so_and_the_right_one_still_opens(tmp_path: Path) -> None:
    first = Program("sandbox", "--data", "kept", cwd=tmp_path, DB_KEY="11" * 32)
    Chat(first.address(), 1001).say("/start")
    assert first.stop()[0] == 0
    code, errors = ended(Program("sandbox", "--data", "kept", cwd=tmp_path, DB_KEY="22" * 32))
    assert code == 1
    assert "does not open with this key" in errors
    again = Program("sandbox", "--data", "kept", cwd=tmp_path, DB_KEY="11" * 32)
    again.address()
    assert again.stop()[0] == 0


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "souk.db").write_bytes(b"this is no database" * 1000)
    code, errors = ended(Program("sandbox", "--data", "kept", cwd=tmp_path, DB_KEY="11" * 32))
    assert code == 1
    assert "restore a backup" in errors


def test_a_second_process_on_the_same_file_is_refused(tmp_path: Path) -> None:
    first = Program("sandbox", "--data", "kept", cwd=tmp_path)
    first.address()
    code, errors = ended(Program("sandbox", "--data", "kept", cwd=tmp_path))
    assert code == 1
    assert "in use by another process" in errors
    assert first.stop()[0] == 0


def test_an_unusable_folder_for_the_saved_state_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    code, errors = ended(Program("sandbox", "--data", "file/data", cwd=tmp_path))
    assert code == 1
    assert "move it away" in errors


@pytest.mark.parametrize("arguments", [("version",), ("--help",)])
def test_the_small_commands_answer(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    program = Program(*arguments, cwd=tmp_path)
    output, errors = program.process.communicate(timeout=DEADLINE_S)
    assert (program.process.returncode, errors) == (0, "")
    assert "ouk" in output or "shop" in output


def test_the_words_are_never_written_to_a_pipe(tmp_path: Path) -> None:
    code, errors = ended(Program("words", cwd=tmp_path))
    assert code == 2
    assert "terminal" in errors


@pytest.mark.parametrize("command", [("addresses",), ("sweep", "plan")], ids=" ".join)
def test_what_needs_the_bots_token_says_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = tmp_path / "data" / "souk.db"
    path.parent.mkdir()
    database = Database(path, database_key(path, folder=tmp_path / "keys"))
    database.open()
    database.close()
    code, output, errors = run(*command, cwd=tmp_path)
    assert (code, output) == (2, "")
    assert "TOKEN is missing" in errors


@pytest.mark.parametrize("command", [("forget", "--yes"), ("reset-totp",)], ids=" ".join)
def test_a_number_that_is_nobodys_telegram_id_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    code, _, errors = run(*command, "1" * 22, cwd=tmp_path)
    assert code == 2
    assert "TELEGRAM_ID" in errors


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("DATABASE_PATH", "version --check"),
        ("DATABASE_PATH", "rekey"),
        ("KEY_FOLDER", "backup"),
        ("KEY_FOLDER", "serve"),
    ],
)
def test_a_place_that_cannot_be_looked_at_is_named(tmp_path: Path, place: str, command: str) -> None:
    """As the folder of another user, to all but root, whom a name of this length stops as well."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "souk.db").touch()
    nowhere = {place: "x" * 300}
    code, _, errors = run(*command.split(), cwd=tmp_path, **SHOP, **nowhere)
    assert code == 1
    assert "x" * 300 in errors
    assert "the user that the shop runs as" in errors


@pytest.mark.parametrize("place", ["DATABASE_PATH", "KEY_FOLDER"])
def test_the_doctor_calls_a_place_that_cannot_be_looked_at_a_failure(tmp_path: Path, place: str) -> None:
    nowhere = {place: "x" * 300}
    code, output, _ = run("doctor", cwd=tmp_path, **SHOP, **nowhere)
    assert code == 2
    assert f"FAILURE  files: {'x' * 300}" in output


@pytest.mark.parametrize(
    ("command", "closed", "expected", "words"),
    [
        ("init", "<&-", 2, "Without a terminal"),
        ("forget 1", "<&-", 1, "Aborted"),
        ("words", ">&-", 2, "on a terminal"),
    ],
)
def test_a_closed_stream_is_an_empty_one(
    tmp_path: Path, command: str, closed: str, expected: int, words: str
) -> None:
    program = Program(*command.split(), cwd=tmp_path, wrapper=("sh", "-c", f'exec "$@" {closed}', "sh"), **SHOP)
    code, errors = ended(program)
    assert (code, words in errors) == (expected, True), errors


def test_a_locale_that_lacks_a_character_costs_only_that_character(tmp_path: Path) -> None:
    code, output, _ = run("doctor", cwd=tmp_path, PYTHONIOENCODING="latin-1", CURRENCY="dollars")
    assert code == 2
    assert "         ? docs/settings.md" in output
