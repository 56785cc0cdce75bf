"""A disk that a test can fill: a small file system if the machine allows it, otherwise a limit on file sizes.

Both are real: the kernel refuses the write. A file system in memory gives ENOSPC, as a full disk does. A limit on
file sizes (RLIMIT_FSIZE), for users who may not mount, gives EFBIG, and only for growing files.
"""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.patience import DEADLINE_S

SIZE_MB = 64
_BLOCK = 4096


class Disk(Protocol):
    """A folder whose free space a test controls."""

    folder: Path

    def fill(self, *, leaving_bytes: int = 0, pid: int = 0) -> None:
        """Use up all but this much space, for everybody or at least for this process."""
        ...

    def clear(self, *, pid: int = 0) -> None:
        """Free the space."""
        ...


class MountedDisk:
    """A file system of `SIZE_MB` with a file that fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, leaving_bytes: int = 0, pid: int = 0) -> None:
        """Write a file that takes up the free space."""
        del pid
        with self._ballast.open("ab") as ballast:
            while (room := self.free_bytes - leaving_bytes) >= _BLOCK:
                os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), room // _BLOCK * _BLOCK)

    def clear(self, *, pid: int = 0) -> None:
        """Delete that file."""
        del pid
        self._ballast.unlink(missing_ok=True)

    @property
    def free_bytes(self) -> int:
        """Return the free space."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize


class BoundedFiles:
    """A folder in which a process's largest file cannot grow any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, *, leaving_bytes: int = 0, pid: int = 0) -> None:
        """Let files of a process (0 is this one) grow to the size of the largest one now, plus `leaving_bytes`."""
        largest = max((file.stat().st_size for file in self.folder.rglob("*") if file.is_file()), default=0)
        self._bound(pid, largest + leaving_bytes)

    def clear(self, *, pid: int = 0) -> None:
        """Remove the limit."""
        self._bound(pid, resource.getrlimit(resource.RLIMIT_FSIZE)[1])

    @staticmethod
    def _bound(pid: int, most_bytes: int) -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, hard))


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Create a folder that can be filled, on its own file system if that can be mounted."""
    folder.mkdir()
    mounted = mount(folder)
    try:
        yield MountedDisk(folder) if mounted else BoundedFiles(folder)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=DEADLINE_S)


def mount(folder: Path) -> bool:
    """Mount a file system in memory; return whether this was allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "souk", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=DEADLINE_S).returncode == 0
    except FileNotFoundError:
        return False
