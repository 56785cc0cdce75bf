"""Run commands given on standard input, each in a child of this process, and kill it at a certain step.

A line in is a JSON list: the folder, the step (or null) and the arguments. A line out: the exit code and the errors.
The child is killed before it renames, links or removes the file with the step's number. The modules of the commands
are loaded once, because there are dozens of steps.
"""

import json
import os
import signal
import sys
import tempfile
from typing import Any, NoReturn

import commands.people
import commands.rekeying
import commands.serving  # what a failing command imports
import commands.version  # noqa: F401 - loaded here, as those above, so that no child has to
from app import cli


def kill_before(step: int) -> None:
    """Kill this process before it changes a file of the database's folder or its keys for the `step`th time."""
    left = [step]

    def look(event: str, values: tuple[Any, ...]) -> None:
        if event in ("os.rename", "os.link", "os.remove") and "souk.db" in str(values[0]):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def command(folder: str, step: int | None, arguments: list[str], errors: int) -> NoReturn:
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(errors, 2)
    if step is not None:
        kill_before(step)
    cli(arguments)
    raise AssertionError("a command ends its process")


def main() -> None:
    """Run one command after another."""
    for line in sys.stdin:
        folder, step, arguments = json.loads(line)
        with tempfile.TemporaryFile() as errors:
            child = os.fork()
            if child == 0:
                command(folder, step, arguments, errors.fileno())
            _, status = os.waitpid(child, 0)
            errors.seek(0)
            print(json.dumps([os.waitstatus_to_exitcode(status), errors.read().decode()]), flush=True)


if __name__ == "__main__":
    main()
