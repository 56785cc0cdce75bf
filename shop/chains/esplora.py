"""Watch Bitcoin and Litecoin through Esplora servers.

A sweep reads the blocks since the cursor, whoever they pay: its cost grows with time, not with customers. Where a
few addresses wait after a long silence, their histories are cheaper than the blocks, and are read instead.
Outputs are matched by script, because one script has several spellings as an address.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shop.assets import Asset, native
from shop.chains.bitcoin_blocks import RawBlock
from shop.chains.empty_answers import EmptyAnswers
from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, UnknownTransaction
from shop.chains.esplora_client import EsploraClient, SeenTransaction
from shop.chains.failover import Failover
from shop.chains.parameters import PARAMETERS
from shop.chains.transfers import ChainStatus, Head, Scan, Transfer, WatchPlan
from wallet.addresses import script_pubkey
from wallet.chains import Chain

_TXID = re.compile(r"[0-9a-f]{64}")
_MOST_HISTORIES = 60


@dataclass(frozen=True, slots=True)
class _Position:
    """The last block that was read; an unknown hash is empty."""

    height: int
    hash: str

    def __str__(self) -> str:
        return f"{self.height}:{self.hash}"

    @classmethod
    def read(cls, cursor: str) -> "_Position":
        height, _, block_hash = cursor.partition(":")
        return cls(int(height), block_hash)


class EsploraReader:
    """Bitcoin or Litecoin, as the shop sees it."""

    def __init__(self, chain: Chain, failover: Failover[EsploraClient]) -> None:
        self.chain = chain
        row = self._parameters = PARAMETERS[chain]
        self.plan = WatchPlan(peek_batch=1, looks=row.looks, sweep_every_s=row.sweep_every_s)
        self._asset: Asset = native(chain)
        self._failover = failover
        self._emptiness = EmptyAnswers()
        self._scripts: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def status(self) -> ChainStatus:
        """Say how the chain's servers are doing."""
        return self._failover.status()

    def head(self) -> Head:
        """Ask how far the chain has come."""
        return self._failover.head(lambda client: Head(latest=client.tip_height()))

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at each address: its unconfirmed and its newest confirmed payments."""
        found: list[Transfer] = []
        for address in addresses:
            found += self._history(address, down_to=None)
        return tuple(found)

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up. Raises UnknownTransaction."""
        txid = txid.strip().lower()
        if not _TXID.fullmatch(txid):
            raise UnknownTransaction(self.chain, txid[:100])
        try:
            seen = self._failover.look_up(lambda client: client.transaction(txid), height=_height)
        except NotFound:
            raise UnknownTransaction(self.chain, txid) from None
        return tuple(self._transfers(seen, self._watched(addresses)))

    def sweep(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every confirmed payment since `cursor` ("height:hash" of the last block read)."""
        if cursor is None:
            head = self.head()
            start = _Position(max(0, head.latest - self._parameters.overlap_blocks), "")
        else:
            start = _Position.read(cursor)
            if self._failover.ask(lambda client: client.tip_hash()) == start.hash:
                return Scan((), Head(latest=start.height), str(start))
            head = self._failover.head(lambda client: self._head_after(client, start.height))
            if head.latest < start.height:  # this server is a block behind the last one
                return Scan((), head, cursor)
            start = self._still_there(start, head)
        gap = head.latest - start.height
        if gap > 2 * self._parameters.overlap_blocks and len(addresses) <= min(gap, _MOST_HISTORIES):
            return self._read_histories(addresses, start, head)
        return self._read_blocks(self._watched(addresses), start, head)

    def _head_after(self, client: EsploraClient, height: int) -> Head:
        latest = client.tip_height()
        if latest + self._parameters.pace.tolerance < height:
            raise BadAnswer(client.provider.name, "a lower height than before")
        return Head(latest=latest)

    def _still_there(self, position: _Position, head: Head) -> _Position:
        """Step back when the block that was read last is no longer part of the chain."""
        back = _Position(max(0, min(position.height, head.latest) - 2 * self._parameters.overlap_blocks), "")
        if not position.hash:
            return position
        try:
            now_there = self._failover.look_up(lambda client: client.block_hash(position.height), height=_height)
        except NotFound:
            return back
        return position if now_there == position.hash else back

    def _read_histories(self, addresses: Sequence[str], start: _Position, head: Head) -> Scan:
        overlap = self._parameters.overlap_blocks
        end_height = max(start.height, head.latest - overlap)
        end_hash = self._failover.ask(lambda client: client.block_hash(end_height))
        found: list[Transfer] = []
        for address in addresses:
            found += self._history(address, down_to=max(0, start.height - overlap))
        return Scan(tuple(found), head, str(_Position(end_height, end_hash)), behind=head.latest - end_height)

    def _read_blocks(self, watched: Mapping[bytes, str], start: _Position, head: Head) -> Scan:
        last = min(head.latest, start.height + self._parameters.blocks_per_sweep)
        found: list[Transfer] = []
        position = start
        for height in range(start.height + 1, last + 1):
            block = self._block(height, may_stop=position is not start)
            if block is None:
                break
            if position.hash and block.previous != position.hash:
                position = self._still_there(position, head)
                break
            found += self._in_block(block, height, watched)
            position = _Position(height, block.hash)
        return Scan(tuple(found), head, str(position), behind=max(0, head.latest - position.height))

    def _block(self, height: int, *, may_stop: bool) -> RawBlock | None:
        """Fetch a block; None when the walk ends early, which is fine once it has got somewhere."""
        try:
            return self._failover.look_up(lambda client: client.block(height), height=_height)
        except NotFound:
            return None  # the tip of one server is not yet the tip of the other
        except ChainUnavailable:
            if may_stop:
                return None
            raise

    def _in_block(self, block: RawBlock, height: int, watched: Mapping[bytes, str]) -> Iterable[Transfer]:
        for transaction in block.transactions:
            if any(output.script in watched for output in transaction.outputs):
                seen = SeenTransaction(transaction, height, block.hash, block.time)
                yield from self._transfers(seen, watched)

    def _history(self, address: str, *, down_to: int | None) -> Iterable[Transfer]:
        watched = self._watched([address])

        def question(client: EsploraClient) -> list[SeenTransaction]:
            history = client.history(address, down_to=down_to)
            confirmed = any(seen.block_height is not None for seen in history)
            if confirmed or not history:
                self._emptiness.check(client.provider.name, address, empty=not history)
            return history

        history = self._failover.ask(question)
        return [transfer for seen in history for transfer in self._transfers(seen, watched)]

    def _transfers(self, seen: SeenTransaction, watched: Mapping[bytes, str]) -> Iterable[Transfer]:
        for index, output in enumerate(seen.transaction.outputs):
            address = watched.get(output.script)
            if address is not None and output.value > 0:
                yield Transfer(
                    chain=self.chain,
                    txid=seen.transaction.txid,
                    index=str(index),
                    address=address,
                    asset=self._asset,
                    units=output.value,
                    block_height=seen.block_height,
                    block_hash=seen.block_hash,
                    block_time=seen.block_time,
                    replaceable=seen.block_height is None and seen.transaction.replaceable,
                )

    def _watched(self, addresses: Sequence[str]) -> dict[bytes, str]:
        with self._lock:
            for address in addresses:
                if address not in self._scripts:
                    self._scripts[address] = script_pubkey(self.chain, address)
            return {self._scripts[address]: address for address in addresses}


def _height(client: EsploraClient) -> int:
    return client.tip_height()
