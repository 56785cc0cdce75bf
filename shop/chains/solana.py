"""Watches Solana: SOL at many addresses.

One request shows the balances of a hundred addresses; only addresses whose balance changed are examined further.
Findings are cached, so a second look costs nothing. A sweep looks at some of the addresses and the next one continues
from there: with more customers, not the requests per sweep grow but the length of a round. Left out: coins that leave
an address between two looks, if exactly as many arrive. Tokens (SPL) are not credited; `shop.payments.unattributed`
notices those commonly sent to an owner's token account.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from shop.assets import NOT_CREDITED, native
from shop.chains.errors import ChainUnavailable, NotFound, Unavailable, UnknownTransaction
from shop.chains.failover import Failover
from shop.chains.parameters import PARAMETERS
from shop.chains.solana_client import ACCOUNTS_PER_CALL, CONFIRMED, FINALIZED, SolanaClient, is_signature
from shop.chains.testimony import Interviews, Testimony, shown_by
from shop.chains.transfers import Balance, ChainStatus, Head, Scan, Transfer, WatchPlan
from wallet.chains import Chain
from wallet.transactions.solana_programs import associated_token_account

_log = logging.getLogger("souk.chains")

_LOOKS_PER_SWEEP = 20
_QUESTIONS_PER_SWEEP = 60
_SLOTS_AGAIN = 216_000
"""Slots to read again, about a day, if a false height moved the cursor above the head."""
_NEWEST = 25
_LANES = 2
"""Sweeps that run side by side: the usual one, and the one at other operators."""
_REMEMBERED = 200_000
_LOOKED_UP = 50_000
_ASSET = native(Chain.SOL)
_PARAMETERS = PARAMETERS[Chain.SOL]
_TOKENS = tuple(asset for asset in NOT_CREDITED.values() if asset.chain is Chain.SOL)


@dataclass(frozen=True, slots=True)
class _Position:
    """The progress of a round over all addresses.

    `since`: the slot at which the last complete round began; older transactions are known. `began`: the slot at
    which this round began, or a lower one from which on an address is yet to be read. `address`: the last one handled
    in this round; empty at the start.
    """

    since: int
    began: int
    address: str

    def __str__(self) -> str:
        return f"{self.since}:{self.began}:{self.address}"

    @classmethod
    def read(cls, cursor: str) -> "_Position":
        since, began, address = cursor.split(":")
        return cls(int(since), int(began), address)


@dataclass(frozen=True, slots=True)
class _Known:
    """The findings when an address had this balance. `settled`: the caller has certainly stored it."""

    lamports: int
    transfers: tuple[Transfer, ...]
    settled: bool


class _Memory:
    """The cache for each address, at one level of finality."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._looked_up: OrderedDict[tuple[str, str], tuple[Transfer, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, address: str, lamports: int) -> tuple[Transfer, ...] | None:
        """Return what is cached for an address with this balance; None if it has to be looked up."""
        with self._lock:
            known = self._known.get(address)
        if known is None:
            return () if lamports == 0 else None
        return known.transfers if known.settled and known.lamports == lamports else None

    def paid(self, signature: str, address: str) -> tuple[Transfer, ...] | None:
        """Return what a transaction paid to an address; None if it has to be looked up."""
        with self._lock:
            return self._looked_up.get((signature, address))

    def note(self, signature: str, address: str, paid: tuple[Transfer, ...]) -> None:
        """Remember what a transaction paid to an address, even if looking at the address fails later."""
        with self._lock:
            self._looked_up[signature, address] = paid
            if len(self._looked_up) > _LOOKED_UP:
                self._looked_up.popitem(last=False)

    def settle(self, addresses: Sequence[str]) -> None:
        """Record that the findings at these addresses are stored."""
        with self._lock:
            for address in addresses:
                if address in self._known:
                    self._known[address] = replace(self._known[address], settled=True)

    def keep(self, address: str, lamports: int, transfers: tuple[Transfer, ...], *, settled: bool) -> None:
        """Remember."""
        with self._lock:
            self._known[address] = _Known(lamports, transfers, settled)
            self._known.move_to_end(address)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


