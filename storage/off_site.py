"""The off-site copy of the database, never older than a few minutes: changed pages, file by file.

SQLCipher rewrites a page only when it changes (https://www.zetetic.net/sqlcipher/design/: each page has its own
initialisation vector and its own seal), so the pages that differ from the last time are the changed ones, and they
stay encrypted in transit. A series is a file with all pages, followed by files with the changes since; each is sealed
with the database's key over its content and the previous seal, so a missing, cut or foreign piece is detected.

    magic · length of head (4 bytes) · head (JSON) · (page number (4 bytes) · page)… · seal (32 bytes)
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from storage.database import Database
from storage.errors import BackupMissing, DatabaseUnreadable, SnapshotFailed
from storage.keys import DatabaseKey

MAGIC = b"SOUK-PAGES-1\n"
PAGE_BYTES = 4096
"""The page size: SQLCipher's and SQLite's default, which the shop does not change."""
SEAL_BYTES = 32
LONGEST_SERIES = 200
KEPT_SERIES = 2
_NUMBER_BYTES = 4
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<series>\d{8}T\d{6}Z)-(?P<number>\d{4})\.pages")
_MOST_HEAD_BYTES = 10_000


class BrokenPiece(Exception):
    """A file that was cut, changed, or belongs to another database or series."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a series: its pages, how many the database had then, when, and the seals."""

    path: Path
    number: int
    pages: int
    taken_at: int
    previous: str
    seal: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a folder gave: the Unix time of its last sound piece, and how many later files are of no use."""

    taken_at: int
    unused: int


@dataclass(slots=True)
class PageLog:
    """Writes changed pages to a folder. `_digests` are those of the pages there, `_sizes` the sizes of its files."""

    folder: Path
    key: DatabaseKey
    _digests: list[bytes]
    _series: str = ""
    _last: Piece | None = None
    _sizes: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, key: DatabaseKey) -> "PageLog":
        """Continue the newest series of a folder if all of it is sound; otherwise start a new one."""
        log = cls(folder, key, [])
        for series in series_of(folder)[-1:]:
            try:
                log._continue(series)
            except (OSError, BrokenPiece):
                log = cls(folder, key, [])
        return log

    def write(self, database: Database, *, now: int) -> Path | None:
        """Write the changes since the last time; None if there are none.

        Raises:
            SnapshotFailed: it cannot be written; the folder is unchanged.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with database.frozen() as path, path.open("rb") as source:
                return self._write(source, now)
        except OSError as error:
            raise SnapshotFailed(self.folder, error.strerror or str(error)) from None

    def _write(self, source: BinaryIO, now: int) -> Path | None:
        """Read every page once to compare it, and again to copy it if it changed, which keeps memory use small."""
        digests = [_digest(page) for page in _pages(source)]
        begin = self._last is None or self._is_long or not self._is_whole()
        known = [] if begin else self._digests
        changed = [at for at, digest in enumerate(digests) if at >= len(known) or known[at] != digest]
        if not changed and len(digests) == len(known):
            return None
        series = _new_series(self.folder, now) if begin else self._series
        number = 0 if begin or self._last is None else self._last.number + 1
        previous = "" if begin or self._last is None else self._last.seal
        head = {"number": number, "pages": len(digests), "taken_at": now, "previous": previous}
        path = self.folder / f"{series}-{number:04}.pages"
        seal = self._put(path, head, changed, source)
        self._sizes = ({} if begin else self._sizes) | {path: path.stat().st_size}
        self._series, self._digests = series, digests
        self._last = Piece(path, number, len(digests), now, previous, seal)
        self._forget_old_series()
        return path

    @property
    def _is_long(self) -> bool:
        first, *changes = self._sizes.values()
        return len(self._sizes) >= LONGEST_SERIES or sum(changes) > max(first, PAGE_BYTES * 1024)

    def _is_whole(self) -> bool:
        """Return whether the series' files are all there: the folder may have been tidied, or not be mounted."""
        try:
            return all(path.stat().st_size == size for path, size in self._sizes.items())
        except OSError:
            return False

    def _put(self, path: Path, head: dict[str, object], changed: list[int], source: BinaryIO) -> str:
        draft = path.with_name(f".{path.name}.new")
        raw = json.dumps(head).encode()
        seal = _sealer(self.key)
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for part in _parts(raw, changed, source):
                    seal.update(part)
                    file.write(part)
                file.write(seal.digest())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return seal.hexdigest()

    def _continue(self, series: list[Path]) -> None:
        for piece, pages in _sound(series, self.key):
            digests = self._digests[: piece.pages] + [b""] * (piece.pages - len(self._digests))
            for at, page in pages:
                digests[at] = _digest(page)
            self._digests, self._last = digests, piece
            self._sizes[piece.path] = piece.path.stat().st_size
        self._series = series[0].name.partition("-")[0]

    def _forget_old_series(self) -> None:
        for series in series_of(self.folder)[:-KEPT_SERIES]:
            for path in reversed(series):
                path.unlink(missing_ok=True)


