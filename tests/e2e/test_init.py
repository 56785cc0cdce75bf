"""A new shop is set up by questions on a terminal, or by options without one."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from commands.init import CUSTODY
from locales import Languages
from tests.e2e.conftest import TOKEN, World
from tests.e2e.driver import Chat, Program
from tests.e2e.terminal import Terminal
from tests.patience import DEADLINE_S

OWNER, STRANGER = 77, 78


@pytest.fixture
def place(world: World, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a machine where nothing is set up yet."""
    about = ("TOKEN", "ADMIN_ID_LIST")
    yield {name: value for name, value in world.environ.items() if name not in about}


def send(world: World, user_id: int, text: str) -> None:
    """Write to the bot while its shop is not running yet."""
    url = f"{world.page.url}/sandbox/api/users/{user_id}/messages"
    assert requests.post(url, json={"text": text, "first_name": "Olga"}, timeout=DEADLINE_S).ok


def run(*arguments: str, cwd: Path, **environ: str) -> tuple[int, str, str]:
    program = Program(*arguments, cwd=cwd, **environ)
    told, errors = program.process.communicate(timeout=DEADLINE_S)
    return program.process.returncode, told, errors


def settings_in(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def test_on_a_terminal_it_asks_finds_the_owner_by_a_code_and_has_words_repeated(
    world: World, place: dict[str, str], tmp_path: Path
) -> None:
    terminal = Terminal("init", cwd=tmp_path, **place)
    terminal.answer("Bot token", "not-a-token")
    terminal.read("TOKEN does not look like a bot token")
    terminal.answer("Bot token", TOKEN)
    terminal.read("This is @")
    code = re.search(r"/start ([0-9a-f]{8})\n", terminal.read("\n  /start ") + _line(terminal)).group(1)
    send(world, STRANGER, "/start")
    send(world, STRANGER, "/start 00000000")
    send(world, OWNER, f"/start {code}")
    terminal.read(f"Owner: Olga ({OWNER}).")
    terminal.answer("Currency", "XXQ")
    terminal.read("CURRENCY must be")
    terminal.answer("Currency", "EUR")
    terminal.answer("Language", "de")
    shown = terminal.read("Custody")
    assert all(sentences.split(". ")[0][:40] in shown for sentences in CUSTODY.values())
    terminal.type("hot")
    terminal.answer("Link where customers", "https://t.me/olga")
    terminal.answer("Your name or", "Olga's shop")
    terminal.answer("How customers reach you", "")
    terminal.answer("The country", "Malta")
    words = dict(re.findall(r"(\d+) ([a-z]+)", terminal.read("Press Enter").partition("on paper:")[2]))
    assert len(words) == 24
    terminal.type("")
    asked = []
    for attempt in range(4):
        number = re.search(r"Word (\d+)$", terminal.read("Word ") + _digits(terminal)).group(1)
        terminal.type("wrong" if attempt == 0 else words[number])
        asked.append(number)
    assert (asked[0], len(set(asked))) == (asked[1], 3)
    terminal.read("Correct.")
    assert terminal.end() == 0
    assert TOKEN not in terminal.text

    env = tmp_path / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert settings_in(env) == {
        "TOKEN": TOKEN,
        "ADMIN_ID_LIST": str(OWNER),
        "CURRENCY": "EUR",
        "DEFAULT_LANGUAGE": "de",
        "WALLET_MODE": "hot",
        "SUPPORT_LINK": "https://t.me/olga",
        "OPERATOR_NAME": "'Olga’s shop'",
        "OPERATOR_COUNTRY": "Malta",
    }
    program = Program("serve", cwd=tmp_path, **place)
    owner = Chat(world.page.url, OWNER)
    owner.button(Languages.found()["de"].text("menu.admin"))
    assert program.stop()[0] == 0


def _line(terminal: Terminal) -> str:
    return terminal.read("\n")


def _digits(terminal: Terminal) -> str:
    return terminal.read(":")[:-1]


def test_without_a_terminal_options_give_every_answer_and_no_word_is_shown(
    world: World, place: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    options = ("--token-file", "token", "--owner", "5, 6", "--currency", "CHF", "--set", "page_entries=12")
    code, told, errors = run("init", *options, cwd=tmp_path, **place)
    assert (code, errors) == (0, ""), errors
    assert settings_in(tmp_path / ".env") == {
        "TOKEN": TOKEN,
        "ADMIN_ID_LIST": "'5, 6'",
        "CURRENCY": "CHF",
        "PAGE_ENTRIES": "12",
    }
    assert "this command with `words` in place of `init`" in told
    assert Path(place["DATABASE_PATH"] + ".key").exists()
    assert not re.search(r"(\b[a-z]{3,8}\b *){12}", told.replace("\n", " ").replace("1 ", ""))


def test_missing_or_wrong_options_are_named_and_nothing_is_left_behind(
    world: World, place: dict[str, str], tmp_path: Path
) -> None:
    code, _, errors = run("init", cwd=tmp_path, **place)
    assert (code, errors.count("\n")) == (2, 1)
    assert "TOKEN and --owner" in errors
    for environ, options, words in (
        ({"TOKEN": "999:wrong"}, (), "Telegram rejects the bot token"),
        ({"TOKEN": TOKEN}, ("--currency", "XXQ"), "CURRENCY must be"),
        ({"TOKEN": TOKEN}, ("--custody", "watch"), "WALLET_MODE=watch needs"),
        ({"TOKEN": TOKEN}, ("--set", "BTC_FINALITY=6,2,1"), "fewer blocks for larger deposits"),
        ({"TOKEN": TOKEN}, ("--set", "PAGE_ENTRYS=3"), "PAGE_ENTRYS is not a setting"),
        ({"TOKEN": TOKEN}, ("--set", "DB_PASS=it's $5"), "DB_PASS has a line break"),
    ):
        code, _, errors = run("init", "--owner", "5", *options, cwd=tmp_path, **place | environ)
        assert code == (1 if "DB_PASS" in words else 2)
        assert words in errors
        assert "Traceback" not in errors
    assert not (tmp_path / ".env").exists()
    assert not Path(place["DATABASE_PATH"]).exists()


def test_a_settings_file_is_never_overwritten(world: World, place: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CURRENCY=EUR\n")
    code, _, errors = run("init", "--owner", "5", cwd=tmp_path, **place, TOKEN=TOKEN)
    assert (code, "is there already" in errors) == (1, True)
    assert (tmp_path / ".env").read_text() == "CURRENCY=EUR\n"
    code, _, _ = run(
        "init", "--owner", "5", "--env-file", "other", "--settings-only", cwd=tmp_path, **place, TOKEN=TOKEN
    )
    assert (code, (tmp_path / "other").exists()) == (0, True)
    assert not Path(place["DATABASE_PATH"]).exists()
