"""Watching a chain: which addresses are looked at when, in which order, and funds that no transfer explains."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

from shop.assets import native
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.transfers import ChainReader, Head, ProvingReader, Steps, Transfer, every_at
from shop.outbox import Event, Outbox
from shop.payments.deposits import Deposits, Pending
from shop.payments.outages import Outage
from storage.database import Database
from storage.models import ChainCursor, Deposit, DepositAddress
from wallet.chains import Chain

_log = logging.getLogger("souk.chains")

K = TypeVar("K")
_DUE = 1_000
WATCH_CREDITED_S = 86_400
CHECKS_AT_ONCE = 50
SWEEPS_AT_ONCE = 200
"""How many steps a sweep that is far behind may take before it lets the looks go first."""
OTHERS_WAIT = 15
"""So many times longer waits an address for a look at the chain's own coin whose customer chose another coin."""
_SWEEP = "sweep"
_AT_ONCE = 500
_NO_HEAD = Head(latest=0)


class FairQueue(Generic[K]):
    """Remembers who had a turn when. Times are in Unix seconds; a turn in the future counts as none."""

    def __init__(self) -> None:
        self._last: dict[K, int] = {}

    def last(self, key: K) -> int:
        """Say when somebody had his last turn; 0 when he had none."""
        return self._last.get(key, 0)

    def choose(self, waits: Mapping[K, int], *, now: int, questions: int, batch: int = 1) -> list[K]:
        """Choose who is asked about now: those who waited longest for their measure, within so many questions.

        `waits` says how many seconds each should wait between two turns; who is not in it is forgotten. A question
        covers `batch` of them; one that is asked anyway takes others along before their time.
        """
        had = ((key, self._last.get(key, 0)) for key in waits)
        self._last = {key: last if last <= now else 0 for key, last in had}  # the clock may have gone back
        waited = {key: (now - self._last[key]) * _DUE // max(1, wait_s) for key, wait_s in waits.items()}
        due = sum(share >= _DUE for share in waited.values())
        room = min(questions, -(-due // batch)) * batch
        return sorted(waited, key=lambda key: waited[key], reverse=True)[:room]

    def take(self, keys: Iterable[K], *, now: int) -> None:
        """Take note that these had their turn."""
        self._last.update(dict.fromkeys(keys, now))


@dataclass(frozen=True, slots=True)
class WatchPace:
    """How often one chain is looked at, in seconds, and how many questions a look may ask.

    `questions_per_look`: for fresh addresses; for open deposits that these do not show, as many again.
    `longest_peek_s`: no fresh address waits longer than this, whatever the reader's plan says.
    `follow_s`: how often an open deposit is asked about when no look showed it.
    """

    look_s: int = 5
    questions_per_look: int = 6
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
        pace: WatchPace,
    ) -> None:
        self._reader = reader
        self._deposits = deposits
        self._database = database
        self._clock = clock
        self._pace = pace
        self._peeks: FairQueue[str] = FairQueue()
        self._own_coin_peeks: FairQueue[str] = FairQueue()
        self._follows: FairQueue[int] = FairQueue()
        self._checks: FairQueue[int] = FairQueue()
        self._addresses: list[str] = []
        self._newest_address = 0
        self._head: Head | None = None
        self._head_at = 0
        self.behind = 0
        """Blocks that the last sweep left for the next one."""
        self._astray: tuple[str, ...] = ()
        self._outbox = outbox
        self._outage = Outage(reader.chain.value, database, outbox, clock=clock)

    @property
    def chain(self) -> Chain:
        """The chain that is watched."""
        return self._reader.chain

    @property
    def delayed(self) -> bool:
        """Tell whether nobody answers for the chain at the moment."""
        return self._outage.lasts

    @property
    def reason(self) -> str:
        """Say why the chain is delayed; empty when it is not."""
        return self._outage.reason

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
        due, own_coin = self._due()
        pending = self._pending()
        if due or own_coin or pending:
            self._guard(lambda: self._look(due, own_coin, pending))

    def sweep(self) -> None:
        """Find what came to any address since the last sweep, however long ago that was."""
        self._guard(self._sweep)
        self._warn_of_branches()
        lost = [one for one in self._credited_lately() if self._left_its_chain(one)]
        if lost:
            self._guard(lambda: self._check(lost))

    def check_credited(self) -> None:
        """Look once more at what was credited lately: a chain can still take it back.

        Each deposit is looked at after ever longer times, one that was not there the last time at every occasion.
        """
        recent = {one.deposit_id: one for one in self._credited_lately()}
        waits = {
            number: 1 if one.missing else max(1, self._checks.last(number) - one.changed_at)
            for number, one in recent.items()
        }
        due = self._checks.choose(waits, now=self._clock(), questions=CHECKS_AT_ONCE)
        if due:
            self._guard(lambda: self._check([recent[number] for number in due]))

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

    def _due(self) -> tuple[list[str], list[str]]:
        """Choose the addresses to peek at now, and those to be asked about the chain's own coin beside."""
        now, plan, most = self._clock(), self._reader.plan, self._pace.questions_per_look
        fresh = DepositAddress.shown_since(self.chain.value, now - plan.peek_steps[-1][0])
        due = self._peeks.choose(
            self._waits(plan.peek_steps, fresh, now), now=now, questions=most, batch=plan.peek_batch
        )
        if not plan.own_coin_steps:
            return due, []
        chosen = DepositAddress.chosen_since(self.chain.value, now - WATCH_CREDITED_S, native(self.chain).code)
        waits = self._waits(plan.own_coin_steps, fresh, now, hurried=chosen)
        return due, self._own_coin_peeks.choose(waits, now=now, questions=most - 1)

    def _waits(
        self, steps: Steps, fresh: Sequence[tuple[str, int]], now: int, *, hurried: Collection[str] | None = None
    ) -> dict[str, int]:
        """Say how long each address waits between two looks: who is not among the hurried, longer than planned."""
        found = {}
        for address, shown_at in fresh:
            every_s = every_at(steps, now - shown_at)
            if every_s is not None:
                times = 1 if hurried is None or address in hurried else OTHERS_WAIT
                found[address] = min(every_s * times, self._pace.longest_peek_s)
        return found

    def _pending(self) -> list[Pending]:
        """Choose the open deposits to ask about if no look shows them."""
        now, every_s = self._clock(), self._pace.follow_s
        quiet = {one.deposit_id: one for one in self._deposits.pending(self.chain, quiet_s=every_s)}
        due = self._follows.choose(dict.fromkeys(quiet, every_s), now=now, questions=self._pace.questions_per_look)
        return [quiet[number] for number in due]

    def _guard(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except ChainUnavailable as error:
            self._outage.failed(error)
            return
        doubt = self._reader.status().doubt
        if doubt:
            self._outage.failed(doubt)
        else:
            self._outage.answered()

    def _credited_lately(self) -> list[Pending]:
        return self._deposits.credited_since(self.chain, self._clock() - WATCH_CREDITED_S)

    def _left_its_chain(self, one: Pending) -> bool:
        """Say whether another branch counts now than the one that had a deposit's block: nobody is asked."""
        if one.block_height is None or one.block_hash is None or not isinstance(self._reader, ProvingReader):
            return False
        return not self._reader.holds(one.block_height, one.block_hash)

    def _warn_of_branches(self) -> None:
        """Tell the admins once when servers begin to follow different branches."""
        astray = self._reader.status().astray
        if astray and not self._astray:
            payload = {"chain": self.chain.value, "servers": list(astray)}
            with self._database.transaction():
                self._outbox.tell_admins(
                    Event.ADMIN_BRANCHES, key=f"branches:{self.chain.value}:{self._clock()}", payload=payload
                )
        self._astray = astray

    def _look(self, due: Sequence[str], own_coin: Sequence[str], pending: Sequence[Pending]) -> None:
        shown = self._reader.peek(due, own_coin=own_coin) if due or own_coin else ()
        now = self._clock()
        self._peeks.take(due, now=now)
        self._own_coin_peeks.take(own_coin, now=now)
        found = {(transfer.txid, transfer.index) for transfer in shown}
        news = self._deposits.unsettled(shown)
        silent = [one for one in pending if (one.txid, one.index) not in found]
        waiting = [transfer for transfer in news if transfer.block_height is None]
        for transfer in waiting:  # this needs no head, and there may be none that is to be counted on
            self._deposits.observe(transfer, _NO_HEAD)
        if len(waiting) == len(news) and not silent:
            return
        head = self._recent_head(news)
        for transfer in news:
            if transfer.block_height is not None:
                self._deposits.observe(transfer, head)
        self._follow(silent, head, self._follows)

    def _recent_head(self, news: Sequence[Transfer]) -> Head:
        """Ask how far the chain has come, unless that is known well enough: an old head makes nothing final early."""
        now = self._clock()
        stale = not 0 <= now - self._head_at < 2 * self._pace.look_s
        highest = max((transfer.block_height or 0 for transfer in news), default=0)
        if self._head is None or highest > self._head.latest or stale:
            self._head, self._head_at = self._reader.head(), now
        return self._head

    def _check(self, credited: Sequence[Pending]) -> None:
        """Ask about credited deposits; one that no block holds any more is missing."""
        again = self._reader.find_again if isinstance(self._reader, ProvingReader) else self._reader.find

        def in_a_block(txid: str, addresses: Sequence[str]) -> Sequence[Transfer]:
            return [transfer for transfer in again(txid, addresses) if transfer.block_height is not None]

        self._follow(credited, self._reader.head(), self._checks, find=in_a_block)

    def _follow(
        self,
        some: Sequence[Pending],
        head: Head,
        turns: FairQueue[int],
        *,
        find: Callable[[str, Sequence[str]], Sequence[Transfer]] | None = None,
    ) -> None:
        find = find or self._reader.find
        for one in some:
            try:
                shown = find(one.txid, [one.address])
            except UnknownTransaction:
                shown = ()
            turns.take([one.deposit_id], now=self._clock())
            transfer = next((each for each in shown if each.index == one.index), None)
            if transfer is None:
                self._deposits.missed(one.deposit_id)
            else:
                self._deposits.observe(transfer, head)

    def _every_address(self) -> Sequence[str]:
        """List every address that was ever given out: only new ones are read, an address is watched for ever."""
        for row_id, address in DepositAddress.made_after(self.chain.value, self._newest_address):
            self._addresses.append(address)
            self._newest_address = row_id
        return self._addresses

    def _sweep(self) -> None:
        for _ in range(SWEEPS_AT_ONCE):
            addresses = self._every_address()
            cursor = ChainCursor.read(self.chain.value, _SWEEP)
            scan = self._reader.sweep(addresses, cursor)
            self.behind = scan.behind
            for transfer in scan.transfers:
                self._deposits.observe(transfer, scan.head)
            with self._database.transaction():
                ChainCursor.keep(self.chain.value, _SWEEP, scan.cursor)
            if not scan.behind or scan.cursor == cursor:
                return


@runtime_checkable
class BalanceReader(Protocol):
    """A chain whose servers tell what finally lies at an address."""

    chain: Chain

    def balances(self, addresses: Sequence[str]) -> dict[str, int]:
        """Ask how many base units of the chain's own coin finally lie at each address."""
        ...


class UnattributedFunds:
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