def series_of(folder: Path) -> list[list[Path]]:
    """List the series of a folder, oldest first, each with its pieces in order."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir() if folder.is_dir() else ()):
        if name := _NAME.fullmatch(path.name):
            found.setdefault(name["series"], []).append(path)
    return [found[series] for series in sorted(found)]


def has_gap(folder: Path) -> bool:
    """Return whether a file of the newest series is missing, judged by the names."""
    return any(
        int(name["number"]) != number
        for series in series_of(folder)[-1:]
        for number, path in enumerate(series)
        if (name := _NAME.fullmatch(path.name))
    )


def _new_series(folder: Path, now: int) -> str:
    """Name a new series by the time. Its name is always after those of the folder's other series.

    A series that was named by a clock ahead of time would otherwise count as the newest one.
    """
    for series in series_of(folder)[-1:]:
        with suppress(ValueError):  # the name is not a time
            named = datetime.strptime(series[0].name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
            now = max(now, int(named.timestamp()) + 1)
    return datetime.fromtimestamp(now, UTC).strftime(_STAMP)


def assemble(folder: Path, key: DatabaseKey, target: Path) -> Gathered:
    """Assemble the newest database in the folder, up to the last sound piece.

    Raises:
        BackupMissing: there is no series in the folder.
        DatabaseUnreadable: no series of the folder begins with a sound piece under this key.
    """
    unused, there = 0, series_of(folder)
    if not there:
        raise BackupMissing(folder)
    for series in reversed(there):
        taken_at, used = _assemble(series, key, target)
        unused += len(series) - used
        if taken_at is not None:
            return Gathered(taken_at, unused)
    raise DatabaseUnreadable(folder)


def _assemble(series: list[Path], key: DatabaseKey, target: Path) -> tuple[int | None, int]:
    """Assemble one series; return the time of its last sound piece, if it has one, and how many are sound."""
    taken_at, used = None, 0
    with os.fdopen(os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "r+b") as file:
        try:
            for piece, pages in _sound(series, key):
                for at, page in pages:
                    file.seek(at * PAGE_BYTES)
                    file.write(page)
                file.truncate(piece.pages * PAGE_BYTES)
                taken_at, used = piece.taken_at, used + 1
        except (OSError, BrokenPiece):
            if taken_at is None:
                target.unlink()
                return None, 0
        file.flush()
        os.fsync(file.fileno())
    return taken_at, used


def _sound(series: list[Path], key: DatabaseKey) -> Iterator[tuple[Piece, Iterator[tuple[int, bytes]]]]:
    """Read the pieces of a series one by one, each only once its seal was checked. Raises BrokenPiece."""
    previous = ""
    for number, path in enumerate(series):
        piece, start = _checked(path, key)
        if piece.number != number or piece.previous != previous:
            raise BrokenPiece(path.name)
        yield piece, _changes(path, start)
        previous = piece.seal


def _checked(path: Path, key: DatabaseKey) -> tuple[Piece, int]:
    """Check a piece's seal and read its head; also where its pages begin. Raises BrokenPiece, OSError."""
    size, seal = path.stat().st_size, _sealer(key)
    with path.open("rb") as file:
        left = size - SEAL_BYTES
        while left > 0 and (part := file.read(min(left, 1 << 20))):
            seal.update(part)
            left -= len(part)
        if left != 0 or file.read() != seal.digest():
            raise BrokenPiece(path.name)
        file.seek(len(MAGIC))
        length = int.from_bytes(file.read(_NUMBER_BYTES), "big")
        if length > _MOST_HEAD_BYTES:
            raise BrokenPiece(path.name)
        head = json.loads(file.read(length))
        start = file.tell()
    piece = Piece(path, head["number"], head["pages"], head["taken_at"], head["previous"], seal.hexdigest())
    return piece, start


def _changes(path: Path, start: int) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        file.seek(start)
        left = (path.stat().st_size - SEAL_BYTES - start) // (_NUMBER_BYTES + PAGE_BYTES)
        for _ in range(left):
            yield int.from_bytes(file.read(_NUMBER_BYTES), "big"), file.read(PAGE_BYTES)


def _parts(head: bytes, changed: list[int], source: BinaryIO) -> Iterator[bytes]:
    yield MAGIC + len(head).to_bytes(_NUMBER_BYTES, "big") + head
    for at in changed:
        source.seek(at * PAGE_BYTES)
        yield at.to_bytes(_NUMBER_BYTES, "big") + source.read(PAGE_BYTES)


def _pages(source: BinaryIO) -> Iterator[bytes]:
    while page := source.read(PAGE_BYTES):
        yield page


def _digest(page: bytes) -> bytes:
    return hashlib.blake2b(page, digest_size=16).digest()


def _sealer(key: DatabaseKey) -> hashlib.blake2b:
    """Start a seal: BLAKE2b (RFC 7693) with a separate key, derived from the database's."""
    own = hashlib.blake2b(b"changed pages", key=key.raw, digest_size=SEAL_BYTES).digest()
    return hashlib.blake2b(key=own, digest_size=SEAL_BYTES)
