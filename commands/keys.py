"""Commands about keys and people: the wallet's words, two-factor authentication, erasure and checkpoints."""

import sys
import time
from contextlib import ExitStack

import click

from commands.shared import fail, now, open_database, read_settings, told_plainly
from shop.administration.second_factor import reset_by_operator
from shop.chains.http import HttpClient
from shop.chains.proof.proposals import proposals
from shop.chains.registry import Registry
from shop.payments.addresses import stored_words
from shop.payments.moved import own_key
from shop.terms.erasure import Erasures
from shop.terms.own_data import forget_by_operator
from shop.version import VERSION


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


@click.command()
@click.argument("telegram_id", type=int)
def reset_totp(telegram_id: int) -> None:
    """Reset an admin's two-factor setup. They then set up a new authenticator app; stop the shop first."""
    with told_plainly(), ExitStack() as stack:
        database, _ = open_database(read_settings(), stack)
        if not reset_by_operator(database, telegram_id, clock=now):
            fail(f"{telegram_id} has no two-factor authentication set up.", code=1)
        click.echo(f"{telegram_id} will be asked to set up two-factor authentication again.")


@click.command()
@click.argument("telegram_id", type=int)
@click.confirmation_option(prompt="This cannot be undone. Forget this person now?")
def forget(telegram_id: int) -> None:
    """Erase a person's data now, as docs/legal.md describes. Stop the shop first."""
    with told_plainly(), ExitStack() as stack:
        database, _ = open_database(read_settings(), stack)
        if not forget_by_operator(Erasures(database, now), telegram_id):
            fail(f"{telegram_id} is not a customer of this shop.", code=1)
        click.echo(f"{telegram_id} is forgotten. The books stay, without their name.")


@click.command()
def checkpoints() -> None:
    """Propose checkpoints for the next release. There is one for each chain whose payments headers prove."""
    found, http = read_settings(), HttpClient(version=VERSION)
    registry = Registry(found.providers, http=http, clock=time.time, folder=found.database_path.parent)
    paragraphs, complete = proposals(registry.proof_clients, clock=time.time)
    click.echo("\n".join(paragraphs))
    sys.exit(0 if complete else 1)
