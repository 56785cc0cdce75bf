"""The command line. Each command is loaded when it is called; `commands/serving.py` puts the shop together."""

import os

import click

from commands.loading import Commands, mend_streams
from shop import memory
from wallet import core_dumps


@click.group(cls=Commands, invoke_without_command=True, help="A self-hosted Telegram shop for digital goods.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run the shop when no command is named; without a bot token, the sandbox."""
    mend_streams()
    core_dumps.forbid()
    memory.use_one_heap()
    os.umask(0o077)
    if context.invoked_subcommand is None:
        with memory.loading():
            from commands.serving import run
        run()


if __name__ == "__main__":
    try:
        cli()
    finally:
        memory.keep()
