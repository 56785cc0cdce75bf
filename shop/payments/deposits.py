"""Deposits: from the first sighting of a transfer to the customer's balance."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset
from shop.chains.finality import Finality, FinalityPolicy
from shop.chains.transfers import Head, Transfer
from shop.context import Context
from shop.errors import RateUnavailable
from shop.ledger import Follower, credit_deposit
from shop.logs import shortened
from shop.money import Money, to_fiat
from shop.outbox import Event
from shop.payments.rates import Rate, Rates, recorded
from storage.models import Customer, DepositAddress
from storage.models import Deposit as DepositRow
from storage.models import TopUp as TopUpRow
from wallet.chains import Chain

_log = logging.getLogger("souk.shop")

UNSAFE_S = 3_600
"""Deposits this recent count towards the finality rule of the customer's next transfer."""


class DepositState(Enum):
    """The state of a deposit."""

    SEEN = "seen"
    CONFIRMING = "confirming"
    CREDITED = "credited"
    ORPHANED = "orphaned"
    DUST = "dust"


@dataclass(frozen=True, slots=True)
class DepositView:
    """A deposit as it is shown. `asked` is the amount on the customer's top-up screen, if any."""

    id: int
    customer_id: int
    asset: Asset
    units: int
    txid: str
    state: DepositState
    confirmations: int
    depth: int
    credited: Money | None
    rate: Rate | None
    locked: bool
    asked: Money | None
    message_id: int | None


def view_of(row: DepositRow, currency: str) -> DepositView:
    """Convert a row to what its customer, or an admin, sees."""
    asset = ASSETS[row.asset]
    promise = TopUpRow.get_or_none(TopUpRow.id == row.top_up_id) if row.top_up_id else None
    return DepositView(
        id=row.id,
        customer_id=row.customer_id,
        asset=asset,
        units=row.units,
        txid=row.txid,
        state=DepositState(row.state),
        confirmations=row.confirmations,
        depth=Finality(asset.chain, row.finality).depth,
        credited=None if row.credited_minor is None else Money(row.credited_minor, currency),
        rate=recorded(row) if row.rate else None,
        locked=promise is not None,
        asked=Money(promise.asked_minor, currency) if promise and promise.asked_minor else None,
        message_id=row.message_id,
    )


_OPEN = frozenset(state.value for state in (DepositState.SEEN, DepositState.CONFIRMING, DepositState.ORPHANED))


