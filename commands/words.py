"""`app.py words`: the words that the wallet derives from."""

import sys
from contextlib import ExitStack

import click

from commands.shared import fail, open_database, read_settings, told_plainly
from shop.payments.addresses import stored_words
from shop.payments.moved import own_key


@click.command()
def words() -> None:
    """Show the wallet's words, on a terminal only. All addresses derive from them: keep them safe."""
    found = read_settings()
    if not sys.stdout.isatty():
        fail("The words are only shown on a terminal, never written to a pipe or a file.", code=2)
    with told_plainly(), ExitStack() as stack:
        database = open_database(found, stack)[0]
        click.confirm("Anyone who sees these words can take the shop's coins. Show them now?", abort=True)
        click.echo(stored_words(database))
        if (key := own_key()) is not None:
            click.echo(f"Key to the moved wallets that `sealed` prints: {key.reveal().hex()}")
