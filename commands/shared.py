"""What the commands share: the settings, the open database, and a plain sentence for each error that you can fix."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import click

from locales import language_codes
from shop.chains.errors import ChainUnavailable
from shop.errors.refusals import OperatorError
from shop.logs import configure_logging
from shop.settings.advice import unwise
from shop.settings.loading import SettingsError, load, without_effect
from shop.settings.model import Settings
from storage.database import Database
from storage.errors import StorageError
from storage.keys import DatabaseKey, database_key
from wallet.errors import WalletError

ENV_FILE = Path(".env")
_log = logging.getLogger("souk")


def read_settings() -> Settings:
    """Read the settings; if any of them is wrong, end the program with code 2."""
    try:
        found = load(os.environ, ENV_FILE, languages=language_codes())
    except SettingsError as error:
        fail("Souk cannot start with these settings:\n" + "\n".join(f"  {each}" for each in error.problems), code=2)
    configure_logging(found.log_level, as_json=found.log_format == "json")
    for sentence in without_effect(os.environ, ENV_FILE) + unwise(found):
        _log.warning("%s", sentence)
    return found


def require_token(settings: Settings, *, advice: str = "") -> None:
    """End the program with code 2 if there is no bot token."""
    if not settings.token.get_secret_value():
        sentence = "TOKEN is missing: set it to the bot token from @BotFather, or TOKEN_FILE to a file that holds it."
        fail(f"{sentence} {advice}".rstrip(), code=2)


def key_of(settings: Settings) -> DatabaseKey:
    """Find the key of the database."""
    return database_key(
        settings.database_path,
        db_key=settings.db_key.get_secret_value(),
        db_pass=settings.db_pass.get_secret_value(),
        folder=settings.key_place,
    )


def require_database(settings: Settings) -> None:
    """End the program with code 1 if there is no database."""
    path = settings.database_path
    if not path.exists():
        fail(f"There is no database at {path}: run this where the shop runs, with its settings.", code=1)


def open_database(settings: Settings, stack: ExitStack, *, may_create: bool = False) -> tuple[Database, DatabaseKey]:
    """Open the database and hold it for this process until the stack closes.

    Only what sets a shop up may create one: the words of a new wallet would look like those of the shop.
    """
    if not may_create:
        require_database(settings)
    key = key_of(settings)
    database = Database(settings.database_path, key)
    database.open()
    stack.callback(database.close)
    return database, key


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn an error that the operator can fix into its sentence and its exit code."""
    try:
        yield
    except OperatorError as error:
        fail(str(error), code=error.exit_code)
    except (StorageError, WalletError, ChainUnavailable) as error:
        fail(str(error), code=1)


def now() -> int:
    """Return the current Unix time, in whole seconds."""
    return int(time.time())


def fail(sentence: str, *, code: int) -> NoReturn:
    """Print a sentence to standard error and exit with this code."""
    click.echo(sentence, err=True)
    sys.exit(code)