@dataclass(frozen=True, slots=True)
class Pending:
    """A deposit to ask the chain about again. `changed_at` is in Unix seconds."""

    deposit_id: int
    txid: str
    index: str
    address: str
    changed_at: int
    missing: bool
    block_height: int | None = None
    block_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Deposits:
    """Records transfers and credits them when final."""

    context: Context
    rates: Rates
    policy: FinalityPolicy
    followers: tuple[Follower, ...]
    orphan_after_s: int

    def observe(self, transfer: Transfer, head: Head) -> None:
        """Record a transfer as the chain shows it now: store it, count confirmations, credit it when final."""
        if transfer.units <= 0:
            return
        with self.context.database.transaction():
            row = DepositRow.find(transfer.chain.value, transfer.txid, transfer.index)
            fresh = row is None
            if row is None:
                row = self._record(transfer)
            if row is not None and row.state in _OPEN:
                self._advance(row, transfer, head)
                if fresh and row.state in _OPEN:
                    self.context.outbox.tell_admins(
                        Event.ADMIN_SEEN, key=f"seen-{row.key}", payload={"deposit_id": row.id}
                    )
            elif row is not None and row.missing_since is not None:
                DepositRow.change(row.id, missing_since=None)

    def unsettled(self, transfers: Sequence[Transfer]) -> list[Transfer]:
        """Leave out transfers that are settled; this takes no transaction."""
        rows = ((each, DepositRow.find(each.chain.value, each.txid, each.index)) for each in transfers)
        return [each for each, row in rows if row is None or row.state in _OPEN or row.missing_since is not None]

    def missed(self, deposit_id: int) -> None:
        """Record that the chain no longer knows a transfer.

        If that lasts, the deposit is orphaned. A credited one is left as it is, and the admins are alarmed.
        """
        now = self.context.clock()
        with self.context.database.transaction():
            row = DepositRow.get_by_id(deposit_id)
            if row.missing_since is None:
                DepositRow.change(row.id, missing_since=now)
            elif not 0 <= now - row.missing_since < self.orphan_after_s:
                self._give_up(row)

    def pending(self, chain: Chain, *, quiet_s: int) -> list[Pending]:
        """List the open deposits of a chain that nothing was heard of for so long."""
        now = self.context.clock()
        return [_pending(row) for row in DepositRow.open_on(chain.value, now, quiet_s=quiet_s)]

    def credited_since(self, chain: Chain, moment: int) -> list[Pending]:
        """List the deposits of a chain that were credited, or found to be dust, since a given time."""
        return [_pending(row) for row in DepositRow.credited_on(chain.value, since=moment)]

    def view(self, deposit_id: int) -> DepositView:
        """Read a deposit, for its customer or the admins."""
        return view_of(DepositRow.get_by_id(deposit_id), self.context.currency)

    def of_transfers(self, transfers: Sequence[Transfer]) -> list[DepositView]:
        """Read the records of transfers that were observed."""
        rows = [DepositRow.find(one.chain.value, one.txid, one.index) for one in transfers]
        return [view_of(row, self.context.currency) for row in rows if row is not None]

    def announced(self, deposit_id: int, message_id: int) -> None:
        """Remember the message that shows a deposit's progress."""
        with self.context.database.transaction():
            DepositRow.change(deposit_id, message_id=message_id)

    def _record(self, transfer: Transfer) -> DepositRow | None:
        address = DepositAddress.find(transfer.chain.value, transfer.address)
        if address is None:
            return None
        now = self.context.clock()
        chain = transfer.chain.value
        worth = self._worth(transfer, DepositRow.unsafe_of(address.customer_id, chain, since=now - UNSAFE_S))
        return DepositRow.create(
            customer=address.customer_id,
            address=address.id,
            chain=chain,
            txid=transfer.txid,
            output_index=transfer.index,
            asset=transfer.asset.code,
            units=transfer.units,
            state=DepositState.ORPHANED.value,
            finality=self.policy.required(transfer.chain, worth).rule,
            seen_at=now,
            updated_at=now,
        )

    def _advance(self, row: DepositRow, transfer: Transfer, head: Head) -> None:
        finality = Finality(transfer.chain, row.finality)
        count = finality.count(transfer.block_height, head)
        state = DepositState.SEEN if transfer.block_height is None else DepositState.CONFIRMING
        if row.state == DepositState.ORPHANED.value:
            row.seen_at = self.context.clock()
        self._lock_rate(row, transfer)
        changed = (row.state, row.confirmations) != (state.value, count)
        row.state, row.confirmations = state.value, count
        DepositRow.change(
            row.id,
            state=state.value,
            confirmations=count,
            block_height=transfer.block_height,
            block_hash=transfer.block_hash,
            missing_since=None,
            seen_at=row.seen_at,
            updated_at=self.context.clock(),
        )
        if transfer.block_height is not None and finality.reached(transfer.block_height, head):
            changed = self._settle(row) or changed
        if changed:
            self._tell(row)

    def _lock_rate(self, row: DepositRow, transfer: Transfer) -> None:
        """Apply the locked rate of the top-up screen if the transfer was seen in time.

        The first sighting counts: otherwise customers could choose their rate by opening a screen while a transfer
        waits. A replaceable transfer (BIP-125) counts once it is in a block. After a downtime, the block's time tells
        when it could have been seen.
        """
        if row.rate is not None or (transfer.replaceable and transfer.block_height is None):
            return
        seen_at = self.context.clock() if transfer.replaceable else row.seen_at
        moment = min(seen_at, transfer.block_time or seen_at)
        promise = TopUpRow.at(row.customer_id, row.asset, moment)
        if promise is not None:
            self._keep_rate(row, recorded(promise), top_up_id=promise.id)

    def _keep_rate(self, row: DepositRow, rate: Rate, *, top_up_id: int | None = None) -> None:
        row.rate, row.rate_source, row.rate_at, row.top_up_id = str(rate.value), rate.source, rate.at, top_up_id
        DepositRow.change(
            row.id, rate=row.rate, rate_source=row.rate_source, rate_at=row.rate_at, top_up_id=top_up_id
        )

    def _settle(self, row: DepositRow) -> bool:
        """Credit a final transfer. Return whether the customer has to be told of it, or of dust."""
        asset = ASSETS[row.asset]
        if row.rate is None:
            try:
                self._keep_rate(row, self.rates.rate(asset.price_id))
            except RateUnavailable:
                return False
        row.state = DepositState.DUST.value
        DepositRow.change(row.id, state=row.state)
        small = DepositRow.dust_of(row.customer_id, row.asset)
        if row.units >= asset.dust_units:
            self._credit([row])
        elif sum(one.units for one in small) >= asset.dust_units:
            self._credit(small)
        return True

    def _credit(self, rows: Sequence[DepositRow]) -> None:
        """Credit transfers; each of several gets what the running sum grows by, so that no fraction is lost."""
        for row in rows:
            rate = recorded(row)
            amount = self._fiat(row.units, ASSETS[row.asset], rate)
            if len(rows) > 1:
                amount = self._share(rows, row)
            row.credited_minor, row.state = amount.minor, DepositState.CREDITED.value
            DepositRow.change(row.id, state=row.state, credited_minor=amount.minor, updated_at=self.context.clock())
            if amount.minor:
                credit_deposit(
                    row.customer_id, amount, key=row.key, now=self.context.clock(), followers=self.followers
                )
            self._tell(row)
            self.context.outbox.tell_admins(
                Event.ADMIN_DEPOSIT,
                key=f"admin-{row.key}",
                payload={"deposit_id": row.id},
            )

    def _share(self, rows: Sequence[DepositRow], row: DepositRow) -> Money:
        """Return how much one transfer adds to the value of a series of small ones, at its own rate."""
        position = next(index for index, one in enumerate(rows) if one.id == row.id)
        asset, rate = ASSETS[row.asset], recorded(row)
        before = sum(one.units for one in rows[:position])
        return self._fiat(before + row.units, asset, rate) - self._fiat(before, asset, rate)

    def _give_up(self, row: DepositRow) -> None:
        if row.state == DepositState.CREDITED.value:
            DepositRow.change(row.id, alarmed_at=self.context.clock())
            self.context.outbox.tell_admins(
                Event.ADMIN_VANISHED, key=f"vanished-{row.key}", payload={"deposit_id": row.id}
            )
            return
        row.state = DepositState.ORPHANED.value
        # The locked rate is lost with the transfer: its sender could send it again when the rate is in their favour.
        no_rate = dict.fromkeys(("rate", "rate_source", "rate_at", "top_up_id"))
        now = self.context.clock()
        DepositRow.change(row.id, state=row.state, confirmations=0, block_height=None, updated_at=now, **no_rate)
        self._tell(row)

    def _tell(self, row: DepositRow) -> None:
        _log.info(
            "deposit %d: %s %s %s, %d confirmations",
            row.id,
            row.state,
            row.asset,
            shortened(row.txid),
            row.confirmations,
        )
        customer = Customer.get_by_id(row.customer_id)
        self.context.outbox.tell_again(
            customer, Event.DEPOSIT, key=f"deposit:{row.id}", payload={"deposit_id": row.id}
        )

    def _worth(self, transfer: Transfer, beside: Sequence[DepositRow]) -> Money | None:
        """Value a transfer together with recent ones: a large sum sent in parts is still a large sum."""
        parts = [(transfer.units, transfer.asset), *((row.units, ASSETS[row.asset]) for row in beside)]
        try:
            worths = [self._fiat(units, asset, self.rates.rate(asset.price_id)) for units, asset in parts]
        except RateUnavailable:
            return None
        return sum(worths, Money(0, self.context.currency))

    def _fiat(self, units: int, asset: Asset, rate: Rate) -> Money:
        return to_fiat(units, decimals=asset.decimals, rate=rate.value, currency=self.context.currency)


def _pending(row: DepositRow) -> Pending:
    return Pending(
        deposit_id=row.id,
        txid=row.txid,
        index=row.output_index,
        address=row.address.address,
        changed_at=row.updated_at,
        missing=row.missing_since is not None,
        block_height=row.block_height,
        block_hash=row.block_hash,
    )
