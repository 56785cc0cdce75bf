"""Builds images with buildah, and runs them as a container engine would: a read-only root, and an ordinary user.

buildah needs no daemon. Its `run` has no read-only root, so the namespaces are made here, from what the image says
about its user, its command and its environment.
"""

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.e2e.driver import ROOT
from tests.patience import DEADLINE_S

FOLDER = Path(os.environ.get("SOUK_CONTAINER_DIR") or Path.home() / ".cache/souk-container")
REQUIRED = os.environ.get("SOUK_REQUIRE_CONTAINER") == "1"
BASE = "docker.io/library/python:3.13-slim"
OF_THIS_MACHINE = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/xdg/pip")
"""Certificates and settings of pip, which the build gets where there are such."""
SOURCE_TIME = 1_790_000_000
OUTSIDE_ADDRESS = "192.0.2.7"
"""The address of a container with a network of its own (RFC 5737: for documentation, so it is nobody's)."""
_NAMES = "souk-test"
_START = """
set -e
root="$1" data="$2" user="$3"
shift 3
if [ -n "$OWN_NETWORK" ]; then ip link set lo up; ip address add "$OWN_NETWORK/32" dev lo; fi
mount --bind "$root" "$root"
mount --bind "$data" "$root/data"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" /usr/bin/env -i "$@"
"""


def below(pid: int) -> list[int]:
    """List the processes that came of one, each before what came of it."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(each) for each in listed.read_text().split()] if listed.exists() else []
    return [each for child in children for each in (child, *below(child))]


def missing() -> str:
    """What keeps images from being built here; empty where nothing does."""
    if os.getuid() != 0:
        return "needs root"
    tools = [tool for tool in ("buildah", "unshare", "nsenter", "ip") if shutil.which(tool) is None]
    if tools or not (FOLDER / "driver").exists():
        return "tests/container/install was not run"
    return ""


def buildah(*arguments: str, check: bool = True) -> str:
    """Run buildah on the images of the tests; what it prints. Without `check` it may fail."""
    driver = (FOLDER / "driver").read_text().strip()
    store = ("--storage-driver", driver, "--root", str(FOLDER / "images"), "--runroot", str(FOLDER / "run"))
    done = subprocess.run(["buildah", *store, *arguments], capture_output=True, text=True, check=False, timeout=900)
    assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout.strip()


def build(tag: str, source: Path = ROOT) -> None:
    """Build an image from a folder, without asking a registry for the base."""
    with tempfile.TemporaryDirectory() as folder, (FOLDER / "lock").open("w") as lock:
        _copy_context(source, Path(folder))
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs of the tests share one store of images
        _build(tag, Path(folder))


def _copy_context(source: Path, context: Path) -> None:
    """Copy what the build may see, with one time for all: another clone of the same files then finds their layers."""
    allowed = [line[1:] for line in (source / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name in ("Dockerfile", ".dockerignore", *allowed):
        target = context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source / name, target)
    for path in context.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (SOURCE_TIME, SOURCE_TIME))


def _build(tag: str, context: Path) -> None:
    mounts = [f"--volume={path}:{path}:ro" for path in OF_THIS_MACHINE if Path(path).exists()]
    how = ("--isolation", "chroot", "--format", "docker", "--pull-never", "--layers", "--build-arg", "BASE_DIGEST=")
    # The first stage gets a name of its own, so that its layers outlive the pruning of what is out of date.
    buildah("build", *how, *mounts, "--target", "build", "--tag", f"{tag}-build", str(context))
    buildah("build", *how, *mounts, "--tag", tag, str(context))
    buildah("rmi", "--prune", check=False)  # what another run of the tests still uses stays


def remove_what_killed_runs_left() -> None:
    """Remove the containers of test runs that are no more, and of no other."""
    for name in buildah("containers", "--format", "{{.ContainerName}}").splitlines():
        number = name.rpartition("-")[2]
        if name.startswith(_NAMES) and not Path("/proc", number).exists():
            buildah("rm", name, check=False)


class Image:
    """A built image, unpacked."""

    def __init__(self, tag: str) -> None:
        self.config: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", tag))["Docker"]["config"]
        self._container = buildah(
            "from", "--pull-never", "--name", f"{_NAMES}-{re.sub(r'[^a-z0-9]+', '-', tag)}-{os.getpid()}", tag
        )
        self.root = Path(buildah("mount", self._container))

    def remove(self) -> None:
        """Take away what was unpacked; the image stays."""
        buildah("rm", self._container)

    def start(
        self, *arguments: str, data: Path, own_network: bool = False, command: Sequence[str] = (), **environ: str
    ) -> "Container":
        """Start the image's entry point with `arguments`, or another command, with `data` as its volume."""
        user = next(line.split(":") for line in self._users() if line.startswith(f"{self.config['User']}:"))
        os.chown(data, int(user[2]), int(user[3]))
        settings = [*self.config["Env"], *(f"{name}={value}" for name, value in environ.items())]
        program = command or [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]
        inside = f'cd {self.config["WorkingDir"]} && exec "$@"'
        return Container(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child", *(["--net"] if own_network else [])),
                *("bash", "-c", _START, "start", str(self.root), str(data), f"{user[2]}:{user[3]}"),
                *(*settings, "sh", "-c", inside, "sh", *program),
            ],
            environ={"PATH": os.environ["PATH"], "OWN_NETWORK": OUTSIDE_ADDRESS if own_network else ""},
        )

    def _users(self) -> list[str]:
        return (self.root / "etc/passwd").read_text().splitlines()


class Container:
    """A running container; process one in it is the program."""

    def __init__(self, command: Sequence[str], *, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def pid(self) -> int:
        """The number of process one, as this machine counts; 0 before it is there and after it ended."""
        return next(iter(below(self.process.pid)), 0)

    def execute(self, *command: str, environ: Sequence[str] = ()) -> int:
        """Run a command inside, as `docker exec` would; its exit code."""
        inside = ["nsenter", "--target", str(self.pid), "--mount", "--net", "--root", "env", "-i", *environ, *command]
        return subprocess.run(inside, capture_output=True, check=False, timeout=60).returncode

    def ended(self) -> tuple[int, str]:
        """Wait for the end; the exit code, and what was written to standard error."""
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, errors

    def stop(self, how: int) -> tuple[int, str]:
        """Send process one a signal, and wait for the end."""
        if self.pid:
            os.kill(self.pid, how)
        return self.ended()
