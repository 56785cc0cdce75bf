"""Bech32 (BIP-173), Bech32m (BIP-350) and the segregated witness addresses written in them.

The steps follow the BIPs' reference implementation by Pieter Wuille; here every refusal states its reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

from wallet.errors import InvalidEncoding, Reason

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
VALUES = {character: value for value, character in enumerate(CHARSET)}
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
# The reference implementation adds the generator of each of the top five bits that is set; here they are added up
# in advance.
REMAINDERS = [reduce(xor, [g for bit, g in enumerate(GENERATOR) if top >> bit & 1], 0) for top in range(32)]
CHECKSUM_CHARACTERS = 6
MAX_CHARACTERS = 90


class Encoding(Enum):
    """The constant that the checksum is xored with (BIP-350)."""

    BECH32 = 1
    BECH32M = 0x2BC830A3


@dataclass(frozen=True, slots=True)
class WitnessProgram:
    """The program that a segregated witness address pays to (BIP-141)."""

    version: int
    program: bytes


def polymod(values: Iterable[int]) -> int:
    """Compute the BCH checksum over 5-bit values (BIP-173, «Checksum»)."""
    checksum = 1
    for value in values:
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value ^ REMAINDERS[checksum >> 25]
    return checksum


def hrp_expand(hrp: str) -> list[int]:
    """Expand the human-readable part into values for the checksum."""
    codes = hrp.encode("ascii")
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def encode(hrp: str, values: Sequence[int], encoding: Encoding) -> str:
    """Write 5-bit values after a human-readable part and a separator, with six characters of checksum."""
    checksum = polymod([*hrp_expand(hrp), *values, *[0] * CHECKSUM_CHARACTERS]) ^ encoding.value
    tail = [checksum >> 5 * (5 - i) & 31 for i in range(CHECKSUM_CHARACTERS)]
    return hrp + "1" + "".join([CHARSET[value] for value in (*values, *tail)])


def decode(text: str) -> tuple[str, list[int], Encoding]:
    """Read a Bech32 or Bech32m string; the human-readable part comes back in lower case. Raises: InvalidEncoding."""
    hrp, data = _split(text)
    if any(character not in VALUES for character in data):
        raise InvalidEncoding(Reason.CHARACTER)
    values = [VALUES[character] for character in data]
    try:
        encoding = Encoding(polymod([*hrp_expand(hrp), *values]))
    except ValueError:
        raise InvalidEncoding(Reason.CHECKSUM) from None
    return hrp, values[:-CHECKSUM_CHARACTERS], encoding


def _split(text: str) -> tuple[str, str]:
    if len(text) > MAX_CHARACTERS:
        raise InvalidEncoding(Reason.LENGTH)
    if text.lower() != text and text.upper() != text:
        raise InvalidEncoding(Reason.MIXED_CASE)
    hrp, separator, data = text.rpartition("1")
    if not separator:
        raise InvalidEncoding(Reason.SEPARATOR)
    if not hrp or any(not 33 <= ord(character) <= 126 for character in hrp):
        raise InvalidEncoding(Reason.HRP)
    if not data.isascii():
        raise InvalidEncoding(Reason.CHARACTER)  # before lower(), which maps some other letters into ASCII
    if len(data) < CHECKSUM_CHARACTERS:
        raise InvalidEncoding(Reason.LENGTH)
    return hrp.lower(), data.lower()


def to_five_bits(payload: bytes) -> list[int]:
    """Regroup bytes into 5-bit values, the last one padded with zeros."""
    count = -(-len(payload) * 8 // 5)
    number = int.from_bytes(payload) << count * 5 - len(payload) * 8
    return [number >> 5 * (count - 1 - i) & 31 for i in range(count)]


def from_five_bits(values: Sequence[int]) -> bytes:
    """Regroup 5-bit values into bytes; at most four bits of padding, all zero. Raises: InvalidEncoding."""
    number = 0
    for value in values:
        number = number << 5 | value
    length, padding = divmod(len(values) * 5, 8)
    if padding > 4 or number & (1 << padding) - 1:
        raise InvalidEncoding(Reason.PADDING)
    return (number >> padding).to_bytes(length)


def encode_witness(hrp: str, witness: WitnessProgram) -> str:
    """Write the address of a witness program: Bech32 for version 0, Bech32m for 1 to 16 (BIP-350).

    Raises: InvalidEncoding with WITNESS_VERSION or PROGRAM_LENGTH.
    """
    _check_witness(witness)
    return encode(hrp, [witness.version, *to_five_bits(witness.program)], _encoding_of(witness.version))


def decode_witness(hrp: str, text: str) -> WitnessProgram:
    """Read a segregated witness address of the network with this human-readable part. Raises: InvalidEncoding."""
    found_hrp, values, encoding = decode(text)
    if found_hrp != hrp:
        raise InvalidEncoding(Reason.NETWORK)
    if not values:
        raise InvalidEncoding(Reason.LENGTH)
    if values[0] <= 16 and encoding is not _encoding_of(values[0]):
        raise InvalidEncoding(Reason.CHECKSUM_VARIANT)
    witness = WitnessProgram(version=values[0], program=from_five_bits(values[1:]))
    _check_witness(witness)
    return witness


def _encoding_of(version: int) -> Encoding:
    return Encoding.BECH32 if version == 0 else Encoding.BECH32M


def _check_witness(witness: WitnessProgram) -> None:
    """Apply BIP-141's limits: versions 0 to 16, programs of 2 to 40 bytes, and 20 or 32 for version 0."""
    length = len(witness.program)
    if not 0 <= witness.version <= 16:
        raise InvalidEncoding(Reason.WITNESS_VERSION)
    if not 2 <= length <= 40 or (witness.version == 0 and length not in {20, 32}):
        raise InvalidEncoding(Reason.PROGRAM_LENGTH)
