"""How long a test waits before it gives up: a deadline grows with how slow and busy the machine is.

One factor is measured when the tests start, by a piece of work whose time is known, and handed to every worker and to
every program that a test starts. A test that passes never waits for its deadline, so deadlines are generous.
"""

import hashlib
import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

VARIABLE = "SOUK_TEST_PATIENCE"
WORK_S = 0.25
"""What the piece of work takes on a quiet machine of the kind that the deadlines were chosen on."""
LONGEST_FACTOR = 20.0


def measured() -> float:
    """Measure how much slower this machine is now than a quiet one: 1 or more."""
    started = time.monotonic()
    for _ in range(3):
        hashlib.pbkdf2_hmac("sha256", b"patience", b"souk", 150_000)
    return min(LONGEST_FACTOR, max(1.0, (time.monotonic() - started) / WORK_S))


def factor() -> float:
    """Say how much longer than usual to wait; measured once for all workers."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = f"{measured():.2f}"
    return float(os.environ[VARIABLE])


SHORTEST_PAUSE_S = 0.02
DEADLINE_S = 60.0 * factor()
"""How long a test waits for anything: an answer, a thread, a program, a condition."""


def wait_to_reach(count: Callable[[], int], goal: int, what: str) -> None:
    """Wait as long as a count goes on growing towards a goal, and as long as a deadline when it stands still."""
    seen = count()
    while seen < goal:
        before = seen
        seen = wait_for(lambda before=before: (now := count()) > before and now, f"{what}: {before} of {goal}")


def wait_for(
    condition: Callable[[], T], what: str = "the condition", *, longest_pause_s: float = SHORTEST_PAUSE_S
) -> T:
    """Ask again until a condition holds; its value is returned.

    Where asking is dear and what holds once goes on to hold, pauses may grow up to `longest_pause_s`.
    """
    end, pause_s = time.monotonic() + DEADLINE_S, SHORTEST_PAUSE_S
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {what}")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, longest_pause_s)
    return value
