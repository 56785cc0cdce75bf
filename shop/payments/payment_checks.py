"""Look-ups of transactions that customers enter: a queue served by dedicated threads.

Public servers may take minutes to fail. So the threads that serve updates only queue a look-up, and the chains' own
threads are not involved. Each chain has one look-up in progress at a time, so a chain that hangs takes at most one
thread.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from shop.assets import Asset, native
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.transfers import Transfer
from shop.context import Context
from shop.errors.payments import (
    BeingLookedUp,
    ChainDelayed,
    NotForTheShop,
    NotYourTransaction,
    TokenForTheShop,
    TokenNotTaken,
    TooManyLookUps,
    TransactionUnknown,
)
from shop.errors.refusals import Refusal, TooSoon
from shop.payments import other_tokens
from shop.payments.addresses import DepositAddresses
from shop.payments.deposit_views import DepositView
from shop.payments.deposits import Deposits
from shop.payments.top_ups import TopUps
from shop.payments.watch import ChainWatch
from shop.people import Person, Right
from storage.models import DepositAddress
from wallet.chains import Chain

THREADS = 2
WAIT_S = 10
"""Seconds between two look-ups for one customer, since each asks public servers."""
MOST_WAITING = 200
_DIGITS = 64
_FOUND = TokenNotTaken, NotForTheShop
"""Refusals that name what a chain shows: no other chain has the same transaction."""
_TXID = re.compile(r"(?:0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{64,90}")


class Asker(Protocol):
    """The recipient of an answer. Its methods must not block, since all other look-ups would wait."""

    def waits(self, place: int) -> None:
        """Show the place in the queue; 1 is next."""
        ...

    def begins(self) -> None:
        """Show that the chain is being asked now."""
        ...

    def found(self, deposits: Sequence[DepositView]) -> None:
        """Show the answer."""
        ...

    def refused(self, refusal: Refusal) -> None:
        """Show why there is no answer."""
        ...

    def failed(self) -> None:
        """Show that something went wrong; the job runner logs the details."""
        ...


@dataclass(frozen=True, slots=True)
class _LookUp:
    """A transaction to look up on the chain of a coin; if it is not there, on those of `others`.

    For an admin, all of the shop's addresses count (`everybody`), for a customer only their own. `so_far`: what the
    chains before said, which counts if the others do not know the transaction.
    """

    person: Person
    asset: Asset
    txid: str
    asker: Asker
    others: tuple[Asset, ...] = ()
    everybody: bool = False
    so_far: Refusal | None = None


@dataclass(slots=True)
class PaymentChecks:
    """Looks up transactions for customers: one at a time for each customer, and for each chain."""

    context: Context
    top_ups: TopUps
    addresses: DepositAddresses
    deposits: Deposits
    watches: Mapping[Chain, ChainWatch]
    _work: threading.Condition = field(init=False, default_factory=threading.Condition)
    _waiting: list[_LookUp] = field(init=False, default_factory=list)
    _in_hand: dict[Chain, _LookUp] = field(init=False, default_factory=dict)
    _asked_at: dict[int, int] = field(init=False, default_factory=dict)
    _stopping: bool = field(init=False, default=False)

    @property
    def waiting(self) -> int:
        """Count the look-ups that no thread has taken yet."""
        with self._work:
            return len(self._waiting)

    def ask(self, person: Person, asset_code: str, text: str, asker: Asker) -> None:
        """Queue the look-up of a transaction, given by its id or a link with it; `asker` gets the outcome.

        Raises:
            UnknownAsset: the coin is not accepted.
            TransactionUnknown: the text contains no id.
            BeingLookedUp: the customer's last one is not answered yet.
            TooSoon: the customer asked a moment ago.
            TooManyLookUps: the queue is full.
        """
        asset = self.top_ups.asset(asset_code)
        found = _TXID.search(text)
        if found is None:
            raise TransactionUnknown
        self._queue(_LookUp(person, asset, found.group(), asker))

    def ask_everywhere(self, admin: Person, txid: str, asker: Asker) -> None:
        """Queue the look-up of a transaction to any address, on each chain that it may belong to.

        Raises:
            TransactionUnknown: no chain of the shop has ids of this form.
            BeingLookedUp, TooSoon, TooManyLookUps: as in `ask`.
        """
        self.context.customers.require(admin, Right.CUSTOMERS)
        coins = [native(chain) for chain in _chains_of(txid) if chain in self.watches]
        if not coins:
            raise TransactionUnknown
        self._queue(_LookUp(admin, coins[0], txid, asker, tuple(coins[1:]), everybody=True))

    def _queue(self, wanted: _LookUp) -> None:
        person, asker = wanted.person, wanted.asker
        with self._work:
            if any(each.person.id == person.id for each in (*self._waiting, *self._in_hand.values())):
                raise BeingLookedUp
            if len(self._waiting) >= MOST_WAITING:
                raise TooManyLookUps
            self._take_turn(person)
            asker.waits(len(self._waiting) + 1)
            self._waiting.append(wanted)
            self._work.notify()

    def run(self) -> None:
        """Answer look-ups until `stop`."""
        while (taken := self._take()) is not None:
            self._answer(taken)

    def stop(self) -> None:
        """End after the look-ups in progress; the others are dropped."""
        with self._work:
            self._stopping = True
            self._work.notify_all()

    def _take_turn(self, person: Person) -> None:
        now = self.context.clock()
        self._asked_at = {who: at for who, at in self._asked_at.items() if 0 <= now - at < WAIT_S}
        if person.id in self._asked_at:
            raise TooSoon(WAIT_S - (now - self._asked_at[person.id]))
        self._asked_at[person.id] = now

    def _take(self) -> _LookUp | None:
        """Wait for the first look-up whose chain is free, without a connection to the database; None at the end."""
        self.context.database.release_thread()
        with self._work:
            while not self._stopping:
                free = next((each for each in self._waiting if each.asset.chain not in self._in_hand), None)
                if free is not None:
                    self._waiting.remove(free)
                    self._in_hand[free.asset.chain] = free
                    return free
                self._work.wait()
        return None

    def _answer(self, one: _LookUp) -> None:
        answer: list[DepositView] | Refusal | None = None
        try:
            one.asker.begins()
            answer = self._look_up(one)
        except Refusal as refusal:
            answer = one.so_far or refusal if isinstance(refusal, TransactionUnknown) else refusal
        finally:
            more = None
            if one.others and isinstance(answer, Refusal) and not isinstance(answer, _FOUND):
                more = replace(one, asset=one.others[0], others=one.others[1:], so_far=answer)
            with self._work:
                del self._in_hand[one.asset.chain]
                if more is not None:
                    self._waiting.insert(0, more)
                self._work.notify_all()
            if answer is None:
                one.asker.failed()
        if more is not None:
            return
        if isinstance(answer, Refusal):
            one.asker.refused(answer)
        else:
            one.asker.found(answer)

    def _look_up(self, one: _LookUp) -> list[DepositView]:
        chain = one.asset.chain
        addresses = DepositAddress.all_of(chain.value) if one.everybody else [self.addresses.of(one.person.id, chain)]
        watch = self.watches[chain]
        transfers: Sequence[Transfer] = ()
        try:
            transfers = watch.find(one.txid, *addresses)
            if other_tokens.are_paid(self.context, watch.reader, one.txid, addresses) and not transfers:
                raise TokenForTheShop if one.everybody else TokenNotTaken
        except UnknownTransaction:
            if not transfers:
                raise TransactionUnknown from None
        except ChainUnavailable:
            if not transfers:
                raise ChainDelayed(one.asset.name) from None
        found = self.deposits.of_transfers(transfers)
        views = [view for view in found if one.everybody or not view.is_unknown_to_customer]
        if not views:
            raise NotForTheShop if one.everybody else NotYourTransaction
        return views


def _chains_of(txid: str) -> tuple[Chain, ...]:
    """List the chains whose transaction ids have this form."""
    if txid.lower().startswith("0x"):
        return (Chain.ETH,)
    if len(txid) == _DIGITS:
        return tuple(chain for chain in Chain if chain is not Chain.SOL)
    return (Chain.SOL,)
