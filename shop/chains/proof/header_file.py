"""Headers on disk: an append-only file of 80-byte records, which survives a process killed in the middle of a write.

Layout: one record that says where the file starts, the headers of the start, and every header that was accepted
since, on all branches, in the order of acceptance. A torn last record is cut off when the file is opened.
"""

import contextlib
import os
import struct
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.headers import HEADER_BYTES

_MAGIC = b"SOUKHDR1"
_MODE = 0o600
# magic, the rules' name, height of the start, how many headers the start has, whether servers agreed on it
_START = struct.Struct("<8s16sIHB")
_CHUNK_RECORDS = 4_096


class BrokenFile(ValueError):
    """The first record does not say where this network's headers start: the file has to be recreated."""


class HeaderFile:
    """One chain's file. Not thread-safe."""

    def __init__(self, path: Path, *, network: str) -> None:
        self._path = path
        self._network = network.encode().ljust(16, b"\0")
        self._file: BinaryIO | None = None
        self.records = 0

    def create(self, start: Checkpoint) -> None:
        """Replace any existing file with one that has this start and nothing above it."""
        self.close()
        first = _START.pack(_MAGIC, self._network, start.height, len(start.headers), start.agreed)
        made = self._path.with_name(self._path.name + ".new")
        made.unlink(missing_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
            file.write(_sealed(first) + b"".join(start.headers))
            file.flush()
            os.fsync(file.fileno())
        made.replace(self._path)
        self._sync_folder()

    def open(self) -> Checkpoint:
        """Open the file and read where it starts.

        Raises:
            BrokenFile: that cannot be read, or is another network's.
            FileNotFoundError: there is no file.
        """
        self.close()
        self._file = file = self._path.open("r+b", buffering=0)
        self._path.chmod(_MODE)
        first = file.read(HEADER_BYTES)
        if len(first) != HEADER_BYTES or _sealed(first[: _START.size]) != first:
            raise BrokenFile("not a header file")
        magic, network, height, count, agreed = _START.unpack_from(first)
        if magic != _MAGIC or network != self._network or not count:
            raise BrokenFile("another network's header file")
        self.records = max(0, file.seek(0, os.SEEK_END) // HEADER_BYTES - 1)
        self.cut(self.records)
        if self.records < count:
            raise BrokenFile("a header file without its start")
        return Checkpoint(height, tuple(self.read(i) for i in range(count)), agreed=bool(agreed))

    def read(self, number: int) -> bytes:
        """Read one record."""
        return self._at(number).read(HEADER_BYTES)

    def read_all(self, *, first: int) -> Iterator[bytes]:
        """Read every record from one on, in order."""
        for start in range(first, self.records, _CHUNK_RECORDS):
            count = min(_CHUNK_RECORDS, self.records - start)
            chunk = self._at(start).read(count * HEADER_BYTES)
            for i in range(0, len(chunk), HEADER_BYTES):
                yield chunk[i : i + HEADER_BYTES]

    def append(self, header: bytes) -> int:
        """Add a record and return its number. It is on the disk after the next `sync`.

        Raises:
            OSError: it could not be written; the file is unchanged.
        """
        try:
            written = self._at(self.records).write(header)
        except OSError:
            written = 0
        if written != len(header):
            with contextlib.suppress(OSError):
                self.cut(self.records)
            raise OSError("no room for a block header")
        self.records += 1
        return self.records - 1

    def cut(self, records: int) -> None:
        """Drop everything after this many records."""
        self._opened().truncate((records + 1) * HEADER_BYTES)
        self.records = records

    def sync(self) -> None:
        """Wait until everything is on the disk."""
        os.fsync(self._opened().fileno())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _at(self, number: int) -> BinaryIO:
        file = self._opened()
        file.seek((number + 1) * HEADER_BYTES)
        return file

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise OSError("the header file is closed")
        return self._file

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _sealed(first: bytes) -> bytes:
    """Fill the first record up with a checksum of what it says."""
    return first + sha256(first).digest() + bytes(HEADER_BYTES - len(first) - 32)
