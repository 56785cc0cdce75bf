"""One coin's header chain: what is accepted, which branch counts, and how deep a block is.

Every header is linked to a known one, follows the rules for its place, and proves work; the branch with the most work
counts, and of two equal ones the one seen first. The headers are in a file; those of the last 4 100 heights are in
memory as well, which is as far back as a branch may start and a retarget may look.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice
from pathlib import Path

from shop.chains.proof.checkpoints import BadCheckpoint, Checkpoint
from shop.chains.proof.consensus import MEDIAN_BLOCKS, PERIOD_BLOCKS, HeaderRules, check_time
from shop.chains.proof.header_file import BrokenFile, HeaderFile
from shop.chains.proof.header_tree import Block, HeaderTree, UnknownParent
from shop.chains.proof.headers import BadHeader, Header, work_of

FAR_BEHIND_BLOCKS = 4 * PERIOD_BLOCKS
_PROVED_AGAIN = 100
_SLOWNESS_BLOCKS = 145
_log = logging.getLogger(__name__)


class UnknownBlock(LookupError):
    """The branch that counts has no such block, or it is no longer in memory."""


class ChainState(Enum):
    """Whether blocks may be counted as confirmations now."""

    CURRENT = "current"
    STALE = "stale"
    TOO_SLOW = "too slow"


@dataclass(frozen=True, slots=True)
class Growth:
    """The changes by added headers. `forked_at`: the last common height if another branch counts now."""

    added: int
    forked_at: int | None = None


class HeaderChain:
    """The chain in one file. Thread-safe; one process at a time."""

    def __init__(self, path: Path, rules: HeaderRules, release: Checkpoint) -> None:
        """Open the file, or make one that starts at the release's checkpoint.

        Raises:
            BadCheckpoint: the release's checkpoint is inconsistent.
        """
        release.check(rules)
        self.rules = rules
        self.release = release
        self._lock = threading.RLock()
        self._file = HeaderFile(path, network=rules.name)
        try:
            self._load(self._file.open())
            self._check_start()
        except (FileNotFoundError, BrokenFile, BadCheckpoint):
            self._start_at(release)

    @property
    def tip(self) -> Block:
        """The newest block of the branch that counts."""
        with self._lock:
            return self._tree.tip

    @property
    def start(self) -> Checkpoint:
        """Where the chain starts."""
        return self._start

    def add(self, headers: Sequence[bytes], *, now: int) -> Growth:
        """Accept headers, each linked to a known one or to one before it in the list; known ones are skipped.

        Raises:
            BadHeader: one of them breaks a rule, `UnknownParent` among them; those before it were accepted.
        """
        added, forks = 0, []
        with self._lock:
            try:
                for raw in headers:
                    header = Header.parse(raw)
                    if header.hash not in self._tree:
                        fork = self._store(self._check(header, now=now))
                        forks += [] if fork is None else [fork]
                        added += 1
            finally:
                if added:
                    self._file.sync()
        return Growth(added, min(forks, default=None))

    def restart(self, start: Checkpoint) -> None:
        """Start over at a block that servers agreed on, because the release's is far behind.

        Raises:
            BadCheckpoint: the block is inconsistent, or needs less than a quarter of the work of the release's.
        """
        start.check(self.rules)
        start.check_floor(self.release)
        with self._lock:
            self._start_at(start)

    def header_at(self, height: int) -> Header:
        """Read the header at a height of the branch that counts, however old.

        Raises:
            UnknownBlock: the chain starts above it or ends below it.
        """
        with self._lock:
            record = self._tree.record_at(height)
            if record is None:
                raise UnknownBlock(height)
            return Header.parse(self._file.read(record))

    def contains(self, height: int, block_hash: str) -> bool:
        """Return whether a block is at this height of the branch that counts."""
        try:
            return self.header_at(height).hash == block_hash
        except UnknownBlock:
            return False

    def knows(self, block_hash: str) -> bool:
        """Return whether a block of any branch is in memory."""
        with self._lock:
            return block_hash in self._tree

    def height_of(self, block_hash: str) -> int:
        """Find a block of the branch that counts, among those in memory.

        Raises:
            UnknownBlock: it is not one of them.
        """
        with self._lock:
            block = self._tree.find(block_hash)
            if block is None or not self._tree.counts(block):
                raise UnknownBlock(block_hash)
            return block.height

    def confirmations(self, height: int, block_hash: str) -> int:
        """Count a block and those on top of it; 0 when it is not in the branch that counts."""
        with self._lock:
            return self._tree.tip.height - height + 1 if self.contains(height, block_hash) else 0

    def distance_from_best(self, block_hash: str) -> int:
        """Count the blocks that lead from the branch that counts to a known block; 0 when it is part of it.

        Raises:
            UnknownBlock: it is not in memory.
        """
        with self._lock:
            block = self._tree.find(block_hash)
            if block is None:
                raise UnknownBlock(block_hash)
            return sum(1 for _ in self._tree.branch(block))

    def state(self, now: int) -> ChainState:
        """Judge by the chain's own times whether most miners work on it now."""
        with self._lock:
            times = [block.header.time for block in islice(self._tree.back_from(self._tree.tip), _SLOWNESS_BLOCKS)]
        if self.rules.is_stale(times[0], now):
            return ChainState.STALE
        return ChainState.TOO_SLOW if self.rules.is_too_slow(times, now) else ChainState.CURRENT

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _store(self, block: Block) -> int | None:
        """Keep a block, on disk first; return where its branch left another one that counted."""
        record = self._file.append(block.header.raw)
        try:
            return self._tree.insert(block)
        except UnknownParent:
            self._file.cut(record)
            raise

    def _check(self, header: Header, *, now: int | None, prove: bool = True) -> Block:
        """Check a header at its place; without `now` it comes from the file, and the clock is not consulted."""
        parent = self._tree.find(header.previous)
        if parent is None:
            raise UnknownParent
        height = parent.height + 1
        if header.bits != self._bits_after(parent):
            raise BadHeader("a different target than the rules demand")
        if height == self.release.height and header.hash != self.release.hash:
            raise BadHeader("a different block than the release's checkpoint")
        times = [block.header.time for block in islice(self._tree.back_from(parent), MEDIAN_BLOCKS)]
        if len(times) < MEDIAN_BLOCKS:
            times = []  # near the start the median is not known, and that of fewer blocks may be too high
        check_time(header.time, previous=times, now=header.time if now is None else now)
        if prove:
            self.rules.check_work(header)
        return Block(header, height, parent.work + work_of(header.bits), record=self._file.records)

    def _bits_after(self, parent: Block) -> int:
        height = parent.height + 1
        if height % PERIOD_BLOCKS or not self.rules.retargets:
            return parent.header.bits
        first_height = self.rules.first_of_span(height)
        first = next((block for block in self._tree.back_from(parent) if block.height == first_height), None)
        if first is None:
            raise UnknownParent
        return self.rules.retarget(parent.header.bits, first_time=first.header.time, last_time=parent.header.time)

    def _start_at(self, start: Checkpoint) -> None:
        self._file.create(start)
        self._load(self._file.open())

    def _check_start(self) -> None:
        """Discard a file whose start the release no longer allows, or that is far behind the release."""
        if self._start.height == self.release.height and self._start.hash != self.release.hash:
            raise BadCheckpoint("a different block than the release's")
        if self._start.agreed and self._start.height > self.release.height:
            self._start.check_floor(self.release)
        if self.tip.height + FAR_BEHIND_BLOCKS < self.release.height:
            raise BadCheckpoint("far behind the release's")

    def _load(self, start: Checkpoint) -> None:
        """Read the file, checking links, targets and times again, but work only where no later header vouches for
        it.
        """
        start.check(self.rules)
        self._start = start
        first, *others = [Header.parse(raw) for raw in start.headers]
        self._tree = HeaderTree(Block(first, start.first_height, work=0, record=0))
        for number, header in enumerate(others, start=1):
            self._tree.insert(Block(header, start.first_height + number, work=number, record=number))
        records = self._file.records
        for number, raw in enumerate(self._file.read_all(first=len(start.headers)), start=len(start.headers)):
            try:
                block = self._check(Header.parse(raw), now=None, prove=number >= records - _PROVED_AGAIN)
                self._tree.insert(replace(block, record=number))
            except BadHeader as error:
                _log.warning("%s: %s headers dropped: %s", self.rules.name, records - number, error.reason)
                self._file.cut(number)
                break
