"""A program on its own terminal, which a test reads and types to as a person does."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.driver import ROOT
from tests.patience import DEADLINE_S

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Terminal:
    """`app.py` or another program on a pseudo-terminal; `text` is everything it has shown so far."""

    def __init__(self, *arguments: str, cwd: Path, program: str = "", **environ: str) -> None:
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*([program] if program else [sys.executable, str(ROOT / "app.py")]), *arguments],
            cwd=cwd,
            env=clean | {"TERM": "xterm"} | environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""
        self._read_up_to = 0

    def read(self, words: str, *, deadline_s: float = DEADLINE_S) -> str:
        """Wait for words after those already waited for; return everything since then up to and including them."""
        end = time.monotonic() + deadline_s
        while (found := self.text.find(words, self._read_up_to)) < 0:
            if time.monotonic() > end or not self._more(end):
                raise AssertionError(f"never shown: {words!r}; the terminal shows {self.text[-2000:]}")
        start, self._read_up_to = self._read_up_to, found + len(words)
        return self.text[start : self._read_up_to]

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._ours, text.encode() + b"\n")

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and type the answer."""
        self.read(question)
        self.type(text)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to everything that runs on this terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def interrupt(self) -> None:
        """Press Ctrl-C, and read to the end."""
        self.press_ctrl_c()
        self.end()

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while self._more(time.monotonic() + DEADLINE_S):
            pass
        code = self.process.wait(DEADLINE_S)
        os.close(self._ours)
        return code

    def _more(self, end: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
        try:
            got = os.read(self._ours, 65_536) if ready else b""
        except OSError:  # Linux: the other side is closed
            return False
        self.text += _CONTROL.sub("", got.decode(errors="replace"))
        return bool(got)
