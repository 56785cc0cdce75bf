"""A machine that systemd-nspawn boots, with Debian's systemd as its first process; it shares this machine's network.

Its files are in memory and are lost at the end, except what is bind-mounted.
"""

import contextlib
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.container.engine import FOLDER, OF_THIS_MACHINE, below, of_process
from tests.patience import DEADLINE_S, wait_for

ROOT_OF_MACHINE = FOLDER / "systemd"
BOOTED = ("running", "degraded")
_INSIDE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb"}


def lacking() -> str:
    """List what such a machine needs and this one lacks; empty if nothing is missing."""
    if os.getuid() != 0:
        return "booting systemd needs root"
    return "" if ROOT_OF_MACHINE.is_dir() else "booting systemd needs what tests/container/install makes"


class Booted:
    """A running machine with folders of this machine bind-mounted."""

    def __init__(self, **bound: Path) -> None:
        """`bound` maps mount points, with `__` for each slash (`opt__souk`), to folders of this machine."""
        places = [f"--bind={here}:/{there.replace('__', '/')}" for there, here in bound.items()]
        places += [f"--bind-ro={each}" for each in OF_THIS_MACHINE if Path(each).exists()]
        self.name = f"souk-test-{os.getpid()}"
        self._folder = tempfile.TemporaryDirectory(prefix="souk-console-")
        self._console = Path(self._folder.name, "console")
        command = (
            *("systemd-nspawn", "--boot", "--register=no", "--keep-unit", "--quiet", "--volatile=overlay"),
            *(f"--directory={ROOT_OF_MACHINE}", f"--machine={self.name}", *places),
        )
        with self._console.open("w") as console:
            self._process = subprocess.Popen(
                command,
                env=os.environ
                | {"SYSTEMD_NSPAWN_LOCK": "0"},  # several machines share the tree, and none writes to it
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        try:
            self.pid = wait_for(self._first_process, "systemd as the first process")
            wait_for(
                lambda: self.run("systemctl", "is-system-running")[1] in BOOTED,
                "a booted machine",
                longest_pause_s=0.2,
            )
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def enter(self) -> tuple[str, ...]:
        """Return the beginning of a command line that runs inside."""
        names = [f"{name}={value}" for name, value in _INSIDE.items()]
        return ("/usr/bin/nsenter", "--target", str(self.pid), "--all", "/usr/bin/env", *names)

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command inside; return its exit code and output."""
        done = subprocess.run(
            [*self.enter, *command], capture_output=True, text=True, check=False, timeout=DEADLINE_S
        )
        return done.returncode, done.stdout.strip()

    def ask(self, unit: str, name: str) -> str:
        """Ask systemd for a property of a unit."""
        return self.run("systemctl", "show", f"--property={name}", "--value", unit)[1]

    def cut_power(self) -> None:
        """Kill everything inside, and wait for the end of the machine; its files are lost in any case."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # the kernel kills the rest of a namespace with its first process
        try:
            self._process.wait(DEADLINE_S)
        finally:
            self._process.kill()  # no effect if it has already ended
            self._folder.cleanup()

    def _first_process(self) -> int:
        """Find the process with id 1 in its own namespace."""
        if self._process.poll() is not None:
            raise AssertionError(f"systemd did not boot: {self._console.read_text(errors='replace')}")
        for each in below(self._process.pid):
            status = of_process(each, "status").splitlines()
            numbers = [line.split()[-1] for line in status if line.startswith("NSpid:")]
            if numbers == ["1"] and of_process(each, "comm").strip() == "systemd":
                return each
        return 0
