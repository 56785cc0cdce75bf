"""Watching a chain: addresses whose screen is fresh are looked at often, open deposits followed, the rest swept.

No transaction is open while a provider is asked. The cursor of a sweep moves only after every transfer it found is
stored; each sweep overlaps the last one, and the unique key of a deposit makes that free.
"""

import logging
from collections.abc import Callable, Sequence

from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.transfers import ChainReader, Head
from shop.deposits import Deposits
from storage.database import Database
from storage.models import ChainCursor, DepositAddress
from wallet.chains import Chain

FRESH_S = 3_600
WATCH_CREDITED_S = 86_400
_SWEEP = "sweep"
_log = logging.getLogger("souk.chains")


class ChainWatch:
    """One chain's eyes. `delayed` says that nobody answers for it: its deposits come later, none is lost."""

    def __init__(
        self, reader: ChainReader, deposits: Deposits, database: Database, *, clock: Callable[[], int]
    ) -> None:
        self._reader = reader
        self._deposits = deposits
        self._database = database
        self._clock = clock
        self.delayed = False

    @property
    def chain(self) -> Chain:
        """The chain that is watched."""
        return self._reader.chain

    def look(self) -> None:
        """Look at fresh addresses, and follow every open deposit."""
        fresh = DepositAddress.shown_since(self.chain.value, self._clock() - FRESH_S)
        pending = self._deposits.pending(self.chain)
        if fresh or pending:
            self._guard(lambda: self._look(fresh, pending))

    def sweep(self) -> None:
        """Find what came to any address since the last sweep, however long ago that was."""
        self._guard(self._sweep)

    def check_credited(self) -> None:
        """Look once more at what was credited lately: a chain can still take it back."""
        recent = self._deposits.credited_since(self.chain, self._clock() - WATCH_CREDITED_S)
        if recent:
            self._guard(lambda: self._follow(recent, self._reader.head()))

    def _guard(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except ChainUnavailable as error:
            if not self.delayed:
                _log.warning("%s delayed: %s", self.chain.value, error)
            self.delayed = True
            return
        if self.delayed:
            _log.info("%s answers again", self.chain.value)
        self.delayed = False

    def _look(self, fresh: Sequence[str], pending: Sequence[tuple[int, str, str, str]]) -> None:
        head = self._reader.head()
        found = set()
        for transfer in self._reader.peek(fresh) if fresh else ():
            self._deposits.observe(transfer, head)
            found.add((transfer.txid, transfer.index))
        self._follow([one for one in pending if (one[1], one[2]) not in found], head)

    def _follow(self, pending: Sequence[tuple[int, str, str, str]], head: Head) -> None:
        for deposit_id, txid, index, address in pending:
            try:
                shown = self._reader.find(txid, [address])
            except UnknownTransaction:
                shown = ()
            transfer = next((one for one in shown if one.index == index), None)
            if transfer is None:
                self._deposits.missed(deposit_id)
            else:
                self._deposits.observe(transfer, head)

    def _sweep(self) -> None:
        addresses = DepositAddress.all_of(self.chain.value)
        scan = self._reader.sweep(addresses, ChainCursor.read(self.chain.value, _SWEEP))
        for transfer in scan.transfers:
            self._deposits.observe(transfer, scan.head)
        with self._database.transaction():
            ChainCursor.keep(self.chain.value, _SWEEP, scan.cursor)
