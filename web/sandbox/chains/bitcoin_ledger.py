"""An in-memory chain like Bitcoin's, with a mempool, real blocks, replacement and reorganisation."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from shop.assets import Asset, native
from shop.chains.proof.checkpoints import Checkpoint
from shop.chains.proof.consensus import MEDIAN_BLOCKS, REGTEST, HeaderRules
from shop.chains.proof.headers import Header as ProvedHeader
from shop.chains.proof.headers import compact
from wallet.addresses import Kind, ValidAddress, encode, script_pubkey
from wallet.chains import Chain
from web.sandbox.chains.bitcoin_coding import (
    Coin,
    Header,
    Spend,
    Transaction,
    block_bytes,
    from_json,
    header_of,
    mined,
    to_json,
)
from web.sandbox.errors import SandboxError
from web.sandbox.wire import Clock

Json = dict[str, Any]
_FIRST_BLOCKS = 16
_RECENT = 20
_ORPHANS = 100
_FEE = 1_410
_FINAL, _REPLACEABLE = 0xFFFFFFFE, 0xFFFFFFFD
_NOTHING = "00" * 32


@dataclass(frozen=True, slots=True)
class Block:
    """A block and its transactions."""

    height: int
    header: Header
    transactions: tuple[Transaction, ...]

    @property
    def hash(self) -> str:
        """The block's hash."""
        return self.header.hash

    def serialise(self) -> bytes:
        """Serialise the block."""
        return block_bytes(self.header, self.transactions)


