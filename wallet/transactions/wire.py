"""The primitives of messages: little-endian integers, compact sizes, varints, byte strings preceded by their length.

Everything is read as untrusted input: nothing past the end, one encoding for each number, and no count
that the remaining bytes cannot hold. Source: https://developer.bitcoin.org/reference/transactions.html
"""

from dataclasses import dataclass
from enum import Enum

from wallet.errors import WalletError

U32_BYTES = 4
U64_BYTES = 8
COMPACT_PREFIXES = {2: b"\xfd", 4: b"\xfe", 8: b"\xff"}


class Flaw(Enum):
    """What is wrong with bytes that should be a transaction; the value is a sentence for an operator."""

    TRUNCATED = "the bytes end too early"
    TRAILING = "bytes follow after the end"
    COUNT = "a count is larger than the bytes that are left"
    NOT_CANONICAL = "a number is written in more bytes than it takes"
    TOO_LARGE = "larger than a block can hold"
    FLAGS = "a flag of the extended format is unknown here"
    NO_WITNESS = "a witness is announced, and every input's is empty"
    NO_INPUTS = "no inputs"
    NO_OUTPUTS = "no outputs"
    MWEB_ONLY = "this moves coins within Litecoin's extension block only"
    VALUE = "an output or their sum is more than there can ever be"
    DUPLICATE_INPUT = "an output is spent twice"
    NULL_INPUT = "an input refers to nothing"
    COINBASE_SCRIPT = "a coinbase's script has 2 to 100 bytes"
    # of PSBTs, by BIP-174
    BASE64 = "not Base64 as it is written"
    MAGIC = "a PSBT starts with psbt and 0xff"
    NO_TRANSACTION = "the unsigned transaction is missing"
    SIGNED = "the transaction inside is signed already"
    VERSION = "a PSBT of another version than 0"
    DUPLICATE_KEY = "a map has the same key twice"
    KEY = "a field's key is not what its type demands"
    FIELD = "a field's value is not what its type demands"


@dataclass(eq=False)
class MalformedTransaction(WalletError):
    """Bytes that no node would accept as a transaction."""

    flaw: Flaw
    says = "{flaw.value}"


def compact_size(number: int) -> bytes:
    """Write a number below 2^64 in 1, 3, 5 or 9 bytes, as few as possible."""
    if number < 0xFD:
        return bytes([number])
    width = 2 if number < 1 << 16 else 4 if number < 1 << 32 else 8
    return COMPACT_PREFIXES[width] + number.to_bytes(width, "little")


def varint(number: int) -> bytes:
    """Write a number with seven bits per byte, the lowest first (LEB128): in Protocol Buffers and on Solana."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def byte_string(content: bytes) -> bytes:
    """Write bytes preceded by their length."""
    return compact_size(len(content)) + content


def u32(number: int) -> bytes:
    """Write a number below 2^32, lowest byte first."""
    return number.to_bytes(U32_BYTES, "little")


def u64(number: int) -> bytes:
    """Write a number below 2^64, lowest byte first."""
    return number.to_bytes(U64_BYTES, "little")


class Reader:
    """Bytes and a position that only moves forward. Every method raises MalformedTransaction."""

    __slots__ = ("_at", "_content")

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def remaining(self) -> int:
        """Count the bytes that are left."""
        return len(self._content) - self._at

    def take(self, length: int) -> bytes:
        """Read exactly this many bytes."""
        if length > self.remaining:
            raise MalformedTransaction(Flaw.TRUNCATED)
        self._at += length
        return self._content[self._at - length : self._at]

    def u32(self) -> int:
        """Read four bytes, lowest first."""
        return int.from_bytes(self.take(U32_BYTES), "little")

    def u64(self) -> int:
        """Read eight bytes, lowest first."""
        return int.from_bytes(self.take(U64_BYTES), "little")

    def compact_size(self) -> int:
        """Read a compact size in its shortest form."""
        first = self.take(1)
        if first[0] < 0xFD:
            return first[0]
        width = 1 << first[0] - 0xFC
        number = int.from_bytes(self.take(width), "little")
        if len(compact_size(number)) != 1 + width:
            raise MalformedTransaction(Flaw.NOT_CANONICAL)
        return number

    def count(self, smallest_item: int) -> int:
        """Read the number of items that follow, each of at least this many bytes."""
        number = self.compact_size()
        if number * smallest_item > self.remaining:
            raise MalformedTransaction(Flaw.COUNT)
        return number

    def byte_string(self) -> bytes:
        """Read bytes preceded by their length."""
        return self.take(self.compact_size())

    def end(self) -> None:
        """Refuse anything that follows."""
        if self.remaining:
            raise MalformedTransaction(Flaw.TRAILING)
