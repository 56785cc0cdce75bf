"""The change of the database key. If it is cut short at any point, the same command finishes it."""

from contextlib import ExitStack, suppress
from pathlib import Path

import click

from commands.shared import fail, key_of, read_settings, require_database, told_plainly
from shop.administration.backups import KEY_KEPT
from shop.settings.model import Settings
from shop.settings.sources import Unreadable, read_text
from storage import keys
from storage.database import Database
from storage.errors import DatabaseUnreadable
from storage.keys import DatabaseKey
from storage.models import Secret

A_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--new-key", type=A_PATH, help="File with the new DB_KEY (64 hexadecimal digits).")
@click.option("--new-pass", type=A_PATH, help="File with the new DB_PASS.")
def rekey(new_key: Path | None, new_pass: Path | None) -> None:
    """Encrypt the database with a new key. Stop the shop first. Earlier backups still need the old key."""
    settings = read_settings()
    if new_key is not None and new_pass is not None:
        fail("Give either --new-key or --new-pass, not both.", code=2)
    chosen = new_key or new_pass
    if chosen is None and (settings.db_key.get_secret_value() or settings.db_pass.get_secret_value()):
        fail("DB_KEY or DB_PASS is set: name a file with the new one, with --new-key or --new-pass.", code=2)
    require_database(settings)
    with told_plainly(), ExitStack() as stack:
        if chosen is None:
            _to_new_file(settings, stack)
        else:
            _to_chosen(settings, stack, chosen, is_pass=new_pass is not None)


def _to_new_file(settings: Settings, stack: ExitStack) -> None:
    path, folder = settings.database_path, settings.key_place
    database = _opened_to_finish(settings, stack) or _opened(path, key_of(settings), stack)
    new, file = keys.new_key_file(path, folder)
    _change(database, new)
    old = keys.use_new_key_file(file)
    click.echo(f"{path} has a new key: {file.with_suffix('')}. Copy it to another machine.")
    if old is not None:
        click.echo(f"The old key is {old}: keep it as long as you keep earlier backups.")


def _opened_to_finish(settings: Settings, stack: ExitStack) -> Database | None:
    """Open the database with the new key of a change that was cut short; None if the file still has its old key."""
    waiting = keys.waiting_key(settings.database_path, settings.key_place)
    if waiting is not None:
        with suppress(DatabaseUnreadable):
            return _opened(settings.database_path, keys.key_in(waiting), stack)
    return None


def _to_chosen(settings: Settings, stack: ExitStack, chosen: Path, *, is_pass: bool) -> None:
    path, folder = settings.database_path, settings.key_place
    text, old = _read(chosen), key_of(settings)  # found first: for a passphrase without its salt, none may be made
    new = keys.passphrase_key(path, text, folder) if is_pass else keys.from_hex(text, str(chosen))
    if new.raw == old.raw:
        fail(f"{chosen} holds the key that {path} has already: choose another one.", code=2)
    try:
        database = _opened(path, old, stack)
    except DatabaseUnreadable as unreadable:  # or a change to the same key was cut short
        try:
            database = _opened(path, new, stack)
        except DatabaseUnreadable:
            raise unreadable from None
    _change(database, new)
    name = "DB_PASS" if is_pass else "DB_KEY"
    click.echo(f"{path} has its new key: set {name} to it before you start the shop.")
    if is_pass:
        click.echo(f"The passphrase needs {keys.key_place(path, folder, '.salt')}: copy it to another machine.")


def _opened(path: Path, key: DatabaseKey, stack: ExitStack) -> Database:
    database = Database(path, key)
    database.open()
    stack.callback(database.close)
    return database


def _change(database: Database, new: DatabaseKey) -> None:
    if database.key.raw != new.raw:
        with database.transaction():
            Secret.forget(KEY_KEPT)
        database.rekey(new)


def _read(file: Path) -> str:
    try:
        text = read_text(file).strip()
    except Unreadable as error:
        fail(f"{file} {error.problem}.", code=2)
    if not text:
        fail(f"{file} is empty.", code=2)
    return text
