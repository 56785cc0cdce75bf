"""`python app.py import-aiogram`: what it asks, what it shows, and what it leaves to do."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from shop.assembly import settle_currency
from shop.errors import CannotStart
from shop.moving.move import prepare
from shop.moving.report import Report
from shop.settings import Settings
from storage.database import Database
from storage.foreign import source as sources
from storage.foreign.tables import SourceUnreadable
from storage.keys import DatabaseKey

PASSPHRASE = "AIOGRAM_DB_PASS"  # noqa: S105 - the name of the variable
_log = logging.getLogger("souk.moving")
_AFTERWARDS = (
    "Moved in. What was there before is kept in {copy}.",
    "The old database holds your customers' data{secrets}: once the new shop runs well, destroy it and its copies.",
    "The old bot must not run any more: it would sell the same goods and credit the same coins.",
)
_DRY = "Nothing was changed. To move in, stop the old bot, take its file once more, and add --apply."


class NotConfigured(CannotStart):
    """The shop that is moved into has no bot or no owner yet."""

    def __init__(self) -> None:
        super().__init__("Set TOKEN and ADMIN_ID_LIST first: the customers will be written to by that bot.")


def import_command(
    read_settings: Callable[[], Settings],
    open_database: Callable[[Settings, ExitStack], tuple[Database, DatabaseKey]],
    told_plainly: Callable[[], AbstractContextManager[None]],
    languages: Callable[[], frozenset[str]],
) -> click.Command:
    """Make the command of what the composition root opens settings and databases with."""

    @click.command(name="import-aiogram")
    @click.argument("source", type=click.Path(exists=True, path_type=Path))
    @click.option("--apply", "apply", is_flag=True, help="Move in. Without it you only see what would come along.")
    @click.option("--details", type=click.Path(dir_okay=False, path_type=Path), help="Write every line to this file.")
    def import_aiogram(source: Path, apply: bool, details: Path | None) -> None:
        """Move in from AiogramShopBot. SOURCE is its database, a plain PostgreSQL dump, or a folder of CSV files."""
        settings = read_settings()
        with told_plainly(), ExitStack() as stack:
            if not settings.token.get_secret_value() or not settings.admin_id_list:
                raise NotConfigured
            passphrase = _passphrase(source)
            database = open_database(settings, stack)[0]
            settle_currency(database, settings.currency)
            spoken = languages()
            for line in move_in(
                *(settings, database, source, passphrase), languages=spoken, apply=apply, details=details
            ):
                click.echo(line)

    return import_aiogram


def move_in(
    settings: Settings,
    database: Database,
    source: Path,
    passphrase: str,
    *,
    languages: frozenset[str],
    apply: bool,
    details: Path | None = None,
) -> Iterator[str]:
    """Rehearse the move, or make it, and tell about it in lines.

    Raises:
        StorageError: the source cannot be read.
        CannotStart: it is no such shop, or it cannot move in here.
    """
    now = int(datetime.now(UTC).timestamp())
    move = prepare(settings, database, sources.read(source, passphrase), languages=languages, now=now)
    copy = settings.database_path.with_name(f"{settings.database_path.name}.before-move-{now}")
    if apply:
        database.backup(copy)
        report = move.bring()
    else:
        report = move.rehearse()
    if details is not None:
        _write(details, report)
    yield from report.lines()
    if apply:
        secrets = " and the mnemonics of their addresses" if move.wallets else ""
        yield from (line.format(copy=copy, secrets=secrets) for line in _AFTERWARDS)
    else:
        yield _DRY


def _passphrase(source: Path) -> str:
    """Take the passphrase from the environment, or ask for it: a command line is seen by every user of a machine."""
    given = os.environ.get(PASSPHRASE, "")
    if given or not sources.is_encrypted(source):
        return given
    return str(click.prompt("DB_PASS of the old bot", hide_input=True))


def _write(path: Path, report: Report) -> None:
    """Write the whole report to a file of this user's alone: it names customers and their balances."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in report.lines(complete=True))
    except OSError as error:
        raise SourceUnreadable(path, error.strerror or "it cannot be written") from None
