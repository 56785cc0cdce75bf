"""Coins that lie at an address without a transaction that shows them.

ETH that a contract sends (some exchanges pay out so, and wallets that are contracts) is in no list of transactions
that public servers keep. Its amount can be told from the balance, but not when it came and in how many parts: nothing
is credited by itself, an admin is told and decides. Once coins were moved out of an address, its balance tells less
than this compares it with, and nothing is found there any more.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from shop.assets import native
from shop.chains.errors import ChainUnavailable
from shop.outbox import Event, Outbox
from shop.watch import ChainWatch
from storage.database import Database
from storage.models import Deposit, DepositAddress
from wallet.chains import Chain

_AT_ONCE = 500


@runtime_checkable
class BalanceReader(Protocol):
    """A chain whose servers tell what finally lies at an address."""

    chain: Chain

    def balances(self, addresses: Sequence[str]) -> dict[str, int]:
        """Ask how many base units of the chain's own coin finally lie at each address."""
        ...


class UnseenCoins:
    """Compares what lies at the addresses of a chain with the deposits that are known there."""

    def __init__(self, reader: BalanceReader, watch: ChainWatch, database: Database, outbox: Outbox) -> None:
        self._reader = reader
        self._watch = watch
        self._database = database
        self._outbox = outbox

    @property
    def chain(self) -> Chain:
        """The chain whose addresses are compared."""
        return self._reader.chain

    def look(self) -> None:
        """Tell the admins of each address with more than its deposits; once for each amount."""
        addresses = DepositAddress.all_of(self._reader.chain.value)
        for start in range(0, len(addresses), _AT_ONCE):
            try:
                lying = self._reader.balances(addresses[start : start + _AT_ONCE])
            except ChainUnavailable:
                return
            # Swept to the head after the balances were final: every transfer that they hold is known then.
            self._watch.sweep()
            if self._watch.delayed or self._watch.behind:
                return
            self._compare({address: units for address, units in lying.items() if units})

    def _compare(self, lying: dict[str, int]) -> None:
        asset = native(self.chain)
        for address, units in lying.items():
            row = DepositAddress.find(self.chain.value, address)
            more = 0 if row is None else units - Deposit.sum_at(row.id, asset.code)
            if row is not None and more > 0:
                payload = {
                    "customer_id": row.customer_id,
                    "address": address,
                    "asset": asset.code,
                    "units": str(more),
                }
                with self._database.transaction():
                    self._outbox.tell_admins(Event.ADMIN_UNSEEN, key=f"unseen:{address}:{units}", payload=payload)
