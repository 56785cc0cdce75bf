"""The program ends cleanly whenever it is asked to, even while it is starting."""

import subprocess
import sys
from pathlib import Path

from tests.patience import DEADLINE_S

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED_AT_EACH_LINE = """
import os, signal, sys, threading
from web.server import until_a_signal

def start(line: int) -> None:
    '''Start a thread, as the program does, and be told to end at this line of `threading`.'''
    left = line

    def trace(frame, event, _argument):
        nonlocal left
        if frame.f_code.co_filename != threading.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGTERM)
        return trace

    with until_a_signal() as stack:
        stack.callback(os.write, 1, b"undone ")
        sys.settrace(trace)
        for _ in range(3):
            threading.Thread(target=str, daemon=True).start()
        sys.settrace(None)
        os.write(1, b"started ")

for line in range(1, 120):
    child = os.fork()
    if child == 0:
        try:
            start(line)
        except SystemExit as end:
            os._exit(end.code)  # tearing the interpreter down takes ten times as long as all of this
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_a_signal_at_any_line_while_a_thread_starts_ends_the_program_with_0() -> None:
    command = [sys.executable, "-c", INTERRUPTED_AT_EACH_LINE]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    lines = ran.stdout.splitlines()
    assert set(lines) <= {"undone 0", "started undone 0"}, ran.stderr
    assert lines.count("undone 0") > 30


def test_an_error_that_no_signal_caused_is_not_swallowed() -> None:
    body = "from web.server import until_a_signal\nwith until_a_signal():\n    raise RuntimeError('of the shop')"
    command = [sys.executable, "-c", body]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert ran.returncode == 1
    assert "RuntimeError: of the shop" in ran.stderr
