"""The program stays on one core with all its threads, and lets the kernel choose again from time to time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shop.cpu_affinity import LOOSE_S, STAY_S
from tests.patience import DEADLINE_S

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, threading
from shop.cpu_affinity import LOOSE_S, STAY_S, OneCore, let_loose
over, now, allowed = threading.Event(), [1000.0], os.sched_getaffinity(0)
core = OneCore(monotonic=lambda: now[0])

def start():
    threading.Thread(target=over.wait, daemon=True).start()

def places():
    return {frozenset(os.sched_getaffinity(thread.native_id)) for thread in threading.enumerate()}

start()
core.tick()
start()
"""
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
several = pytest.mark.skipif(CORES < 2, reason="needs two cores")


def said(body: str, *, before: str = "") -> str:
    """Run a program of its own, since the cores of these threads are not to change; return what it prints."""
    command = [sys.executable, "-c", before + BEGIN + body]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    return ran.stdout.strip()


@several
def test_every_thread_is_on_the_same_core_whenever_it_started() -> None:
    assert said("print(places() == {frozenset([core.core])}, core.core in allowed)") == "True True"


@several
def test_after_a_while_the_kernel_chooses_and_the_program_stays_there() -> None:
    body = """
now[0] += STAY_S - 1
core.tick()
print(core.core in allowed, len(places().pop()))
now[0] += 1
core.tick()
core.tick()
print(core.core, places() == {frozenset(allowed)})
now[0] += LOOSE_S
core.tick()
print(places() == {frozenset([core.core])}, core.core in allowed)
"""
    assert STAY_S > LOOSE_S
    assert said(body).splitlines() == ["True 1", "None True", "True True"]


@several
def test_where_it_is_forbidden_the_kernel_goes_on_choosing() -> None:
    body = """
def forbidden(*_):
    raise PermissionError(1, "Operation not permitted")
os.sched_setaffinity, core = forbidden, OneCore()
core.tick()
print(core.core)
"""
    assert said(body) == "None"


@several
def test_a_program_that_is_started_from_a_thread_let_loose_uses_every_core() -> None:
    body = """
import subprocess, sys
let_loose()
cores = subprocess.run([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], stdout=-1, text=True)
print(cores.stdout.strip() == str(allowed), len(places()))
now[0] += STAY_S
core.tick()
now[0] += LOOSE_S
core.tick()
print(len(places()))
"""
    assert said(body).splitlines() == ["True 2", "1"]


@several
@pytest.mark.parametrize("line", ["1 (python) S", "1 (python) " + "S " * 50, ""])
def test_an_unknown_form_of_what_the_kernel_says_is_no_error(line: str) -> None:
    body = f"""
import pathlib
from shop import cpu_affinity
cpu_affinity._STAT = pathlib.Path("stat")
pathlib.Path.read_text, core = lambda _path: {line!r}, OneCore()
core.tick()
print(core.core)
"""
    assert said(body) == "None"


@pytest.mark.skipif(not CORES, reason="the system has no such calls")
def test_with_one_core_there_is_nothing_to_choose() -> None:
    before = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    body = "print(core.core, places() == {frozenset(allowed)}, len(allowed))"
    assert said(body, before=before) == "None True 1"
