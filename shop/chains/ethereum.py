"""Watches Ethereum: USDT, USDC and ETH at the same addresses.

Tokens are read from logs: by recipient for a few addresses, or all transfers of the two contracts when there are so
many addresses that asking by recipient would take more requests. ETH is read from whole blocks. So the number of
requests depends on the blocks, not on the customers. Left out: ETH that a contract sends inside a transaction shows
in neither; `shop.payments.unattributed` finds it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from shop.assets import native
from shop.chains.block_cache import BlockCache
from shop.chains.errors import BadAnswer, ChainUnavailable, NotFound, ProviderError, UnknownTransaction
from shop.chains.ethereum_client import EthereumClient, Native, NativeBlock, Receipt
from shop.chains.ethplorer_client import EthplorerClient
from shop.chains.failover import Failover
from shop.chains.operators import operator_of
from shop.chains.parameters import PARAMETERS
from shop.chains.testimony import Interviewed, Interviews, shown_by
from shop.chains.tokens import Accounts, Log, contracts, other_tokens, transfers
from shop.chains.transfers import NATIVE, Balance, ChainStatus, Head, OtherToken, Scan, Transfer, WatchPlan
from wallet.chains import Chain

_TXID = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_REORGANISED_BLOCKS = 32
_LOG_QUESTIONS_PER_SCAN = 24
_LOGS_AGAIN, _NATIVES_AGAIN = 7_200, 300
"""Blocks to read again if a false height moved the cursor: a day for logs, an hour for native coins."""
_ASSET = native(Chain.ETH)
_PARAMETERS = PARAMETERS[Chain.ETH]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Position:
    """The last block whose logs were read, the last whose ETH payments were, and the hash of the latter.

    `at` is when that was the head of the chain, in Unix seconds, or, while it is not, when it last was; 0: not known.
    """

    logs: int
    natives: int
    hash: str
    at: int = 0

    def __str__(self) -> str:
        return f"{self.logs}:{self.natives}:{self.hash}:{self.at}"

    @classmethod
    def read(cls, cursor: str) -> "_Position":
        logs, natives, block_hash, *at = cursor.split(":")
        return cls(int(logs), int(natives), block_hash, *map(int, at))

    @property
    def read_to(self) -> tuple[int, int]:
        """The height below which a head would be that of a server that lags, and `at`."""
        return max(self.logs, self.natives) - _PARAMETERS.overlap_blocks, self.at


class EthereumReader(Interviewed[EthereumClient]):
    """Ethereum, as the shop sees it. `ethplorer` is the fallback for tokens when no node answers."""

    def __init__(
        self, failover: Failover[EthereumClient], *, ethplorer: Failover[EthplorerClient] | None = None
    ) -> None:
        self.chain = Chain.ETH
        self.plan = WatchPlan(peek_batch=1_000, looks=_PARAMETERS.looks, scan_every_s=_PARAMETERS.scan_every_s)
        self._failover = failover
        self._ethplorer = ethplorer
        self._contracts = contracts(Chain.ETH)
        self._accounts = Accounts(Chain.ETH)
        self._windows: defaultdict[str, BlockCache] = defaultdict(BlockCache)
        """The blocks that each operator showed; one operator's never replace another's."""
        self._interviews = Interviews(
            failover,
            head=EthereumClient.head,
            look_up=self._shown,
            block_hash=EthereumClient.block_hash,
            block_time=EthereumClient.block_time,
        )

    def status(self) -> ChainStatus:
        """Return the state of the chain's servers."""
        status = self._failover.status()
        if self._ethplorer is None:
            return status
        return replace(status, providers=status.providers + self._ethplorer.status().providers)

    def head(self) -> Head:
        """Ask for the chain's head; the fallback, Ethplorer, knows nothing of finality."""
        try:
            return self._failover.head(lambda client: client.head())
        except ChainUnavailable:
            if self._ethplorer is None:
                raise
            return self._ethplorer.head(lambda client: client.head())

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at the last blocks for payments to these addresses."""
        if not addresses:
            return ()
        watched = self._watched(addresses)

        def look(client: EthereumClient, head: Head) -> tuple[Transfer, ...]:
            first = max(0, head.latest - _PARAMETERS.peek_blocks + 1)
            found, _ = client.logs.read(
                first, head.latest, contracts=list(self._contracts), recipients=list(watched), budget=100
            )
            return shown_by(client, self._tokens(found, watched) + self._natives(client, first, head.latest, watched))

        try:
            return self._at_head(look)
        except ChainUnavailable:
            if self._ethplorer is None:
                raise
            return self._peek_at_ethplorer(self._ethplorer, addresses, watched)

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up. Raises UnknownTransaction."""
        wanted = self._id(txid)
        try:
            return self._look_up(wanted, lambda client: self._shown(client, wanted, addresses))
        except ChainUnavailable as nobody:
            return self._find_at_ethplorer(wanted, self._watched(addresses), nobody)

    def other_tokens(self, txid: str, addresses: Sequence[str]) -> tuple[OtherToken, ...]:
        """Look up which other tokens one transaction paid. Raises UnknownTransaction."""
        wanted, watched = self._id(txid), self._watched(addresses)

        def look(client: EthereumClient) -> tuple[OtherToken, ...]:
            _, receipt = client.transaction(wanted)
            logs = receipt.logs if receipt is not None and receipt.succeeded else ()
            return other_tokens(logs, chain=self.chain, contracts=self._contracts, watched=watched)

        return self._look_up(wanted, look)

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every payment since `cursor` ("block of logs:block of ETH:its hash:time")."""
        watched = self._watched(addresses)

        def look(client: EthereumClient, head: Head) -> Scan:
            start = self._start(cursor, head)
            if not watched:
                return Scan((), head, str(_Position(head.latest, head.latest, "", self._failover.now())))
            logs, logs_end = client.logs.read(
                max(0, start.logs + 1 - _PARAMETERS.overlap_blocks), head.latest,
                contracts=list(self._contracts), recipients=list(watched), budget=_LOG_QUESTIONS_PER_SCAN,
            )  # fmt: skip
            natives, end = self._walk(client, start, head, watched)
            behind = max(head.latest - max(logs_end, start.logs), head.latest - end.natives, 0)
            at = start.at if behind else self._failover.now()
            position = _Position(max(logs_end, start.logs), end.natives, end.hash, at)
            found = shown_by(client, self._tokens(logs, watched) + natives)
            return Scan(found, head, str(position), behind=behind)

        return self._at_head(look, (0, 0) if cursor is None else _Position.read(cursor).read_to)

    def balances(self, addresses: Sequence[str]) -> tuple[Balance, ...]:
        """Ask for the finalized ETH balance of each address: only here do payments by contracts show."""
        accounts = self._watched(addresses)
        found = self._failover.ask(lambda client: client.balances(list(accounts)))
        return tuple(Balance(accounts[who], _ASSET, wei) for who, wei in found.items())

    def _id(self, txid: str) -> str:
        matched = _TXID.fullmatch(txid.strip())
        if matched is None:
            raise UnknownTransaction(self.chain, txid[:100])
        return matched[1].lower()

    def _look_up(self, txid: str, question: Callable[[EthereumClient], T]) -> T:
        try:
            return self._failover.look_up(question, height=lambda client: client.head().latest)
        except NotFound:
            raise UnknownTransaction(self.chain, txid) from None

    def _find_at_ethplorer(
        self, txid: str, watched: Mapping[bytes, str], nobody: ChainUnavailable
    ) -> tuple[Transfer, ...]:
        """Look tokens up when no node answers. A transaction that Ethplorer does not show may still exist."""
        if self._ethplorer is None:
            raise nobody
        try:
            found = self._ethplorer.look_up(
                lambda client: self._shown_at_ethplorer(client, txid, watched),
                height=lambda client: client.head().latest,
            )
        except NotFound:
            raise nobody from None
        if not found:
            raise nobody
        return found

    def _shown(self, client: EthereumClient, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        watched = self._watched(addresses)
        paid, receipt = client.transaction(txid)
        if receipt is not None:
            return shown_by(client, self._paid(paid, receipt, watched))
        return () if paid is None else shown_by(client, tuple(self._native(paid, None, None, watched)))

    def _shown_at_ethplorer(
        self, client: EthplorerClient, txid: str, watched: Mapping[bytes, str]
    ) -> tuple[Transfer, ...]:
        receipt = client.receipt(txid)
        return () if receipt is None else shown_by(client, self._paid(None, receipt, watched))

    def _at_head(self, look: Callable[[EthereumClient, Head], T], read_to: tuple[int, int] = (0, 0)) -> T:
        """Ask one server for its head and then for the blocks below it: another server's head would be useless."""

        def question(client: EthereumClient) -> T:
            head = client.head()
            self._failover.check_height(client, head.latest, read_to=read_to)
            return look(client, head)

        return self._failover.ask(question)

    def _start(self, cursor: str | None, head: Head) -> _Position:
        if cursor is None:
            first = max(0, head.latest - _PARAMETERS.overlap_blocks)
            return _Position(first, first, "", self._failover.now())
        position = _Position.read(cursor)
        logs, natives = max(0, head.latest - _LOGS_AGAIN), max(0, head.latest - _NATIVES_AGAIN)
        if self._failover.is_below(head.latest, read_to=position.read_to[0]):
            return _Position(min(position.logs, logs), min(position.natives, natives), "", position.at)
        if self._failover.cannot_be(head.latest, since=(position.natives, position.at)):
            return _Position(logs, natives, "", self._failover.now())
        return position

    def _walk(
        self, client: EthereumClient, start: _Position, head: Head, watched: Mapping[bytes, str]
    ) -> tuple[tuple[Transfer, ...], _Position]:
        last = min(head.latest, start.natives + _PARAMETERS.blocks_per_scan)
        if last <= start.natives:
            return (), start
        blocks = self._window(client).read(client, start.natives + 1, last)
        if not blocks:
            return (), start
        if start.hash and blocks[0].parent != start.hash:
            back = max(0, start.natives - _REORGANISED_BLOCKS)
            return (), _Position(start.logs, back, "")
        found = self._in_blocks(client, blocks, watched)
        return found, _Position(start.logs, blocks[-1].number, blocks[-1].hash)

    def _natives(
        self, client: EthereumClient, first: int, last: int, watched: Mapping[bytes, str]
    ) -> tuple[Transfer, ...]:
        return self._in_blocks(client, self._window(client).read(client, first, last), watched)

    def _window(self, client: EthereumClient) -> BlockCache:
        return self._windows[operator_of(client.provider.name)]

    def _in_blocks(
        self, client: EthereumClient, blocks: Sequence[NativeBlock], watched: Mapping[bytes, str]
    ) -> tuple[Transfer, ...]:
        """Pick the payments of ETH to watched accounts, and ask whether each of them succeeded."""
        hits = [(block, paid) for block in blocks for paid in block.payments if paid.recipient in watched]
        if not hits:
            return ()
        receipts = client.receipts([paid.txid for _, paid in hits])
        if any(paid.txid not in receipts for _, paid in hits):  # nodes index receipts a little after the block
            raise BadAnswer(client.provider.name, "a block without its receipts")
        return tuple(
            transfer
            for block, paid in hits
            if receipts[paid.txid].succeeded
            for transfer in self._native(paid, receipts[paid.txid], block.time, watched)
        )

    def _native(
        self, paid: Native, receipt: Receipt | None, time: int | None, watched: Mapping[bytes, str]
    ) -> Iterable[Transfer]:
        address = watched.get(paid.recipient)
        if address is not None and paid.units > 0:
            yield Transfer(
                chain=self.chain,
                txid=paid.txid,
                index=f"{NATIVE}:{address}",
                address=address,
                asset=_ASSET,
                units=paid.units,
                block_height=None if receipt is None else receipt.block_height,
                block_hash=None if receipt is None else receipt.block_hash,
                block_time=time,
                replaceable=receipt is None,
            )

    def _paid(self, paid: Native | None, receipt: Receipt, watched: Mapping[bytes, str]) -> tuple[Transfer, ...]:
        if not receipt.succeeded:
            return ()
        natives = () if paid is None else tuple(self._native(paid, receipt, None, watched))
        return self._tokens(receipt.logs, watched) + natives

    def _tokens(self, logs: Iterable[Log], watched: Mapping[bytes, str]) -> tuple[Transfer, ...]:
        return transfers(logs, chain=self.chain, contracts=self._contracts, watched=watched)

    def _peek_at_ethplorer(
        self, ethplorer: Failover[EthplorerClient], addresses: Sequence[str], watched: Mapping[bytes, str]
    ) -> tuple[Transfer, ...]:
        """Look at each address's history: found transactions are looked up for their logs."""

        def question(client: EthplorerClient) -> tuple[Transfer, ...]:
            found: list[Transfer] = []
            for address in addresses:
                try:
                    for txid in client.token_transactions(address, self._contracts):
                        found += self._shown_at_ethplorer(client, txid, watched)
                except ProviderError:
                    if not found:
                        raise
                    break
            return tuple({(transfer.txid, transfer.index): transfer for transfer in found}.values())

        return ethplorer.ask(question)

    def _watched(self, addresses: Sequence[str]) -> dict[bytes, str]:
        return self._accounts.of(addresses)
