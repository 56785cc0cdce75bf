"""A repository with this folder's files, ready to be cloned as on another machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.driver import ROOT

IGNORED = shutil.ignore_patterns(".git", ".venv", "__pycache__", "build", "data", ".env", ".*_cache", ".hypothesis")


def git(*arguments: str, cwd: Path) -> None:
    """Run git as the folder's owner, because git trusts no other user, and with a name to commit under."""
    who = ("-c", "user.name=Souk", "-c", "user.email=souk@example.com")
    owner, home = cwd.stat(), os.environ | {"HOME": str(cwd)}
    subprocess.run(
        ["git", *who, *arguments],
        cwd=cwd,
        env=home,
        user=owner.st_uid,
        group=owner.st_gid,
        check=True,
        capture_output=True,
    )


def make_origin(folder: Path) -> None:
    """Create a repository whose only commit contains the current files."""
    shutil.copytree(ROOT, folder, ignore=IGNORED)
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message=Release", cwd=folder)


def compile_all(origin: Path) -> None:
    """Compile the program to bytecode that stays valid while the source is the same, in any folder (PEP 552)."""
    how = ("-q", "--invalidation-mode", "checked-hash", "-x", "/tests/")
    subprocess.run([sys.executable, "-m", "compileall", *how, str(origin)], check=True, capture_output=True)


def give_bytecode(origin: Path, clone: Path) -> None:
    """Copy the bytecode that `compile_all` made to a clone, whose programs would otherwise compile it again."""
    for folder in origin.rglob("__pycache__"):
        shutil.copytree(folder, clone / folder.relative_to(origin))


def release_a_migration(origin: Path) -> int:
    """Commit one more migration, as a newer version would have; return its number."""
    number = len(list((origin / "storage/migrations").glob("[0-9]*.sql"))) + 1
    (origin / f"storage/migrations/{number:04}_later.sql").write_text("CREATE TABLE later (id INTEGER) STRICT;\n")
    git("add", "--all", cwd=origin)
    git("commit", "--quiet", "--message=Later", cwd=origin)
    return number
