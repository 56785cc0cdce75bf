"""What one operator showed of Solana's addresses, so that only those whose balance changed are read again.

Each operator has a memory of its own: a server that shows a balance and hides the payment must not keep another one's
history from being read. A balance may only rise by transactions that the same operator lists.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shop.chains.operators import operator_of
from shop.chains.solana_client import AccountBalance, Signature, SolanaClient
from shop.chains.transfers import Transfer

_REMEMBERED = 200_000
_LOOKED_UP = 50_000


@dataclass(frozen=True, slots=True)
class ExplainedBalance:
    """A balance that the history explained, and what was found with it, if that is asked for again."""

    holding: AccountBalance
    transfers: tuple[Transfer, ...] = ()


@dataclass(frozen=True, slots=True)
class LongHistory:
    """A history that is read in several turns: the balance at its beginning, the slot it goes down to, the signature
    that the last turn came to, and what was found so far.
    """

    holding: AccountBalance
    down_to: int
    before: str | None = None
    found: tuple[Transfer, ...] = ()


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A balance that no transaction explains, and since when the address has had such a one, in Unix seconds."""

    lamports: int
    since: int


class BalancesByOperator:
    """The balances of up to `ACCOUNTS_PER_CALL` addresses, as each operator that is asked shows them."""

    def __init__(self, addresses: Sequence[str], commitment: str) -> None:
        self._addresses = addresses
        self._commitment = commitment
        self._shown: dict[str, Mapping[str, AccountBalance]] = {}

    def shown_by(self, client: SolanaClient) -> Mapping[str, AccountBalance]:
        """Ask the server, unless its operator has answered."""
        operator = operator_of(client.provider.name)
        if operator not in self._shown:
            self._shown[operator] = client.holdings(self._addresses, commitment=self._commitment)
        return self._shown[operator]


class SolanaMemory:
    """The memory of one operator's answers, at one level of finality. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, ExplainedBalance] = OrderedDict()
        self._empty: dict[str, int] = {}
        """Addresses that never had anything, and the slot at which that was seen last."""
        self._readings: dict[str, LongHistory] = {}
        self._doubts: dict[str, _Doubt] = {}
        self._looked_up: OrderedDict[tuple[str, str], tuple[Transfer, ...]] = OrderedDict()
        self._fresh: dict[str, set[str]] = {}
        """Of the transactions that were looked up, those since an address's balance was explained."""
        self._lock = threading.Lock()

    def recall(self, address: str, holding: AccountBalance) -> tuple[Transfer, ...] | None:
        """Return what was found with this balance, and note that it lasts; None if the address has to be read."""
        with self._lock:
            if address in self._readings:
                return None
            known = self._known.get(address)
            if known is None and holding.lamports == 0:
                self._doubts.pop(address, None)
                if len(self._empty) < _REMEMBERED or address in self._empty:
                    self._empty[address] = holding.slot
                return ()
            if known is None or known.holding.lamports != holding.lamports:
                return None
            self._doubts.pop(address, None)
            self._known[address] = replace(known, holding=holding)
            return known.transfers

    def explained(self, address: str) -> AccountBalance | None:
        """Return the last balance that was explained; None if none is known."""
        with self._lock:
            known = self._known.get(address)
            if known is not None:
                return known.holding
            slot = self._empty.get(address)
            return None if slot is None else AccountBalance(0, slot)

    def explains(
        self, address: str, holding: AccountBalance, found: Sequence[Transfer], *, is_peek: bool = False
    ) -> bool:
        """Return whether payments explain how much a balance rose, as far as an earlier one is known.

        Transactions that are `fresh` count whatever their slot: the operator may have shown an old balance before.
        Not in a peek: it also reads those that an earlier balance was explained with.
        """
        before, fresh = self.explained(address), frozenset[str]() if is_peek else self.fresh(address)
        if before is None:
            return True
        came = sum(each.units for each in found if (each.block_height or 0) > before.slot or each.txid in fresh)
        return holding.lamports - before.lamports <= came

    def keep(self, address: str, known: ExplainedBalance) -> None:
        """Remember an explained balance, whose payments the caller has certainly stored."""
        with self._lock:
            self._empty.pop(address, None)
            self._doubts.pop(address, None)
            self._fresh.pop(address, None)
            self._known[address] = known
            self._known.move_to_end(address)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)

    def doubt(self, address: str, lamports: int, *, now: int) -> int:
        """Record a balance that nothing explains; return since when there has been one."""
        with self._lock:
            known = self._doubts.get(address)
            self._doubts[address] = _Doubt(lamports, now if known is None else known.since)
            return self._doubts[address].since

    def doubted(self, address: str) -> int | None:
        """Return the balance of an address that nothing explains; None if there is none."""
        with self._lock:
            doubt = self._doubts.get(address)
            return None if doubt is None else doubt.lamports

    def reading(self, address: str) -> LongHistory | None:
        """Return how far a history that takes several turns has been read."""
        with self._lock:
            return self._readings.get(address)

    def go_on(self, address: str, reading: LongHistory | None) -> None:
        """Remember how far a history has been read; None if there is no more of it."""
        with self._lock:
            if reading is None:
                self._readings.pop(address, None)
            else:
                self._readings[address] = reading

    def one_turn(self, address: str, listed: Sequence[Signature], *, down_to: int, most: int) -> int:
        """Return how many of an address's transactions, newest first, to read at once, so that others have a turn.

        At most `most` of them are to be looked up.
        """
        fresh = 0
        for number, item in enumerate(listed):
            if not item.failed and item.slot >= down_to and self.paid(item.signature, address) is None:
                if fresh == most:
                    return number
                fresh += 1
        return len(listed)

    def paid(self, signature: str, address: str) -> tuple[Transfer, ...] | None:
        """Return what a transaction paid to an address; None if it has to be looked up."""
        with self._lock:
            return self._looked_up.get((signature, address))

    def note(self, signature: str, address: str, paid: tuple[Transfer, ...]) -> None:
        """Remember what a transaction paid to an address, even if looking at the address fails later."""
        with self._lock:
            self._looked_up[signature, address] = paid
            self._fresh.setdefault(address, set()).add(signature)
            if len(self._looked_up) > _LOOKED_UP:
                (oldest, its_address), _ = self._looked_up.popitem(last=False)
                self._fresh.get(its_address, set()).discard(oldest)

    def fresh(self, address: str) -> frozenset[str]:
        """Return the transactions that were looked up since a balance of the address was last explained."""
        with self._lock:
            return frozenset(self._fresh.get(address, ()))

    def forget_news(self, listed: Sequence[Signature], address: str) -> None:
        """Look transactions up again the next time, but not those that an earlier balance was explained with."""
        before, fresh = self.explained(address), self.fresh(address)
        since = 0 if before is None else before.slot
        with self._lock:
            for item in listed:
                if item.slot > since or item.signature in fresh:
                    self._looked_up.pop((item.signature, address), None)
                    self._fresh.get(address, set()).discard(item.signature)
