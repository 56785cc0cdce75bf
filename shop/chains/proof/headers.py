"""Block headers of Bitcoin and Litecoin: 80 bytes, the block's hash, and the work that they prove.

Source: Bitcoin developer reference (block header, target nBits); Bitcoin Core `arith_uint256`, `chain.cpp`;
Litecoin `primitives/block.h` (the work hash is scrypt of RFC 7914 with N=1024, r=1, p=1; the identity is SHA-256).
Byte strings are in wire order, hexadecimal texts in the order in which hashes are displayed.
"""

import struct
from dataclasses import dataclass, field
from hashlib import scrypt

from wallet.hashes import hash256

HEADER_BYTES = 80
_FIELDS = struct.Struct("<i32s32sIII")
_SIGN = 0x00800000
_MANTISSA = 0x007FFFFF
_BITS_256 = 1 << 256


class BadHeader(ValueError):
    """A header that no honest chain contains, or not at this place; `reason` is a short phrase for admins."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Header:
    """A block header. `time` is in Unix seconds, as the miner wrote it; `bits` is the target in compact form."""

    raw: bytes = field(repr=False)
    hash: str
    previous: str
    merkle_root: bytes = field(repr=False)
    time: int
    bits: int

    @classmethod
    def parse(cls, raw: bytes) -> "Header":
        """Read 80 bytes.

        Raises:
            BadHeader: they are not 80.
        """
        if len(raw) != HEADER_BYTES:
            raise BadHeader("a header of the wrong length")
        _, previous, merkle_root, time, bits, _ = _FIELDS.unpack(raw)
        return cls(bytes(raw), display(hash256(raw)), display(previous), merkle_root, time, bits)


def display(wire: bytes) -> str:
    """Write a hash as it is displayed: reversed, in hexadecimal."""
    return wire[::-1].hex()


def sha256d_work(raw: bytes) -> bytes:
    """Hash a header as Bitcoin's miners do."""
    return hash256(raw)


def scrypt_work(raw: bytes) -> bytes:
    """Hash a header as Litecoin's miners do."""
    return scrypt(raw, salt=raw, n=1024, r=1, p=1, dklen=32)


def target_of(bits: int) -> int:
    """Expand compact bits: the number that a work hash, read as little-endian, must not exceed.

    Raises:
        BadHeader: the target is negative, zero, or longer than 256 bits.
    """
    exponent, mantissa = bits >> 24, bits & _MANTISSA
    target = mantissa << 8 * (exponent - 3) if exponent > 3 else mantissa >> 8 * (3 - exponent)
    if bits & _SIGN and mantissa:
        raise BadHeader("a negative target")
    if not target:
        raise BadHeader("a target of zero")
    if target >= _BITS_256:
        raise BadHeader("a target above 256 bits")
    return target


def compact(target: int) -> int:
    """Write a target as compact bits, rounded down to its first 23 or 24 bits."""
    size = target.bit_length() + 7 >> 3
    mantissa = target << 8 * (3 - size) if size <= 3 else target >> 8 * (size - 3)
    if mantissa & _SIGN:
        mantissa, size = mantissa >> 8, size + 1
    return size << 24 | mantissa


def work_of(bits: int) -> int:
    """Return how many hashes a block of this target takes on average.

    Raises:
        BadHeader: as `target_of`.
    """
    return _BITS_256 // (target_of(bits) + 1)
