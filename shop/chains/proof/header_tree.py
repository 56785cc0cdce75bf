"""The headers that are in memory: every branch of the last blocks, and which of them counts."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from shop.chains.proof.headers import BadHeader, Header

KEPT_BLOCKS = 4_100


class UnknownParent(BadHeader):
    """A header whose predecessor is not known, or no longer in memory."""

    def __init__(self) -> None:
        super().__init__("a header that is not linked to a known one")


@dataclass(frozen=True, slots=True)
class Block:
    """A header at its height. `work` is the sum from the start of the chain; `record` its number in the file."""

    header: Header
    height: int
    work: int
    record: int

    @property
    def hash(self) -> str:
        """The block's hash."""
        return self.header.hash


class HeaderTree:
    """The blocks of the last 4 100 heights, and the record numbers of the whole branch that counts.

    Of branches with equal work, the one that was there first counts. Not thread-safe.
    """

    def __init__(self, first: Block) -> None:
        self.tip = first
        self._first_height = first.height
        self._lowest = first.height
        self._known = {first.hash: first}
        self._by_height = defaultdict(list, {first.height: [first.hash]})
        self._best = array("I", [first.record])

    def __contains__(self, block_hash: str) -> bool:
        return block_hash in self._known

    def __len__(self) -> int:
        return len(self._known)

    def find(self, block_hash: str) -> Block | None:
        """Find a block of any branch, if it is in memory."""
        return self._known.get(block_hash)

    def record_at(self, height: int) -> int | None:
        """Return the number of the record at a height of the branch that counts, if it reaches that far."""
        place = height - self._first_height
        return self._best[place] if 0 <= place < len(self._best) else None

    def counts(self, block: Block) -> bool:
        """Return whether a block is part of the branch that counts."""
        return self.record_at(block.height) == block.record

    def branch(self, block: Block) -> Iterator[Block]:
        """Walk from a block, known or not, down to the branch that counts, which is left out.

        Raises:
            UnknownParent: the branch left the one that counts too long ago.
        """
        while not self.counts(block):
            yield block
            parent = self._known.get(block.header.previous)
            if parent is None:
                raise UnknownParent
            block = parent

    def back_from(self, block: Block) -> Iterator[Block]:
        """Walk from a block to its predecessors, as far as they are in memory."""
        found: Block | None = block
        while found is not None:
            yield found
            found = self._known.get(found.header.previous)

    def insert(self, block: Block) -> int | None:
        """Keep a block; if another branch counts from now on, return the last height common to both.

        Raises:
            UnknownParent: its branch would count, but left the one that does too long ago. Nothing is kept.
        """
        wins = block.work > self.tip.work
        branch = list(self.branch(block)) if wins else []
        self._known[block.hash] = block
        self._by_height[block.height].append(block.hash)
        if not wins:
            return None
        fork_height, old_height = block.height - len(branch), self.tip.height
        del self._best[fork_height + 1 - self._first_height :]
        self._best.extend(each.record for each in reversed(branch))
        self.tip = block
        self._forget_below(block.height - KEPT_BLOCKS + 1)
        return fork_height if fork_height < old_height else None

    def _forget_below(self, height: int) -> None:
        while self._lowest < height:
            for block_hash in self._by_height.pop(self._lowest, ()):
                del self._known[block_hash]
            self._lowest += 1
