"""Watching a chain: when each address is checked, and what happens to the transfers found."""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from shop.assets import native
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.testimony import WitnessedReader
from shop.chains.transfers import ChainReader, Head, Looks, ProvingReader, Scan, Transfer
from shop.context import Context
from shop.outbox import Event
from shop.payments.denials import Denials
from shop.payments.deposits import Deposits
from shop.payments.fair_queue import FairQueue
from shop.payments.outages import Outage
from shop.payments.sightings import Pending
from storage.database import CANNOT_WRITE
from storage.models import ChainCursor, Deposit, DepositAddress
from wallet.chains import Chain

_log = logging.getLogger("souk.chains")

Find = Callable[[str, Sequence[str]], tuple[Transfer, ...]]
WATCH_CREDITED_S = 86_400
CHECKS_AT_ONCE = 5
"""The most checks at a time: each takes a few requests, during which new payments are not looked for."""
SCANS_AT_ONCE = 200
"""The most steps of a scan that is far behind before other jobs get their turn."""
OTHERS_WAIT = 15
"""How many times longer an address waits for a look at the native coin if its customer chose another coin."""
OWN_COIN_MORE = 2
"""Extra requests per turn for the native coin, to catch up: each address takes one request, and scans delay them."""
_AFTER_LOCK_S = 100
"""Seconds added to the rate lock, since a last-moment payment reaches the servers a little later."""
_SCAN, _SCAN_ELSEWHERE = "sweep", "sweep elsewhere"  # stored with each cursor
SCANS_FAIL_S = 180
"""Seconds without a successful scan after which the chain counts as delayed, whatever looks find."""
_ELSEWHERE_EVERY = 3
"""After this many scans, one more is made at another operator, since the first server may hide something."""
_OVERDUE_S = 1_200
"""Seconds after which every transfer in a block should be final, whatever its chain and amount (Ethereum takes 15
minutes).
"""
_ORPHANS, _ORPHANS_AT_ONCE = 100, 3
"""The most deposits orphaned within a day that are asked about again, and the most at a time."""
_NO_HEAD = Head(latest=0)
_ATTEMPTS = 3
"""The most attempts to record a transfer while the cursor waits for it; after that it is set aside."""


@dataclass(frozen=True, slots=True)
class WatchPace:
    """How often a chain is checked, in seconds, and how many requests a check may make.

    `questions_per_look`: requests for fresh addresses, and as many again for open deposits that these do not show.
    `longest_peek_s`: the longest interval of a fresh address, whatever the reader's plan says.
    `follow_s`: how often an open deposit is asked about if no check showed it.
    """

    look_s: int = 5
    questions_per_look: int = 6
    longest_peek_s: int = 86_400
    follow_s: int = 30


