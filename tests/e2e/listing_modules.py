"""`python app.py serve`, which writes down at its end what it had imported, to the file that LISTED_MODULES names."""

import atexit
import os
import sys
from pathlib import Path

from app import cli


def write_down() -> None:
    """Write the names of all modules, one a line."""
    Path(os.environ["LISTED_MODULES"]).write_text("\n".join(sorted(sys.modules)), "utf-8")


if __name__ == "__main__":
    atexit.register(write_down)
    cli(["serve"])
