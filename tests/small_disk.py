"""A disk that a test can fill: a small file system of its own where the machine allows it, else a bounded file size.

Both are real: the kernel refuses the write. A file system of memory says ENOSPC, as a full disk does; a bound on the
size of files (RLIMIT_FSIZE), for whoever may mount nothing, says EFBIG, and meets files that grow.
"""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

SIZE_MB = 64
_BLOCK = 4096


class Disk(Protocol):
    """A folder whose room a test decides about."""

    folder: Path

    def fill(self, *, leaving_bytes: int = 0, pid: int = 0) -> None:
        """Take all the room but so much away, from everybody or at least from this process."""
        ...

    def clear(self, *, pid: int = 0) -> None:
        """Give the room back."""
        ...


class MountedDisk:
    """A file system of `SIZE_MB`, which a ballast fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, leaving_bytes: int = 0, pid: int = 0) -> None:
        """Write a file as large as what is free."""
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
        """Return how much room there is."""
        state = os.statvfs(self.folder)
        return state.f_bavail * state.f_frsize


class BoundedFiles:
    """A folder in which the largest file of a process cannot grow any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, *, leaving_bytes: int = 0, pid: int = 0) -> None:
        """Let files of a process (0: this one) grow to what the largest is now, and `leaving_bytes` more."""
        largest = max((file.stat().st_size for file in self.folder.rglob("*") if file.is_file()), default=0)
        self._bound(pid, largest + leaving_bytes)

    def clear(self, *, pid: int = 0) -> None:
        """Let them grow."""
        self._bound(pid, resource.getrlimit(resource.RLIMIT_FSIZE)[1])

    @staticmethod
    def _bound(pid: int, most_bytes: int) -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, hard))


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Make a folder that can be filled, on a file system of its own where that can be mounted."""
    folder.mkdir()
    mounted = mount(folder)
    try:
        yield MountedDisk(folder) if mounted else BoundedFiles(folder)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=30)


def mount(folder: Path) -> bool:
    """Mount a file system of memory; return whether this was allowed."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "souk", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0
    except FileNotFoundError:
        return False
