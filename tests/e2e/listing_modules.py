"""Run a command, by default `serve`; at its end, write the names of the imported modules to LISTED_MODULES."""

import atexit
import os
import sys
from pathlib import Path

from app import cli


def write_down() -> None:
    """Write the names of all modules, one per line."""
    Path(os.environ["LISTED_MODULES"]).write_text("\n".join(sorted(sys.modules)), "utf-8")


if __name__ == "__main__":
    atexit.register(write_down)
    cli(sys.argv[1:] or ["serve"])
