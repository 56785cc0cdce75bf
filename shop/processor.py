"""The core on which the program runs: one for all its threads, which the kernel chooses again every minute.

Python runs one of its threads at a time, and a thread lets the next one run whenever it reads a row, waits for a
lock, or sends. If the two are on different cores, each such handover wakes a core, which takes longer than the work
in between: with sixteen updates at a time, one took 7 ms of processor time and 160 switches between threads, and on
one core 3.3 ms and 13. What runs outside Python, such as encryption, could use a second core, but is a small part.

The kernel puts a thread on a core with little to do. So the threads are let loose for a second from time to time, and
then stay where it has put the main one.
"""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

STAY_S = 60
"""Seconds on one core before the kernel may choose again."""
_STAT, _THREADS = Path("/proc/self/stat"), Path("/proc/self/task")
_PLACE_OF_CORE = 36
"""Where /proc/self/stat names the main thread's core, counted from behind the program's name (proc(5), field 39)."""


class OneCore:
    """Keeps this process on one core. Where the system cannot, or allows one core anyway, nothing is done.

    `monotonic` counts seconds.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._allowed: set[int] = set()
        self._until = 0.0
        self.core: int | None = None
        """The core; None while the kernel chooses."""

    def tick(self) -> None:
        """Stay on the main thread's core, or let the kernel choose when it is time; call it every second or so."""
        with contextlib.suppress(OSError, AttributeError):  # not Linux, or not allowed
            if self.core is None:
                self._stay()
            elif self._monotonic() >= self._until:
                self.core = None
                _move(self._allowed)

    def _stay(self) -> None:
        self._allowed = self._allowed or os.sched_getaffinity(0)
        if len(self._allowed) > 1:
            core = int(_STAT.read_text().rpartition(")")[2].split()[_PLACE_OF_CORE])
            self._until = self._monotonic() + STAY_S
            _move({core})
            self.core = core


def _move(cores: set[int]) -> None:
    """Move every thread; one that is started meanwhile is where its starter is, and comes along the next time."""
    for thread in _THREADS.iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            os.sched_setaffinity(int(thread.name), cores)
