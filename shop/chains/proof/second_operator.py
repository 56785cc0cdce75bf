"""A second operator's word that a block counts: headers prove its work, not that it keeps every rule.

Miners with outdated software built 13 Litecoin blocks on an invalid one on 25 April 2026. Up-to-date nodes did not
follow, so a large sum needs the word of two operators who run their own.
"""

from collections.abc import Iterator
from contextlib import suppress

from shop.chains.errors import NotFound, ProviderError
from shop.chains.esplora_client import EsploraClient
from shop.chains.failover import Failover
from shop.chains.operators import operator_of
from shop.chains.proof.proof_client import ProofClient
from shop.chains.servers import Provider


class BlockbookClient:
    """One Blockbook server (trezor/blockbook, `/api/v2`), asked only which block is at a height."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    def block_hash(self, height: int) -> str:
        """Ask for the hash of a block. Raises ProviderError; NotFound above the tip."""
        found = self.provider.get_json(f"/block-index/{height}")["blockHash"]
        if not found.text:
            raise NotFound(self.provider.name)
        return found.hex(size=32).hex()


class SecondOperators:
    """The servers of one chain, Esplora and Blockbook, by operator."""

    def __init__(self, servers: Failover[ProofClient], blockbooks: Failover[BlockbookClient]) -> None:
        self._servers = servers
        self._blockbooks = blockbooks

    @property
    def are_there(self) -> bool:
        """Return whether two operators are known."""
        names = [client.provider.name for client in self._servers.clients]
        names += [client.provider.name for client in self._blockbooks.clients]
        return len({operator_of(name) for name in names}) > 1

    def blocks_at(self, height: int, *, besides: str) -> Iterator[tuple[str, str]]:
        """Ask operators other than that of `besides`, one after another; return each server with the hash it names.

        Those that do not answer, or have not got that far, are left out.
        """
        for esplora in self._servers.others_than(besides):
            with suppress(ProviderError):
                named = self._servers.put(lambda one: _named(one.explorer, height), esplora)
                if named is not None:
                    yield esplora.provider.name, named
        for blockbook in self._blockbooks.others_than(besides):
            with suppress(ProviderError):
                named = self._blockbooks.put(lambda one: _named(one, height), blockbook)
                if named is not None:
                    yield blockbook.provider.name, named


def _named(client: EsploraClient | BlockbookClient, height: int) -> str | None:
    """Ask for the hash of a block; None above the tip, for which no server is to rest. Raises ProviderError."""
    try:
        return client.block_hash(height)
    except NotFound:
        return None
