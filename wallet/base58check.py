"""Base58 and Base58Check: Bitcoin's alphabet without 0, O, I and l, and four bytes of hash256 as a checksum.

Source: https://en.bitcoin.it/wiki/Base58Check_encoding. The arithmetic is `base58`'s, the strictness ours.
"""

import base58

from wallet.errors import InvalidEncoding, Reason
from wallet.hashes import hash256

ALPHABET = frozenset(base58.BITCOIN_ALPHABET.decode("ascii"))
CHECKSUM_BYTES = 4
MAX_CHARACTERS = 120  # an extended key has 111 or 112; decoding costs the square of the length


def encode_plain(payload: bytes) -> str:
    """Write bytes in base58 without a checksum, as Solana does."""
    return str(base58.b58encode(payload).decode("ascii"))


def decode_plain(text: str) -> bytes:
    """Read base58 without a checksum. Raises: InvalidEncoding with CHARACTER or LENGTH."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidEncoding(Reason.LENGTH)
    if not ALPHABET.issuperset(text):
        raise InvalidEncoding(Reason.CHARACTER)
    return bytes(base58.b58decode(text))


def encode(payload: bytes) -> str:
    """Write bytes in base58 with a checksum after them."""
    return encode_plain(payload + hash256(payload)[:CHECKSUM_BYTES])


def decode(text: str) -> bytes:
    """Read base58, then check and remove the checksum. Raises: InvalidEncoding with CHARACTER, LENGTH or CHECKSUM."""
    checked = decode_plain(text)
    if len(checked) <= CHECKSUM_BYTES:
        raise InvalidEncoding(Reason.LENGTH)
    payload, checksum = checked[:-CHECKSUM_BYTES], checked[-CHECKSUM_BYTES:]
    if hash256(payload)[:CHECKSUM_BYTES] != checksum:
        raise InvalidEncoding(Reason.CHECKSUM)
    return payload
