"""A shop's files: who can read them, whether the database is sound, its backups, its wallet, its disk."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from shop.administration.backups import KEY_KEPT, file_at, newest_in
from shop.doctor.findings import Finding, failure, ok, warning
from shop.payments.addresses import MNEMONIC
from shop.settings.model import Settings
from shop.sweeps.assembly import gas_place
from shop.terms.operator import with_typed
from storage.errors import DatabaseTooNew
from storage.inspection import Inspection, steps_missing
from storage.off_site import has_gap
from wallet.chains import Chain
from wallet.keyring import HotKeyring, Keyring, WatchKeyring

_OTHERS = 0o077
_COPIES_FREE = 2
_MIB = 1024 * 1024
_HOUR_S = 3600


def rights(paths: Iterable[Path]) -> Iterator[Finding]:
    """Report files that other users of this machine can read."""
    there = [path for path in paths if path.exists()]
    open_to_others = [path for path in there if path.stat().st_mode & _OTHERS]
    for path in open_to_others:
        mode = "700" if path.is_dir() else "600"
        yield warning("rights", f"other users of this machine can read {path}", f"chmod {mode} {path}")
    if there and not open_to_others:
        yield ok("rights", f"{', '.join(path.name for path in there)}: readable only by their owner")


def key_apart(database: Path, openers: Iterable[Path]) -> Iterator[Finding]:
    """Report whether a copy of the database's folder would include its key."""
    for file in openers:
        if file.exists() and file.parent.resolve() == database.parent.resolve():
            cure = f"set KEY_FOLDER to another folder, stop the shop, and move {file.name} there"
            yield warning("key place", f"{file} is beside the database that it opens", cure)
        elif file.exists():
            yield ok("key place", f"{file} is apart from the database")


def disk(database: Path) -> Finding:
    """Compare the free space with the size of the database."""
    free = shutil.disk_usage(database.parent).free
    needed = _COPIES_FREE * (database.stat().st_size if database.exists() else 0)
    text = f"{free // _MIB} MiB free beside a database of {needed // _COPIES_FREE // _MIB} MiB"
    if free < needed + _MIB * 16:
        return failure("disk", text, "free some space: a backup and an upgrade each need room for a copy")
    return ok("disk", text)


def database(found: Inspection) -> Iterator[Finding]:
    """Read the whole file, and compare its schema with this program's."""
    damage = found.damage()
    if damage:
        yield failure("database", f"{found.path} is damaged: {damage[0]}", "stop the shop and restore a backup")
    else:
        yield ok("database", f"{found.path} opens with its key and is sound")
    try:
        missing = steps_missing(found)
    except DatabaseTooNew as error:
        yield failure("schema", str(error), "run the newer Souk, or restore the copy that its first start made")
        return
    if missing:
        yield warning("schema", f"{missing} steps behind this program", "the next start applies them, after a copy")
    else:
        yield ok("schema", f"{found.schema}, as this program expects")


def backups(found: Inspection, settings: Settings, *, now: int) -> Iterator[Finding]:
    """Report how old the newest backup is, where others are, and whether the key is confirmed to be elsewhere."""
    taken_at, every_s = newest_in(found.path, now=now), settings.backup_every_hours * _HOUR_S
    if not every_s:
        yield warning("backup", "automatic backups are off", "set BACKUP_EVERY_HOURS to 24")
    elif taken_at is None:
        yield warning("backup", "there is none yet", "press Back up now, under Admin, Backups")
    else:
        hours = max(0, now - taken_at) // _HOUR_S
        late = now - taken_at > 2 * every_s
        cure = "read the log for why none was made since, and press Back up now, under Admin, Backups"
        yield warning("backup", f"{hours} h old", cure) if late else ok("backup", f"{hours} h old")
    if not settings.backup_folder:
        cure = "set BACKUP_FOLDER to a folder that another machine keeps (docs/backups.md)"
        yield warning("off-site copy", "backups are only on this machine", cure)
    else:
        yield _off_site_copy(Path(settings.backup_folder), every_s=settings.backup_every_minutes * 60, now=now)
    if found.secret(KEY_KEPT) is None:
        cure = "copy it to another machine, then press the button under Admin, Backups"
        yield warning("key elsewhere", "no owner has confirmed that the database key is also kept elsewhere", cure)
    else:
        yield ok("key elsewhere", "an owner confirmed that it is also kept elsewhere")


def _off_site_copy(folder: Path, *, every_s: int, now: int) -> Finding:
    if not folder.is_dir():
        return failure("off-site copy", f"{folder} is not there", "mount it, or correct BACKUP_FOLDER")
    found = (file_at(piece) for piece in folder.glob("*.pages"))
    written = [int(piece.st_mtime) for piece in found if piece is not None]
    if not written:
        return warning("off-site copy", f"{folder} is empty", "start the shop: it writes there while it runs")
    not_ahead = [at for at in written if at <= now + every_s]  # a clock that was wrong dates files in the future
    minutes = max(0, now - max(not_ahead or written)) // 60
    text = f"{folder} holds {len(written)} files, the newest {minutes} min old"
    if minutes * 60 > 2 * every_s:
        return warning("off-site copy", text, "if the shop runs, its log says why nothing has been written since")
    if has_gap(folder):
        cure = "if the shop runs, it starts a new series within minutes"
        return failure("off-site copy", f"{text}, but one before it is missing", cure)
    return ok("off-site copy", text)


def first_addresses(found: Inspection, settings: Settings) -> Iterator[Finding]:
    """Report the first address of each coin, which the operator's own wallet must show too."""
    if settings.wallet_mode == "sealed":
        yield ok("addresses", "each belongs to a wallet sealed to your key")
        return
    if settings.wallet_mode == "watch":
        keys = {Chain(name): key for name, key in settings.account_keys.items() if key}
        first = WatchKeyring(keys, settings.wallet_sol_pool).first_addresses()
    else:
        words = found.secret(MNEMONIC)
        if words is None:
            yield warning("addresses", "there is no wallet yet", "start the shop, or run make init")
            return
        keyring = HotKeyring(words)
        first = [keyring.address_of(chain, 1) for chain in Chain]
    for each in first:
        yield ok("addresses", f"{each.chain.value} starts with {each.address} ({each.path})")


def gas_addresses(found: Inspection, settings: Settings) -> Iterator[Finding]:
    """Report the gas address of each chain whose tokens can be swept: without coins there, no token can leave."""
    if settings.wallet_mode == "hot":
        words = found.secret(MNEMONIC)
        if words is None:
            return
        keyring: Keyring = HotKeyring(words)
    else:
        keyring = WatchKeyring({Chain(name): key for name, key in settings.account_keys.items() if key})
    for chain in map(Chain, settings.sweep_destinations):
        if (place := gas_place(keyring, chain)) is not None:
            text = f"{chain.value} for gas comes from {place.address} ({place.path})"
            yield ok("gas", f"{text}; see Admin, Money, Sweep coins for what it lacks")


def operator(found: Inspection, settings: Settings) -> Finding:
    """Report whether /privacy and /terms name the operator, as Telegram and most laws require."""
    missing = with_typed(settings, found.operator_details()).missing
    if missing:
        names = ", ".join(f"OPERATOR_{detail.name}" for detail in missing)
        cure = f"set {names}, or enter it under Admin, Texts, Operator"
        return warning("operator", "/privacy and /terms don't say who runs this shop", cure)
    return ok("operator", "/privacy and /terms say who runs this shop")
