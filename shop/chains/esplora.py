"""Watches Bitcoin and Litecoin through Esplora servers.

Servers say where to look; everything that counts is proved: a transaction is read from its bytes, and it is confirmed
when a block in our own header chain contains it (`shop.chains.proof`). A scan reads whole blocks since the cursor,
so its cost grows with time, not with customers. If only a few addresses are waiting after a long silence, their
histories are cheaper than the blocks and are read instead, from every server, since one could leave something out.
Outputs are matched by script, because one script has several spellings as an address.
"""

import itertools
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shop.assets import Asset, native
from shop.chains.bitcoin_blocks import RawBlock, RawTransaction
from shop.chains.empty_answers import EmptyAnswers
from shop.chains.errors import ChainUnavailable, NotFound, UnknownTransaction
from shop.chains.esplora_client import SeenTransaction
from shop.chains.failover import Failover
from shop.chains.parameters import PARAMETERS
from shop.chains.proof.header_chain import UnknownBlock
from shop.chains.proof.proof_client import ProofClient
from shop.chains.proof.proofs import FoundIn, Proofs
from shop.chains.proof.second_operator import SecondOperators
from shop.chains.transfers import ChainStatus, Head, Scan, Transfer, WatchPlan
from wallet.addresses import script_pubkey
from wallet.chains import Chain

