"""Watching a chain: addresses whose screen is fresh are looked at often, open deposits followed, the rest swept.

No transaction is open while a provider is asked. The cursor of a sweep moves only after every transfer it found is
stored; each sweep overlaps the last one, and the unique key of a deposit makes that free. What it costs follows the
number of people who are paying now, not the number of customers.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.transfers import ChainReader, Head, Transfer
from shop.deposits import Deposits, Pending
from shop.outbox import Event, Outbox
from storage.database import Database
from storage.models import ChainCursor, DepositAddress
from wallet.chains import Chain

WATCH_CREDITED_S = 86_400
SWEEPS_AT_ONCE = 200
"""How many steps a sweep that is far behind may take before it lets the looks go first."""
ALARM_AFTER_S = 120
_SWEEP = "sweep"
_log = logging.getLogger("souk.chains")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often one chain is looked at, in seconds, and how many questions a look may ask for fresh addresses.

    `longest_peek_s`: no fresh address waits longer than this, whatever the reader's plan says.
    `follow_s`: how often an open deposit is asked about when no look showed it.
    """

    look_s: int = 10
    questions_per_look: int = 8
    longest_peek_s: int = 86_400
    follow_s: int = 30


class ChainWatch:
    """One chain's eyes. While it is `delayed`, deposits come later; none changes its state, none is lost."""

    def __init__(
        self,
        reader: ChainReader,
        deposits: Deposits,
        database: Database,
        outbox: Outbox,
        *,
        clock: Callable[[], int],
        pace: Pace,
    ) -> None:
        self._reader = reader
        self._deposits = deposits
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._pace = pace
        self._peeked_at: dict[str, int] = {}
        self._silent_since: int | None = None
        self._alarmed = False

    @property
    def chain(self) -> Chain:
        """The chain that is watched."""
        return self._reader.chain

    @property
    def delayed(self) -> bool:
        """Tell whether nobody answers for the chain at the moment."""
        return self._silent_since is not None

    @property
    def resting(self) -> tuple[str, ...]:
        """Name the servers of this chain that are left alone for a while."""
        return tuple(each.name for each in self._reader.status().providers if each.resting_until is not None)

    @property
    def sweep_every_s(self) -> int:
        """How often the reader wants to be swept."""
        return self._reader.plan.sweep_every_s

    def look(self) -> None:
        """Look at fresh addresses, and follow every open deposit that they did not show."""
        due = self._due()
        pending = self._deposits.pending(self.chain, quiet_since=self._clock() - self._pace.follow_s)
        if due or pending:
            self._guard(lambda: self._look(due, pending))

    def sweep(self) -> None:
        """Find what came to any address since the last sweep, however long ago that was."""
        self._guard(self._sweep)

    def check_credited(self) -> None:
        """Look once more at what was credited lately: a chain can still take it back."""
        recent = self._deposits.credited_since(self.chain, self._clock() - WATCH_CREDITED_S)
        if recent:
            self._guard(lambda: self._follow(recent, self._reader.head()))

    def find(self, txid: str, address: str) -> tuple[Transfer, ...]:
        """Look one transaction up, and take note of what it pays to an address.

        Raises:
            UnknownTransaction: the chain does not know it.
            ChainUnavailable: nobody answers.
        """
        head = self._reader.head()
        found = self._reader.find(txid, [address])
        for transfer in found:
            self._deposits.observe(transfer, head)
        return found

    def _due(self) -> list[str]:
        """Choose the addresses to peek at now: those that waited longest against their plan, within the budget."""
        now, plan = self._clock(), self._reader.plan
        fresh = DepositAddress.shown_since(self.chain.value, now - plan.peek_steps[-1][0])
        self._peeked_at = {each: self._peeked_at.get(each, 0) for each, _ in fresh}
        waiting = []
        for address, shown_at in fresh:
            every_s = plan.peek_every_s(now - shown_at)
            waited_s = now - self._peeked_at[address]
            if every_s is not None and waited_s >= min(every_s, self._pace.longest_peek_s):
                waiting.append((waited_s - every_s, address))
        waiting.sort(reverse=True)
        return [address for _, address in waiting[: self._pace.questions_per_look * plan.peek_batch]]

    def _guard(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except ChainUnavailable as error:
            if self._silent_since is None:
                self._silent_since = self._clock()
                _log.warning("%s delayed: %s", self.chain.value, error)
            self._alarm()
            return
        if self._silent_since is not None:
            _log.info("%s answers again", self.chain.value)
            self._all_clear()

    def _alarm(self) -> None:
        """Tell the admins of an outage that lasts."""
        since = self._silent_since
        if since is None or self._alarmed or self._clock() - since < ALARM_AFTER_S:
            return
        self._alarmed = True
        with self._database.transaction():
            self._outbox.tell_admins(
                Event.ADMIN_DELAYED, key=f"delayed:{self.chain.value}:{since}", payload={"chain": self.chain.value}
            )

    def _all_clear(self) -> None:
        since, self._silent_since = self._silent_since, None
        if self._alarmed:
            self._alarmed = False
            with self._database.transaction():
                self._outbox.tell_admins(
                    Event.ADMIN_ANSWERS,
                    key=f"answers:{self.chain.value}:{since}",
                    payload={"chain": self.chain.value},
                )

    def _look(self, due: Sequence[str], pending: Sequence[Pending]) -> None:
        head = self._reader.head()
        found = set()
        for transfer in self._reader.peek(due) if due else ():
            self._deposits.observe(transfer, head)
            found.add((transfer.txid, transfer.index))
        self._peeked_at.update(dict.fromkeys(due, self._clock()))
        self._follow([one for one in pending if (one.txid, one.index) not in found], head)

    def _follow(self, pending: Sequence[Pending], head: Head) -> None:
        for one in pending:
            try:
                shown = self._reader.find(one.txid, [one.address])
            except UnknownTransaction:
                shown = ()
            transfer = next((each for each in shown if each.index == one.index), None)
            if transfer is None:
                self._deposits.missed(one.deposit_id)
            else:
                self._deposits.observe(transfer, head)

    def _sweep(self) -> None:
        for _ in range(SWEEPS_AT_ONCE):
            addresses = DepositAddress.all_of(self.chain.value)
            cursor = ChainCursor.read(self.chain.value, _SWEEP)
            scan = self._reader.sweep(addresses, cursor)
            for transfer in scan.transfers:
                self._deposits.observe(transfer, scan.head)
            with self._database.transaction():
                ChainCursor.keep(self.chain.value, _SWEEP, scan.cursor)
            if not scan.behind or scan.cursor == cursor:
                return
