"""SLIP-10 for ed25519: BIP-32's private derivation with hardened children only. Every index has a key.

Left out: secp256k1, where SLIP-10 differs from `bip32` once in 2^127 keys; NIST P-256 and curve25519, which no chain
here uses.
"""

from nacl import bindings

from wallet.bip32 import HDKey, master_digest
from wallet.errors import DerivationFailed, Reason, Redacted
from wallet.hashes import hmac_sha512
from wallet.paths import HARDENED, check


class Node(HDKey, Redacted):
    """A private key and a chain code."""

    __slots__ = ("chain_code", "private_key")

    def __init__(self, private_key: bytes, chain_code: bytes) -> None:
        self.private_key, self.chain_code = private_key, chain_code

    @property
    def public_key(self) -> bytes:
        """Compute the 32-byte public key."""
        return public_key(self.private_key)

    def child(self, number: int) -> "Node":
        """Derive one child: CKDpriv of «Private parent key → private child key». Raises: DerivationFailed."""
        if check(number, below=2 * HARDENED) < HARDENED:
            raise DerivationFailed(Reason.HARDENED_ONLY, number)
        digest = hmac_sha512(self.chain_code, b"\0" + self.private_key + number.to_bytes(4))
        return Node(digest[:32], digest[32:])


def master(seed: bytes) -> Node:
    """Generate the master node of a seed («Master key generation»). Raises: DerivationFailed with SEED_LENGTH."""
    digest = master_digest(b"ed25519 seed", seed)
    return Node(digest[:32], digest[32:])


def public_key(private_key: bytes) -> bytes:
    """Compute the 32-byte public key of a 32-byte private key (RFC 8032, section 5.1.5)."""
    return bytes(bindings.crypto_sign_seed_keypair(private_key)[0])
