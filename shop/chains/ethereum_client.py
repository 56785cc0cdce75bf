"""Talks to one Ethereum node (ethereum/execution-apis): blocks, receipts and levels of finality."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from shop.assets import ETH
from shop.chains import networks
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, TooLarge
from shop.chains.json_rpc import JsonRpc, RpcError, is_undone, settled
from shop.chains.log_reader import LogReader
from shop.chains.servers import Provider
from shop.chains.tokens import Log, read_rpc_log
from shop.chains.transfers import Head

_BLOCKS_PER_BATCH = 8
_ACCOUNTS_PER_BATCH = 50


@dataclass(frozen=True, slots=True)
class Native:
    """A top-level payment of the chain's own coin, in base units; whether it succeeded is in its receipt."""

    txid: str
    recipient: bytes
    units: int


@dataclass(frozen=True, slots=True)
class NativeBlock:
    """A block and the payments of the chain's own coin in it."""

    number: int
    hash: str
    parent: str
    time: int
    payments: tuple[Native, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of a transaction."""

    txid: str
    succeeded: bool
    block_height: int
    block_hash: str
    logs: tuple[Log, ...]


class EthereumClient:
    """One node."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._rpc = JsonRpc(provider, first=networks.ethereum(provider).require)
        self.logs = LogReader(self._rpc)

    def head(self) -> Head:
        """Ask for the newest, the safe and the finalized block in one request."""
        tags = ("latest", "safe", "finalized")
        answers = self._rpc.batch([("eth_getBlockByNumber", [tag, False]) for tag in tags])
        latest, safe, finalized = answers
        number = settled(latest)["number"].height
        levels = [None if isinstance(found, RpcError) or found.is_null else found["number"].height
                  for found in (safe, finalized)]  # fmt: skip
        if any(level is not None and level > number for level in levels):
            raise BadAnswer(self.provider.name, "a final block above the head")
        return Head(number, safe=levels[0], finalized=levels[1])

    def blocks(self, first: int, last: int) -> Iterator[NativeBlock]:
        """Read blocks with their transactions, a few at a time, up to the first that the node does not have yet."""
        start, most = first, _BLOCKS_PER_BATCH
        while start <= last:
            answers = self._first_of(range(start, min(start + most, last + 1)))
            for number, block in enumerate(answers, start):
                if block.is_null:
                    return
                yield self._block(number, block)
            start, most = start + len(answers), len(answers)

    def receipts(self, txids: Sequence[str]) -> dict[str, Receipt]:
        """Ask for the outcome of transactions; those not in a block are absent."""
        answers = self._rpc.batch([("eth_getTransactionReceipt", ["0x" + txid]) for txid in txids])
        found = [settled(answer) for answer in answers]
        return {
            txid: self._receipt(txid, answer) for txid, answer in zip(txids, found, strict=True) if not answer.is_null
        }

    def transaction(self, txid: str) -> tuple[Native | None, Receipt | None]:
        """Look a transaction up: what it pays itself, and its receipt once it is in a block. Raises NotFound."""
        calls = [(f"eth_getTransaction{what}", ["0x" + txid]) for what in ("ByHash", "Receipt")]
        answer, receipt = [settled(answer) for answer in self._rpc.batch(calls)]
        if answer.is_null:
            raise NotFound(self.provider.name)
        return self._native(answer), None if receipt.is_null else self._receipt(txid, receipt)

    def block_hash(self, height: int) -> str:
        """Ask for the hash of a block. Raises NotFound."""
        return block_hash(self._rpc, height)

    def block_time(self, height: int) -> int:
        """Ask for the time of a block, in Unix seconds. Raises NotFound."""
        return _block_at(self._rpc, height)["timestamp"].time

    def balances(self, accounts: Sequence[bytes]) -> dict[bytes, int]:
        """Ask for the final balances of accounts, in wei."""
        return balances(self._rpc, accounts, level="finalized", most_units=ETH.most_units)

    def _first_of(self, numbers: range) -> list[JsonValue]:
        """Ask for blocks; return as many of the first ones as fit into an answer, at least one."""
        try:
            answers = self._rpc.batch([("eth_getBlockByNumber", [hex(number), True]) for number in numbers])
        except TooLarge:
            if len(numbers) == 1:
                raise
            return self._first_of(numbers[: len(numbers) // 2])
        done = list(takewhile(lambda answer: not is_undone(answer), answers))
        if not done and len(numbers) > 1:
            return self._first_of(numbers[: len(numbers) // 2])
        return [settled(answer) for answer in done or answers]

    def _block(self, number: int, answer: JsonValue) -> NativeBlock:
        if answer["number"].height != number:
            raise BadAnswer(self.provider.name, "a different block than requested")
        payments = [self._native(item) for item in answer["transactions"].items()]
        return NativeBlock(
            number=number,
            hash=answer["hash"].hex(size=32).hex(),
            parent=answer["parentHash"].hex(size=32).hex(),
            time=answer["timestamp"].time,
            payments=tuple(payment for payment in payments if payment is not None),
        )

    def _native(self, item: JsonValue) -> Native | None:
        to = item.get("to")  # null: the transaction creates a contract
        units = item["value"].up_to(ETH.most_units)
        if to is None or units == 0:
            return None
        return Native(item["hash"].hex(size=32).hex(), to.hex(size=20), units)

    def _receipt(self, txid: str, answer: JsonValue) -> Receipt:
        if answer["transactionHash"].hex(size=32).hex() != txid:
            raise BadAnswer(self.provider.name, "a different receipt than requested")
        return Receipt(
            txid=txid,
            succeeded=answer["status"].quantity == 1,
            block_height=answer["blockNumber"].height,
            block_hash=answer["blockHash"].hex(size=32).hex(),
            logs=tuple(log for item in answer["logs"].items() if (log := read_rpc_log(item)) is not None),
        )


def balances(rpc: JsonRpc, accounts: Sequence[bytes], *, level: str, most_units: int) -> dict[bytes, int]:
    """Ask a node for balances of the chain's own coin, as of a block or a level. Raises ProviderError."""
    found: dict[bytes, int] = {}
    for start in range(0, len(accounts), _ACCOUNTS_PER_BATCH):
        some = accounts[start : start + _ACCOUNTS_PER_BATCH]
        answers = rpc.batch([("eth_getBalance", ["0x" + who.hex(), level]) for who in some])
        found |= {who: settled(answer).up_to(most_units) for who, answer in zip(some, answers, strict=True)}
    return found


def block_hash(rpc: JsonRpc, height: int) -> str:
    """Ask a node for the hash of a block. Raises ProviderError."""
    return _block_at(rpc, height)["hash"].hex(size=32).hex()


def _block_at(rpc: JsonRpc, height: int) -> JsonValue:
    block = rpc.call("eth_getBlockByNumber", hex(height), False)
    if block.is_null:
        raise NotFound(block.provider)
    if block["number"].height != height:
        raise block.bad("is a different block than requested")
    return block
