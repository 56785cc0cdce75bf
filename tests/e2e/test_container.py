"""What the container holds is enough to run the shop, and it is set up as a container should be."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.e2e.driver import ROOT, wait_for
from tests.patience import DEADLINE_S

DOCKERFILE = (ROOT / "Dockerfile").read_text()
ORDINARY_USER = 10001


def copied() -> list[str]:
    """The files and folders that the image gets."""
    names: list[str] = []
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        names += line.split()[:-1]
    return names


def test_the_image_gets_all_that_is_copied_and_nothing_else() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied()) == allowed


def test_the_command_is_in_exec_form_for_an_ordinary_user_with_one_volume() -> None:
    assert 'CMD ["python", "app.py", "serve"]' in DOCKERFILE
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["souk"]
    assert re.findall(r"^VOLUME (\S+)$", DOCKERFILE, re.MULTILINE) == ["/data"]
    assert f"--uid {ORDINARY_USER}" in DOCKERFILE


def test_the_copied_files_alone_run_and_the_health_check_passes(tmp_path: Path) -> None:
    image, data = tmp_path / "souk", tmp_path / "data"
    image.mkdir()
    data.mkdir()
    for name in copied():
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, image / name)
    environ = {"PATH": os.environ["PATH"], "WEBAPP_PORT": "0", "TMPDIR": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    program = subprocess.Popen(
        [sys.executable, "app.py", "serve"],
        cwd=image,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = wait_for(program.stdout.readline, "the sandbox starts")
        address = re.search(r"http://\S+", line).group()
        check = re.search(r'HEALTHCHECK.*?"-c", "(.*?)"\]', DOCKERFILE, re.DOTALL).group(1)
        check = check.replace("http://127.0.0.1:8080/", address)
        assert subprocess.run([sys.executable, "-c", check], timeout=DEADLINE_S, check=False).returncode == 0
        with urllib.request.urlopen(f"{address}healthz", timeout=DEADLINE_S) as reply:
            assert reply.status == 200
    finally:
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=DEADLINE_S)
    assert program.returncode == 0, errors