_TXID = re.compile(r"[0-9a-f]{64}")
_MOST_HISTORIES = 60
_ENOUGH_HISTORIES = 2
_NEW_AT_ONCE = 12
"""The most new transactions read in one peek, since a lying server could list any number."""


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

    def __init__(
        self,
        chain: Chain,
        servers: Failover[ProofClient],
        proofs: Proofs,
        *,
        second_operators: SecondOperators | None = None,
    ) -> None:
        self.chain = chain
        row = self._parameters = PARAMETERS[chain]
        self.plan = WatchPlan(peek_batch=1, looks=row.looks, scan_every_s=row.scan_every_s)
        self._asset: Asset = native(chain)
        self._servers = servers
        self._proofs = proofs
        self._second_operators = second_operators
        self._emptiness = EmptyAnswers()
        self._scripts: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def status(self) -> ChainStatus:
        """Return the state of the chain's servers."""
        status = self._servers.status()
        proofs = self._proofs
        return replace(status, highest_block=proofs.tip_height, astray=proofs.astray, doubt=proofs.doubt)

    @property
    def takes_second_operator(self) -> bool:
        """Return whether large sums wait for a second operator that names the same block."""
        return self._second_operators is not None and self._second_operators.are_there

    def blocks_at(self, height: int, *, besides: str) -> Iterator[tuple[str, str]]:
        """Ask operators other than that of `besides`; return each server with the block hash it names."""
        return (
            iter(()) if self._second_operators is None else self._second_operators.blocks_at(height, besides=besides)
        )

    def head(self) -> Head:
        """Return the chain's head. Raises ChainDoubtful while nothing may be confirmed."""
        return self._proofs.head()

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at each address: its unconfirmed and its newest confirmed payments.

        While nothing may be confirmed, only the unconfirmed ones.
        """
        self._proofs.refresh()
        new = itertools.count(1)

        def look(address: str) -> Iterator[Transfer]:
            watched = self._watched([address])
            for seen in self._worth_a_look(address, watched):
                if self._proofs.remembers(seen.txid) or next(new) <= _NEW_AT_ONCE:
                    yield from self._peeked(seen, watched)

        return tuple(self._servers.unread.look_at_each(look, addresses))

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up. Raises UnknownTransaction."""
        return self._find(txid, addresses, again=False)

    def find_again(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look up a credited transaction, asking the server that showed it last. Raises UnknownTransaction."""
        return self._find(txid, addresses, again=True)

    def holds(self, block_height: int, block_hash: str) -> bool:
        """Return whether a block is part of the chain, or older than our headers; no server is asked."""
        return block_height < self._proofs.lowest or self._proofs.holds(block_height, block_hash)

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every confirmed payment since `cursor` ("height:hash" of the last block read)."""
        head = self._proofs.head()
        if cursor is None:
            start = _Position(max(self._proofs.lowest, head.latest - self._parameters.overlap_blocks), "")
        else:
            start = _Position.read(cursor)
            if head.latest < start.height:  # the newest headers have not arrived yet
                return Scan((), head, cursor)
            start = self._still_there(start)
        gap = head.latest - start.height
        several = len(self._servers.clients) >= _ENOUGH_HISTORIES
        if several and gap > 2 * self._parameters.overlap_blocks and len(addresses) <= min(gap, _MOST_HISTORIES):
            return self._read_histories(addresses, start, head)
        return self._read_blocks(self._watched(addresses), start, head)

    def _find(self, txid: str, addresses: Sequence[str], *, again: bool) -> tuple[Transfer, ...]:
        txid = txid.strip().lower()
        if not _TXID.fullmatch(txid):
            raise UnknownTransaction(self.chain, txid[:100])
        self._proofs.refresh()
        try:
            hinted = again or self._is_said_to_be_confirmed(txid)
            transaction = self._proofs.transaction(txid)
        except NotFound:
            raise UnknownTransaction(self.chain, txid) from None
        watched = self._watched(addresses)
        if not any(output.script_pubkey in watched for output in transaction.outputs):
            return ()  # customers may enter any transaction: no server is asked to prove one that pays someone else
        prove = self._proofs.prove_again if again else None
        place = prove(transaction) if prove else self._proofs.place(transaction, hinted=hinted)
        return tuple(self._transfers(transaction, place, watched))

    def _is_said_to_be_confirmed(self, txid: str) -> bool:
        """Ask whether there is such a transaction, unless that is proved; return whether a block is said to contain
        it.
        """
        if self._proofs.known_place(txid) is not None:
            return True
        seen = self._servers.look_up(lambda client: client.explorer.transaction(txid), height=self._proofs.height_of)
        return seen.block_height is not None

    def _worth_a_look(self, address: str, watched: Mapping[bytes, str]) -> Iterable[SeenTransaction]:
        """List transactions said to pay an address: unconfirmed ones and, while blocks count, those of the last
        day.
        """
        oldest, doubtful = self._proofs.tip_height - self._parameters.peek_blocks, bool(self._proofs.doubt)
        for seen in self._history(address, down_to=None):
            confirmed = seen.block_height is not None or self._proofs.known_place(seen.txid) is not None
            recent = seen.block_height is None or seen.block_height > oldest
            if not seen.scripts.isdisjoint(watched) and recent and not (confirmed and doubtful):
                yield seen

    def _peeked(self, seen: SeenTransaction, watched: Mapping[bytes, str]) -> Iterable[Transfer]:
        try:
            transaction = self._proofs.transaction(seen.txid)
        except NotFound:
            return
        place = None if self._proofs.doubt else self._proofs.place(transaction, hinted=seen.block_height is not None)
        yield from self._transfers(transaction, place, watched)

    def _still_there(self, position: _Position) -> _Position:
        """Step back if the block read last is no longer part of the chain."""
        if not position.hash:
            return _Position(position.height, self._proofs.header_at(position.height).hash)
        if self._proofs.holds(position.height, position.hash):
            return position
        height = max(0, min(position.height, self._proofs.tip_height) - 2 * self._parameters.overlap_blocks)
        height = min(height, self._proofs.last_in_common(position.height, position.hash))
        lowest = min(self._proofs.lowest, position.height)
        return _Position(max(lowest, height), self._proofs.header_at(max(lowest, height)).hash)

    def _read_histories(self, addresses: Sequence[str], start: _Position, head: Head) -> Scan:
        overlap = self._parameters.overlap_blocks
        end = max(start.height, head.latest - overlap)
        end_hash = self._proofs.header_at(end).hash
        found: list[Transfer] = []
        for address in addresses:
            try:
                histories = self._histories(address, down_to=max(0, start.height - overlap))
            except ChainUnavailable as error:
                if not error.is_about_the_question:
                    raise
                histories = []  # nobody needs that many transactions: their sender must not hold up anyone else
            if len(histories) < _ENOUGH_HISTORIES:
                return self._read_blocks(self._watched(addresses), start, head)
            watched = self._watched([address])
            for seen in itertools.chain(*histories):
                if not seen.scripts.isdisjoint(watched):
                    found += self._peeked(seen, watched)
        return Scan(tuple(found), head, str(_Position(end, end_hash)), behind=head.latest - end)

    def _read_blocks(self, watched: Mapping[bytes, str], start: _Position, head: Head) -> Scan:
        last = min(head.latest, start.height + self._parameters.blocks_per_scan)
        found: list[Transfer] = []
        position = start
        for height in range(start.height + 1, last + 1):
            try:
                header = self._proofs.header_at(height)
            except UnknownBlock:  # another, shorter branch has taken over since
                break
            if position.hash and header.previous != position.hash:
                position = self._still_there(position)
                break
            try:
                read = self._read_block(height, header.hash, watched)
            except ChainUnavailable:
                if position is start:
                    raise
                break
            if read is None:
                break
            found += read
            position = _Position(height, header.hash)
        return Scan(tuple(found), head, str(position), behind=max(0, head.latest - position.height))

    def _read_block(self, height: int, block_hash: str, watched: Mapping[bytes, str]) -> list[Transfer] | None:
        """Find a block's payments to watched scripts; None if it is so new that some servers cannot name them yet."""
        blocks = self._blocks(height, block_hash, watched)
        if blocks is None:
            return None
        return [
            transfer
            for block, server in blocks
            for transaction in block.transactions
            if any(output.script_pubkey in watched for output in transaction.outputs)
            for transfer in self._transfers(
                transaction,
                self._proofs.note(transaction, FoundIn(height, block_hash, block.header.time, server)),
                watched,
            )
        ]

    def _blocks(
        self, height: int, block_hash: str, watched: Mapping[bytes, str]
    ) -> list[tuple[RawBlock, str]] | None:
        """Ask for a whole block; if no server has it in bytes, for what each says that it pays to watched scripts.

        The word of some is not enough for the newest block, since it may not have arrived at the others: None until
        another block stands on it. Raises ChainUnavailable.
        """

        def whole(client: ProofClient) -> tuple[RawBlock | None, str]:
            return client.whole_block(self.chain, block_hash), client.provider.name

        def pages(client: ProofClient) -> tuple[RawBlock, str] | None:
            try:
                return client.block_by_pages(self.chain, block_hash, scripts=watched), client.provider.name
            except NotFound:
                if not is_newest:
                    raise
                return None  # nothing is wrong with a server for that, and it is to be asked again soon

        is_newest = height >= self._proofs.tip_height
        block, server = self._servers.ask(whole, enough=lambda answer: answer[0] is not None)
        if block is not None:
            return [(block, server)]
        told = [each for each in self._servers.ask_each(pages) if each is not None]
        return None if is_newest and len(told) < len(self._servers.clients) else told

    def _history(self, address: str, *, down_to: int | None) -> list[SeenTransaction]:
        return self._servers.ask(lambda client: self._one_history(client, address, down_to), of_one_address=True)

    def _histories(self, address: str, *, down_to: int) -> list[list[SeenTransaction]]:
        return self._servers.ask_each(lambda client: self._one_history(client, address, down_to), of_one_address=True)

    def _one_history(self, client: ProofClient, address: str, down_to: int | None) -> list[SeenTransaction]:
        history = client.explorer.history(address, down_to=down_to)
        confirmed = any(seen.block_height is not None for seen in history)
        if confirmed or not history:
            self._emptiness.check(client.provider.name, address, empty=not history)
        return history

    def _transfers(
        self, transaction: RawTransaction, place: FoundIn | None, watched: Mapping[bytes, str]
    ) -> Iterable[Transfer]:
        for index, output in enumerate(transaction.outputs):
            address = watched.get(output.script_pubkey)
            if address is not None and output.value > 0:
                yield Transfer(
                    chain=self.chain,
                    txid=transaction.txid,
                    index=str(index),
                    address=address,
                    asset=self._asset,
                    units=output.value,
                    block_height=None if place is None else place.height,
                    block_hash=None if place is None else place.block_hash,
                    block_time=None if place is None else place.time,
                    replaceable=place is None and transaction.replaceable,
                    shown_by="" if place is None else place.shown_by,
                )

    def _watched(self, addresses: Sequence[str]) -> dict[bytes, str]:
        with self._lock:
            for address in addresses:
                if address not in self._scripts:
                    self._scripts[address] = script_pubkey(self.chain, address)
            return {self._scripts[address]: address for address in addresses}
