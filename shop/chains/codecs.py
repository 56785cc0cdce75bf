"""Addresses of account chains as the chains' own bytes, and back."""

from collections.abc import Iterable

from wallet.addresses import Kind, ValidAddress, encode, validate
from wallet.chains import Chain


def account(chain: Chain, address: str) -> bytes:
    """Turn an address of Ethereum or TRON into its 20 bytes (TRON: without the leading 0x41).

    Raises: InvalidAddress.
    """
    return validate(chain, address).payload


class Accounts:
    """The accounts of a chain's addresses, each read once: a sweep comes with all addresses again every minute."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._known: dict[str, bytes] = {}

    def of(self, addresses: Iterable[str]) -> dict[bytes, str]:
        """Map the accounts to their addresses. Raises: InvalidAddress."""
        found = {}
        for address in addresses:
            known = self._known.get(address)
            if known is None:
                known = self._known[address] = account(self._chain, address)
            found[known] = address
        return found


def address_of(chain: Chain, account_bytes: bytes) -> str:
    """Write 20 bytes as the chain's address: EIP-55 on Ethereum, Base58Check on TRON."""
    return encode(ValidAddress(chain, "", Kind.EOA, account_bytes))
