"""The contents of the image, as far as the files show; tests/container builds and runs it."""

import re
import tomllib

from shop.version import VERSION
from tests.e2e.driver import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def copied() -> set[str]:
    """Return the files and folders that the image gets from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return {name for line in lines for name in line.split()[:-1]}


def test_the_build_context_contains_exactly_what_is_copied() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied() == allowed


def test_every_room_of_the_program_is_copied() -> None:
    imported = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert imported <= copied()


def test_the_base_is_pinned_and_the_same_for_both_stages() -> None:
    digest = re.search(r"^ARG BASE_DIGEST=@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)
    assert digest is not None
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["python:3.13-slim${BASE_DIGEST}"] * 2


def test_the_image_has_the_version_of_the_program() -> None:
    assert f'image.version="{VERSION}"' in DOCKERFILE
    assert "version" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"]
    released = re.findall(r"^## \[([0-9.]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == VERSION
