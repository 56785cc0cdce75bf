"""Backups without the bot: take one, check one, restore one, and change the key."""

import os
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from commands.shared import fail, key_of, now, open_database, read_settings, told_plainly
from shop.administration.backups import FOLDER, KEY_KEPT
from shop.administration.restoring import RestoreReport, examine, hold_goods
from shop.settings.model import Settings
from shop.settings.sources import Unreadable, read_text
from storage import keys
from storage.errors import DatabaseUnreadable
from storage.inspection import inspect
from storage.keys import DatabaseKey, database_key
from storage.models import Secret
from storage.pages import Gathered
from storage.restoring import place_aside, restored

A_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--to", type=A_PATH, help="File or folder to write to; by default beside the database.")
def backup(to: Path | None) -> None:
    """Take a backup: a verified, encrypted copy. The shop may keep running."""
    settings = read_settings()
    path = settings.database_path
    name = f"{path.stem}-{datetime.fromtimestamp(now(), UTC):%Y%m%dT%H%M%SZ}-asked.db"
    target = to or path.with_name(FOLDER)
    with told_plainly(), inspect(path, key_of(settings)) as found:
        if to is None:
            target.mkdir(mode=0o700, exist_ok=True)
        if target.is_dir():
            target = target / name
        if target.resolve().name.startswith(path.name) and target.resolve().parent == path.resolve().parent:
            fail(f"{target} belongs to the database itself: choose another name.", code=2)
        found.copy(target)
    click.echo(f"{target}, {target.stat().st_size} bytes, opens only with the key of {path}.")


@click.command()
@click.argument("source", type=A_PATH)
@click.option("--key", type=A_PATH, help="Key file (or, with DB_PASS, the salt file) to copy into place.")
@click.option("--set-aside", is_flag=True, help="Move the database that is there into a folder beside it.")
@click.option("--goods-stay-on-sale", is_flag=True, help="Keep goods on sale that may have been sold since.")
def restore(source: Path, key: Path | None, set_aside: bool, goods_stay_on_sale: bool) -> None:
    """Restore a backup. SOURCE is a backup or a folder of changed pages. Stop the shop first."""
    settings = read_settings()
    path = settings.database_path
    with told_plainly():
        if key is not None:
            is_salt = bool(settings.db_pass.get_secret_value())
            keys.bring_key(key, path, is_salt=is_salt, folder=settings.key_place)
        at = now()
        with restored(source, _key_there(settings), path, now=at, aside=set_aside) as found:
            report = examine(settings)
            with found.database.transaction():
                held = 0 if goods_stay_on_sale else hold_goods(at)
    click.echo(f"{source}{_as_of(found.gathered)} is restored to {path}.")
    if (aside := place_aside(path, at)).exists():
        click.echo(f"The database that was there is in {aside}: delete it once you don't need it.")
    if held:
        click.echo(
            f"Products on hold: {held}. Some of their units may have been sold since. Compare with your own records, "
            "then release them under Admin, Goods."
        )
    _tell(report)


@click.command()
@click.argument("source", type=A_PATH)
@click.option("--key", type=A_PATH, help="Key file (or, with DB_PASS, the salt file), if it isn't in its place.")
def verify(source: Path, key: Path | None) -> None:
    """Check a backup as a restore would. SOURCE is a backup or a folder of changed pages; nothing is changed."""
    settings = read_settings()
    room = settings.database_path.parent  # where there is room for a database; a container's /tmp is small
    place = room if room.is_dir() and os.access(room, os.W_OK) else None
    with told_plainly(), tempfile.TemporaryDirectory(prefix=".souk-verify-", dir=place) as folder:
        target = Path(folder, settings.database_path.name)
        if key is not None:
            keys.bring_key(key, target, is_salt=bool(settings.db_pass.get_secret_value()))
        opener = key_of(settings, target) if key is not None else _key_there(settings)
        with restored(source, opener, target, now=now()) as found:
            report = examine(settings)
    gathered = found.gathered
    click.echo(f"{source}{_as_of(gathered)} opens with this key, is sound, and fits this program.")
    if gathered is not None and gathered.unused:
        click.echo(f"{gathered.unused} later files are of no use: one before them is missing or damaged.")
    _tell(report)
    if gathered is not None and gathered.unused:
        raise SystemExit(1)


def _as_of(gathered: Gathered | None) -> str:
    if gathered is None:
        return ""
    return f", as of {datetime.fromtimestamp(gathered.taken_at, UTC):%Y-%m-%d %H:%M} UTC,"


@click.command()
@click.option("--new-key", type=A_PATH, help="File with the new DB_KEY (64 hexadecimal digits).")
@click.option("--new-pass", type=A_PATH, help="File with the new DB_PASS.")
def rekey(new_key: Path | None, new_pass: Path | None) -> None:
    """Encrypt the database with a new key. Stop the shop first. Earlier backups still need the old key."""
    settings = read_settings()
    path = settings.database_path
    by_file = not (settings.db_key.get_secret_value() or settings.db_pass.get_secret_value())
    if new_key is None and new_pass is None and not by_file:
        fail("DB_KEY or DB_PASS is set: name a file with the new one, with --new-key or --new-pass.", code=2)
    with told_plainly(), ExitStack() as stack:
        if new_key is not None or new_pass is not None:
            new = database_key(path, db_key=_read(new_key), db_pass=_read(new_pass), folder=settings.key_place)
            _rekey(settings, stack, new)
            name = "DB_KEY" if new_key is not None else "DB_PASS"
            click.echo(f"{path} has its new key: set {name} to it before you start the shop.")
            return
        new, file = keys.new_key_file(path, settings.key_place)
        if not _opens(path, new):  # otherwise the last run stopped just before it renamed the files
            _rekey(settings, stack, new)
        old = keys.use_new_key_file(path, settings.key_place)
        click.echo(f"{path} has a new key: {file.with_suffix('')}. Copy it to another machine.")
        click.echo(f"The old key is {old}: keep it as long as you keep earlier backups.")


def _rekey(settings: Settings, stack: ExitStack, new: DatabaseKey) -> None:
    database, _ = open_database(settings, stack)
    with database.transaction():
        Secret.forget(KEY_KEPT)
    database.rekey(new)


def _opens(path: Path, key: DatabaseKey) -> bool:
    try:
        with inspect(path, key):
            return True
    except DatabaseUnreadable:
        return False


def _read(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return read_text(file).strip()
    except Unreadable as error:
        fail(f"{file} {error.problem}.", code=2)


def _key_there(settings: Settings) -> DatabaseKey:
    """Find the key. A missing key is not created here, because a new one would open nothing."""
    path = settings.database_path
    end = ".salt" if settings.db_pass.get_secret_value() else ".key"
    needed = keys.key_place(path, settings.key_place, end)
    if not settings.db_key.get_secret_value() and not needed.exists():
        fail(f"{needed} is missing: name the key file of the backup with --key.", code=1)
    return key_of(settings)


def _tell(report: RestoreReport) -> None:
    click.echo(f"{report.customers} customers, {report.orders} orders, {report.addresses} addresses.")
    if report.strange:
        click.echo(
            f"{len(report.strange)} addresses belong to none of the wallets in these settings: check WALLET_*."
        )
    else:
        click.echo("Every address except the sealed ones was derived again and matches.")
    click.echo(f"Books that disagree: {', '.join(report.differing)}." if report.differing else "All books agree.")
    if not report.is_well:
        raise SystemExit(1)
