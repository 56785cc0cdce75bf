"""The newest blocks of an account chain, read once and kept, with the payments in its own coin."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

from shop.chains.errors import BadAnswer
from shop.chains.ethereum_client import NativeBlock
from shop.chains.servers import Provider
from shop.chains.transfers import MOST_LAG_BLOCKS

KEPT_BLOCKS = 64


class BlockSource(Protocol):
    """Anything that can read blocks."""

    @property
    def provider(self) -> Provider:
        """The server."""
        ...

    def blocks(self, first: int, last: int) -> Iterator[NativeBlock]:
        """Read blocks with their payments."""
        ...


class BlockCache:
    """Blocks by number. Each is asked for once, however many addresses and looks there are."""

    def __init__(self) -> None:
        self._blocks: dict[int, NativeBlock] = {}
        self._lock = threading.Lock()

    def read(self, source: BlockSource, first: int, last: int) -> list[NativeBlock]:
        """Read these blocks, from memory where they are still part of the chain.

        Blocks that do not follow each other show a reorganisation: then the cache is dropped and all are read again.
        The last ones may be missing if the server does not have them yet.

        Raises:
            BadAnswer: they still do not follow each other, or too many are missing.
        """
        with self._lock:
            known = dict(self._blocks)
        found = _filled(known, source, first, last)
        if not _linked(([known[first - 1]] if first - 1 in known else []) + found):
            with self._lock:
                self._blocks.clear()
            found = _filled({}, source, first, last)
            if not _linked(found):
                raise BadAnswer(source.provider.name, "blocks that are not consecutive")
        if first + len(found) <= last - MOST_LAG_BLOCKS:
            raise BadAnswer(source.provider.name, "a block is missing")
        self._keep(found)
        return found

    def _keep(self, blocks: list[NativeBlock]) -> None:
        with self._lock:
            for block in blocks:
                self._blocks[block.number] = block
            for number in sorted(self._blocks)[:-KEPT_BLOCKS]:
                del self._blocks[number]


def _filled(known: dict[int, NativeBlock], source: BlockSource, first: int, last: int) -> list[NativeBlock]:
    """Fetch the missing blocks, each run of them at once; stop before the first that does not exist yet."""
    blocks = dict(known)
    for number in range(first, last + 1):
        if number not in blocks:
            end = next((n for n in range(number, last + 1) if n in known), last + 1) - 1
            blocks |= {block.number: block for block in source.blocks(number, end)}
        if number not in blocks:
            return [blocks[read] for read in range(first, number)]
    return [blocks[number] for number in range(first, last + 1)]


def _linked(blocks: list[NativeBlock]) -> bool:
    return all(block.parent == before.hash for before, block in pairwise(blocks))
