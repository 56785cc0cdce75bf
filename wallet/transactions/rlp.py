"""RLP, Ethereum's encoding of byte strings and of lists of them (Yellow Paper, appendix B).

Every item has exactly one encoding, and no other is accepted.
Numbers are big-endian without leading zeros, and zero is the empty string.
"""

from collections.abc import Sequence
from typing import TypeAlias

from wallet.chains import Chain
from wallet.transactions.errors import InvalidTransaction, Malformed

Item: TypeAlias = "bytes | Sequence[Item]"

STRING, LIST = 0x80, 0xC0
SHORT = 55  # longer payloads have an explicit length
MAX_BYTES = 1 << 17  # no node's pool accepts a larger transaction
MAX_DEPTH = 16


def encode(item: Item) -> bytes:
    """Encode a byte string, or a list of items."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < STRING else _length(len(item), STRING) + item
    payload = b"".join([encode(inner) for inner in item])
    return _length(len(payload), LIST) + payload


def encode_integer(number: int) -> bytes:
    """Write a number of zero or more with the fewest bytes; it is not yet an RLP item."""
    return number.to_bytes((number.bit_length() + 7) // 8)


def decode(encoded: bytes) -> Item:
    """Read one item that fills all the bytes.

    Raises: InvalidTransaction with ENCODING for anything that `encode` would not have written, and with LENGTH for
    more than MAX_BYTES.
    """
    if len(encoded) > MAX_BYTES:
        raise InvalidTransaction(Chain.ETH, Malformed.LENGTH)
    item, end = _read(encoded, 0, MAX_DEPTH)
    if end != len(encoded):
        raise _not_canonical()
    return item


def decode_integer(digits: bytes) -> int:
    """Read a number back.

    Raises: InvalidTransaction with ENCODING for leading zeros.
    """
    if digits[:1] == b"\0":
        raise _not_canonical()
    return int.from_bytes(digits)


def _length(length: int, offset: int) -> bytes:
    if length <= SHORT:
        return bytes([offset + length])
    written = encode_integer(length)
    return bytes([offset + SHORT + len(written)]) + written


def _read(encoded: bytes, start: int, depth: int) -> tuple[Item, int]:
    """Read the item at an offset; return it and the offset after it."""
    if start >= len(encoded) or not depth:
        raise _not_canonical()
    prefix = encoded[start]
    if prefix < STRING:
        return encoded[start : start + 1], start + 1
    offset = LIST if prefix >= LIST else STRING
    begin, end = _span(encoded, start, prefix - offset)
    if offset == STRING:
        if end - begin == 1 and encoded[begin] < STRING:
            raise _not_canonical()
        return encoded[begin:end], end
    items = []
    while begin < end:
        item, begin = _read(encoded, begin, depth - 1)
        items.append(item)
    if begin != end:
        raise _not_canonical()
    return items, end


def _span(encoded: bytes, start: int, size: int) -> tuple[int, int]:
    """Find where the payload of the item at an offset begins and ends; `size` is the value of its first byte."""
    begin = start + 1
    length = size
    if size > SHORT:
        begin += size - SHORT
        length = decode_integer(encoded[start + 1 : begin])
        if length <= SHORT:
            raise _not_canonical()
    if begin + length > len(encoded):
        raise _not_canonical()
    return begin, begin + length


def _not_canonical() -> InvalidTransaction:
    return InvalidTransaction(Chain.ETH, Malformed.ENCODING)
