"""Partially signed transactions, version 0 (BIP-174): reading, writing, and the fields of their maps.

A PSBT is an unsigned transaction and a map for it, for each input and for each output, from keys to values. Maps stay
as they were read, including unknown fields, so that other programs' data is kept unchanged; known fields are checked.
The roles are in `psbt_roles`.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wallet import secp256k1
from wallet.chains import Chain
from wallet.errors import InvalidPoint
from wallet.transactions import bitcoin
from wallet.transactions.bitcoin import Output, Transaction
from wallet.transactions.wire import Flaw, MalformedTransaction, Reader, byte_string

MAGIC = b"psbt\xff"
MAX_BYTES = 100_000_000  # Bitcoin Core's limit; previous transactions add up
SEPARATOR = b"\0"
VERSION_0 = bytes(4)

# Types of keys (BIP-174, «Specification»).
UNSIGNED_TX = b"\x00"
GLOBAL_XPUB = b"\x01"
GLOBAL_VERSION = b"\xfb"
NON_WITNESS_UTXO = b"\x00"
WITNESS_UTXO = b"\x01"
PARTIAL_SIG = b"\x02"
SIGHASH_TYPE = b"\x03"
REDEEM_SCRIPT = b"\x04"
WITNESS_SCRIPT = b"\x05"
INPUT_DERIVATION = b"\x06"
FINAL_SCRIPT_SIG = b"\x07"
FINAL_SCRIPT_WITNESS = b"\x08"
OUTPUT_REDEEM_SCRIPT = b"\x00"
OUTPUT_WITNESS_SCRIPT = b"\x01"
OUTPUT_DERIVATION = b"\x02"

EXTENDED_KEY_BYTES = 78
SIGNATURE_BYTES = range(9, 74)

Map = Mapping[bytes, bytes]
Check = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Psbt:
    """An unsigned transaction and what is known about it; the transaction itself is not in `globals`."""

    chain: Chain
    transaction: Transaction
    globals: Map
    inputs: tuple[Map, ...]
    outputs: tuple[Map, ...]

    def serialise(self) -> bytes:
        """Write the PSBT as a file holds it."""
        first = {UNSIGNED_TX: self.transaction.stripped(), **self.globals}
        return MAGIC + b"".join([_write_map(each) for each in (first, *self.inputs, *self.outputs)])

    def to_base64(self) -> str:
        """Write the PSBT as text."""
        return base64.b64encode(self.serialise()).decode("ascii")


def from_base64(chain: Chain, text: str) -> Psbt:
    """Read a PSBT from text.

    Raises: MalformedTransaction.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedTransaction(Flaw.BASE64) from None
    return parse(chain, raw)


def parse(chain: Chain, raw: bytes) -> Psbt:
    """Read a PSBT from a file's bytes.

    Raises: MalformedTransaction.
    """
    if len(raw) > MAX_BYTES:
        raise MalformedTransaction(Flaw.TOO_LARGE)
    if not raw.startswith(MAGIC):
        raise MalformedTransaction(Flaw.MAGIC)
    reader = Reader(raw[len(MAGIC) :])
    first = _read_map(reader, GLOBAL_CHECKS)
    if UNSIGNED_TX not in first:
        raise MalformedTransaction(Flaw.NO_TRANSACTION)
    transaction = bitcoin.parse_unsigned(chain, first.pop(UNSIGNED_TX))
    if any(spent.script_sig for spent in transaction.inputs):
        raise MalformedTransaction(Flaw.SIGNED)
    if first.get(GLOBAL_VERSION, VERSION_0) != VERSION_0:
        raise MalformedTransaction(Flaw.VERSION)
    inputs = tuple([_read_map(reader, INPUT_CHECKS) for _ in transaction.inputs])
    outputs = tuple([_read_map(reader, OUTPUT_CHECKS) for _ in transaction.outputs])
    reader.end()
    for each in inputs:
        if NON_WITNESS_UTXO in each:
            bitcoin.parse(chain, each[NON_WITNESS_UTXO])
    return Psbt(chain, transaction, first, inputs, outputs)


def parse_output(value: bytes) -> Output:
    """Read a witness UTXO.

    Raises: MalformedTransaction.
    """
    reader = Reader(value)
    output = bitcoin.read_output(reader)
    reader.end()
    return output


def parse_witness(value: bytes) -> tuple[bytes, ...]:
    """Read a final witness.

    Raises: MalformedTransaction.
    """
    reader = Reader(value)
    witness = bitcoin.read_witness(reader)
    reader.end()
    return witness


def _read_map(reader: Reader, checks: Mapping[int, tuple[Check, Check]]) -> dict[bytes, bytes]:
    pairs: dict[bytes, bytes] = {}
    while length := reader.compact_size():
        key, value = reader.take(length), reader.byte_string()
        if key in pairs:
            raise MalformedTransaction(Flaw.DUPLICATE_KEY)
        check_key, check_value = checks.get(key[0], (_anything, _anything))
        if not check_key(key[1:]):
            raise MalformedTransaction(Flaw.KEY)
        if not check_value(value):
            raise MalformedTransaction(Flaw.FIELD)
        pairs[key] = value
    return pairs


def _write_map(pairs: Map) -> bytes:
    return b"".join([byte_string(key) + byte_string(value) for key, value in pairs.items()]) + SEPARATOR


def _anything(_: bytes) -> bool:
    return True


def _nothing(content: bytes) -> bool:
    return not content


def _is_u32(content: bytes) -> bool:
    return len(content) == 4


def _is_public_key(content: bytes) -> bool:
    try:
        secp256k1.parse(content)
    except InvalidPoint:
        return False
    return True


def _is_extended_key(content: bytes) -> bool:
    return len(content) == EXTENDED_KEY_BYTES


def _is_signature(content: bytes) -> bool:
    return len(content) in SIGNATURE_BYTES


def _is_origin(content: bytes) -> bool:
    """Return whether this is a fingerprint and the numbers of a path, each of four bytes."""
    return len(content) >= 4 and len(content) % 4 == 0


def _is_output(content: bytes) -> bool:
    parse_output(content)
    return True


def _is_witness(content: bytes) -> bool:
    parse_witness(content)
    return True


GLOBAL_CHECKS: dict[int, tuple[Check, Check]] = {
    UNSIGNED_TX[0]: (_nothing, _anything),
    GLOBAL_XPUB[0]: (_is_extended_key, _is_origin),
    GLOBAL_VERSION[0]: (_nothing, _is_u32),
}
INPUT_CHECKS: dict[int, tuple[Check, Check]] = {
    NON_WITNESS_UTXO[0]: (_nothing, _anything),
    WITNESS_UTXO[0]: (_nothing, _is_output),
    PARTIAL_SIG[0]: (_is_public_key, _is_signature),
    SIGHASH_TYPE[0]: (_nothing, _is_u32),
    REDEEM_SCRIPT[0]: (_nothing, _anything),
    WITNESS_SCRIPT[0]: (_nothing, _anything),
    INPUT_DERIVATION[0]: (_is_public_key, _is_origin),
    FINAL_SCRIPT_SIG[0]: (_nothing, _anything),
    FINAL_SCRIPT_WITNESS[0]: (_nothing, _is_witness),
}
OUTPUT_CHECKS: dict[int, tuple[Check, Check]] = {
    OUTPUT_REDEEM_SCRIPT[0]: (_nothing, _anything),
    OUTPUT_WITNESS_SCRIPT[0]: (_nothing, _anything),
    OUTPUT_DERIVATION[0]: (_is_public_key, _is_origin),
}
