"""Funds that arrive in a form the shop does not credit: the admins are notified, and decide.

Coins sent by a contract appear in no list of transactions, only in the balance, and people send tokens that the shop
does not accept. The balances of the addresses are compared with the books, a few addresses at a time, and a second
operator is asked before anyone is told. Coins that someone else moves out of an address hide the same amount of what
arrives later.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from shop.chains.errors import ChainUnavailable
from shop.chains.testimony import WitnessedReader
from shop.chains.transfers import Balance, BalanceReader
from shop.context import Context
from shop.outbox import Event
from shop.payments.watch import ChainWatch
from storage.models import Deposit, DepositAddress, SweepInput
from storage.models import UnattributedFunds as FundsRow
from storage.models.sweeps import gas_received
from wallet.chains import Chain

LOOK_EVERY_S = 60
ADDRESSES_PER_LOOK = 150
_SUSPECTS_PER_LOOK = 10
"""The most addresses with findings examined at a time: each may take a request, and a letter to each admin."""


@dataclass(slots=True)
class UnattributedFunds:
    """Goes round the addresses of a chain, starting a new round `every_s` after the start of the last one."""

    context: Context
    reader: BalanceReader
    watch: ChainWatch
    every_s: int
    _began_at: int | None = field(init=False, default=None)
    _after: int = field(init=False, default=0)

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.reader.chain

    def look(self) -> None:
        """Compare the next addresses of the round; if no server answers, they are next again."""
        now = self.context.clock()
        if self._began_at is not None and self._after == 0 and 0 <= now - self._began_at < self.every_s:
            return
        rows = DepositAddress.made_after(self.chain.value, self._after, limit=ADDRESSES_PER_LOOK)
        done = self._compare(rows)
        if done is None:
            return
        if self._after == 0:
            self._began_at = now
        self._after = done[-1][0] if len(done) == ADDRESSES_PER_LOOK or len(done) < len(rows) else 0

    def _compare(self, rows: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str]] | None:
        """Compare the balances of the addresses; return those that were compared, or None if none could be."""
        if not rows:
            return rows
        try:
            suspects = self._suspects([address for _, address in rows])
        except ChainUnavailable:
            return None
        named = {balance.address for balance in suspects}
        ends = [end for end, (_, address) in enumerate(rows, start=1) if address in named]
        if not ends:
            return rows
        done = rows[: ends[_SUSPECTS_PER_LOOK - 1]] if len(ends) > _SUSPECTS_PER_LOOK else rows
        examined = {address for _, address in done}
        suspects = [balance for balance in suspects if balance.address in examined]
        # The balances are older than the books read after this, which therefore know every transfer in them.
        if not self.watch.catch_up(list(dict.fromkeys(balance.address for balance in suspects))):
            return None
        with self.context.database.transaction():
            books = _Books.about(self.chain, suspects)
            for balance in filter(books.is_news, suspects):
                self._tell(balance, books)
        return done

    def _suspects(self, addresses: Sequence[str]) -> list[Balance]:
        """Return the balances that the books do not explain, unless another operator shows others.

        Raises:
            ChainUnavailable: no server answers.
        """
        found = self.reader.balances(addresses)
        books = _Books.about(self.chain, found)
        suspects = [balance for balance in found if books.is_news(balance)]
        if not suspects or not isinstance(self.reader, WitnessedReader):
            return suspects
        with self.reader.elsewhere():
            again = self.reader.balances(list(dict.fromkeys(balance.address for balance in suspects)))
        # A server without the balance of a coin contradicts nobody.
        shown = {(balance.address, balance.asset): balance.units for balance in again}
        return [each for each in suspects if shown.get((each.address, each.asset), each.units) == each.units]

    def _tell(self, balance: Balance, books: "_Books") -> None:
        """Notify the admins of each amount once. Needs an open transaction."""
        row, now = books.rows[balance.address], self.context.clock()
        more = books.unexplained(balance, row)
        FundsRow.keep(row.id, balance.asset.code, units=more, now=now)
        if more > books.told[row.id, balance.asset.code]:
            payload = {
                "customer_id": row.customer_id,
                "address": balance.address,
                "asset": balance.asset.code,
                "units": str(more),
            }
            key = f"unseen:{balance.address}:{balance.asset.code}:{more}:{now}"
            self.context.outbox.tell_admins(Event.ADMIN_UNSEEN, key=key, payload=payload)


@dataclass(frozen=True, slots=True)
class _Books:
    """The books for some addresses, read for all of them at once: sums by address and coin, in base units."""

    rows: Mapping[str, DepositAddress]
    came: Counter[tuple[int, str]]
    gas: Counter[str]
    left: Counter[tuple[int, str]]
    told: Counter[tuple[int, str]]

    @classmethod
    def about(cls, chain: Chain, balances: Sequence[Balance]) -> Self:
        """Read the books for the addresses of these balances."""
        rows = {row.address: row for row in DepositAddress.among(chain.value, {each.address for each in balances})}
        ids = [row.id for row in rows.values()]
        gas, left = gas_received(chain.value, list(rows)), SweepInput.confirmed_from(ids)
        return cls(rows, Deposit.sums_at(ids), gas, left, FundsRow.told(ids))

    def is_news(self, balance: Balance) -> bool:
        """Return whether the admins were told of a different amount: if it was more, coins were moved out, and may
        come again.
        """
        row = self.rows.get(balance.address)
        return row is not None and self.unexplained(balance, row) != self.told[row.id, balance.asset.code]

    def unexplained(self, balance: Balance, row: DepositAddress) -> int:
        """Return how much more is there than in the books: deposits and gas, less what was moved out.

        Burnt gas is not counted, so there may be less than in the books but never more because of it.
        """
        place = row.id, balance.asset.code
        came = self.came[place] + (self.gas[row.address] if balance.asset.contract is None else 0)
        return max(0, balance.units - came + self.left[place])
