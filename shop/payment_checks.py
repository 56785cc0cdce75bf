"""“I have paid”: a customer names his transaction, and the shop looks it up at once."""

import re
import threading
from collections.abc import Callable, Sequence

from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.deposit_addresses import DepositAddresses
from shop.deposit_views import DepositView
from shop.deposits import Deposits
from shop.errors import ChainDelayed, NotYourTransaction, TooSoon, TransactionUnknown
from shop.people import Person
from shop.top_ups import TopUps
from shop.watch import ChainWatch

WAIT_S = 10
"""A person waits so long between two checks: each asks other people's servers."""
_TXID = re.compile(r"(?:0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{64,90}")


class PaymentChecks:
    """Looks transactions up for customers."""

    def __init__(
        self,
        top_ups: TopUps,
        addresses: DepositAddresses,
        deposits: Deposits,
        watches: Sequence[ChainWatch],
        *,
        clock: Callable[[], int],
    ) -> None:
        self._top_ups = top_ups
        self._addresses = addresses
        self._deposits = deposits
        self._watches = {watch.chain: watch for watch in watches}
        self._clock = clock
        self._lock = threading.Lock()
        self._checked_at: dict[int, int] = {}

    def check(self, person: Person, asset_code: str, text: str) -> list[DepositView]:
        """Find a transaction, by its id or a link that holds it, and show what it paid to this customer.

        Raises:
            UnknownAsset: the shop does not take this coin.
            TransactionUnknown: the text holds no id, or the chain does not know it.
            NotYourTransaction: it pays nothing to this customer's address.
            ChainDelayed: nobody answers for the chain.
            TooSoon: he asked a moment ago.
        """
        asset = self._top_ups.asset(asset_code)
        found = _TXID.search(text)
        if found is None:
            raise TransactionUnknown
        self._take_turn(person)
        address = self._addresses.of(person.id, asset.chain)
        try:
            transfers = self._watches[asset.chain].find(found.group(), address)
        except UnknownTransaction:
            raise TransactionUnknown from None
        except ChainUnavailable:
            raise ChainDelayed(asset.name) from None
        views = self._deposits.of_transfers(transfers)
        if not views:
            raise NotYourTransaction
        return views

    def _take_turn(self, person: Person) -> None:
        now = self._clock()
        with self._lock:
            self._checked_at = {who: at for who, at in self._checked_at.items() if now - at < WAIT_S}
            if person.id in self._checked_at:
                raise TooSoon(WAIT_S - (now - self._checked_at[person.id]))
            self._checked_at[person.id] = now
