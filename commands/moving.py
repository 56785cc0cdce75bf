"""The command that moves a shop in from AiogramShopBot."""

import os
from contextlib import ExitStack
from pathlib import Path

import click

from commands.shared import now, open_database, read_settings, told_plainly
from locales import language_codes
from shop.assembly import settle_currency
from shop.errors.refusals import CannotStart
from shop.moving.telling import move_in
from storage.foreign import source as sources

PASSPHRASE = "AIOGRAM_DB_PASS"  # noqa: S105 - the name of the variable


class NotConfigured(CannotStart):
    """The new shop has no bot or no owner yet."""

    def __init__(self) -> None:
        super().__init__("Set TOKEN and ADMIN_ID_LIST first: that bot will write to the customers.")


@click.command(name="import-aiogram")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--apply", is_flag=True, help="Move the data. Without it, you only see what would be moved.")
@click.option("--details", type=click.Path(dir_okay=False, path_type=Path), help="Write every line to this file.")
def import_aiogram(source: Path, apply: bool, details: Path | None) -> None:
    """Move from AiogramShopBot. SOURCE is its database, a plain PostgreSQL dump, or a folder of CSV files."""
    settings = read_settings()
    with told_plainly(), ExitStack() as stack:
        if not settings.token.get_secret_value() or not settings.admin_id_list:
            raise NotConfigured
        tables = sources.read(source, _passphrase(source))
        database = open_database(settings, stack, may_create=True)[0]
        settle_currency(database, settings.currency)
        spoken = language_codes()
        for line in move_in(settings, database, tables, languages=spoken, now=now(), apply=apply, details=details):
            click.echo(line)


def _passphrase(source: Path) -> str:
    """Take the passphrase from the environment or ask for it, because any user of a machine can see command lines."""
    given = os.environ.get(PASSPHRASE, "")
    if given or not sources.is_encrypted(source):
        return given
    return str(click.prompt("DB_PASS of the old bot", hide_input=True))
