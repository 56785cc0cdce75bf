"""The newest blocks of an account chain, read once and kept, with the payments of its own coin in them."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Protocol

from shop.chains.ethereum_client import NativeBlock

KEPT_BLOCKS = 64


class BlockSource(Protocol):
    """Whoever can read blocks."""

    def blocks(self, first: int, last: int) -> Iterator[NativeBlock]:
        """Read blocks with their payments."""
        ...


class NativeWindow:
    """Blocks by number. Each is asked for once, however many addresses and looks there are."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[int, NativeBlock] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, source: BlockSource, first: int, last: int) -> list[NativeBlock]:
        """Read these blocks, from memory where they are still part of the chain.

        A new block that does not follow the one remembered before it shows a reorganisation: then nothing that
        is remembered is believed any more.
        """
        with self._lock:
            known = dict(self._blocks)
        if not self._continues(known, source, first, last):
            known = {}
        found: list[NativeBlock] = []
        for number in range(first, last + 1):
            if number in known:
                found.append(known[number])
                continue
            end = next((n for n in range(number, last + 1) if n in known), last + 1) - 1
            for block in source.blocks(number, end):
                known[block.number] = block
            found.append(known[number])
        self._keep(found)
        return found

    def _continues(self, known: dict[int, NativeBlock], source: BlockSource, first: int, last: int) -> bool:
        """Check the head against memory; the blocks that are read for it are added to `known`."""
        newest = max(known, default=None)
        if newest is None or newest >= last or newest < first - 1:
            return True
        parent = known[newest].hash
        for block in source.blocks(newest + 1, last):
            if block.parent != parent:
                return False
            known[block.number] = block
            parent = block.hash
        return True

    def _keep(self, blocks: list[NativeBlock]) -> None:
        with self._lock:
            for block in blocks:
                self._blocks[block.number] = block
            for number in sorted(self._blocks)[:-KEPT_BLOCKS]:
                del self._blocks[number]
