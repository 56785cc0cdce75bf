"""`app.py forget` and `app.py reset-totp`: one person's records, while the shop is stopped."""

from contextlib import ExitStack

import click

from commands.shared import fail, now, open_database, read_settings, told_plainly
from shop.administration.second_factor import reset_by_operator
from shop.terms.erasure import Erasures
from shop.terms.own_data import forget_by_operator

PERSON = click.IntRange(1, 2**52 - 1)
"""A person's id: Telegram uses at most 52 bits of it (https://core.telegram.org/bots/api#user)."""


@click.command()
@click.argument("telegram_id", type=PERSON)
def reset_totp(telegram_id: int) -> None:
    """Reset an admin's two-factor setup. They then set up a new authenticator app; stop the shop first."""
    with told_plainly(), ExitStack() as stack:
        database, _ = open_database(read_settings(), stack)
        if not reset_by_operator(database, telegram_id, clock=now):
            fail(f"{telegram_id} has no two-factor authentication set up.", code=1)
        click.echo(f"{telegram_id} will be asked to set up two-factor authentication again.")


@click.command()
@click.argument("telegram_id", type=PERSON)
@click.confirmation_option(prompt="This cannot be undone. Forget this person now?")
def forget(telegram_id: int) -> None:
    """Erase a person's data now, as docs/legal.md describes. Stop the shop first."""
    with told_plainly(), ExitStack() as stack:
        database, _ = open_database(read_settings(), stack)
        if not forget_by_operator(Erasures(database, now), telegram_id):
            fail(f"{telegram_id} is not a customer of this shop.", code=1)
        click.echo(f"{telegram_id} is forgotten. The books stay, without their name.")
