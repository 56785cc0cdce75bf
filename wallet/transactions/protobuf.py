"""The wire format of Protocol Buffers 3, as far as TRON's transactions use it: varints and byte strings.

A message is a table of field numbers and values. It has only one encoding: fields in ascending order, each
once, zero and empty values left out, varints with the fewest bytes. Every library writes this form.
Source: https://protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Mapping
from typing import TypeAlias

from wallet.chains import Chain
from wallet.transactions.errors import InvalidTransaction, Malformed
from wallet.transactions.wire import varint

Message: TypeAlias = Mapping[int, int | bytes]

VARINT, LENGTH_DELIMITED = 0, 2  # wire types
MAX_VARINT_BYTES = 9  # of a number below 2^63


def write(message: Message) -> bytes:
    """Write a message; numbers are not negative."""
    written = b""
    for number, value in sorted(message.items()):
        if isinstance(value, int):
            written += _tagged(number, VARINT) + varint(value) if value else b""
        elif value:
            written += _tagged(number, LENGTH_DELIMITED) + varint(len(value)) + value
    return written


def read(encoded: bytes) -> dict[int, int | bytes]:
    """Read a message.

    Raises: InvalidTransaction with ENCODING for anything that `write` would not have written.
    """
    message: dict[int, int | bytes] = {}
    position, last = 0, 0
    while position < len(encoded):
        tag, position = _read_varint(encoded, position)
        number, wire_type = divmod(tag, 8)
        value: int | bytes
        value, position = _read_varint(encoded, position)
        if wire_type == LENGTH_DELIMITED:
            end = position + value
            value, position = encoded[position:end], end
        if number <= last or wire_type not in {VARINT, LENGTH_DELIMITED} or not value or position > len(encoded):
            raise _not_canonical()
        message[number], last = value, number
    return message


def _tagged(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)


def _read_varint(encoded: bytes, start: int) -> tuple[int, int]:
    """Read the varint at an offset; return it and the offset after it."""
    number = 0
    for index, byte in enumerate(encoded[start : start + MAX_VARINT_BYTES]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            if not byte and index:  # a final zero byte would be redundant
                break
            return number, start + index + 1
    raise _not_canonical()


def _not_canonical() -> InvalidTransaction:
    return InvalidTransaction(Chain.TRX, Malformed.ENCODING)
