"""The one operation on ed25519 keys that addresses need, from libsodium by way of PyNaCl (RFC 8032)."""

from nacl import bindings


def public_key(private_key: bytes) -> bytes:
    """Compute the 32-byte public key of a 32-byte private key (RFC 8032, section 5.1.5)."""
    key: bytes = bindings.crypto_sign_seed_keypair(private_key)[0]
    return key


def is_on_curve(key: bytes) -> bool:
    """Say whether a private key can exist for this public key: a point of the prime-order group."""
    return bool(bindings.crypto_core_ed25519_is_valid_point(key))
