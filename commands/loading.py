"""Find commands by name, and load each one only when it is called, because none needs what the others do."""

from collections.abc import Mapping
from importlib import import_module

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


class Commands(click.Group):
    """The commands of `PLACES`."""

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
