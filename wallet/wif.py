"""Wallet import format: a private key in Base58Check, as Bitcoin's and Litecoin's wallets import it.

Source: https://en.bitcoin.it/wiki/Wallet_import_format. The version byte is that of each chain's `chainparams.cpp`.
"""

from wallet import base58check
from wallet.chains import Chain
from wallet.errors import InvalidEncoding, Reason
from wallet.secp256k1 import N

VERSIONS = {Chain.BTC: 0x80, Chain.LTC: 0xB0}
KEY_BYTES = 32
COMPRESSED = b"\x01"  # follows the key: its public key is compressed, in 33 bytes


def encode(chain: Chain, private_key: bytes) -> str:
    """Write a private key whose public key is compressed: a secret."""
    return base58check.encode(bytes([VERSIONS[chain]]) + private_key + COMPRESSED)


def decode(chain: Chain, text: str) -> tuple[bytes, bool]:
    """Read a private key, and whether its public key is compressed.

    Raises: InvalidEncoding with CHARACTER, LENGTH, CHECKSUM, NETWORK or KEY_RANGE.
    """
    payload = base58check.decode(text)
    version, private_key, suffix = payload[0], payload[1 : 1 + KEY_BYTES], payload[1 + KEY_BYTES :]
    if len(private_key) != KEY_BYTES or suffix not in {b"", COMPRESSED}:
        raise InvalidEncoding(Reason.LENGTH)
    if version != VERSIONS[chain]:
        raise InvalidEncoding(Reason.NETWORK)
    if not 0 < int.from_bytes(private_key) < N:
        raise InvalidEncoding(Reason.KEY_RANGE)
    return private_key, suffix == COMPRESSED
