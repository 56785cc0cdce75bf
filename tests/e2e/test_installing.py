"""`make run` on a machine without the libraries shows its progress, or one sentence if it fails."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.driver import ROOT
from tests.patience import DEADLINE_S

PIP = """#!/bin/sh
cat <<'END'
{said}
END
exit {code}
"""
FETCHED = "Collecting one\n  Downloading one-1.whl\nCollecting two\nInstalling collected packages: one, two\n" + (
    "Successfully installed one-1 two-2"
)


def install(folder: Path, list_of: str = "requirements.txt", **environ: str) -> tuple[int, str, str]:
    command = [str(ROOT / "install-libraries"), str(folder), list_of]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=DEADLINE_S
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path


def say(folder: Path, said: str, code: int) -> None:
    """Make the environment's Python print this as if it were pip."""
    python = folder / "bin/python"
    python.write_text(PIP.format(said=said, code=code))
    python.chmod(0o700)


def test_it_shows_its_progress_and_keeps_pips_output(folder: Path) -> None:
    say(folder, FETCHED, 0)
    assert install(folder) == (0, ".. installing 2\n", "")
    assert (folder / "install.log").read_text().strip() == FETCHED


def test_any_other_failure_points_to_the_log(folder: Path) -> None:
    say(folder, "ERROR: no space left on device", 1)
    code, _, errors = install(folder)
    assert (code, errors.count("\n"), "install.log for the reason" in errors) == (1, 1, True)


def test_offline_it_is_one_sentence(folder: Path) -> None:
    made = ["python3", "-m", "venv", "--system-site-packages", str(folder / "venv")]
    if subprocess.run(made, capture_output=True, check=False).returncode or shutil.which("awk") is None:
        pytest.skip("no virtual environment can be made here")
    (folder / "list").write_text("souk-has-no-such-library==1\n")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    code, told, errors = install(folder / "venv", str(folder / "list"), **nowhere)
    assert (code, told.strip(), errors.count("\n")) == (1, "", 1)
    assert "the package index cannot be reached" in errors
