"""Backups without the bot: take one, check one, and restore one."""

import os
import tempfile
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from commands.shared import fail, key_of, now, read_settings, require_database, told_plainly
from shop.administration.backups import FOLDER
from shop.administration.restoring import RestoreReport, examine, hold_goods
from shop.settings.model import Settings
from storage import keys
from storage.errors import StorageError
from storage.inspection import inspect
from storage.keys import DatabaseKey
from storage.off_site import Gathered
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
    require_database(settings)
    with told_plainly(), inspect(path, key_of(settings)) as found:
        if to is None:
            target.mkdir(mode=0o700, exist_ok=True)
        if target.is_dir():
            target = target / name
        beside = (path, (settings.key_place or path.parent) / path.name)  # the keys may be in a folder of their own
        if any(_belongs_to(target.resolve(), each) for each in beside):
            fail(f"{target} belongs to the database itself: choose another name.", code=2)
        if target.exists() and not target.is_file():  # a copy takes the name away, even that of a device
            fail(f"{target} is not a file: choose another name.", code=2)
        found.copy(target)
    click.echo(f"{target}, {target.stat().st_size} bytes, opens only with the key of {path}.")


def _belongs_to(file: Path, database: Path) -> bool:
    """Return whether a file is the database or may be one of those beside it. If it is a link, both places count."""
    places = (database.resolve(), database.parent.resolve() / database.name)
    return any(file.parent == place.parent and file.name.startswith(place.name) for place in places)


@click.command()
@click.argument("source", type=A_PATH)
@click.option("--key", type=A_PATH, help="Key file (or, with DB_PASS, the salt file) to copy into place.")
@click.option("--set-aside", is_flag=True, help="Move the database that is there into a folder beside it.")
@click.option("--goods-stay-on-sale", is_flag=True, help="Keep goods on sale that may have been sold since.")
def restore(source: Path, key: Path | None, set_aside: bool, goods_stay_on_sale: bool) -> None:
    """Restore a backup. SOURCE is a backup or a folder of changed pages. Stop the shop first."""
    settings = read_settings()
    path = settings.database_path
    if key is not None and settings.db_key.get_secret_value():
        fail("DB_KEY is set, and will open the restored database: leave out --key, or remove DB_KEY.", code=2)
    at, replaced = now(), None
    with (
        told_plainly(),
        ExitStack() as stack,
        restored(
            source, _opener(settings, key), path, now=at, aside=set_aside, others=_further_keys(settings)
        ) as found,
    ):
        report = examine(settings)
        with found.database.transaction():
            held = 0 if goods_stay_on_sale else hold_goods(at)
        if key is not None:  # only now is it known to be the right one
            is_salt = bool(settings.db_pass.get_secret_value())
            brought = keys.brought_key(key, path, is_salt=is_salt, folder=settings.key_place)
            replaced = stack.enter_context(brought)
    click.echo(f"{source}{_as_of(found.gathered)} is restored to {path}.")
    if (aside := place_aside(path, at)).exists():
        click.echo(f"The database that was there is in {aside}: delete it once you don't need it.")
    if replaced is not None:
        click.echo(f"{key} is in use now. The one that was there before is kept as {replaced}.")
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
    with (
        told_plainly(),
        tempfile.TemporaryDirectory(prefix=".souk-verify-", dir=place) as folder,
        restored(source, _opener(settings, key), Path(folder, settings.database_path.name), now=now()) as found,
    ):
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


def _opener(settings: Settings, key: Path | None) -> DatabaseKey:
    """Read the key of a backup from its file, or find it. It is not created here: a new one would open nothing."""
    if key is not None:
        return keys.key_in(key, db_pass=settings.db_pass.get_secret_value())
    path = settings.database_path
    end = ".salt" if settings.db_pass.get_secret_value() else ".key"
    needed = keys.key_place(path, settings.key_place, end)
    if not settings.db_key.get_secret_value() and not needed.exists():
        fail(f"{needed} is missing: name the key file of the backup with --key.", code=1)
    return key_of(settings)


def _further_keys(settings: Settings) -> tuple[DatabaseKey, ...]:
    """Find the keys that may open the databases at this place: the one in use, and those that were."""
    path, further = settings.database_path, keys.keys_beside(settings.database_path, settings.key_place)
    if not path.exists():  # a key would be made
        return further
    with suppress(StorageError):
        return key_of(settings), *further
    return further


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
