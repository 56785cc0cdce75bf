"""Deposits: from the first sighting of a transfer to the customer's balance."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shop.assets import ASSETS
from shop.chains.finality import Finality, FinalityPolicy
from shop.chains.operators import operator_of
from shop.chains.transfers import Head, Transfer
from shop.context import Context
from shop.errors.payments import RateUnavailable
from shop.errors.refusals import StaleScreen
from shop.ledger import Follower, credit_deposit
from shop.logs import shortened
from shop.money import Money
from shop.outbox import SentMessage
from shop.payments import deposit_letters
from shop.payments.deposit_views import OPEN, DepositState, DepositView, view_of
from shop.payments.locked_rates import correct_rate, count_anew, drop_rate, keep_rate, lock_rate, promised_to
from shop.payments.moved import credited_before
from shop.payments.older_than_address import is_earlier, is_left_to_admins, seems_earlier
from shop.payments.rates import recorded
from shop.payments.sightings import Pending, differing, is_final, is_news, pays_the_same, pending_of, shows
from shop.payments.valuation import Incoming, Valuation
from shop.payments.witnesses import BY_HAND, DISPUTED, Hearing, Hold, Verdict, Witnesses
from shop.people import Person, Right
from storage.models import Deposit as DepositRow
from storage.models import DepositAddress, SweepTransaction
from wallet.chains import Chain

_log = logging.getLogger("souk.shop")

CALM_S = 300
"""Seconds without a witness before the admins are notified; usually a witness is only a few blocks behind."""

Watcher = Callable[[int, Incoming], None]
"""Called with a customer whose payments changed, and the total on its way to them."""
_EARLIER = Hold.EARLIER.value
_ASKED_AGAIN = frozenset({Hold.UNWITNESSED.value, Hold.DENIED.value, _EARLIER})


@dataclass(frozen=True, slots=True)
class Deposits:
    """Records transfers and credits them when final.

    In the same transaction, `followers` are called for credits, and `watchers` for pending payments.
    """

    context: Context
    valuation: Valuation
    policy: FinalityPolicy
    followers: tuple[Follower, ...]
    orphan_after_s: int
    witnesses: Witnesses
    watchers: tuple[Watcher, ...] = ()

    def observe(self, transfer: Transfer, head: Head) -> None:
        """Record a transfer as the chain shows it now: store it, count confirmations, credit it when final.

        If it needs a witness, one is asked after it is recorded and before it is credited.
        """
        if transfer.units <= 0:
            return
        with self.context.database.transaction():
            rows = self._observe(transfer, head)
            waiting = [row for row in rows if self._needs_witness(row, head)]
        if waiting:
            hearing = self.witnesses.hear(transfer, Finality(transfer.chain, waiting[0].finality))
            with self.context.database.transaction():
                for row in waiting:
                    self._heard(row.id, transfer, hearing, head)

    def unsettled(self, transfers: Sequence[Transfer]) -> list[Transfer]:
        """Leave out transfers, all of one chain, that are settled in the state shown; needs no transaction."""
        chain = next((each.chain.value for each in transfers), "")
        known = DepositRow.parts_of_all(chain, list({each.txid for each in transfers}))
        return [each for each in transfers if is_news(each, known.get((each.txid, each.index), ()))]

    def missed(self, deposit_id: int) -> None:
        """Record that the chain no longer knows a transfer.

        If that lasts, the deposit is orphaned. A credited one is left unchanged, and the admins are alerted.
        """
        now = self.context.clock()
        with self.context.database.transaction():
            row = DepositRow.get_by_id(deposit_id)
            if row.missing_since is None:
                DepositRow.change(row.id, missing_since=now)
            elif not 0 <= now - row.missing_since < self.orphan_after_s:
                self._give_up(row)

    def pending(self, chain: Chain, *, quiet_s: int) -> list[Pending]:
        """List the open deposits of a chain that nothing has been heard of for this long."""
        now = self.context.clock()
        return [pending_of(row) for row in DepositRow.open_on(chain.value, now, quiet_s=quiet_s)]

    def credited_lately(self, chain: Chain, seconds: int) -> list[Pending]:
        """List the deposits of a chain that were credited, or found to be dust, within the last so many seconds."""
        return [pending_of(row) for row in DepositRow.credited_on(chain.value, within=self.context.lately(seconds))]

    def view(self, deposit_id: int) -> DepositView:
        """Read a deposit, for its customer or the admins."""
        return view_of(DepositRow.get_by_id(deposit_id), self.context.currency)

    def of_transfers(self, transfers: Sequence[Transfer]) -> list[DepositView]:
        """Read the records of transfers that were observed."""
        rows = (row for one in transfers for row in DepositRow.parts(one.chain.value, one.txid, one.index))
        return [view_of(row, self.context.currency) for row in rows]

    def release(self, admin: Person, deposit_id: int) -> DepositView:
        """Credit a final deposit that is held, on an admin's word. A second call changes nothing.

        Raises:
            StaleScreen: it is not held, or the chain no longer shows it.
            OwnAccount: it belongs to the manager's own account.
            AboveCeiling: only an owner may credit as much.
            RateUnavailable: it has no rate yet, and there is no current one.
        """
        with self.context.database.transaction():
            self.context.customers.require(admin, Right.MONEY)
            row = DepositRow.get_or_none(DepositRow.id == deposit_id)
            if row is None:
                raise StaleScreen
            self.context.customers.require_for(admin, Right.MONEY, row.customer_id)
            if row.state != DepositState.CREDITED.value:
                self._release(admin, row)
        return self.view(deposit_id)

    def announced(self, deposit_id: int, message: SentMessage) -> None:
        """Remember the message that shows a deposit's progress."""
        with self.context.database.transaction():
            DepositRow.change(deposit_id, message_id=message.message_id, message_bot_id=message.bot_id)

    def _release(self, admin: Person, row: DepositRow) -> None:
        if row.held is None or row.state != DepositState.CONFIRMING.value or row.missing_since is not None:
            raise StaleScreen
        if row.rate is None:
            keep_rate(row, self.valuation.rates.rate(ASSETS[row.asset].price_id))
        worth = self.valuation.fiat(row.units, ASSETS[row.asset], recorded(row))
        row.witness, reason, row.held = self.witnesses.word_of(admin, row, worth), row.held, None
        DepositRow.change(row.id, witness=row.witness, held=None, alarmed_at=None)
        self._credit([row])
        amount = f"{Money(row.credited_minor or 0, self.context.currency).decimal:f} {self.context.currency}"
        self.context.audit.write(
            admin, "deposit.released", f"deposit {row.id}", amount=amount, reason=reason, transaction=row.txid
        )

    def _observe(self, transfer: Transfer, head: Head) -> list[DepositRow]:
        """Record what is shown, in the caller's transaction; return its rows."""
        rows = DepositRow.parts(transfer.chain.value, transfer.txid, transfer.index)
        fresh = not rows
        if fresh:
            rows = self._record(transfer)
        elif not shows(rows, transfer) and not self._amended(rows, transfer):
            self._contradict(rows, transfer)
            return rows
        for row in rows:
            if row.state in OPEN:
                self._advance(row, transfer, head)
                if fresh and row.state in OPEN and row.held != _EARLIER:
                    deposit_letters.of_sighting(self.context.outbox, row)
            elif row.missing_since is not None:
                DepositRow.change(row.id, missing_since=None)
        return rows

    def _amended(self, rows: Sequence[DepositRow], transfer: Transfer) -> bool:
        """Accept a changed amount if a reorganisation explains it: the same operator, another block."""
        row = rows[0]
        same = operator_of(row.shown_by) == operator_of(transfer.shown_by) and bool(transfer.shown_by)
        moved = None not in (row.block_hash, transfer.block_hash) and row.block_hash != transfer.block_hash
        gone = row.state == DepositState.ORPHANED.value
        if len(rows) > 1 or row.state not in OPEN or row.held in DISPUTED or not (gone or (same and moved)):
            return False
        if not pays_the_same(row, transfer):
            return False
        row.units, row.witness = transfer.units, None
        DepositRow.change(row.id, units=row.units, witness=None)
        self._require_anew(row, transfer)
        return True

    def _require_anew(self, row: DepositRow, transfer: Transfer) -> None:
        """Choose again how final a deposit must be, since its worth is another."""
        beside = self.valuation.beside(row.customer_id, on=transfer.chain, but=row.id)
        worth = self._worth(row.customer_id, transfer, beside, seen_at=row.seen_at)
        row.finality = self.policy.required(transfer.chain, worth).rule
        DepositRow.change(row.id, finality=row.finality)

    def _contradict(self, rows: Sequence[DepositRow], transfer: Transfer) -> None:
        """Hold a transfer that two servers show differently; notify once the admins who may decide about money."""
        for row in rows:
            if row.state in OPEN and row.held != Hold.CONTRADICTED.value:
                self._hold(row, Hold.CONTRADICTED)
        other = Hearing(Verdict.DENIED, transfer.shown_by, transfer.units, differing=differing(rows, transfer))
        self._alarm(rows[0], sum(row.units for row in rows), other)

    def _alarm(self, row: DepositRow, units: int, other: Hearing) -> None:
        if row.state not in OPEN:
            DepositRow.change(row.id, alarmed_at=self.context.clock())
        deposit_letters.of_contradiction(self.context.outbox, row, units, other)

    def _heard(self, deposit_id: int, transfer: Transfer, hearing: Hearing | None, head: Head) -> None:
        """Act on a witness's answer, unless something else happened meanwhile."""
        row = DepositRow.get_by_id(deposit_id)
        same = row.block_height == transfer.block_height and row.missing_since is None
        if row.state != DepositState.CONFIRMING.value or row.held not in _ASKED_AGAIN or not same:
            return
        if hearing is not None and hearing.verdict is Verdict.CONFIRMED:
            self._confirmed(row, transfer, hearing)
        elif row.held == _EARLIER:
            self._of_unknown_age(row, transfer, head)
        elif hearing is not None and hearing.verdict is Verdict.DENIED:
            self._hold(row, Hold.DENIED)
            self._alarm(row, transfer.units, hearing)
        elif row.held_at is None:
            self._hold(row, Hold.UNWITNESSED)
        elif not 0 <= self.context.clock() - row.held_at < CALM_S:
            deposit_letters.of_hold(self.context.outbox, row)

    def _confirmed(self, row: DepositRow, transfer: Transfer, hearing: Hearing) -> None:
        """Credit a deposit that a witness confirmed, unless it is older than its address or needs more blocks now."""
        now = self.context.clock()
        if row.held == _EARLIER:
            row.held_at = None
        row.held = None
        row.witness = hearing.server
        DepositRow.change(row.id, witness=row.witness, held=None, held_at=row.held_at)
        if is_earlier(transfer, hearing, row.address, now=now):
            self._leave_to_admins(row)
            return
        required = row.finality
        witnessed = replace(transfer, block_time=hearing.block_time)
        if correct_rate(row, witnessed, now=now):
            self._require_anew(row, witnessed)
        if row.finality == required:  # else the next look credits it
            self._settle_and_tell(row)

    def _of_unknown_age(self, row: DepositRow, transfer: Transfer, head: Head) -> None:
        """Decide by the blocks since whether a deposit is older than its address, if nobody has said so in time."""
        now = self.context.clock()
        if 0 <= now - (row.held_at or 0) < CALM_S:
            return
        nobody = Hearing(Verdict.SILENT, latest=head.latest)
        if is_earlier(transfer, nobody, row.address, now=now):
            self._leave_to_admins(row)
            return
        row.held = None
        row.held_at = None
        DepositRow.change(row.id, held=None, held_at=None)
        self._settle_and_tell(row)

    def _settle_and_tell(self, row: DepositRow) -> None:
        if self._settle(row):
            self._tell(row)

    def _hold(self, row: DepositRow, hold: Hold) -> None:
        """Put a deposit on hold, and tell its customer once, and again when it begins to wait for an admin."""
        is_first = row.held_at is None
        by_hand = hold in BY_HAND and row.held != hold.value
        row.held = hold.value
        row.held_at = row.held_at or self.context.clock()
        DepositRow.change(row.id, held=row.held, held_at=row.held_at)
        if hold is Hold.CEILING:
            deposit_letters.of_hold(self.context.outbox, row)
        if is_first or by_hand:
            self._tell(row)

    def _needs_witness(self, row: DepositRow, head: Head) -> bool:
        """Return whether to ask another operator about a deposit now."""
        if row.state not in OPEN or row.held not in _ASKED_AGAIN or is_left_to_admins(row):
            return False
        return row.held != _EARLIER or is_final(row, head)

    def _set_aside(self, row: DepositRow, transfer: Transfer, head: Head) -> bool:
        """Hold a transfer that seems to be from before its address was given out; return whether it does.

        Once it is final, a second operator is asked for the time of its block, unless that is proved.
        """
        if row.held != _EARLIER:
            judged = row.witness is not None or row.held is not None
            if judged or not seems_earlier(transfer, head, row.address, now=self.context.clock()):
                return False
            row.held, row.held_at = _EARLIER, self.context.clock()
            DepositRow.change(row.id, held=row.held, held_at=row.held_at)
            self._tell(row)
        if self.witnesses.proves(transfer.chain) and is_final(row, head) and not is_left_to_admins(row):
            self._leave_to_admins(row)
        return True

    def _leave_to_admins(self, row: DepositRow) -> None:
        """Tell the admins of a transfer that is older than its address; only they can credit it now."""
        row.held, row.alarmed_at = _EARLIER, self.context.clock()
        DepositRow.change(row.id, held=row.held, alarmed_at=row.alarmed_at)
        _log.warning("deposit %d: %s is older than its address", row.id, shortened(row.txid))
        deposit_letters.of_hold(self.context.outbox, row)

    def _record(self, transfer: Transfer) -> list[DepositRow]:
        address = DepositAddress.find(transfer.chain.value, transfer.address)
        swept = SweepTransaction.is_own(transfer.chain.value, transfer.txid)
        if address is None or swept or credited_before(transfer, address):
            return []
        now, chain = self.context.clock(), transfer.chain.value
        beside = self.valuation.beside(address.customer_id, on=transfer.chain)
        worth = self._worth(address.customer_id, transfer, beside, seen_at=now)
        row = DepositRow.create(
            customer=address.customer_id,
            address=address.id,
            chain=chain,
            txid=transfer.txid,
            output_index=transfer.index,
            identity=transfer.index,
            asset=transfer.asset.code,
            units=transfer.units,
            state=DepositState.ORPHANED.value,
            finality=self.policy.required(transfer.chain, worth).rule,
            seen_at=now,
            updated_at=now,
        )
        return [row]

    def _advance(self, row: DepositRow, transfer: Transfer, head: Head) -> None:
        if count_anew(row, transfer, now=self.context.clock()):
            self._require_anew(row, transfer)
        lock_rate(row, transfer, now=self.context.clock())
        count = Finality(transfer.chain, row.finality).count(transfer.block_height, head)
        state = DepositState.SEEN if transfer.block_height is None else DepositState.CONFIRMING
        changed = (row.state, row.confirmations) != (state.value, count)
        if row.block_height != transfer.block_height:  # the witness's answer is about another block
            row.witness, row.held = None, None if row.held == _EARLIER else row.held
        row.block_height, row.shown_by = transfer.block_height, transfer.shown_by
        row.state, row.confirmations = state.value, count
        DepositRow.change(
            row.id,
            state=state.value,
            confirmations=count,
            block_height=transfer.block_height,
            block_hash=transfer.block_hash,
            missing_since=None,
            shown_by=transfer.shown_by,
            witness=row.witness,
            held=row.held,
            seen_at=row.seen_at,
            updated_at=self.context.clock(),
        )
        if self._set_aside(row, transfer, head):
            return
        if is_final(row, head):
            changed = self._settle(row) or changed
        if changed:
            self._tell(row)

    def _worth(
        self, customer_id: int, transfer: Transfer, beside: Sequence[DepositRow], *, seen_at: int
    ) -> Money | None:
        """Value a transfer together with recent ones: a large sum sent in parts is still a large sum.

        Uses the rate that its screen locked, so that it needs as many confirmations as the screen promised.
        """
        promise = promised_to(customer_id, transfer, seen_at=seen_at, now=self.context.clock())
        asset = transfer.asset
        try:
            rate = recorded(promise) if promise else self.valuation.rates.rate(asset.price_id)
        except RateUnavailable:
            return None
        return self.valuation.together(self.valuation.fiat(transfer.units, asset, rate), beside)

    def _settle(self, row: DepositRow) -> bool:
        """Credit a final transfer, or hold it. Return whether to tell its customer: it was credited, or is dust."""
        asset = ASSETS[row.asset]
        if row.rate is None:
            try:
                keep_rate(row, self.valuation.rates.rate(asset.price_id))
            except RateUnavailable:
                return False
        batch = [row]
        if row.units < asset.dust_units:
            batch = sorted([*DepositRow.dust_of(row.customer_id, row.asset), row], key=lambda one: int(one.id))
        if sum(one.units for one in batch) < asset.dust_units:
            row.state, row.held = DepositState.DUST.value, None
            DepositRow.change(row.id, state=row.state, held=None)
            return True
        return self._credit_or_hold(row, batch)

    def _credit_or_hold(self, row: DepositRow, batch: Sequence[DepositRow]) -> bool:
        """Credit transfers unless they need a witness or an owner; a witness is heard after this transaction."""
        chain, rate = Chain(row.chain), recorded(row)
        asset = ASSETS[row.asset]
        worth = self.valuation.fiat(sum(one.units for one in batch), asset, rate)
        unwitnessed = self.valuation.fiat(sum(one.units for one in batch if one.witness is None), asset, rate)
        if row.held == Hold.CONTRADICTED.value:
            return False
        beside = self.valuation.beside(row.customer_id, on=chain, but=row.id, elsewhere=True)
        together = self.valuation.together(worth, beside)
        if row.witness is None and self.witnesses.needed(chain, unwitnessed, together):
            row.held = row.held or Hold.UNWITNESSED.value
            DepositRow.change(row.id, held=row.held)
            return False
        if self.witnesses.above_ceiling(row.customer_id, worth):
            self._hold(row, Hold.CEILING)
            return False
        row.held = None
        DepositRow.change(row.id, held=None)
        self._credit(batch)
        return True

    def _credit(self, rows: Sequence[DepositRow]) -> None:
        """Credit transfers; each of several gets the increase of the running sum, so that no fraction is lost."""
        for row in rows:
            rate = recorded(row)
            amount = self.valuation.fiat(row.units, ASSETS[row.asset], rate)
            if len(rows) > 1:
                amount = self.valuation.share(rows, row)
            row.credited_minor, row.state = amount.minor, DepositState.CREDITED.value
            DepositRow.change(row.id, state=row.state, credited_minor=amount.minor, updated_at=self.context.clock())
            if amount.minor:
                credit_deposit(
                    row.customer_id, amount, key=row.key, now=self.context.clock(), followers=self.followers
                )
            self._tell(row)
            deposit_letters.of_credit(self.context.outbox, row)

    def _give_up(self, row: DepositRow) -> None:
        if row.state == DepositState.CREDITED.value:
            DepositRow.change(row.id, alarmed_at=self.context.clock())
            deposit_letters.of_disappearance(self.context.outbox, row)
            return
        row.state = DepositState.ORPHANED.value
        if row.held not in {Hold.CONTRADICTED.value, _EARLIER}:
            DepositRow.change(row.id, held=None, held_at=None)
        # The locked rate is lost, as it could be sent again at a better one; its return to the same block is no news.
        drop_rate(row)
        now = self.context.clock()
        DepositRow.change(row.id, state=row.state, confirmations=0, block_height=None, updated_at=now)
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
        if row.held != _EARLIER or row.message_id is not None:  # else nobody told them of it, as it is not theirs
            deposit_letters.of_progress(self.context.outbox, row)
        for watcher in self.watchers:
            watcher(row.customer_id, self.valuation.coming(row.customer_id))
