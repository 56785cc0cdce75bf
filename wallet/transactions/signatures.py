"""ECDSA on secp256k1 (SEC 1, section 4.1): nonces of RFC 6979 with SHA-256, and s always in the lower half.

libsecp256k1 signs if `coincurve` is installed, otherwise Python does. Both give the same signature.
"""

import hashlib
from itertools import count

from wallet import secp256k1
from wallet.errors import InvalidPoint
from wallet.secp256k1 import N, P
from wallet.transactions.errors import InvalidPrivateKey, InvalidSignature

HALF_ORDER = N // 2
DIGEST_BYTES = 32
X_ABOVE_ORDER = 2  # the bit of a recovery id that means R.x is r + n; the lowest bit is the parity of R.y


def sign_recoverable(digest: bytes, private_key: bytes) -> tuple[int, int, int]:
    """Sign a 32-byte digest: r, s and the recovery id, 0 to 3, that tells which public key signed (section 4.1.6).

    s is at most n/2, as BIP-62, BIP-146 and EIP-2 require.
    Raises: InvalidPrivateKey, InvalidSignature for a digest that does not have 32 bytes.
    """
    if len(digest) != DIGEST_BYTES:
        raise InvalidSignature
    if len(private_key) != 32 or not 0 < int.from_bytes(private_key) < N:
        raise InvalidPrivateKey
    if isinstance(secp256k1.curve(), secp256k1.LibSecp256k1):
        return _sign_with_libsecp256k1(digest, private_key)
    return _sign_in_python(digest, private_key)


def recover(digest: bytes, *, r: int, s: int, recovery_id: int) -> bytes:
    """Find the public key that made a signature: Q = r⁻¹(sR - eG), as a point of 65 bytes (section 4.1.6).

    Raises: InvalidSignature, for a high s as well: one transaction should not have two valid signatures.
    """
    from ecdsa.ecdsa import generator_secp256k1
    from ecdsa.ellipticcurve import PointJacobi

    x = r + N * (recovery_id >> 1)
    if len(digest) != DIGEST_BYTES or recovery_id not in range(4) or x >= P:
        raise InvalidSignature
    if not 0 < r < N or not 0 < s <= HALF_ORDER:
        raise InvalidSignature
    try:
        point = secp256k1.decompress(bytes([2 + (recovery_id & 1)]) + x.to_bytes(32))
    except InvalidPoint:
        raise InvalidSignature from None
    y = int.from_bytes(point[33:])
    inverse = pow(r, -1, N)
    nonce_point = PointJacobi(generator_secp256k1.curve(), x, y, 1, N)
    key = nonce_point.mul_add(s * inverse % N, generator_secp256k1, -int.from_bytes(digest) * inverse % N)
    if key.x() is None:  # the point at infinity
        raise InvalidSignature
    return b"\x04" + int(key.x()).to_bytes(32) + int(key.y()).to_bytes(32)


def _sign_with_libsecp256k1(digest: bytes, private_key: bytes) -> tuple[int, int, int]:
    from coincurve import PrivateKey

    signature = PrivateKey(private_key).sign_recoverable(digest, hasher=None)
    return int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), signature[64]


def _sign_in_python(digest: bytes, private_key: bytes) -> tuple[int, int, int]:
    """Sign with the table of multiples of G, which computes R much faster than `ecdsa` does."""
    from ecdsa.rfc6979 import generate_k

    secret, e = int.from_bytes(private_key), int.from_bytes(digest)
    for rejected in count():
        k = generate_k(N, secret, hashlib.sha256, digest, retry_gen=rejected)
        point = secp256k1.public_key(k.to_bytes(32))
        x, y_is_odd = int.from_bytes(point[1:33]), point[-1] & 1
        r = x % N
        s = pow(k, -1, N) * (e + r * secret) % N
        if r and s:
            break
    recovery_id = y_is_odd | (X_ABOVE_ORDER if x >= N else 0)
    return (r, s, recovery_id) if s <= HALF_ORDER else (r, N - s, recovery_id ^ 1)
