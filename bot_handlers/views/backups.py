"""Backups, and the words that it takes to restore one."""

from bot_handlers.admin.callbacks_backup import ShowBackups, TakeBackup
from bot_handlers.callbacks import AdminHome
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, FileParcel, Rows, Screen
from locales import Translator
from shop.administration.backups import BackupStatus, Snapshot

_MB = 1_000_000
_HOUR_S = 3600


def standing(shown: BackupStatus, t: Translator) -> Screen:
    """Show how the backups are doing."""
    lines = [t.text("backups")]
    if shown.newest is None:
        lines.append(t.text("backups.none"))
    else:
        moment, size = t.moment(shown.newest.taken_at), _size(shown.newest)
        lines.append(t.text("backups.newest", moment=moment, size=size, count=shown.count, folder=shown.folder))
    if shown.plan.every_s:
        lines.append(t.text("backups.every", count=shown.plan.every_s // _HOUR_S))
    else:
        lines.append(t.text("backups.never"))
    rows = (
        (Button(t.text("button.take_backup"), TakeBackup()),),
        (Button(t.text("button.back"), AdminHome()), *back_home(t)),
    )
    return Screen("\n".join(lines), rows)


def parcel(snapshot: Snapshot, content: bytes, t: Translator) -> FileParcel:
    """Pack a backup with the words that restore it."""
    return FileParcel(_words(snapshot, t), snapshot.path.name, content, on_the_server(snapshot, t))


def on_the_server(snapshot: Snapshot, t: Translator) -> Screen:
    """Say where a backup is that is not sent."""
    return Screen(_words(snapshot, t) + "\n\n" + t.text("backup.on_the_server", path=snapshot.path), _back(t))


def failed(reason: str, t: Translator) -> Screen:
    """Alarm an owner: there is no backup."""
    return Screen(t.text("admin.backup_failed", reason=reason), _back(t))


def _words(snapshot: Snapshot, t: Translator) -> str:
    file = snapshot.database.name
    opener = t.text(f"backup.key.{snapshot.key.value}", file=file)
    return t.text("backup", moment=t.moment(snapshot.taken_at), size=_size(snapshot), opener=opener, file=file)


def _size(snapshot: Snapshot) -> str:
    return f"{max(snapshot.size * 10 // _MB, 1) / 10:.1f}"


def _back(t: Translator) -> Rows:
    return ((Button(t.text("button.backups"), ShowBackups()), *back_home(t)),)
