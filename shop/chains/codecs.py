"""Addresses of account chains as the chains' own bytes, and back."""

from wallet.addresses import Kind, ValidAddress, encode, validate
from wallet.chains import Chain


def account(chain: Chain, address: str) -> bytes:
    """Turn an address of Ethereum or TRON into its 20 bytes (TRON: without the leading 0x41).

    Raises: InvalidAddress.
    """
    return validate(chain, address).payload


def address_of(chain: Chain, account_bytes: bytes) -> str:
    """Write 20 bytes as the chain's address: EIP-55 on Ethereum, Base58Check on TRON."""
    return encode(ValidAddress(chain, "", Kind.EOA, account_bytes))
