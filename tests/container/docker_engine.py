"""A Docker engine for the tests, in its own namespaces.

Its bridge, iptables rules and mounts do not affect this machine and end with it. slirp4netns connects its network to
this machine's, as in rootless Docker. Images are kept in the tests' folder, so they are built only once.
"""

import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.container.engine import BASE, FOLDER, LONGEST_S, OF_THIS_MACHINE, Image, below
from tests.patience import DEADLINE_S, wait_for

DOCKER = "/usr/bin/docker"
"""Debian's own, because another `docker` may come first in PATH."""
TOOLS = ("dockerd", DOCKER, "docker-compose", "iptables", "slirp4netns", "setpriv", "unshare", "nsenter")
TAG_OF_BASE = BASE.rpartition("/")[2]
EMULATOR = "192.0.2.7"
"""The address of the emulated servers for containers (RFC 5737: belongs to no one). The base image contains it, so it
never changes.
"""
THIS_MACHINE = "10.0.2.2"
"""slirp4netns's address for this machine's loopback."""
NAME_SERVER = "10.0.2.3"
GROUP = 1000
"""Members of this group may use the engine."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_START = """
set -e
mount --make-rprivate /
ip link set lo up
read -r _  # the way out is there
exec dockerd "$@"
"""


class NoEngine(Exception):
    """The engine cannot run here; the text says why in one sentence."""


def lacking() -> str:
    """List what an engine needs and this machine lacks; empty if nothing is missing."""
    if os.getuid() != 0:
        return "a Docker engine needs root"
    if absent := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"a Docker engine needs {', '.join(absent)}: run tests/container/install"
    if not any(line.split()[2].startswith("cgroup") for line in Path("/proc/mounts").read_text().splitlines()):
        return "a Docker engine needs cgroups, and none are mounted at /sys/fs/cgroup"
    if not Path("/dev/net/tun").exists():
        return "a Docker engine of the tests needs /dev/net/tun"
    tried = subprocess.run(
        ["unshare", "--net", "iptables", "-t", "nat", "-L"], capture_output=True, text=True, check=False
    )
    return f"a Docker engine needs iptables: {tried.stderr.strip()}" if tried.returncode else ""


class Engine:
    """A running engine.

    Raises: NoEngine if it cannot run.
    """

    def __init__(self) -> None:
        if reason := lacking():
            raise NoEngine(reason)
        self._end = ExitStack()
        lock = self._end.enter_context((FOLDER / "docker.lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs share the images
        self.folder = Path(self._end.enter_context(tempfile.TemporaryDirectory(prefix="souk-docker-")))
        self.folder.chmod(0o755)
        self.host = f"unix://{self.folder}/docker.sock"
        self._cgroup = f"souk-test-{os.getpid()}"
        try:
            self._start()
            self.clear()
        except BaseException:
            self.stop()
            raise

    def docker(self, *arguments: str, check: bool = True) -> str:
        """Run Debian's docker on this engine; return its output."""
        command = [DOCKER, "--host", self.host, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)
        assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout.strip()

    def on_its_host(self, *command: str) -> str:
        """Run a command in the network of the engine's published ports; return its output."""
        inside = ["nsenter", "--target", str(self._pid), "--net", *command]
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=DEADLINE_S).stdout

    def emulate(self, port: int, wanted: dict[str, str]) -> None:
        """Forward the emulator's address to a loopback port of this machine; every image gets the environment
        `wanted`.
        """
        there = self.docker("image", "inspect", "--format", "{{json .Config.Env}}", TAG_OF_BASE, check=False)
        if not there or sorted(json.loads(there)) != sorted(f"{name}={value}" for name, value in wanted.items()):
            self._import_base(wanted)
        asked = ("--destination", EMULATOR, "--protocol", "tcp", "--dport", "80")
        lead = ("--jump", "DNAT", "--to-destination", f"{THIS_MACHINE}:{port}")
        self.on_its_host("iptables", "--table", "nat", "--insert", "PREROUTING", *asked, *lead)  # the first rule wins

    def clear(self) -> None:
        """Remove containers, volumes and networks, but keep images."""
        if containers := self.docker("ps", "--all", "--quiet").split():
            self.docker("rm", "--force", "--volumes", *containers)
        if volumes := self.docker("volume", "ls", "--quiet").split():
            self.docker("volume", "rm", *volumes)
        self.docker("network", "prune", "--force")

    def remove_tags(self, name: str) -> None:
        """Remove the tags of all images except the base and those of `name`; builds still find their layers."""
        tags = self.docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
        kept = (TAG_OF_BASE, f"{name}:build", f"{name}:latest", "<none>:<none>")
        if others := [tag for tag in tags if tag not in kept]:
            self.docker("rmi", "--force", "--no-prune", *others)

    def keep_stages(self, name: str, source: Path) -> None:
        """Remove all images except the base and a recipe's stages, so that the next build reuses their layers."""
        self.docker("build", "--quiet", "--target", "build", "--tag", f"{name}:build", str(source))
        self.docker("build", "--quiet", "--tag", f"{name}:latest", str(source))
        self.remove_tags(name)
        self.docker("image", "prune", "--force")

    def stop(self) -> None:
        """Stop the engine, and everything that it created outside its images folder."""
        if self._process.poll() is None and self._pid:
            os.kill(self._pid, signal.SIGTERM)
        self._process.communicate()
        self._way_out.terminate()
        self._way_out.wait()
        for hierarchy in Path("/sys/fs/cgroup").glob(f"**/{self._cgroup}"):
            for folder in sorted(hierarchy.rglob("*/"), reverse=True):
                folder.rmdir()
            hierarchy.rmdir()
        self._end.close()

    def _start(self) -> None:
        driver = {"overlay": "overlay2"}.get((FOLDER / "driver").read_text().strip(), "vfs")
        places = ("--data-root", str(FOLDER / "docker"), "--exec-root", f"{self.folder}/exec")
        found = ("--host", self.host, "--group", str(GROUP), "--pidfile", f"{self.folder}/pid")
        how = ("--storage-driver", driver, "--cgroup-parent", self._cgroup, "--dns", NAME_SERVER)
        with (self.folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [
                    *("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"),
                    *("bash", "-c", _START, "start", *places, *found, *how),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
            self._pid = wait_for(lambda: below(self._process.pid), "the namespaces of the engine")[0]
            self._way_out = subprocess.Popen(
                ["slirp4netns", "--configure", "--mtu=65520", str(self._pid), "tap0"], stdout=log, stderr=log
            )
        wait_for(lambda: "tap0" in self.on_its_host("ip", "-brief", "-4", "address"), "the engine's way out")
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        wait_for(lambda: self._process.poll() is not None or self._answers(), "an answer of the engine")
        if self._process.poll() is not None:
            raise NoEngine(f"the Docker engine did not start: {self._last_words()}")

    def _answers(self) -> bool:
        return bool(self.docker("version", "--format", "{{.Server.Version}}", check=False))

    def _last_words(self) -> str:
        lines = _COLOUR.sub("", (self.folder / "log").read_text()).strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _import_base(self, environ: dict[str, str]) -> None:
        """Import the base image, adding what pip needs on this machine and an environment that all its images
        inherit.
        """
        base = Image(BASE)
        try:
            for each in filter(os.path.exists, OF_THIS_MACHINE):
                if Path(each).is_dir():
                    shutil.copytree(each, base.root / each[1:], dirs_exist_ok=True)
                else:
                    shutil.copy(each, base.root / each[1:])
            told = "ENV " + " ".join(f"{name}={shlex.quote(value)}" for name, value in environ.items())
            into = shlex.join([DOCKER, "--host", self.host, "import", "--change", told, "-", TAG_OF_BASE])
            piped = ["bash", "-o", "pipefail", "-c", f"tar -C {base.root} -c . | {into}"]
            subprocess.run(piped, check=True, capture_output=True)
        finally:
            base.remove()
