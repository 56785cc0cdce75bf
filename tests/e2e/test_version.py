"""The version, and whether this program fits the database, without using the network or changing anything."""

from pathlib import Path

import pytest
import sqlcipher3

from shop.version import VERSION
from storage.migrations import steps
from storage.text import fold
from tests.e2e.driver import ROOT, Program
from tests.patience import DEADLINE_S

KEY = "ab" * 32
RELEASED = ROOT / "tests/storage/released_0017.sql"


def version(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    program = Program(
        "version", *arguments, cwd=cwd, DB_KEY=KEY, DATABASE_PATH="souk.db", HTTPS_PROXY="http://127.0.0.1:9"
    )
    told, errors = program.process.communicate(timeout=DEADLINE_S)
    return program.process.returncode, told, errors


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A database file as the released version left it."""
    path = tmp_path / "souk.db"
    connection = sqlcipher3.connect(str(path), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY}'\"")
    connection.create_function("casefold", 1, fold, deterministic=True)
    connection.executescript(RELEASED.read_text("utf-8"))
    connection.close()
    return path


def test_the_version_is_one_line(tmp_path: Path) -> None:
    assert version(cwd=tmp_path) == (0, f"Souk {VERSION}\n", "")
    code, told, _ = version("--check", cwd=tmp_path)
    assert (code, "the first start creates it" in told) == (0, True)


def test_an_older_file_needs_an_upgrade_and_a_copy_first_and_is_left_alone(released: Path, tmp_path: Path) -> None:
    before = released.read_bytes()
    code, told, errors = version("--check", cwd=tmp_path)
    assert (code, errors) == (0, "")
    assert f"Schema {len(steps())}" in told
    assert "has schema 17: the next start upgrades it, after a copy to souk.db.before-0018" in told
    assert released.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("souk.db")] == []


def test_a_newer_file_is_refused_by_this_program(released: Path, tmp_path: Path) -> None:
    connection = sqlcipher3.connect(str(released), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{KEY}'\"")
    connection.execute(f"PRAGMA user_version = {len(steps()) + 1}")
    connection.close()
    code, _, errors = version("--check", cwd=tmp_path)
    assert (code, "was written by a newer Souk" in errors) == (1, True)
    program = Program("backup", cwd=tmp_path, DB_KEY=KEY, DATABASE_PATH="souk.db")
    assert program.process.wait(DEADLINE_S) == 0, "a copy can be taken all the same"
    program = Program("sealed", cwd=tmp_path, DB_KEY=KEY, DATABASE_PATH="souk.db")
    _, errors = program.process.communicate(timeout=DEADLINE_S)
    assert (program.process.returncode, "update Souk" in errors) == (1, True)
