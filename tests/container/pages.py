"""The commands on a page, and a shell in which they are typed one after another."""

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

from tests.container.engine import below
from tests.e2e.driver import ROOT
from tests.e2e.terminal import Terminal
from tests.patience import DEADLINE_S

_COMMAND = re.compile(r"^```\n(?P<block>.*?)^```$|`(?P<inline>(?:docker|git|sudo) [^`]+)`", re.MULTILINE | re.DOTALL)
_PROMPT = "exit code "
LONGEST_S = 10 * DEADLINE_S
"""For commands that download and install the libraries."""


def section(page: str, title: str) -> str:
    """Read the text below a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert found is not None, f"{page} has no section {title!r}"
    return found.group(1)


def commands(text: str) -> list[str]:
    """List a text's commands in order: lines in blocks without a language, and commands inside sentences."""
    lines = []
    for found in _COMMAND.finditer(text):
        lines += [found["inline"]] if found["inline"] else found["block"].splitlines()
    return lines


class Shell:
    """A shell on its own terminal."""

    def __init__(self, *enter: str, cwd: Path, yours: dict[str, str], **environ: str) -> None:
        """`enter` runs the shell somewhere else; `yours` maps a page's placeholders to the values to type instead."""
        program, *first = (*enter, "/bin/bash", "--norc", "--noprofile", "--noediting", "-i")
        self.terminal = Terminal(*first, cwd=cwd, program=program, **{"PS1": f"{_PROMPT}$?> "} | environ)
        self._yours = yours
        self._read_code()

    def follow(self, lines: Sequence[str]) -> list[str]:
        """Type commands that must all succeed; return what each one showed."""
        return [self.type(line) for line in lines]

    def type(self, line: str, *, codes: tuple[int, ...] = (0,), answers: Sequence[tuple[str, str]] = ()) -> str:
        """Type a command, answer its questions, and wait for its end; return what it showed."""
        self.begin(line)
        for question, answer in answers:
            self.terminal.answer(question, answer)
        return self.finish(codes=codes)

    def begin(self, line: str) -> None:
        """Type a command without waiting for it."""
        for theirs, ours in self._yours.items():
            line = line.replace(theirs, ours)
        self.terminal.type(line)

    def finish(self, *, codes: tuple[int, ...] = (0,)) -> str:
        """Wait for the running command to end; return what it has shown since the last read."""
        shown, code = self._read_code()
        assert code in codes, self.terminal.text[-3000:]
        assert "Traceback" not in shown, shown
        return shown

    def leave(self) -> None:
        """Close the terminal, even while something is running on it."""
        first = self.terminal.process.pid
        for each in (*reversed(below(first)), first):  # an interactive bash puts each job in its own process group
            os.kill(each, signal.SIGHUP)
        self.terminal.end()

    def _read_code(self) -> tuple[str, int]:
        shown = self.terminal.read(_PROMPT, deadline_s=LONGEST_S)
        return shown, int(self.terminal.read("> ").removesuffix("> "))