@dataclass(slots=True)
class ChainWatch:
    """Watches one chain. While it is `delayed`, no deposit changes its state and none is lost."""

    context: Context
    reader: ChainReader
    deposits: Deposits
    pace: WatchPace
    behind: int = field(init=False, default=0)
    """How many blocks the last scan left to the next one."""
    outage: Outage = field(init=False)
    _peeks: FairQueue[str] = field(init=False, default_factory=FairQueue)
    _own_coin_peeks: FairQueue[str] = field(init=False, default_factory=FairQueue)
    _follows: FairQueue[int] = field(init=False, default_factory=FairQueue)
    _late_follows: FairQueue[int] = field(init=False, default_factory=FairQueue)
    _orphans: FairQueue[int] = field(init=False, default_factory=FairQueue)
    _denials: Denials = field(init=False)
    _untold: dict[int, str] = field(init=False, default_factory=dict)
    """The open deposits that no server could report on in their turn, and why. While there are any, the chain counts
    as delayed.
    """
    _checks: FairQueue[int] = field(init=False, default_factory=FairQueue)
    _addresses: list[str] = field(init=False, default_factory=list)
    _newest_address: int = field(init=False, default=0)
    _head: Head | None = field(init=False, default=None)
    _head_at: int = field(init=False, default=0)
    _astray: tuple[str, ...] = field(init=False, default=())
    _scans: int = field(init=False, default=0)
    _unswept: tuple[float, str] | None = field(init=False, default=None)
    """Since when scans have failed, in monotonic seconds, and why; None while they succeed."""
    _failures: dict[tuple[str, str], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.outage = Outage(self.context, self.reader.chain.value)
        self._denials = Denials(self.reader)

    @property
    def chain(self) -> Chain:
        """The chain that is watched."""
        return self.reader.chain

    @property
    def delayed(self) -> bool:
        """Return whether no server answers for the chain at the moment."""
        return self.outage.lasts

    @property
    def reason(self) -> str:
        """Return why the chain is delayed; empty if it is not."""
        return self.outage.reason

    @property
    def resting(self) -> tuple[str, ...]:
        """Name the servers of this chain that are resting."""
        return tuple(each.name for each in self.reader.status().providers if each.resting_until is not None)

    @property
    def slow(self) -> tuple[str, ...]:
        """Name the servers of this chain that answer so slowly that others are asked first."""
        return tuple(each.name for each in self.reader.status().providers if each.is_slow)

    @property
    def scan_every_s(self) -> int:
        """The reader's interval between scans."""
        return self.reader.plan.scan_every_s

    @property
    def _fresh_s(self) -> int:
        """How long an address is checked at the shortest interval: while its rate is locked, and a little longer."""
        return self.context.settings.rate_lock_minutes * 60 + _AFTER_LOCK_S

    def look(self) -> None:
        """Check fresh addresses, and ask about open deposits that these did not show."""
        due, own_coin = self._due()
        pending = self._pending()
        if due or own_coin or pending:
            self._guard(lambda: self._look(due, own_coin, pending))

    def scan(self) -> None:
        """Find transfers to any address since the last scan, however long ago that was."""
        self._guard(self._scan)
        self._scan_elsewhere()
        self._warn_of_branches()
        lost = [one for one in self._credited_lately() if self._left_its_chain(one)]
        if lost:
            self._guard(lambda: self._check(lost))

    def check_credited(self) -> None:
        """Check recently credited deposits again: a chain can still drop them.

        The intervals grow for each deposit; one that was missing the last time is checked every time.
        """
        recent = {one.deposit_id: one for one in self._credited_lately()}
        waits = {
            number: 1 if one.missing else max(1, self._checks.last(number) - one.changed_at)
            for number, one in recent.items()
        }
        due = self._checks.choose(waits, now=self.context.clock(), questions=CHECKS_AT_ONCE)
        if due:
            self._guard(lambda: self._check([recent[number] for number in due]))

    def catch_up(self, addresses: Sequence[str]) -> bool:
        """Find every transfer to a few addresses, whatever it costs; return whether nothing can be missing now."""
        self.scan()
        if self.reader.plan.own_coin_looks is not None:
            self._guard(lambda: self._look((), addresses, ()))
        return not self.delayed and not self.behind

    def find(self, txid: str, *addresses: str) -> tuple[Transfer, ...]:
        """Look up a transaction, and record what it pays to these addresses.

        If one server shows no such payment, another operator is asked: the first may not have its block yet.

        Raises:
            UnknownTransaction: the chain does not know it.
            ChainUnavailable: no server answers.
        """
        head = self.reader.head()
        found = self.reader.find(txid, addresses) or self._denials.found_elsewhere(txid, addresses)
        for transfer in found:
            self.deposits.observe(transfer, head)
        return found

    def _due(self) -> tuple[list[str], list[str]]:
        """Choose the addresses to check now, and those to check for the native coin as well."""
        now, plan, most = self.context.clock(), self.reader.plan, self.pace.questions_per_look
        fresh = DepositAddress.shown_since(self.chain.value, now - plan.looks.last_s(fresh_s=self._fresh_s))
        due = self._peeks.choose(self._waits(plan.looks, fresh, now), now=now, questions=most, batch=plan.peek_batch)
        if plan.own_coin_looks is None:
            return due, []
        chosen = DepositAddress.chosen_since(self.chain.value, now - WATCH_CREDITED_S, native(self.chain).code)
        waits = self._waits(plan.own_coin_looks, fresh, now, hurried=chosen)
        return due, self._own_coin_peeks.choose(waits, now=now, questions=most + OWN_COIN_MORE)

    def _waits(
        self, looks: Looks, fresh: Sequence[tuple[str, int]], now: int, *, hurried: Collection[str] | None = None
    ) -> dict[str, int]:
        """Return each address's interval; those not in `hurried` wait longer than planned."""
        found = {}
        for address, shown_at in fresh:
            # A date in the future, from a clock that was ahead, counts as now: somebody may be about to pay.
            every_s = looks.every_s(now - shown_at, fresh_s=self._fresh_s)
            if every_s is not None:
                times = 1 if hurried is None or address in hurried else OTHERS_WAIT
                found[address] = min(every_s * times, self.pace.longest_peek_s)
        return found

    def _pending(self) -> list[Pending]:
        """Choose the open deposits to ask about if no look shows them."""
        now, every_s = self.context.clock(), self.pace.follow_s
        quiet = {one.deposit_id: one for one in self.deposits.pending(self.chain, quiet_s=every_s)}
        self._untold = {number: reason for number, reason in self._untold.items() if number in quiet}
        due = self._follows.choose(dict.fromkeys(quiet, every_s), now=now, questions=self.pace.questions_per_look)
        return [quiet[number] for number in due]

    def _guard(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except ChainUnavailable as error:
            self.outage.failed(error)
            return
        status = self.reader.status()
        doubt = status.doubt or status.unread or next(iter(self._untold.values()), "") or self._unswept_for_long
        if doubt:
            self.outage.failed(doubt)
        else:
            self.outage.answered()

    @property
    def _unswept_for_long(self) -> str:
        """Return why scans have failed for long; empty if they have not."""
        since, reason = self._unswept or (0, "")
        return "" if self.context.monotonic() - since < SCANS_FAIL_S else reason

    def _credited_lately(self) -> list[Pending]:
        return self.deposits.credited_lately(self.chain, WATCH_CREDITED_S)

    def _left_its_chain(self, one: Pending) -> bool:
        """Return whether a deposit's block is no longer on the branch that counts, without asking any server."""
        if one.block_height is None or one.block_hash is None or not isinstance(self.reader, ProvingReader):
            return False
        return not self.reader.holds(one.block_height, one.block_hash)

    def _warn_of_branches(self) -> None:
        """Notify the admins once when servers start to follow different branches."""
        astray = self.reader.status().astray
        if astray and not self._astray:
            payload = {"chain": self.chain.value, "servers": list(astray)}
            with self.context.database.transaction():
                self.context.outbox.tell_admins(
                    Event.ADMIN_BRANCHES, key=f"branches:{self.chain.value}:{self.context.clock()}", payload=payload
                )
        self._astray = astray

    def _look(self, due: Sequence[str], own_coin: Sequence[str], pending: Sequence[Pending]) -> None:
        shown = self.reader.peek(due, own_coin=own_coin) if due or own_coin else ()
        now = self.context.clock()
        self._peeks.take(due, now=now)
        self._own_coin_peeks.take(own_coin, now=now)
        found = {(transfer.txid, transfer.index) for transfer in shown}
        news = self.deposits.unsettled(shown)
        silent = [one for one in pending if (one.txid, one.index) not in found]
        waiting = [transfer for transfer in news if transfer.block_height is None]
        self._observe(waiting, _NO_HEAD)  # this needs no head, and there may be none that can be relied on
        if len(waiting) == len(news) and not silent:
            return
        head = self._recent_head(news)
        self._observe([transfer for transfer in news if transfer.block_height is not None], head)
        self._follow(silent, head, self._follows)

    def _recent_head(self, news: Sequence[Transfer]) -> Head:
        """Ask for the chain's head, unless a recent one is known: an old head makes nothing final early."""
        now = self.context.clock()
        stale = not 0 <= now - self._head_at < 2 * self.pace.look_s
        highest = max((transfer.block_height or 0 for transfer in news), default=0)
        if self._head is None or highest > self._head.latest or stale:
            self._head, self._head_at = self.reader.head(), now
        return self._head

    def _follow(
        self, some: Sequence[Pending], head: Head, turns: FairQueue[int], *, find: Find | None = None
    ) -> None:
        """Ask about deposits one by one. One that cannot be read has had its turn, and does not hold up the others.

        If a server says that an open one does not pay, the others are asked as well before that counts.

        Raises:
            ChainUnavailable: none could be read.
        """
        silence: list[ChainUnavailable] = []
        for one in some:
            turns.take([one.deposit_id], now=self.context.clock())
            try:
                shown = (find or self.reader.find)(one.txid, [one.address])
                if find is None and all(each.index != one.index for each in shown):
                    transfer = self._denials.overruled(one.deposit_id)
                    shown = shown if transfer is None else (transfer,)
            except UnknownTransaction:
                shown = ()
            except ChainUnavailable as error:
                self._untold[one.deposit_id] = str(error)
                silence.append(error)
                continue
            self._take(one, shown, head, turns)
        if silence and len(silence) == len(some):
            raise silence[0]

    def _take(self, one: Pending, shown: Sequence[Transfer], head: Head, turns: FairQueue[int]) -> None:
        """Record what was shown of a deposit, or that nothing was."""
        turns.take([one.deposit_id], now=self.context.clock())
        self._untold.pop(one.deposit_id, None)
        transfer = next((each for each in shown if each.index == one.index), None)
        if transfer is None:
            self.deposits.missed(one.deposit_id)
        else:
            self.deposits.observe(transfer, head)

    def _check(self, credited: Sequence[Pending]) -> None:
        """Ask about credited deposits, if possible at a server of an operator other than the one that showed them.

        One that no block holds any more is missing.
        """
        again = self.reader.find_again if isinstance(self.reader, ProvingReader) else self.reader.find
        head, rest = self.reader.head(), []
        for one in credited:
            shown = self.deposits.witnesses.find_elsewhere(
                self.chain, one.txid, one.address, height=one.block_height or 0, besides=one.shown_by
            )
            if shown is None:
                rest.append(one)
            else:
                self._take(one, shown, head, self._checks)

        def in_a_block(txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
            return tuple(transfer for transfer in again(txid, addresses) if transfer.block_height is not None)

        self._follow(rest, head, self._checks, find=in_a_block)

    def _every_address(self) -> Sequence[str]:
        """List every address ever shown; only new ones are read, because addresses are watched permanently."""
        for row_id, address in DepositAddress.made_after(self.chain.value, self._newest_address):
            self._addresses.append(address)
            self._newest_address = row_id
        return self._addresses

    def _observe(self, transfers: Sequence[Transfer], head: Head) -> None:
        """Record all transfers; an error in one of them is raised after the others have been recorded.

        One that cannot be processed is tried a few times, and then set aside until the next start. While nothing can
        be written, none is set aside, because the transfers are not at fault.
        """
        with ExitStack() as each_of_them:
            for transfer in reversed(transfers):
                if self._failures.get((transfer.txid, transfer.index), 0) < _ATTEMPTS:
                    each_of_them.callback(self._observe_one, transfer, head)

    def _observe_one(self, transfer: Transfer, head: Head) -> None:
        key, is_at_fault = (transfer.txid, transfer.index), True
        try:
            self.deposits.observe(transfer, head)
            is_at_fault = False
        except CANNOT_WRITE:
            is_at_fault = False
            raise
        finally:
            attempt = self._failures.pop(key, 0) + 1
            if is_at_fault:
                self._failures[key] = attempt
                note = "; it is set aside" if attempt == _ATTEMPTS else ""
                _log.error("%s %s cannot be recorded%s", self.chain.value, transfer.txid, note, exc_info=True)

    def _scan_elsewhere(self) -> None:
        """Scan at another operator now and then, with a separate cursor; no answer has no consequences."""
        self._scans += 1
        if self._scans % _ELSEWHERE_EVERY or not isinstance(self.reader, WitnessedReader):
            return
        cursor = ChainCursor.read(self.chain.value, _SCAN_ELSEWHERE)
        with suppress(ChainUnavailable):
            scan = self.reader.scan_elsewhere(self._every_address(), cursor)
            if scan is not None:
                self._keep(scan, _SCAN_ELSEWHERE)
        with suppress(ChainUnavailable), self.reader.elsewhere():
            self._follow_overdue()
        with suppress(ChainUnavailable):
            self._ask_about_orphans()

    def _follow_overdue(self) -> None:
        """Ask about deposits that should be final by now, in case the first server does not know the final block."""
        now = self.context.clock()
        late = {
            one.deposit_id: one
            for one in self.deposits.pending(self.chain, quiet_s=0)
            if one.block_height is not None and not 0 <= now - one.seen_at < _OVERDUE_S
        }
        waits = dict.fromkeys(late, _OVERDUE_S)
        due = self._late_follows.choose(waits, now=now, questions=self.pace.questions_per_look)
        if due:
            self._follow([late[number] for number in due], self.reader.head(), self._late_follows)

    def _ask_about_orphans(self) -> None:
        """Ask every operator about a few deposits that were orphaned lately: the server that denied them may be
        wrong.
        """
        now = self.context.clock()
        lost = Deposit.orphaned_on(self.chain.value, since=now - WATCH_CREDITED_S, limit=_ORPHANS)
        due = self._orphans.choose(dict.fromkeys(lost, _OVERDUE_S), now=now, questions=_ORPHANS_AT_ONCE)
        self._orphans.take(due, now=now)
        found = [transfer for number in due if (transfer := self._denials.overruled(number)) is not None]
        if found:
            self._observe(found, self.reader.head())

    def _keep(self, scan: Scan, scope: str) -> None:
        """Record a scan's findings, and only then move its cursor."""
        self._observe(self.deposits.unsettled(scan.transfers), scan.head)
        with self.context.database.transaction():
            ChainCursor.keep(self.chain.value, scope, scan.cursor)

    def _scan(self) -> None:
        try:
            self._read_on()
        except ChainUnavailable as error:
            since = self.context.monotonic() if self._unswept is None else self._unswept[0]
            self._unswept = since, str(error)
            raise
        self._unswept = None

    def _read_on(self) -> None:
        """Read on from the cursor. Raises ChainUnavailable."""
        for _ in range(SCANS_AT_ONCE):
            addresses = self._every_address()
            cursor = ChainCursor.read(self.chain.value, _SCAN)
            scan = self.reader.scan(addresses, cursor)
            self.behind = scan.behind
            self._keep(scan, _SCAN)
            if scan.unanswered is not None:
                raise scan.unanswered
            if not scan.behind or scan.cursor == cursor:
                return
