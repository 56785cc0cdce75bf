"""Backups: checked, encrypted copies of the database, on demand and scheduled."""

import logging
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from shop.context import Context
from shop.errors.refusals import BackupFailed
from shop.outbox import Event
from shop.people import Person, Right
from storage.errors import SnapshotFailed
from storage.models import Customer, Secret

_log = logging.getLogger("souk.backups")

FOLDER = "backups"
LARGEST_SENT_BYTES = 50_000_000
"""The largest file that a bot can send (Bot API: 50 MB)."""
LOOK_EVERY_S = 600
KEY_KEPT = "key_kept_elsewhere"
"""The name under which the shop records that an owner has confirmed a copy of the database key elsewhere."""
_DAY_S = 86_400
_WEEK_S = 7 * _DAY_S
_STAMP = "%Y%m%dT%H%M%SZ"
_ASKED = "-asked"
_DRAFT_S = 86_400


class KeySource(Enum):
    """Where the key of the database comes from; a backup opens with the same one."""

    DB_KEY = "db_key"
    DB_PASS = "db_pass"  # noqa: S105 - the name of a setting
    KEY_FILE = "key_file"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A backup on disk. `taken_at` is in Unix seconds; `database` is the file that was copied."""

    path: Path
    size: int
    taken_at: int
    key: KeySource
    database: Path

    @property
    def can_be_sent(self) -> bool:
        """Return whether Telegram accepts a file of this size."""
        return self.size <= LARGEST_SENT_BYTES


@dataclass(frozen=True, slots=True)
class Plan:
    """The schedule: seconds between backups (0: never), copies to keep, and whether owners get them."""

    every_s: int
    copies: int
    to_owners: bool
    key: KeySource


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """The newest backup, how many there are, and the schedule."""

    newest: Snapshot | None
    count: int
    folder: Path
    plan: Plan
    key_is_kept: bool


@dataclass(frozen=True, slots=True)
class Backups:
    """The backups beside the database. Those taken on demand do not displace scheduled ones."""

    context: Context
    plan: Plan

    @property
    def folder(self) -> Path:
        """The folder with the backups."""
        return self.context.database.path.with_name(FOLDER)

    def standing(self, admin: Person) -> BackupStatus:
        """Describe the backups that exist."""
        self.context.customers.require(admin, Right.BACKUP)
        every = _by_age((*self._kept(asked=False), *self._kept(asked=True)), now=self.context.clock())
        newest, kept = every[-1] if every else None, Secret.read(KEY_KEPT) is not None
        return BackupStatus(newest, len(every), self.folder, self.plan, kept)

    def take(self, admin: Person) -> Snapshot:
        """Take a backup now.

        Raises:
            BackupFailed: none was made, and no partial file is left.
        """
        self.context.customers.require(admin, Right.BACKUP)
        try:
            snapshot = self._take(_ASKED)
        except SnapshotFailed as failed:
            raise BackupFailed(failed.reason) from None
        with self.context.database.transaction():
            self.context.audit.write(admin, "backup.taken", snapshot.path.name)
        return snapshot

    def run(self) -> None:
        """Take a backup if one is due, and tell the owners about it or about the failure."""
        if not self._due():
            return
        try:
            snapshot = self._take("")
        except SnapshotFailed as failed:
            _log.warning("no backup: %s", failed.reason)
            key = f"backup-failed:{self.context.clock() // _DAY_S}"
            with self.context.database.transaction():
                self.context.outbox.tell_admins(Event.ADMIN_BACKUP_FAILED, key=key, payload={"reason": failed.reason})
            return
        _log.info("backup %s, %d bytes", snapshot.path.name, snapshot.size)
        if self.plan.to_owners:
            name = snapshot.path.name
            with self.context.database.transaction():
                self.context.outbox.tell_admins(Event.ADMIN_BACKUP, key=f"backup:{name}", payload={"file": name})

    def key_is_kept(self, admin: Person) -> None:
        """Record that the database key is also kept elsewhere, which ends the reminders."""
        self.context.customers.require(admin, Right.BACKUP)
        with self.context.database.transaction():
            if Secret.read(KEY_KEPT) is None:
                Secret.make(KEY_KEPT, str(self.context.clock()))
                self.context.audit.write(admin, "backup.key_kept", "")

    def remind(self) -> None:
        """Remind the owners once a week to keep the key elsewhere, starting the day after the first customer
        arrived.
        """
        now, first = self.context.clock(), Customer.first_came_at()
        if first is None or 0 <= now - first < _DAY_S or Secret.read(KEY_KEPT) is not None:
            return
        payload = {"key": self.plan.key.value, "file": self.context.database.path.name}
        with self.context.database.transaction():
            self.context.outbox.tell_admins(Event.ADMIN_KEY, key=f"key-reminder:{now // _WEEK_S}", payload=payload)

    def find(self, name: str) -> Snapshot | None:
        """Find a backup by its file name; None if it was deleted for newer ones."""
        every = (*self._kept(asked=False), *self._kept(asked=True))
        return next((each for each in every if each.path.name == name), None)

    def age_s(self) -> int:
        """Return the age of the newest scheduled backup; without one, the time since the first customer came.

        A backup dated in the future, by a clock that was wrong, does not count.
        """
        last = self._last()
        return 0 if last is None or not self.plan.every_s else max(0, self.context.clock() - last)

    def _due(self) -> bool:
        """Return whether the newest scheduled backup is old enough; the first one waits for the first customer."""
        last = self._last()
        return last is not None and not 0 <= self.context.clock() - last < self.plan.every_s

    def _last(self) -> int | None:
        now = self.context.clock()
        past = [each.taken_at for each in self._kept(asked=False) if each.taken_at <= now]
        return past[-1] if past else Customer.first_came_at()

    def _take(self, kind: str) -> Snapshot:
        now = self.context.clock()
        stamp = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
        path = self.folder.joinpath(f"{self.context.database.path.stem}-{stamp}{kind}.db")
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SnapshotFailed(path, error.strerror or "unknown") from None
        self.context.database.backup(path)
        for draft in self.folder.glob(".*.new*"):  # left by a copy that was killed; one of today may be under way
            if (found := file_at(draft)) is not None and found.st_mtime < now - _DRAFT_S:
                _delete(draft)
        for outdated in _by_age(self._kept(asked=bool(kind)), now=now)[: -self.plan.copies]:
            _delete(outdated.path)
        return self._snapshot(path, path.stat().st_size, now)

    def _kept(self, *, asked: bool) -> list[Snapshot]:
        """List the backups of one kind, oldest first."""
        return [
            self._snapshot(path, size, taken_at)
            for path, size, taken_at in _named(self.folder, self.context.database.path.stem, asked=asked)
        ]

    def _snapshot(self, path: Path, size: int, taken_at: int) -> Snapshot:
        return Snapshot(path, size, taken_at, self.plan.key, self.context.database.path)


def _by_age(every: Iterable[Snapshot], *, now: int) -> list[Snapshot]:
    """Sort backups, oldest first. Those dated in the future, by a clock that was wrong, come before all others."""
    return sorted(every, key=lambda each: (each.taken_at <= now, each.taken_at))


def newest_in(database: Path, *, now: int) -> int | None:
    """Return when the newest backup beside a database was taken, in Unix seconds; None if there is none.

    One dated in the future does not count.
    """
    folder, stem = database.with_name(FOLDER), database.stem
    every = (at for asked in (False, True) for _, _, at in _named(folder, stem, asked=asked))
    return max((at for at in every if at <= now), default=None)


def file_at(path: Path) -> os.stat_result | None:
    """Look at a file in a folder that others tidy too; None if it is gone, a link that leads nowhere, or no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _named(folder: Path, stem: str, *, asked: bool) -> list[tuple[Path, int, int]]:
    """List the files of a folder that are backups of one kind, by their names, with their sizes and times."""
    found = []
    pattern = re.compile(rf"{re.escape(stem)}-(?P<stamp>\d{{8}}T\d{{6}}Z)(?P<asked>{_ASKED})?\.db")
    for path in sorted(folder.glob("*.db")):
        name = pattern.fullmatch(path.name)
        if name and bool(name["asked"]) == asked and (file := file_at(path)) is not None:
            taken = datetime.strptime(name["stamp"], _STAMP).replace(tzinfo=UTC)
            found.append((path, file.st_size, int(taken.timestamp())))
    return found


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s cannot be deleted: %s", path.name, error.strerror)
