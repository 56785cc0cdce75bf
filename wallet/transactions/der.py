"""ECDSA signatures as in Bitcoin's scripts: strict DER (BIP-66) with low s (BIP-62, BIP-146)."""

from wallet import secp256k1
from wallet.secp256k1 import N
from wallet.transactions.errors import InvalidSignature

SEQUENCE, INTEGER = 0x30, 0x02
MAX_BYTES = 71  # r of 33 bytes, a low s of 32, and a header of six
SIGHASH_ALL = 0x01


def encode(r: int, s: int) -> bytes:
    """Write a signature as a DER sequence of two integers (BIP-66)."""
    integers = _integer(r) + _integer(s)
    return bytes([SEQUENCE, len(integers)]) + integers


def decode(der: bytes) -> tuple[int, int]:
    """Read r and s; only what `encode` would write, with s in the lower half.

    Raises: InvalidSignature.
    """
    r_bytes = der[4 : 4 + der[3]] if 4 <= len(der) <= MAX_BYTES else b""
    s_bytes = der[6 + len(r_bytes) :]
    r, s = int.from_bytes(r_bytes, signed=True), int.from_bytes(s_bytes, signed=True)
    if not 0 < r < N or not 0 < s <= N // 2 or encode(r, s) != der:
        raise InvalidSignature
    return r, s


def verify(point: bytes, digest: bytes, der: bytes) -> None:
    """Check a signature of a digest by a public key, given as a point of 65 bytes (SEC 1, section 4.1.4).

    Raises: InvalidSignature.
    """
    r, s = decode(der)
    if isinstance(secp256k1.curve(), secp256k1.LibSecp256k1):
        from coincurve import PublicKey

        is_valid = bool(PublicKey(point).verify(der, digest, hasher=None))
    else:
        is_valid = _verifies_in_python(point, int.from_bytes(digest), r, s)
    if not is_valid:
        raise InvalidSignature


def _verifies_in_python(point: bytes, e: int, r: int, s: int) -> bool:
    from ecdsa.ecdsa import Public_key, Signature, generator_secp256k1
    from ecdsa.ellipticcurve import PointJacobi

    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    key = Public_key(generator_secp256k1, PointJacobi(generator_secp256k1.curve(), x, y, 1, N), verify=False)
    return bool(key.verifies(e, Signature(r, s)))


def _integer(number: int) -> bytes:
    content = number.to_bytes(number.bit_length() // 8 + 1)  # a leading zero keeps a high bit from being a sign
    return bytes([INTEGER, len(content)]) + content
