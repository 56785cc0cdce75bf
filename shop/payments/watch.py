"""Watching a chain: which addresses are looked at when, in which order, and funds that no transfer explains."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, runtime_checkable

from shop.assets import native
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.transfers import ChainReader, Head, Steps, Transfer, every_at
from shop.context import Context
from shop.outbox import Event
from shop.payments.deposits import Deposits, Pending
from shop.payments.outages import Outage
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


@dataclass(slots=True)
class FairQueue(Generic[K]):
    """Remembers who had a turn when. Times are in Unix seconds."""

    _last: dict[K, int] = field(init=False, default_factory=dict)

    def last(self, key: K) -> int:
        """Say when somebody had his last turn; 0 when he had none."""
        return self._last.get(key, 0)

    def choose(self, waits: Mapping[K, int], *, now: int, questions: int, batch: int = 1) -> list[K]:
        """Choose who is asked about now: those who waited longest for their measure, within so many questions.

        `waits` says how many seconds each should wait between two turns; who is not in it is forgotten. A question
        covers `batch` of them; one that is asked anyway takes others along before their time.
        """
        self._last = {key: self._last.get(key, 0) for key in waits}
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


@dataclass(slots=True)
class ChainWatch:
    """One chain's eyes. While it is `delayed`, deposits come later; none changes its state, none is lost."""

    context: Context
    reader: ChainReader
    deposits: Deposits
    pace: WatchPace
    behind: int = field(init=False, default=0)
    """Blocks that the last sweep left for the next one."""
    outage: Outage = field(init=False)
    _peeks: FairQueue[str] = field(init=False, default_factory=FairQueue)
    _own_coin_peeks: FairQueue[str] = field(init=False, default_factory=FairQueue)
    _follows: FairQueue[int] = field(init=False, default_factory=FairQueue)
    _checks: FairQueue[int] = field(init=False, default_factory=FairQueue)
    _addresses: list[str] = field(init=False, default_factory=list)
    _newest_address: int = field(init=False, default=0)
    _head: Head | None = field(init=False, default=None)
    _head_at: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.outage = Outage(self.context, self.reader.chain.value)

    @property
    def chain(self) -> Chain:
        """The chain that is watched."""
        return self.reader.chain

    @property
    def delayed(self) -> bool:
        """Tell whether nobody answers for the chain at the moment."""
        return self.outage.lasts

    @property
    def resting(self) -> tuple[str, ...]:
        """Name the servers of this chain that are left alone for a while."""
        return tuple(each.name for each in self.reader.status().providers if each.resting_until is not None)

    @property
    def sweep_every_s(self) -> int:
        """How often the reader wants to be swept."""
        return self.reader.plan.sweep_every_s

    def look(self) -> None:
        """Look at fresh addresses, and follow every open deposit that they did not show."""
        due, own_coin = self._due()
        pending = self._pending()
        if due or own_coin or pending:
            self._guard(lambda: self._look(due, own_coin, pending))

    def sweep(self) -> None:
        """Find what came to any address since the last sweep, however long ago that was."""
        self._guard(self._sweep)

    def check_credited(self) -> None:
        """Look once more at what was credited lately: a chain can still take it back.

        Each deposit is looked at after ever longer times, one that was not there the last time at every occasion.
        """
        now = self.context.clock()
        recent = {one.deposit_id: one for one in self.deposits.credited_since(self.chain, now - WATCH_CREDITED_S)}
        waits = {
            number: 1 if one.missing else max(1, self._checks.last(number) - one.changed_at)
            for number, one in recent.items()
        }
        due = self._checks.choose(waits, now=now, questions=CHECKS_AT_ONCE)
        if due:
            self._guard(lambda: self._follow([recent[number] for number in due], self.reader.head(), self._checks))

    def find(self, txid: str, address: str) -> tuple[Transfer, ...]:
        """Look one transaction up, and take note of what it pays to an address.

        Raises:
            UnknownTransaction: the chain does not know it.
            ChainUnavailable: nobody answers.
        """
        head = self.reader.head()
        found = self.reader.find(txid, [address])
        for transfer in found:
            self.deposits.observe(transfer, head)
        return found

    def _due(self) -> tuple[list[str], list[str]]:
        """Choose the addresses to peek at now, and those to be asked about the chain's own coin beside."""
        now, plan, most = self.context.clock(), self.reader.plan, self.pace.questions_per_look
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
                found[address] = min(every_s * times, self.pace.longest_peek_s)
        return found

    def _pending(self) -> list[Pending]:
        """Choose the open deposits to ask about if no look shows them."""
        now, every_s = self.context.clock(), self.pace.follow_s
        quiet = {one.deposit_id: one for one in self.deposits.pending(self.chain, quiet_since=now - every_s)}
        due = self._follows.choose(dict.fromkeys(quiet, every_s), now=now, questions=self.pace.questions_per_look)
        return [quiet[number] for number in due]

    def _guard(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except ChainUnavailable as error:
            self.outage.failed(error)
        else:
            self.outage.answered()

    def _look(self, due: Sequence[str], own_coin: Sequence[str], pending: Sequence[Pending]) -> None:
        shown = self.reader.peek(due, own_coin=own_coin) if due or own_coin else ()
        now = self.context.clock()
        self._peeks.take(due, now=now)
        self._own_coin_peeks.take(own_coin, now=now)
        found = {(transfer.txid, transfer.index) for transfer in shown}
        news = self.deposits.unsettled(shown)
        silent = [one for one in pending if (one.txid, one.index) not in found]
        if not news and not silent:
            return
        head = self._recent_head(news)
        for transfer in news:
            self.deposits.observe(transfer, head)
        self._follow(silent, head, self._follows)

    def _recent_head(self, news: Sequence[Transfer]) -> Head:
        """Ask how far the chain has come, unless that is known well enough: an old head makes nothing final early."""
        now = self.context.clock()
        highest = max((transfer.block_height or 0 for transfer in news), default=0)
        if self._head is None or highest > self._head.latest or now - self._head_at >= 2 * self.pace.look_s:
            self._head, self._head_at = self.reader.head(), now
        return self._head

    def _follow(self, some: Sequence[Pending], head: Head, turns: FairQueue[int]) -> None:
        for one in some:
            try:
                shown = self.reader.find(one.txid, [one.address])
            except UnknownTransaction:
                shown = ()
            turns.take([one.deposit_id], now=self.context.clock())
            transfer = next((each for each in shown if each.index == one.index), None)
            if transfer is None:
                self.deposits.missed(one.deposit_id)
            else:
                self.deposits.observe(transfer, head)

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
            scan = self.reader.sweep(addresses, cursor)
            self.behind = scan.behind
            for transfer in scan.transfers:
                self.deposits.observe(transfer, scan.head)
            with self.context.database.transaction():
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


@dataclass(frozen=True, slots=True)
class UnattributedFunds:
    """Compares what lies at the addresses of a chain with the deposits that are known there."""

    context: Context
    reader: BalanceReader
    watch: ChainWatch

    @property
    def chain(self) -> Chain:
        """The chain whose addresses are compared."""
        return self.reader.chain

    def look(self) -> None:
        """Tell the admins of each address with more than its deposits; once for each amount."""
        addresses = DepositAddress.all_of(self.reader.chain.value)
        for start in range(0, len(addresses), _AT_ONCE):
            try:
                lying = self.reader.balances(addresses[start : start + _AT_ONCE])
            except ChainUnavailable:
                return
            # Swept to the head after the balances were final: every transfer that they hold is known then.
            self.watch.sweep()
            if self.watch.delayed or self.watch.behind:
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
                with self.context.database.transaction():
                    self.context.outbox.tell_admins(
                        Event.ADMIN_UNSEEN, key=f"unseen:{address}:{units}", payload=payload
                    )
