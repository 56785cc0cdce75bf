"""Testimony about one transaction from servers other than the one that showed it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar, runtime_checkable

from shop.chains.errors import ChainUnavailable, NotFound, ProviderError
from shop.chains.failover import Client, Failover
from shop.chains.transfers import Head, Scan, Transfer

C = TypeVar("C", bound=Client)
_TWO = 2


@dataclass(frozen=True, slots=True)
class Testimony:
    """One server's view of a transaction, with its block's hash and time; `head` is that server's head.

    `transfers` is empty if it does not know the transaction, or knows that nothing was paid.
    """

    server: str
    transfers: tuple[Transfer, ...]
    head: Head


@runtime_checkable
class WitnessedReader(Protocol):
    """A chain whose servers can be asked one by one."""

    def testimonies(self, txid: str, addresses: Sequence[str], *, besides: str) -> Iterator[Testimony]:
        """Ask the servers of other operators than that of `besides`, one after another; those that do not answer are
        left out.
        """
        ...

    def block_hash(self, height: int, *, server: str) -> str:
        """Ask one server for the hash of a block. Raises ChainUnavailable."""
        ...

    def scan_elsewhere(self, addresses: Sequence[str], cursor: str | None) -> Scan | None:
        """As `scan`, but ask other operators first (`Failover.others_first`); None if there are none."""
        ...

    def elsewhere(self) -> AbstractContextManager[None]:
        """Send this thread's requests to other operators first (`Failover.others_first`)."""
        ...


@runtime_checkable
class BlockWitnessedReader(Protocol):
    """A chain whose blocks are proved, and whose large sums need a second operator that names the same block."""

    @property
    def takes_second_operator(self) -> bool:
        """Return whether there is one to ask."""
        ...

    def blocks_at(self, height: int, *, besides: str) -> Iterator[tuple[str, str]]:
        """Ask operators other than that of `besides`; return each server with the block hash it names."""
        ...


def shown_by(client: Client, transfers: Sequence[Transfer]) -> tuple[Transfer, ...]:
    """Mark transfers with the server that showed them."""
    return tuple(replace(transfer, shown_by=client.provider.name) for transfer in transfers)


class Interviews(Generic[C]):
    """Puts the same questions to single servers of a chain.

    `look_up` raises NotFound where a server does not know the transaction; `block_time` is asked for times that it
    leaves out.
    """

    def __init__(
        self,
        failover: Failover[C],
        *,
        head: Callable[[C], Head],
        look_up: Callable[[C, str, Sequence[str]], Sequence[Transfer]],
        block_hash: Callable[[C, int], str],
        block_time: Callable[[C, int], int] | None = None,
    ) -> None:
        self._failover = failover
        self._head = head
        self._look_up = look_up
        self._block_hash = block_hash
        self._block_time = block_time

    def testimonies(self, txid: str, addresses: Sequence[str], *, besides: str) -> Iterator[Testimony]:
        """Ask the servers of other operators one after another, as long as the caller wants more."""
        for client in self._failover.others_than(besides):
            try:
                yield self._failover.put(partial(self._testimony, txid, addresses), client)
            except ProviderError:
                continue

    def scan_elsewhere(self, scan: Callable[[], Scan]) -> Scan | None:
        """Run a scan that asks other operators first (`Failover.others_first`); None if there are none."""
        if self._failover.operators < _TWO:
            return None
        with self._failover.others_first():
            return scan()

    def elsewhere(self) -> AbstractContextManager[None]:
        """Send this thread's requests to other operators first (`Failover.others_first`)."""
        return self._failover.others_first()

    def block_hash(self, height: int, *, server: str) -> str:
        """Ask one server for the hash of a block. Raises ChainUnavailable."""
        failures: list[ProviderError] = []
        for client in self._failover.named(server):
            try:
                return self._failover.put(lambda one: self._block_hash(one, height), client)
            except ProviderError as error:
                failures.append(error)
        raise ChainUnavailable(self._failover.chain, tuple(failures), retry_after_s=60)

    def _testimony(self, txid: str, addresses: Sequence[str], client: C) -> Testimony:
        # Ask for the head first: a transaction that is unknown after that was not in the chain up to that height.
        head = self._head(client)
        try:
            found = self._look_up(client, txid, addresses)
        except NotFound:
            found = ()
        return Testimony(client.provider.name, tuple(self._placed(client, one) for one in found), head)

    def _placed(self, client: C, transfer: Transfer) -> Transfer:
        height = transfer.block_height
        if height is not None and transfer.block_hash is None:
            transfer = replace(transfer, block_hash=self._block_hash(client, height))
        if height is not None and transfer.block_time is None and self._block_time is not None:
            transfer = replace(transfer, block_time=self._block_time(client, height))
        return transfer


class Interviewed(ABC, Generic[C]):
    """What the readers of chains without proved blocks have in common: a `WitnessedReader` by its interviews."""

    _interviews: Interviews[C]

    @abstractmethod
    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every payment since `cursor`."""

    def testimonies(self, txid: str, addresses: Sequence[str], *, besides: str) -> Iterator[Testimony]:
        """Ask the servers of other operators about a transaction, one after another."""
        return self._interviews.testimonies(txid, addresses, besides=besides)

    def scan_elsewhere(self, addresses: Sequence[str], cursor: str | None) -> Scan | None:
        """As `scan`, but ask other operators first (`Failover.others_first`); None if there are none."""
        return self._interviews.scan_elsewhere(lambda: self.scan(addresses, cursor))

    def elsewhere(self) -> AbstractContextManager[None]:
        """Send this thread's requests to other operators first (`Failover.others_first`)."""
        return self._interviews.elsewhere()

    def block_hash(self, height: int, *, server: str) -> str:
        """Ask one server for the hash of a block. Raises ChainUnavailable."""
        return self._interviews.block_hash(height, server=server)