class BitcoinLedger:
    """Bitcoin or Litecoin. Each header has the work that `rules` demand, by default those of a regtest network.

    Not thread-safe: `Chains` holds one lock over all of them.
    """

    def __init__(
        self, chain: Chain, *, first_height: int, clock: Clock, random: Random, rules: HeaderRules | None = None
    ) -> None:
        self.chain = chain
        self.rules = rules or REGTEST[chain]
        self.mempool: dict[str, Transaction] = {}
        self.blocks: list[Block] = []
        self.orphans: deque[Block] = deque(maxlen=_ORPHANS)
        """Blocks that other branches replaced; not part of a snapshot."""
        self._change: set[str] = set()
        """Change addresses, so that a row shows what was paid and not what came back to the payer."""
        self._clock = clock
        self._random = random
        self._first_height = first_height
        self.fees = 1
        """The current fees, as a multiple of the usual ones."""
        self._heights: dict[str, int] = {}
        self._by_script: defaultdict[bytes, list[str]] = defaultdict(list)
        self._transactions: dict[str, Transaction] = {}
        self.mine(_FIRST_BLOCKS)

    @property
    def height(self) -> int:
        """The height of the newest block."""
        return self._first_height + len(self.blocks) - 1

    @property
    def checkpoint(self) -> Checkpoint:
        """The first block as a checkpoint for a chain of headers: the target never changes here."""
        return Checkpoint(self._first_height, (self.blocks[0].header.serialise(),))

    def block(self, height: int) -> Block | None:
        """Find a block of the current chain."""
        number = height - self._first_height
        return self.blocks[number] if 0 <= number < len(self.blocks) else None

    def block_of(self, txid: str) -> Block | None:
        """Find the block that holds a transaction; None while it is unconfirmed."""
        return self.block(self._heights[txid]) if txid in self._heights else None

    def transaction(self, txid: str) -> Transaction | None:
        """Find a transaction in the chain or the mempool."""
        return self.mempool.get(txid) or (self._transactions[txid] if txid in self._heights else None)

    def history(self, script: bytes) -> list[Transaction]:
        """List the transactions that pay a script: unconfirmed ones first, then by block, newest first."""
        known = [txid for txid in self._by_script.get(script, ()) if self.transaction(txid) is not None]
        order = {txid: i for i, txid in enumerate(known)}
        known.sort(key=lambda txid: (self._heights.get(txid, 2**31), order[txid]), reverse=True)
        return [self._transactions[txid] for txid in known]

    def send(self, asset: Asset, payments: Sequence[tuple[str, int]]) -> str:
        """Put one transaction into the mempool."""
        return self.pay(payments)

    def waiting(self) -> list[Json]:
        """List the mempool."""
        return [self._row(transaction) for transaction in reversed(self.mempool.values())]

    def recent(self) -> list[Json]:
        """List the latest confirmed payments, newest first."""
        rows = [self._row(tx) for block in reversed(self.blocks) for tx in block.transactions[1:]]
        return rows[:_RECENT]

    def pay(self, payments: Sequence[tuple[str, int]], *, replaceable: bool = False, fee: int = _FEE) -> str:
        """Put one transaction with all these outputs, and change, into the mempool."""
        outputs = [Coin(script_pubkey(self.chain, address), units, address) for address, units in payments]
        change = self.anybody(self._random.randrange(10_000, 50_000_000))
        self._change.add(change.address)
        outputs.insert(self._random.randrange(len(outputs) + 1), change)
        coin = self.anybody(sum(output.value for output in outputs) + fee)
        witness = (b"\x30" + self._random.randbytes(70), b"\x02" + self._random.randbytes(32))
        sequence = _REPLACEABLE if replaceable else _FINAL
        spend = Spend(self._random.randbytes(32).hex(), self._random.randrange(4), coin, sequence, witness)
        return self._accept(Transaction((spend,), tuple(outputs)))

    def coin(self, txid: str, index: int) -> Coin | None:
        """Find an output of a transaction in the chain or the mempool."""
        found = self.transaction(txid)
        return found.outputs[index] if found is not None and 0 <= index < len(found.outputs) else None

    def spender(self, txid: str, index: int) -> Transaction | None:
        """Find the transaction that spends an output, in the chain or the mempool."""
        confirmed = (self._transactions[each] for each in self._heights)
        for transaction in (*self.mempool.values(), *confirmed):
            if any((spend.txid, spend.vout) == (txid, index) for spend in transaction.inputs):
                return transaction
        return None

    def accept(self, transaction: Transaction) -> None:
        """Put a checked transaction into the mempool, replacing those it conflicts with."""
        spent = {(spend.txid, spend.vout) for spend in transaction.inputs}
        for other in list(self.mempool.values()):
            if spent & {(spend.txid, spend.vout) for spend in other.inputs}:
                del self.mempool[other.txid]
        self._accept(transaction)

    def replace(self, txid: str, payments: Sequence[tuple[str, int]]) -> str:
        """Replace an unconfirmed transaction with one that spends the same coin (BIP-125)."""
        old = self.mempool.pop(txid, None)
        if old is None:
            raise SandboxError("Only an unconfirmed transaction can be replaced.", 404)
        outputs = [Coin(script_pubkey(self.chain, address), units, address) for address, units in payments]
        return self._accept(Transaction(old.inputs, (*outputs, self.anybody(5_000))))

    def mine(self, count: int, *, only: Iterable[str] | None = None) -> None:
        """Add blocks; the first one takes the mempool, or only the transactions in `only`."""
        for _ in range(count):
            chosen = list(self.mempool) if only is None else [txid for txid in only if txid in self.mempool]
            self._add_block([self.mempool.pop(txid) for txid in chosen])

    def drop(self, txid: str) -> None:
        """Remove a transaction, from the mempool or with another branch of blocks without it."""
        if self.mempool.pop(txid, None) is not None:
            return
        if txid not in self._heights:
            raise SandboxError("There is no such transaction.", 404)
        self.reorganise(self.height - self._heights[txid] + 1, without={txid})

    def reorganise(self, depth: int, *, without: Iterable[str] = ()) -> None:
        """Replace the last blocks with a branch that is one block longer."""
        gone = set(without)
        old = self.blocks[-depth:]
        self.orphans += old
        del self.blocks[-depth:]
        for block in old:
            for transaction in block.transactions:
                self._heights.pop(transaction.txid, None)
        for block in old:
            self._add_block([tx for tx in block.transactions[1:] if tx.txid not in gone])
        self._add_block([])

    def snapshot(self) -> Json:
        """Return the state as JSON."""
        return {
            "first_height": self._first_height,
            "change": sorted(self._change),
            "mempool": [to_json(transaction) for transaction in self.mempool.values()],
            "blocks": [
                {"time": block.header.time, "nonce": block.header.nonce, "previous": block.header.previous,
                 "transactions": [to_json(transaction) for transaction in block.transactions]}
                for block in self.blocks
            ],
        }  # fmt: skip

    def restore(self, saved: Json) -> None:
        """Restore a snapshot. Raises ValueError if its blocks have no work, like those of older versions."""
        self._first_height = saved["first_height"]
        self._change = set(saved.get("change", ()))
        self.mempool, self.blocks, self._heights, self._transactions = {}, [], {}, {}
        self._by_script = defaultdict(list)
        for item in saved["blocks"]:
            transactions = tuple(map(from_json, item["transactions"]))
            header = header_of(
                item["previous"],
                transactions,
                time=item["time"],
                nonce=item["nonce"],
                bits=compact(self.rules.limit),
            )
            self.rules.check_work(ProvedHeader.parse(header.serialise()))
            self._append(header, transactions)
        for item in saved["mempool"]:
            self._accept(from_json(item))

    def _row(self, transaction: Transaction) -> Json:
        height = self._heights.get(transaction.txid)
        asset = native(self.chain)
        return {
            "txid": transaction.txid,
            "asset": asset.code,
            "height": height,
            "confirmations": 0 if height is None else self.height - height + 1,
            "outputs": [
                {"address": coin.address, "amount": asset.format(coin.value)}
                for coin in transaction.outputs
                if coin.address not in self._change
            ],
        }

    def _accept(self, transaction: Transaction) -> str:
        self.mempool[transaction.txid] = transaction
        self._index(transaction)
        return transaction.txid

    def _add_block(self, transactions: Sequence[Transaction]) -> None:
        height = self.height + 1
        previous = self.blocks[-1].hash if self.blocks else self._random.randbytes(32).hex()
        chosen = (self.coinbase(height), *transactions)
        header = header_of(
            previous,
            chosen,
            time=self._next_time(),
            nonce=self._random.getrandbits(32),
            bits=compact(self.rules.limit),
        )
        self._append(mined(header, self.rules), chosen)

    def _next_time(self) -> int:
        """Return the current time, or a second after the median of the last 11 blocks if that is later."""
        times = sorted(block.header.time for block in self.blocks[-MEDIAN_BLOCKS:])
        return max(int(self._clock()), times[len(times) // 2] + 1 if times else 0)

    def _append(self, header: Header, transactions: tuple[Transaction, ...]) -> None:
        self.blocks.append(Block(self.height + 1, header, transactions))
        for transaction in transactions:
            self._heights[transaction.txid] = self.height
            self._index(transaction)

    def _index(self, transaction: Transaction) -> None:
        if transaction.txid not in self._transactions:
            for script in {output.script for output in transaction.outputs}:
                self._by_script[script].append(transaction.txid)
        self._transactions[transaction.txid] = transaction

    def coinbase(self, height: int) -> Transaction:
        script_sig = b"\x03" + height.to_bytes(3, "little") + self._random.randbytes(8)
        spend = Spend(_NOTHING, 0xFFFFFFFF, None, 0xFFFFFFFF, (bytes(32),), script_sig)
        commitment = Coin(b"\x6a\x24\xaa\x21\xa9\xed" + self._random.randbytes(32), 0)
        return Transaction((spend,), (self.anybody(312_500_000), commitment))

    def anybody(self, value: int) -> Coin:
        program = self._random.randbytes(20)
        address = encode(ValidAddress(self.chain, "", Kind.P2WPKH, program, 0))
        return Coin(b"\x00\x14" + program, value, address)
