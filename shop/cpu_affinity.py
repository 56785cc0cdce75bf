"""The core on which the program runs: one for all its threads, which the kernel chooses again every minute.

Python runs one of its threads at a time, and a thread lets the next one run whenever it reads a row, waits for a
lock, or sends. If the two are on different cores, each such handover wakes a core, which takes longer than the work
in between: with sixteen updates at a time, one took 7 ms of processor time and 160 switches between threads, and on
one core 3.3 ms and 13. What runs outside Python, such as encryption, could use a second core, but is a small part.

The kernel puts a thread on a core with little to do. So the threads are let loose for a second from time to time, and
then stay where it has put the main one.
"""

import contextlib
import functools
import os
import time
from collections.abc import Callable
from pathlib import Path

STAY_S = 60
"""Seconds on one core before the kernel may choose again."""
LOOSE_S = 1
"""Seconds in which it may."""
_STAT, _THREADS = Path("/proc/self/stat"), Path("/proc/self/task")
_PLACE_OF_CORE = 36
"""Where /proc/self/stat names the main thread's core, counted from behind the program's name (proc(5), field 39)."""


@functools.cache
def _allowed() -> frozenset[int]:
    """Return the cores that this process was given; to be called before it keeps to one."""
    return frozenset(os.sched_getaffinity(0))


class OneCore:
    """Keeps this process on one core. Where the system cannot, or allows one core anyway, nothing is done.

    `monotonic` counts seconds.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = 0.0
        self.core: int | None = None
        """The core; None while the kernel chooses."""

    def tick(self) -> None:
        """Stay on the main thread's core, or let the kernel choose when it is time; call it every second or so."""
        now = self._monotonic()
        if now < self._until:
            return
        with contextlib.suppress(OSError, AttributeError, ValueError, IndexError):  # not Linux, or not allowed
            if self.core is None:
                self._stay(now)
            else:
                self.core, self._until = None, now + LOOSE_S
                _for_each_thread(let_loose)

    def _stay(self, now: float) -> None:
        if len(_allowed()) > 1:
            core = int(_STAT.read_text().rpartition(")")[2].split()[_PLACE_OF_CORE])
            _for_each_thread(lambda thread: os.sched_setaffinity(thread, {core}))
            self.core, self._until = core, now + STAY_S


def let_loose(thread: int = 0) -> None:
    """Let a thread, and the programs that it starts, use all cores that this process was given; 0: this thread.

    The next time that the process chooses a core, the thread comes along. Raises OSError or AttributeError where
    nothing keeps it anyway.
    """
    try:
        os.sched_setaffinity(thread, _allowed())
    except OSError:  # the allowed cores have changed: ask for all, and the kernel keeps the allowed ones
        os.sched_setaffinity(thread, range(os.cpu_count() or 1))


def _for_each_thread(act: Callable[[int], None]) -> None:
    """Do something with each thread; one started meanwhile inherits its starter's cores until the next time."""
    for thread in _THREADS.iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended
            act(int(thread.name))
