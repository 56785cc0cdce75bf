"""`python app.py import-aiogram` as an operator runs it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from storage.database import Database
from storage.keys import database_key
from storage.models import Customer
from tests.patience import DEADLINE_S
from tests.shop.moving import old_bot

ROOT = Path(__file__).resolve().parents[3]
SHOP = {"TOKEN": "1000000001:TEST-token_of_no_bot", "ADMIN_ID_LIST": "1", "DATABASE_PATH": "shop/souk.db"}


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "app.py"), "import-aiogram", *arguments]
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=plain | environ, capture_output=True, text=True, timeout=3 * DEADLINE_S, check=False
    )


def customers(folder: Path) -> dict[int, int]:
    path = folder / "shop" / "souk.db"
    database = Database(path, database_key(path))
    database.open()
    try:
        return {row.telegram_id: row.balance_minor for row in Customer.select()}
    finally:
        database.close()


def test_a_rehearsal_comes_first_and_the_move_only_when_told_to(tmp_path: Path) -> None:
    old_bot.VERSIONS["3.2.10 encrypted"](tmp_path)
    tried = run(tmp_path, "old.db", AIOGRAM_DB_PASS="p@ss", **SHOP)
    assert tried.returncode == 0, tried.stderr
    assert "Nothing was changed" in tried.stdout
    assert customers(tmp_path) == {}
    done = run(tmp_path, "old.db", "--apply", "--details", "report.txt", AIOGRAM_DB_PASS="p@ss", **SHOP)
    assert done.returncode == 0, done.stderr
    assert customers(tmp_path) == {7_000_000_001: 10235, 7_000_000_002: 6673, 7_000_000_003: 0, 1: 0}
    assert "destroy it" in done.stdout
    report = tmp_path / "report.txt"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert "7000000001: 102.34567 -> 102.35" in report.read_text("utf-8")
    seed = old_bot.wallet(1)["seed"]
    assert seed not in done.stdout + done.stderr + report.read_text("utf-8")
    assert len(list((tmp_path / "shop").glob("souk.db.before-move-*"))) == 1


def test_an_error_is_explained_in_one_sentence(tmp_path: Path) -> None:
    old_bot.VERSIONS["3.2.10 encrypted"](tmp_path)
    wrong = run(tmp_path, "old.db", AIOGRAM_DB_PASS="another", **SHOP)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("old.db does not open with this passphrase")
    bare = run(tmp_path, "old.db", AIOGRAM_DB_PASS="p@ss")
    assert (bare.returncode, bare.stderr.splitlines()[-1][:30]) == (1, "Set TOKEN and ADMIN_ID_LIST fi")
    run(tmp_path, "old.db", "--apply", AIOGRAM_DB_PASS="p@ss", **SHOP)
    other = run(tmp_path, "old.db", AIOGRAM_DB_PASS="p@ss", CURRENCY="EUR", **SHOP)
    assert other.returncode == 1
    assert "CURRENCY=USD" in other.stderr
