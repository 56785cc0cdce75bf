"""Proofs about one coin: its newest block, a transaction's bytes, and the block that contains it."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shop.chains.bitcoin_blocks import RawTransaction
from shop.chains.errors import BadAnswer, ChainDoubtful, NotFound
from shop.chains.failover import Failover
from shop.chains.http import Clock
from shop.chains.proof.header_chain import ChainState, HeaderChain, UnknownBlock
from shop.chains.proof.header_sync import HeaderSync, SyncReport
from shop.chains.proof.header_tree import UnknownParent
from shop.chains.proof.headers import Header
from shop.chains.proof.merkle import BadProof, verify
from shop.chains.proof.older_headers import OlderHeaders
from shop.chains.proof.proof_client import ProofClient
from shop.chains.transfers import Head

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_PLACES = 5_000
_TRANSACTIONS = 500
_MOST_OUTPUTS = 500
_COINBASE_BLOCKS = 100
_BLOCKS_APART = 2
_DOUBTS = {
    ChainState.STALE: "its newest block is old, or its headers are still being read",
    ChainState.TOO_SLOW: "it grows so slowly that most miners may work on another branch",
}


@dataclass(frozen=True, slots=True)
class FoundIn:
    """Where a transaction is. `time` is its block's, in Unix seconds; `shown_by` names the server."""

    height: int
    block_hash: str
    time: int
    shown_by: str


