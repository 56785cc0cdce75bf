"""The hash functions of the standards, under the names that they use.

SHA-2 comes from hashlib. RIPEMD-160 and Keccak-256 come from pycryptodome: a build of OpenSSL 3 may lack the first,
and none has the second, which pads differently from SHA3-256.
pycryptodome is imported when the first address is computed.
"""

import hashlib
import hmac


def sha256(message: bytes) -> bytes:
    """Hash by SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(message).digest()


def hash256(message: bytes) -> bytes:
    """Hash by SHA-256 twice: the checksum of Base58Check."""
    return sha256(sha256(message))


def hash160(message: bytes) -> bytes:
    """Hash by SHA-256, then RIPEMD-160: BIP-32's identifier, P2PKH's and P2WPKH's key hash."""
    from Crypto.Hash import RIPEMD160

    digest: bytes = RIPEMD160.new(sha256(message)).digest()
    return digest


def keccak256(message: bytes) -> bytes:
    """Hash by Keccak-256 with its original padding (Ethereum Yellow Paper, appendix)."""
    from Crypto.Hash import keccak

    digest: bytes = keccak.new(digest_bits=256, data=message).digest()
    return digest


def hmac_sha512(key: bytes, message: bytes) -> bytes:
    """Authenticate by HMAC-SHA512 (RFC 4231), the step of every derivation."""
    return hmac.digest(key, message, "sha512")
