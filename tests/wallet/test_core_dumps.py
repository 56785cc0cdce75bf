"""A process that holds a mnemonic leaves no core dump."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import DEADLINE_S, wait_for

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import ctypes, resource
from wallet import core_dumps
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
core_dumps.forbid()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
PR_GET_DUMPABLE_SAYS_NO = "(0, 0) 0"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_kernel_may_not_dump_the_process() -> None:
    shown = subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == PR_GET_DUMPABLE_SAYS_NO


@pytest.mark.skipif(sys.platform != "linux", reason="needs proc(5)")
def test_a_command_forbids_it_before_it_reads_any_words() -> None:
    command = [sys.executable, "-m", "wallet", "addresses"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    limits = Path(f"/proc/{process.pid}/limits")
    try:
        none = re.compile(r"^Max core file size +0 +0 ", re.MULTILINE)
        wait_for(lambda: none.search(limits.read_text()), "it is forbidden")
    finally:
        process.communicate("", timeout=DEADLINE_S)
