"""Build images with buildah and run them as a container engine would, with a read-only root and an ordinary user.

buildah needs no daemon. Its `run` has no read-only root, so the namespaces are created here, using the user, command
and environment of the image.
"""

import fcntl
import hashlib
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
"""Certificates and pip settings, which the build gets if they exist."""
SOURCE_TIME = 1_790_000_000
LONGEST_S = 15 * DEADLINE_S
"""How long a command of an engine may take, such as one that installs libraries."""
OUTSIDE_ADDRESS = "192.0.2.7"
"""The address of a container with its own network (RFC 5737: reserved for documentation)."""
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
    """List a process's descendants, parents first. Any of them may have ended since."""
    children = map(int, of_process(pid, f"task/{pid}/children").split())
    return [each for child in children for each in (child, *below(child))]


def of_process(pid: int, file: str) -> str:
    """Read a file that the kernel has for a process; empty if the process has ended."""
    try:
        return Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def missing() -> str:
    """List what prevents building images here; empty if nothing does."""
    if os.getuid() != 0:
        return "needs root"
    tools = [tool for tool in ("buildah", "unshare", "nsenter", "ip") if shutil.which(tool) is None]
    if tools or not (FOLDER / "driver").exists():
        return "tests/container/install was not run"
    return ""


def buildah(*arguments: str, check: bool = True) -> str:
    """Run buildah on the tests' images; return its output. Without `check` it may fail."""
    driver = (FOLDER / "driver").read_text().strip()
    store = ("--storage-driver", driver, "--root", str(FOLDER / "images"), "--runroot", str(FOLDER / "run"))
    done = subprocess.run(
        ["buildah", *store, *arguments], capture_output=True, text=True, check=False, timeout=LONGEST_S
    )
    assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout.strip()


def build(tag: str, source: Path = ROOT) -> None:
    """Build an image from a folder without contacting a registry for the base."""
    with tempfile.TemporaryDirectory() as folder, (FOLDER / "lock").open("w") as lock:
        _copy_context(source, Path(folder))
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs share the image store
        built, made_from = FOLDER / f"built-{tag.replace(':', '-')}", _digest(Path(folder))
        if built.exists() and built.read_text() == f"{made_from} {_id_of(tag)}":
            return  # buildah would hash all layers again, which takes as long as all tests of the image
        _build(tag, Path(folder))
        built.write_text(f"{made_from} {_id_of(tag)}")


def _id_of(tag: str) -> str:
    """Return the id of an image; empty if there is none."""
    return buildah("images", "--quiet", "--no-trunc", tag, check=False)


def _digest(context: Path) -> str:
    """Hash everything that an image is made from."""
    total = hashlib.sha256(_id_of(BASE).encode())
    for path in sorted(path for path in context.rglob("*") if path.is_file()):
        name, content = str(path.relative_to(context)).encode(), path.read_bytes()
        total.update(b"%d %d %b%b" % (len(name), len(content), name, content))
    return total.hexdigest()


def _copy_context(source: Path, context: Path) -> None:
    """Copy the build context with the same time on every file, so that another clone of the same files reuses the
    layers.
    """
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
    # The first stage gets its own name, so that its layers survive the pruning of old images.
    buildah("build", *how, *mounts, "--target", "build", "--tag", f"{tag}-build", str(context))
    buildah("build", *how, *mounts, "--tag", tag, str(context))
    buildah("rmi", "--prune", check=False)  # images that another run still uses stay


def remove_what_killed_runs_left() -> None:
    """Remove the containers of test runs that no longer exist, and no others."""
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
        """Remove the unpacked files; the image stays."""
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
    """A running container; its process 1 is the program."""

    def __init__(self, command: Sequence[str], *, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    @property
    def pid(self) -> int:
        """The host's id of process 1; 0 before it exists and after it has ended."""
        return next(iter(below(self.process.pid)), 0)

    def execute(self, *command: str, environ: Sequence[str] = ()) -> int:
        """Run a command inside, as `docker exec` would; return its exit code."""
        inside = ["nsenter", "--target", str(self.pid), "--mount", "--net", "--root", "env", "-i", *environ, *command]
        return subprocess.run(inside, capture_output=True, check=False, timeout=DEADLINE_S).returncode

    def ended(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and standard error."""
        _, errors = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, errors

    def stop(self, how: int) -> tuple[int, str]:
        """Send process one a signal, and wait for the end."""
        if self.pid:
            os.kill(self.pid, how)
        return self.ended()
