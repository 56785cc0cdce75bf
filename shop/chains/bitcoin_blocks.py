"""Read a serialised block of Bitcoin or Litecoin: which transaction pays which script.

The block is not believed but checked: its header must hash to the block hash that was asked for, and its
transactions must hash to the header's merkle root. So a server can withhold a block but not change one.
Left out: proof of work and scripts, which are the nodes' business.

Source: Bitcoin developer reference (block, raw transaction), BIP-144 (witness), BIP-125 (replaceability),
LIP-0002 and LIP-0003 (Litecoin: flag 0x08, the HogEx transaction, and an extension block after the last one).
"""

from dataclasses import dataclass
from hashlib import sha256

from shop.chains.proof.merkle import BadProof, merkle_root

_HEADER_BYTES = 80
_MAX_COUNT = 1_000_000
_WITNESS = 0x01
_MWEB = 0x08
_FINAL_SEQUENCES = frozenset({b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff"})


class BrokenBlock(ValueError):
    """Bytes are no block, or not the block that was asked for."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output: who can spend it, and how many satoshi (litoshi) it holds."""

    script: bytes
    value: int


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """What a transaction pays."""

    txid: str
    outputs: tuple[Output, ...]
    replaceable: bool


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block that holds together. `time` is in Unix seconds."""

    hash: str
    previous: str
    time: int
    transactions: tuple[RawTransaction, ...]


class _Bytes:
    """A cursor over bytes that never reads past the end."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise BrokenBlock("the block ends early")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def integer(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def count(self) -> int:
        first = self.integer(1)
        value = first if first < 0xFD else self.integer(2 << (first - 0xFD))
        if value > _MAX_COUNT * 10:
            raise BrokenBlock("an impossible count")
        return value


def parse_block(data: bytes, *, block_hash: str) -> RawBlock:
    """Read and check a block.

    Raises:
        BrokenBlock: the bytes are not the block of this hash.
    """
    header = data[:_HEADER_BYTES]
    if len(header) != _HEADER_BYTES or _double_sha256(header)[::-1].hex() != block_hash:
        raise BrokenBlock("the header is that of another block")
    source = _Bytes(data, _HEADER_BYTES)
    transactions = tuple(_transaction(source) for _ in range(source.count()))
    try:
        root = merkle_root([bytes.fromhex(tx.txid)[::-1] for tx in transactions])
    except BadProof as error:
        raise BrokenBlock(error.reason) from None
    if root != header[36:68]:
        raise BrokenBlock("the transactions are not those of the header")
    return RawBlock(block_hash, header[4:36][::-1].hex(), int.from_bytes(header[68:72], "little"), transactions)


def parse_transaction(data: bytes) -> RawTransaction:
    """Read one serialised transaction, with or without witness.

    Raises:
        BrokenBlock: the bytes are no transaction.
    """
    source = _Bytes(data)
    found = _transaction(source)
    if source.position != len(data):
        raise BrokenBlock("bytes after the transaction")
    return found


def _transaction(source: _Bytes) -> RawTransaction:
    start = source.position
    version = source.take(4)
    flags = 0
    if source.data[source.position : source.position + 1] == b"\x00":
        source.take(1)
        flags = source.integer(1)
        if not flags or flags & ~(_WITNESS | _MWEB):
            raise BrokenBlock("unknown transaction flags")
    body_start = source.position if flags else start + 4
    sequences = [_input(source) for _ in range(source.count())]
    outputs = tuple(_output(source) for _ in range(source.count()))
    body = source.data[body_start : source.position]
    if flags & _WITNESS:
        _skip_witnesses(source, len(sequences))
    if flags & _MWEB and source.integer(1):
        raise BrokenBlock("a transaction with an MWEB body")
    txid = _double_sha256(version + body + source.take(4))[::-1].hex()
    return RawTransaction(txid, outputs, any(sequence not in _FINAL_SEQUENCES for sequence in sequences))


def _input(source: _Bytes) -> bytes:
    source.take(36)
    source.take(source.count())
    return source.take(4)


def _output(source: _Bytes) -> Output:
    value = source.integer(8)
    return Output(source.take(source.count()), value)


def _skip_witnesses(source: _Bytes, inputs: int) -> None:
    for _ in range(inputs):
        for _ in range(source.count()):
            source.take(source.count())


def _double_sha256(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()