class SolanaReader:
    """Solana, as the shop sees it. Heights are slots."""

    def __init__(self, failover: Failover[SolanaClient]) -> None:
        self.chain = Chain.SOL
        self.plan = WatchPlan(
            peek_batch=ACCOUNTS_PER_CALL, looks=_PARAMETERS.looks, sweep_every_s=_PARAMETERS.sweep_every_s
        )
        self._failover = failover
        self._confirmed = _Memory()
        self._final = _Memory()
        self._handed_over: dict[str, list[str]] = {}
        self._owed: dict[str, int] = {}
        """For each address whose history no server could provide: the slot down to which it is still to be read."""
        self._interviews = Interviews(
            failover,
            head=SolanaClient.head,
            look_up=partial(self._shown, commitment=CONFIRMED),
            block_hash=SolanaClient.block_hash,
        )

    def status(self) -> ChainStatus:
        """Return the state of the chain's servers."""
        return self._failover.status()

    def head(self) -> Head:
        """Ask for the chain's head: the newest confirmed and the newest finalized slot."""
        return self._failover.head(lambda client: client.head())

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at the balances, and at the newest transactions where one changed."""
        found: list[Transfer] = []
        lamports: dict[str, int] = {}

        def look(address: str) -> tuple[Transfer, ...]:
            return self._changes(address, lamports[address], self._confirmed, CONFIRMED, None)

        for start in range(0, len(addresses), ACCOUNTS_PER_CALL):
            some = list(addresses[start : start + ACCOUNTS_PER_CALL])
            balances = self._failover.ask(partial(_balances, addresses=some, commitment=CONFIRMED))
            lamports |= zip(some, balances, strict=True)
            found += self._failover.unread.look_at_each(look, some)
        return tuple(found)

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up. Raises UnknownTransaction."""
        signature = txid.strip()
        if not is_signature(signature):
            raise UnknownTransaction(self.chain, signature[:100])
        try:
            return self._received(signature, set(addresses), CONFIRMED)
        except NotFound:
            raise UnknownTransaction(self.chain, signature) from None

    def testimonies(self, txid: str, addresses: Sequence[str], *, besides: str) -> Iterator[Testimony]:
        """Ask the nodes of other operators about a transaction, one after another."""
        return self._interviews.testimonies(txid, addresses, besides=besides)

    def sweep_elsewhere(self, addresses: Sequence[str], cursor: str | None) -> Scan | None:
        """As `sweep`, but ask operators other than that of the first server; None if there are none."""
        return self._interviews.sweep_elsewhere(lambda: self.sweep(addresses, cursor))

    def elsewhere(self) -> AbstractContextManager[None]:
        """Send this thread's requests to other operators before that of the first server."""
        return self._interviews.elsewhere()

    def block_hash(self, height: int, *, server: str) -> str:
        """Ask one node for the hash of a slot's block. Raises ChainUnavailable."""
        return self._interviews.block_hash(height, server=server)

    def balances(self, addresses: Sequence[str]) -> tuple[Balance, ...]:
        """Ask for the balances of uncredited tokens in the addresses' own token accounts."""
        found: list[Balance] = []
        for token in _TOKENS:
            accounts = [associated_token_account(owner, token.contract or "") for owner in addresses]
            for start in range(0, len(accounts), ACCOUNTS_PER_CALL):
                some = accounts[start : start + ACCOUNTS_PER_CALL]
                amounts = self._failover.ask(partial(_token_amounts, accounts=some, most_units=token.most_units))
                owners = addresses[start : start + ACCOUNTS_PER_CALL]
                found += [Balance(owner, token, units) for owner, units in zip(owners, amounts, strict=True)]
        return tuple(found)

    def sweep(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Look at the next addresses of the round (cursor: "since:began:address").

        A caller that passes the last sweep's cursor has stored its findings; until then none of them count as known.
        """
        self._final.settle(self._handed_over.pop(cursor or "", []))
        scan, asked = self._sweep(addresses, cursor)
        if scan.cursor != cursor:
            self._handed_over[scan.cursor] = asked
            while len(self._handed_over) > _LANES:
                del self._handed_over[next(iter(self._handed_over))]
        return scan

    def _sweep(self, addresses: Sequence[str], cursor: str | None) -> tuple[Scan, list[str]]:
        head = self.head()
        final = head.finalized or 0
        first = max(0, final - _PARAMETERS.overlap_blocks)
        position = _Position(first, final, "") if cursor is None else _Position.read(cursor)
        if max(position.since, position.began) > final + _PARAMETERS.overlap_blocks:
            position = _Position(max(0, final - _SLOTS_AGAIN), final, "")
        if not position.address:
            position = _Position(position.since, final, "")
        later = sorted(address for address in set(addresses) if address > position.address)
        turn = later[: _LOOKS_PER_SWEEP * ACCOUNTS_PER_CALL]
        found, asked, last = self._round(turn, down_to=max(0, position.since - _PARAMETERS.overlap_blocks))
        # Addresses still to be read must survive a restart, and only the cursor does.
        began = min([position.began, *(slot + _PARAMETERS.overlap_blocks for slot in self._owed.values())])
        if last == (later[-1] if later else ""):
            return Scan(found, head, str(_Position(began, began, ""))), asked
        interrupted = last != turn[-1]
        after = _Position(position.since, began, last or position.address)
        return Scan(found, head, str(after), behind=max(1, final - position.since) if interrupted else 0), asked

    def _round(self, addresses: list[str], *, down_to: int) -> tuple[tuple[Transfer, ...], list[str], str]:
        """Look at addresses until one sweep's requests are used up; return which were looked at, and the last one."""
        found: list[Transfer] = []
        asked: list[str] = []
        last, questions = "", 0
        for start in range(0, len(addresses), ACCOUNTS_PER_CALL):
            some = addresses[start : start + ACCOUNTS_PER_CALL]
            balances = self._failover.ask(partial(_balances, addresses=some, commitment=FINALIZED))
            for address, lamports in zip(some, balances, strict=True):
                if questions >= _QUESTIONS_PER_SWEEP:
                    return tuple(found), asked, last
                last, known = address, self._final.recall(address, lamports)
                changes = self._owed_or_new(address, lamports, down_to)
                if known is None:
                    questions += 1 + len(changes or ())
                    found += changes or ()
                    asked += [address] * (changes is not None)
        return tuple(found), asked, last

    def _owed_or_new(self, address: str, lamports: int, down_to: int) -> tuple[Transfer, ...] | None:
        """Look at an address in a sweep; None if no server can read its history, which the next round then reads as
        far back.

        Raises:
            ChainUnavailable: no server answers, whatever the address.
        """
        begin = min(down_to, self._owed.get(address, down_to))
        try:
            found = self._changes(address, lamports, self._final, FINALIZED, begin)
        except ChainUnavailable as error:
            if not error.is_about_the_question:
                raise
            _log.warning("SOL: the history of an address cannot be read: %s", error)
            self._failover.unread.failed(address, error)
            self._owed[address] = begin
            return None
        self._failover.unread.answered(address)
        self._owed.pop(address, None)
        return found

    def _changes(
        self, address: str, lamports: int, memory: _Memory, commitment: str, down_to: int | None
    ) -> tuple[Transfer, ...]:
        """Return what an address received: from the cache while its balance is unchanged, else from its history."""
        known = memory.recall(address, lamports)
        if known is not None:
            return known
        found = self._failover.ask(
            lambda client: self._history(client, address, memory, commitment, down_to), of_one_address=True
        )
        # A peek returns everything known each time; a sweep only what is new, so what it found before must be stored.
        memory.keep(address, lamports, found, settled=down_to is None)
        return found

    def _history(
        self, client: SolanaClient, address: str, memory: _Memory, commitment: str, down_to: int | None
    ) -> tuple[Transfer, ...]:
        """Read an address's history from a node; one that lists transactions it cannot show is asked again later."""
        history = client.signatures(address, commitment=commitment, down_to=down_to)
        recent = [item for item in history if not item.failed and (down_to is None or item.slot >= down_to)]
        found: list[Transfer] = []
        for item in recent if down_to is not None else recent[:_NEWEST]:
            paid = memory.paid(item.signature, address)
            if paid is None:
                try:
                    paid = self._shown(client, item.signature, {address}, commitment=commitment)
                except NotFound:
                    raise Unavailable(client.provider.name, "does not show what it lists") from None
                memory.note(item.signature, address, paid)
            found += paid
        return tuple(found)

    def _received(self, signature: str, addresses: Collection[str], commitment: str) -> tuple[Transfer, ...]:
        return self._failover.look_up(
            lambda client: self._shown(client, signature, addresses, commitment=commitment),
            height=lambda client: client.head().latest,
        )

    def _shown(
        self, client: SolanaClient, signature: str, addresses: Collection[str], *, commitment: str
    ) -> tuple[Transfer, ...]:
        movement = client.movement(signature, commitment=commitment)
        if movement is None:
            return ()
        found = [
            Transfer(
                chain=self.chain,
                txid=signature,
                index=address,
                address=address,
                asset=_ASSET,
                units=lamports,
                block_height=movement.slot,
                block_time=movement.time,
            )
            for address, lamports in movement.received
            if address in addresses
        ]
        return shown_by(client, found)


def _balances(client: SolanaClient, *, addresses: list[str], commitment: str) -> list[int]:
    return client.lamports(addresses, commitment=commitment)


def _token_amounts(client: SolanaClient, *, accounts: list[str], most_units: int) -> list[int]:
    return client.token_amounts(accounts, most_units=most_units)