class Proofs:
    """Headers and proofs of one coin. Thread-safe.

    `every_s`: how old the headers may be before the servers are asked for newer ones.
    """

    def __init__(self, chain: HeaderChain, servers: Failover[ProofClient], *, clock: Clock, every_s: int) -> None:
        self._chain = chain
        self._servers = servers
        self._sync = HeaderSync(chain, servers.clients, clock=clock, rests=servers.rests)
        self._older = OlderHeaders(chain, servers)
        self._clock = clock
        self._every_s = every_s
        self._lock = threading.Lock()
        self._read_at: int | None = None
        self._transactions: _Recent[str, RawTransaction] = _Recent(_TRANSACTIONS)
        self._places: _Recent[str, FoundIn] = _Recent(_PLACES)
        self._absent: _Recent[str, str] = _Recent(_PLACES)
        self._apart: dict[str, int] = {}

    @property
    def tip_height(self) -> int:
        """The height of the newest block."""
        return self._chain.tip.height

    @property
    def astray(self) -> tuple[str, ...]:
        """Name the servers that follow a branch which left the one that counts more than two blocks ago."""
        with self._lock:
            return tuple(name for name, blocks in self._apart.items() if blocks > _BLOCKS_APART)

    @property
    def lowest(self) -> int:
        """The lowest height whose header is available."""
        return self._chain.start.first_height

    @property
    def doubt(self) -> str:
        """Say why nothing may be confirmed now; empty if something may."""
        return _DOUBTS.get(self._chain.state(int(self._clock())), "")

    def refresh(self, *, anew: bool = False) -> None:
        """Read new headers unless the current ones are recent; `anew`: unless they were read at this very moment.

        Raises:
            ChainUnavailable: no server answers.
        """
        with self._lock:
            now = int(self._clock())
            young_s = self._every_s // 10 if anew else self._every_s
            if self._read_at is not None and 0 <= now - self._read_at < young_s:
                return
            self._read_at = None
            self._take(self._sync.round())
            self._read_at = now

    def head(self) -> Head:
        """Return the chain's head.

        Raises:
            ChainDoubtful: nothing may be confirmed now.
            ChainUnavailable: no server answers.
        """
        self.refresh()
        if self.doubt:
            raise ChainDoubtful(self._servers.chain, self.doubt)
        return Head(latest=self.tip_height)

    def header_at(self, height: int) -> Header:
        """Read the header at a height of the branch that counts, below the chain's start as well.

        Raises:
            UnknownBlock: the chain ends below it.
            ChainUnavailable: it is below the start, and has not been read yet.
        """
        if height < self.lowest:
            return self._older.header_at(height)
        return self._chain.header_at(height)

    def holds(self, height: int, block_hash: str) -> bool:
        """Return whether a block is part of the branch that counts. Raises ChainUnavailable as `header_at`."""
        try:
            return self.header_at(height).hash == block_hash
        except UnknownBlock:
            return False

    def last_in_common(self, height: int, block_hash: str) -> int:
        """Return the last height that a block's branch shares with the one that counts; the block's own height if it
        is not known.
        """
        try:
            return height - self._chain.distance_from_best(block_hash)
        except (UnknownBlock, UnknownParent):
            return height

    def remembers(self, txid: str) -> bool:
        """Return whether a transaction's bytes have been read before."""
        return txid in self._transactions

    def transaction(self, txid: str) -> RawTransaction:
        """Read a transaction; its id is computed from its bytes, so it does not matter who sent them.

        Raises:
            NotFound: every server that answered says that there is none.
            ChainUnavailable: no server answered.
        """
        known = self._transactions.get(txid)
        if known is None:
            known = self._servers.look_up(
                lambda client: client.transaction(self._servers.chain, txid), height=self.height_of
            )
            if len(known.outputs) <= _MOST_OUTPUTS:
                self._transactions.put(txid, known)
        return known

    def note(self, transaction: RawTransaction, place: FoundIn) -> FoundIn | None:
        """Remember a transaction's place in a block that was read whole; None while it does not count."""
        self._places.put(transaction.txid, place)
        return self._ripe(transaction, place)

    def known_place(self, txid: str) -> FoundIn | None:
        """Return the place where a transaction was proved to be, if that block is still part of the branch that
        counts.
        """
        known = self._places.get(txid)
        return known if known is not None and self.holds(known.height, known.block_hash) else None

    def place(self, transaction: RawTransaction, *, hinted: bool) -> FoundIn | None:
        """Return the block of the branch that counts which contains a transaction; None while none does.

        A proof is asked for when a server hints that there is one and, regardless of hints, once after each new
        block.

        Raises:
            ChainUnavailable: no server answered.
        """
        place, tip_hash = self.known_place(transaction.txid), self._chain.tip.hash
        if place is None:
            looked_at = self._absent.get(transaction.txid)
            if not hinted and looked_at in (None, tip_hash):
                self._absent.put(transaction.txid, tip_hash)
                return None
            place = self._ask(transaction)
        return None if place is None else self._ripe(transaction, place)

    def prove_again(self, transaction: RawTransaction) -> FoundIn | None:
        """As `place`, but always ask, and ask the server that showed it before last.

        Raises:
            ChainUnavailable: no server answered.
        """
        known = self.known_place(transaction.txid)
        found = self._ask(transaction, last="" if known is None else known.shown_by)
        place = found or known  # a proof is valid while its block is in the chain, whatever servers deny
        return None if place is None else self._ripe(transaction, place)

    def height_of(self, client: ProofClient) -> int:
        """Ask for the height of a server that denies something. Raises BadAnswer if it lags.

        Above the proved headers there is only its word, which counts for nothing.
        """
        height = client.explorer.tip_height()
        if height + _BLOCKS_APART < self.tip_height:
            raise BadAnswer(client.provider.name, "lags behind")
        return min(height, self.tip_height)

    def close(self) -> None:
        """Close the file of headers."""
        self._chain.close()

    def _ask(self, transaction: RawTransaction, *, last: str = "") -> FoundIn | None:
        tip_hash = self._chain.tip.hash
        try:
            place = self._servers.look_up(
                lambda client: self._proved(client, transaction), height=self.height_of, last=last
            )
        except NotFound:
            self._absent.put(transaction.txid, tip_hash)
            return None
        self._places.put(transaction.txid, place)
        return place

    def _proved(self, client: ProofClient, transaction: RawTransaction) -> FoundIn:
        """Ask a server for a proof and check it; if it does not fit, check once more with the newest headers.

        A block below the chain's start may well contain a transaction, but there is no header to prove it with.
        """
        proof = client.merkle_proof(transaction.txid)
        if proof.block_height < self.lowest:
            raise NotFound(client.provider.name)
        wire_txid = bytes.fromhex(transaction.txid)[::-1]
        reason = ""
        for anew in (False, True):
            if anew:
                self.refresh(anew=True)
            try:
                header = self._chain.header_at(proof.block_height)
                verify(wire_txid, proof, header, stripped_size=transaction.stripped_size)
            except UnknownBlock:
                reason = "a proof for a block that is not known"
            except BadProof as error:
                reason = error.reason
            else:
                return FoundIn(proof.block_height, header.hash, header.time, client.provider.name)
        raise BadAnswer(client.provider.name, reason)

    def _ripe(self, transaction: RawTransaction, place: FoundIn) -> FoundIn | None:
        """Leave new coins out until they can be spent."""
        young = self.tip_height - place.height + 1 < _COINBASE_BLOCKS
        return None if transaction.is_coinbase and young else place

    def _take(self, report: SyncReport) -> None:
        if not report.answered:
            raise self._servers.unavailable(report.failures)
        self._servers.heard()
        # The branch that a resting server followed before is still the latest known of it.
        self._apart.update({each.name: each.apart for each in report.servers if each.apart is not None})


class _Recent(Generic[K, V]):
    """A bounded memory of the most recent entries. Thread-safe."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._found: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        with self._lock:
            return key in self._found

    def get(self, key: K) -> V | None:
        with self._lock:
            return self._found.get(key)

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._found[key] = value
            self._found.move_to_end(key)
            while len(self._found) > self._size:
                self._found.popitem(last=False)
