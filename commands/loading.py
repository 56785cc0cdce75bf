"""Find commands by name, and load each one only when it is called, because none needs what the others do."""

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

import click

from shop import memory

PLACES: Mapping[str, str] = {
    "serve": "commands.serving",
    "sandbox": "commands.serving",
    "init": "commands.init",
    "doctor": "commands.doctor",
    "backup": "commands.backups",
    "restore": "commands.backups",
    "verify": "commands.backups",
    "rekey": "commands.rekeying",
    "words": "commands.words",
    "reset-totp": "commands.people",
    "forget": "commands.people",
    "checkpoints": "commands.checkpoints",
    "sealed": "commands.coins_out",
    "addresses": "commands.coins_out",
    "sweep": "commands.coins_out",
    "import-aiogram": "commands.moving",
    "version": "commands.version",
}
"""Each command's module, where the command has the same name."""


def mend_streams() -> None:
    """Put an empty stream in the place of a closed one, and let no character that the locale lacks end a command.

    Otherwise the next file to be opened would get the closed one's number, and with it what libraries print.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - to the end
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


class Commands(click.Group):
    """The commands of `PLACES`."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a file or folder that stops it is named in one sentence, with exit code 1."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.filename is None:
                raise
            advice = "check its name, and run this as the user that the shop runs as"
            raise click.ClickException(f"{error.filename} cannot be used ({error.strerror}): {advice}.") from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List every command, in alphabetical order."""
        return sorted(PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name; None if there is none."""
        if cmd_name not in PLACES:
            return None
        with memory.loading():
            module = import_module(PLACES[cmd_name])
        found: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return found
