"""The log of deletions beside the database: keyed hashes of Telegram ids, so that a restored backup forgets again.

A line is a word, a hash in hexadecimal and a time in Unix seconds. The last line about a hash counts. The key is in
the database, so the file by itself identifies no one.
"""

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger("souk.storage")

DELETED = "deleted"
RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class DeletionLog:
    """Lines that are only added, until their hashes expire."""

    file: Path

    @classmethod
    def beside(cls, database: Path) -> "DeletionLog":
        """Name the log of a database."""
        return cls(database.with_name(database.name + ".deletions"))

    def add(self, word: str, pseudonym: int, *, now: int) -> None:
        """Add a line; when this returns, it is on the disk."""
        line = f"{word} {pseudonym:016x} {now}\n"
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())

    def known(self) -> dict[int, str]:
        """Read the last line about each hash; torn or foreign lines are ignored."""
        words: dict[int, str] = {}
        for line in self._lines():
            try:
                word, digits, at = line.split(" ")
                number, _ = int(digits, 16), int(at)
            except ValueError:
                _log.warning("a line of %s cannot be read", self.file)
                continue
            words[number] = word
        return words

    def drop(self, pseudonyms: Collection[int]) -> None:
        """Leave out every line about these hashes from now on."""
        wanted = {f"{each:016x}" for each in pseudonyms}
        lines = self._lines()
        kept = [line for line in lines if line.split(" ")[1:2] != [] and line.split(" ")[1] not in wanted]
        if len(kept) == len(lines):
            return
        draft = self.file.with_name(self.file.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.writelines(f"{line}\n" for line in kept)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(self.file)

    def _lines(self) -> list[str]:
        return self.file.read_text(encoding="ascii", errors="replace").splitlines() if self.file.exists() else []
