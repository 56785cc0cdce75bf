"""Transactions of Bitcoin and Litecoin: read from untrusted bytes, written, identified, measured.

Formats: the original one, the extended one with witnesses (BIP-144), and Litecoin's with data of its extension block
(MWEB, LIP-0003; with the layout of `primitives/transaction.h`). Rules: those that a node checks without looking at
the chain (`CheckTransaction`). Identifiers and weight leave the extension block's data out; so does `Transaction`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wallet.chains import PARAMETERS, Chain, Codec
from wallet.hashes import hash256
from wallet.transactions.wire import Flaw, MalformedTransaction, Reader, byte_string, compact_size, u32, u64

COIN = 10**8
CHAINS = {chain: row for chain, row in PARAMETERS.items() if row.codec is Codec.BITCOIN}
MAX_MONEY = {chain: row.most_coins * COIN for chain, row in CHAINS.items()}
MAX_BLOCK_WEIGHT = 4_000_000
WITNESS_SCALE = 4  # BIP-141: a byte outside the witness weighs four, one inside it one
NULL_TXID = "00" * 32
NULL_INDEX = 0xFFFF_FFFF
FINAL_SEQUENCE = 0xFFFF_FFFF
COINBASE_SCRIPT_BYTES = range(2, 101)

WITNESS_FLAG = 0x01
MWEB_FLAG = 0x08
FLAGS = {
    chain: (WITNESS_FLAG if row.hrp else 0) | (MWEB_FLAG if row.has_extension_blocks else 0)
    for chain, row in CHAINS.items()
}
SMALLEST_INPUT = 41
SMALLEST_OUTPUT = 9
LOCKTIME_BYTES = 4


@dataclass(frozen=True, slots=True)
class OutPoint:
    """One output of one transaction; `txid` as it is displayed, which is the reverse of its bytes."""

    txid: str
    index: int

    def serialise(self) -> bytes:
        """Write the 36 bytes of an outpoint."""
        return bytes.fromhex(self.txid)[::-1] + u32(self.index)


@dataclass(frozen=True, slots=True)
class Input:
    """An output that a transaction spends, and the proof that it may."""

    outpoint: OutPoint
    script_sig: bytes = field(default=b"", repr=False)
    sequence: int = FINAL_SEQUENCE
    witness: tuple[bytes, ...] = field(default=(), repr=False)

    def serialise(self) -> bytes:
        """Write the input without its witness."""
        return self.outpoint.serialise() + byte_string(self.script_sig) + u32(self.sequence)


@dataclass(frozen=True, slots=True)
class Output:
    """A payment by a transaction; `value` in satoshi or litoshi."""

    value: int
    script_pubkey: bytes

    def serialise(self) -> bytes:
        """Write value and script."""
        return u64(self.value) + byte_string(self.script_pubkey)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction without any data of an extension block."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    version: int = 2
    locktime: int = 0

    @property
    def has_witness(self) -> bool:
        """Return whether any input has a witness, so that the extended format is used."""
        return any(spent.witness for spent in self.inputs)

    @property
    def is_coinbase(self) -> bool:
        """Return whether these are new coins, which can be spent after 100 blocks."""
        return len(self.inputs) == 1 and self.inputs[0].outpoint == OutPoint(NULL_TXID, NULL_INDEX)

    @property
    def txid(self) -> str:
        """Compute the transaction's id, as it is displayed."""
        return hash256(self.stripped())[::-1].hex()

    @property
    def wtxid(self) -> str:
        """Compute the id that also covers the witnesses (BIP-141)."""
        return hash256(self.serialise())[::-1].hex()

    @property
    def weight(self) -> int:
        """Compute the weight (BIP-141)."""
        return (WITNESS_SCALE - 1) * len(self.stripped()) + len(self.serialise())

    @property
    def vsize(self) -> int:
        """Compute the virtual size, on which fees are based: a quarter of the weight, rounded up."""
        return -(-self.weight // WITNESS_SCALE)

    def stripped(self) -> bytes:
        """Write the transaction without witnesses, whose hash is the txid."""
        return u32(self.version) + self._body() + u32(self.locktime)

    def serialise(self) -> bytes:
        """Write the transaction as it is sent."""
        if not self.has_witness:
            return self.stripped()
        marker = bytes([0, WITNESS_FLAG])
        witnesses = b"".join([write_witness(spent.witness) for spent in self.inputs])
        return u32(self.version) + marker + self._body() + witnesses + u32(self.locktime)

    def _body(self) -> bytes:
        return _vector([spent.serialise() for spent in self.inputs]) + _vector(
            [paid.serialise() for paid in self.outputs]
        )


def parse(chain: Chain, raw: bytes) -> Transaction:
    """Read a whole transaction and check what a node checks without the chain.

    Raises: MalformedTransaction.
    """
    if len(raw) > MAX_BLOCK_WEIGHT:
        raise MalformedTransaction(Flaw.TOO_LARGE)
    reader = Reader(raw)
    transaction = _read(chain, reader, stands_alone=True)
    reader.end()
    return transaction


def read_in_block(chain: Chain, reader: Reader) -> Transaction:
    """Read the next transaction of a block, where none carries extension block data.

    Raises: MalformedTransaction.
    """
    return _read(chain, reader, stands_alone=False)


def _read(chain: Chain, reader: Reader, *, stands_alone: bool) -> Transaction:
    version, flags = reader.u32(), 0
    inputs = _read_inputs(reader)
    if not inputs:  # an empty vector is the marker of the extended format
        flags = _read_flags(reader, chain)
        inputs = _read_inputs(reader)
    outputs = _read_outputs(reader)
    if flags & WITNESS_FLAG:
        inputs = _read_witnesses(reader, inputs)
    if flags & MWEB_FLAG:
        _skip_extension(reader, is_regular=bool(inputs and outputs), stands_alone=stands_alone)
    transaction = Transaction(inputs, outputs, version, reader.u32())
    _check(chain, transaction)
    return transaction


def parse_unsigned(chain: Chain, raw: bytes) -> Transaction:
    """Read a transaction in the original format, which may have no inputs or outputs yet (BIP-174).

    Raises: MalformedTransaction.
    """
    reader = Reader(raw)
    version = reader.u32()
    transaction = Transaction(_read_inputs(reader), _read_outputs(reader), version, reader.u32())
    reader.end()
    _check_values(chain, transaction.outputs)
    return transaction


def read_output(reader: Reader) -> Output:
    """Read value and script; the value is not checked."""
    return Output(reader.u64(), reader.byte_string())


def read_witness(reader: Reader) -> tuple[bytes, ...]:
    """Read one input's witness stack (BIP-144)."""
    return tuple([reader.byte_string() for _ in range(reader.count(1))])


def write_witness(stack: Iterable[bytes]) -> bytes:
    """Write one input's witness stack (BIP-144)."""
    return _vector([byte_string(item) for item in stack])


def _vector(items: list[bytes]) -> bytes:
    return compact_size(len(items)) + b"".join(items)


def _read_inputs(reader: Reader) -> tuple[Input, ...]:
    return tuple([_read_input(reader) for _ in range(reader.count(SMALLEST_INPUT))])


def _read_input(reader: Reader) -> Input:
    outpoint = OutPoint(reader.take(32)[::-1].hex(), reader.u32())
    return Input(outpoint, reader.byte_string(), reader.u32())


def _read_outputs(reader: Reader) -> tuple[Output, ...]:
    return tuple([read_output(reader) for _ in range(reader.count(SMALLEST_OUTPUT))])


def _read_flags(reader: Reader, chain: Chain) -> int:
    flags = reader.take(1)[0]
    if not flags:
        raise MalformedTransaction(Flaw.NO_INPUTS)
    if flags & ~FLAGS[chain]:
        raise MalformedTransaction(Flaw.FLAGS)
    return flags


def _read_witnesses(reader: Reader, inputs: tuple[Input, ...]) -> tuple[Input, ...]:
    read = tuple([Input(spent.outpoint, spent.script_sig, spent.sequence, read_witness(reader)) for spent in inputs])
    if inputs and not any(spent.witness for spent in read):
        raise MalformedTransaction(Flaw.NO_WITNESS)
    return read


def _skip_extension(reader: Reader, *, is_regular: bool, stands_alone: bool) -> None:
    """Pass over the data of Litecoin's extension block, which is between the witnesses and the lock time.

    A zero byte marks the transaction that ends each block (HogEx). Otherwise a one and confidential inputs, outputs
    and kernels: they are in no identifier of a transaction that has inputs and outputs of the chain itself, and
    nothing follows them but the lock time, so they are not read.
    """
    if not is_regular:
        raise MalformedTransaction(Flaw.MWEB_ONLY)
    present = reader.take(1)[0]
    if present > stands_alone:
        raise MalformedTransaction(Flaw.FLAGS)
    length = reader.remaining - LOCKTIME_BYTES
    if present and length < 1:
        raise MalformedTransaction(Flaw.TRUNCATED)
    if present:
        reader.take(length)


def _check(chain: Chain, transaction: Transaction) -> None:
    if not transaction.inputs:
        raise MalformedTransaction(Flaw.NO_INPUTS)
    if not transaction.outputs:
        raise MalformedTransaction(Flaw.NO_OUTPUTS)
    if transaction.weight > MAX_BLOCK_WEIGHT:
        raise MalformedTransaction(Flaw.TOO_LARGE)
    _check_values(chain, transaction.outputs)
    outpoints = [spent.outpoint for spent in transaction.inputs]
    if len(set(outpoints)) < len(outpoints):
        raise MalformedTransaction(Flaw.DUPLICATE_INPUT)
    if transaction.is_coinbase:
        if len(transaction.inputs[0].script_sig) not in COINBASE_SCRIPT_BYTES:
            raise MalformedTransaction(Flaw.COINBASE_SCRIPT)
    elif OutPoint(NULL_TXID, NULL_INDEX) in outpoints:
        raise MalformedTransaction(Flaw.NULL_INPUT)


def _check_values(chain: Chain, outputs: tuple[Output, ...]) -> None:
    if sum(paid.value for paid in outputs) > MAX_MONEY[chain]:  # no value is negative: they are read as unsigned
        raise MalformedTransaction(Flaw.VALUE)
