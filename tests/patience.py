"""How long a test waits before it gives up: deadlines grow with the machine's slowness and load.

The factor is measured once, when the tests start, by timing a known piece of work; all workers, and all programs that
a test starts, use it. A passing test never waits for its deadline, so deadlines are generous.
"""

import hashlib
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

from shop.chains.http import HttpClient

T = TypeVar("T")

VARIABLE = "SOUK_TEST_PATIENCE"
WORK_S = 0.25
"""The time that the work takes on the kind of quiet machine for which the deadlines were chosen."""
LONGEST_FACTOR = 20.0


def measured() -> float:
    """Measure how much slower this machine is than a quiet one; at least 1."""
    started = time.monotonic()
    for _ in range(3):
        hashlib.pbkdf2_hmac("sha256", b"patience", b"souk", 150_000)
    return min(LONGEST_FACTOR, max(1.0, (time.monotonic() - started) / WORK_S))


def factor() -> float:
    """Return how much longer than usual to wait, measured once for all workers."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = f"{measured():.2f}"
    return float(os.environ[VARIABLE])


SHORTEST_PAUSE_S = 0.02
DEADLINE_S = 60.0 * factor()
"""How long a test waits for anything: an answer, a thread, a program, a condition."""


def patient_client(**options: Any) -> HttpClient:
    """Make a client that gives servers as long as a test waits, except in what `options` set.

    Tests in which a server is given up make their own, with times short enough to wait for.
    """
    return HttpClient(**{"version": "test", "timeout_s": DEADLINE_S, "deadline_s": DEADLINE_S} | options)


def wait_to_reach(count: Callable[[], int], goal: int, what: str) -> None:
    """Wait while a count keeps growing towards a goal, and up to a deadline while it stands still."""
    seen = count()
    while seen < goal:
        before = seen
        seen = wait_for(lambda before=before: (now := count()) > before and now, f"{what}: {before} of {goal}")


def wait_for(
    condition: Callable[[], T], what: str = "the condition", *, longest_pause_s: float = SHORTEST_PAUSE_S
) -> T:
    """Poll until a condition holds, and return its value.

    Where polling is costly and the condition stays true, pauses may grow up to `longest_pause_s`.
    """
    end, pause_s = time.monotonic() + DEADLINE_S, SHORTEST_PAUSE_S
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what}")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, longest_pause_s)
    return value
