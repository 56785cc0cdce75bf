"""A sweep step by step: planned, begun, signed, sent, confirmed. Each step is a row, so a restart can continue
anywhere.

A signed transaction is stored before it is sent, and the same bytes are sent again until a block contains them, so
that nothing is sent twice and nothing is forgotten.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from shop.assets import ASSETS
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.finality import Finality, FinalityPolicy
from shop.chains.sending import NotTaken, SendRefusal
from shop.chains.transfers import ChainReader, Transfer
from shop.context import Context
from shop.outbox import Event
from shop.payments.fair_queue import FairQueue
from shop.sweeps import records
from shop.sweeps.movers import Fate, Mover, Unfit
from shop.sweeps.values import Values
from storage.models import SpentElsewhere, Sweep, SweepTransaction
from storage.models.sweeps import LIVE, OVER
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.plans import checks
from wallet.plans.keys import Keys
from wallet.plans.plan import EthereumTerms, Plan, PlannedTransaction
from wallet.plans.plan import Transfer as PlannedTransfer
from wallet.plans.signing import sign_transaction

_log = logging.getLogger("souk.sweeps")
AGAIN_S = 60
"""Seconds before a transaction that is in no block is sent again."""
MOST_STEPS = 50
"""The most transactions moved forward before other sweeps get their turn."""
MOST_TRIES = 5
"""The most times that a transaction is signed, if it keeps expiring."""
LONG_S = 2 * 86_400
"""After so many seconds, whatever happened to a transaction on its chain is final."""
STOPPED = "stopped by an owner"
"""The reason of a sweep that an owner stopped. One that was running follows what it cannot give up any more."""
GIVEN_UP = "it is the same as one that was given up, which was sent again and counts if it lands"
TAKEN = "the one before it was taken"


@dataclass(frozen=True, slots=True)
class Engine:
    """Moves the transactions of a sweep forward. `keys` is None if this server holds none."""

    context: Context
    movers: Mapping[Chain, Mover]
    readers: Mapping[Chain, ChainReader]
    policy: FinalityPolicy
    values: Values
    keys: Keys | None
    _turns: FairQueue[int] = field(init=False, default_factory=FairQueue)

    def begin(self, sweep: Sweep, plan: Plan) -> None:
        """Store the transactions of a confirmed sweep, unless it was stopped meanwhile.

        If one of its coins is already on its way, the sweep ends.
        """
        now = self.context.clock()
        try:
            checks.check(plan, now=now, fee_percent=self.context.settings.sweep_fee_ceiling_percent)
            with self.context.database.transaction():
                if self._leave_waiting(sweep.id, state="running"):
                    records.begin(sweep, plan, now=now)
        except (WalletError, Unfit) as error:
            _log.warning("sweep %d cannot begin: %s", sweep.id, error)
            with self.context.database.transaction():
                self._leave_waiting(sweep.id, state="stopped", reason=str(error)[:200], ended_at=now)

    def advance(self, sweep: Sweep, plan: Plan) -> None:
        """Move every transaction of a sweep as far as possible now; end the sweep when none is left.

        Raises:
            ChainUnavailable: no server answers; nothing was changed.
        """
        rows = {row.id: row for row in SweepTransaction.to_do(sweep.id)}
        now = self.context.clock()
        due = self._turns.choose(dict.fromkeys(rows, 1), now=now, questions=MOST_STEPS)
        self._turns.take(due, now=now)
        for number in sorted(due):
            self._step(sweep, plan, rows[number])
        if not SweepTransaction.to_do(sweep.id):
            with self.context.database.transaction():
                Sweep.change(sweep.id, state="done", ended_at=self.context.clock())
                self.changed(sweep.id)

    def replace(self, sweep: Sweep, plan: Plan, row: SweepTransaction) -> SweepTransaction:
        """Sign a stuck transaction again at a higher fee, replacing the old one; it is sent within a minute.

        Raises:
            Unfit: it cannot be replaced.
            ChainUnavailable: no server answers.
        """
        mover = self.movers[Chain(row.chain)]
        planned = mover.with_higher_fee(records.planned_as(row, plan), row)
        signed = self._signed(planned, plan)
        with self.context.database.transaction():
            fresh = SweepTransaction.find(row.id)
            if fresh is None or fresh.state not in {"signed", "sent"}:
                raise Unfit("it is no longer stuck")
            SweepTransaction.change(row.id, state="replaced", updated_at=self.context.clock())
            made = records.add(
                sweep,
                row.position,
                planned,
                now=self.context.clock(),
                replaces_id=row.id,
                state="signed",
                nonce=row.nonce,
                txid=signed[0],
                signed_bytes=signed[1],
                needed=row.needed,
            )
            SweepTransaction.follow(row.id, made.id)
            self.changed(sweep.id)
        return made

    def stop(self, sweep_id: int) -> None:
        """Fail what is not signed, and give up what no block has taken, if another transaction can exclude it.

        Needs an open transaction.
        """
        now = self.context.clock()
        for row in SweepTransaction.to_do(sweep_id):
            mover = self.movers.get(Chain(row.chain))
            if row.state in {"planned", "funding"}:
                SweepTransaction.change(row.id, state="failed", reason=STOPPED, updated_at=now)
            elif not row.confirmations and mover is not None and mover.can_replace:
                SweepTransaction.give_up(row, reason=STOPPED)
        self.changed(sweep_id)

    def look_back(self) -> None:
        """Look for transactions that may have got into a block after all: those given up, or replaced in vain.

        A chain that cannot be asked keeps none of the others waiting.
        """
        for chain in [each for each in self.movers if each in self.readers]:
            for row in SweepTransaction.to_look_for(chain.value, self.context.clock(), limit=MOST_STEPS):
                try:
                    self._look_for(row)
                except ChainUnavailable as error:
                    _log.warning("sweep %d: transaction %d is looked for later: %s", row.sweep_id, row.id, error)
                    with self.context.database.transaction():  # the next attempt begins with another one
                        SweepTransaction.change(row.id, updated_at=self.context.clock())
                    break

    def changed(self, sweep_id: int) -> None:
        """Queue updates of the messages that show a sweep, and a new message when it ends, since an edit notifies
        nobody. Needs an open transaction.
        """
        outbox, key, payload = self.context.outbox, f"sweep:{sweep_id}", {"sweep_id": sweep_id}
        outbox.tell_admins_again(Event.ADMIN_SWEEP, key=key, payload=payload)
        sweep = Sweep.get_by_id(sweep_id)
        if sweep.state in OVER:
            end = f"{key}:over:{sweep.ended_at or 0}"  # it may be continued, and end again
            outbox.tell_admins(Event.ADMIN_SWEEP, key=end, payload=payload | {"is_over": True})

    def _leave_waiting(self, sweep_id: int, **columns: object) -> bool:
        """Change a sweep that still waits to begin; return whether it does. Needs an open transaction."""
        if Sweep.get_by_id(sweep_id).state != "waiting":
            return False
        Sweep.change(sweep_id, **columns)
        self.changed(sweep_id)
        return True

    def _step(self, sweep: Sweep, plan: Plan, row: SweepTransaction) -> None:
        if row.state in {"planned", "funding"}:
            if not self._is_due(row) or not self._sign(plan, row):
                return
            row = SweepTransaction.get_by_id(row.id)
        if not self._look_up(sweep, row):
            self._send(sweep, plan, row)

    def _is_due(self, row: SweepTransaction) -> bool:
        """Return whether the transaction that this one waits for is in a block; one whose gas failed fails."""
        if row.after_id is None:
            return True
        before = SweepTransaction.get_by_id(row.after_id)
        if before.confirmations:
            return True
        if before.state == "failed":
            is_gas = before.purpose == "gas"
            self._settle(row, "failed", reason="its gas did not arrive" if is_gas else "the one before it failed")
        elif row.state == "planned":
            self._settle(row, "funding")
        return False

    def _sign(self, plan: Plan, row: SweepTransaction) -> bool:
        """Sign and store a transaction, unless it was stopped or no longer fits the state of the chain.

        One that was signed elsewhere has only been waiting for its turn.
        """
        if row.signed_bytes:
            return self._keep_signed(row)
        planned, mover = records.planned_as(row, plan), self.movers[Chain(row.chain)]
        try:
            live = mover.prepare(planned, row)
            txid, raw = self._signed(planned, plan, blockhash=live.blockhash)
        except (Unfit, WalletError) as error:
            self._settle(row, "failed", reason=str(error)[:200])
            return False
        terms = planned.terms if isinstance(planned, PlannedTransfer) else None
        worth = self.values.worth(ASSETS[row.asset], row.units)
        return self._keep_signed(
            row,
            txid=txid,
            signed_bytes=raw,
            nonce=terms.nonce if isinstance(terms, EthereumTerms) else None,
            valid_until=live.valid_until,
            needed=self.policy.required(Chain(row.chain), worth).depth,
        )

    def _keep_signed(self, row: SweepTransaction, **columns: object) -> bool:
        """Store a transaction as signed, unless an owner stopped it meanwhile; return whether it is signed."""
        with self.context.database.transaction():
            if SweepTransaction.get_by_id(row.id).state not in {"planned", "funding"}:
                return False
            SweepTransaction.change(row.id, state="signed", updated_at=0, **columns)  # due to be sent at once
            self.changed(row.sweep_id)
        return True

    def _signed(self, planned: PlannedTransaction, plan: Plan, *, blockhash: str = "") -> tuple[str, bytes]:
        """Sign with the keys of this server, if it holds any.

        If this is the same transaction as one that was given up, that one is sent again instead. Raises Unfit.
        """
        if self.keys is None:
            raise Unfit("this server holds no keys")
        alone = Plan(
            made_at=plan.made_at,
            expires_at=plan.expires_at,
            destinations=plan.destinations,
            transactions=(planned,),
        )
        signed = sign_transaction(alone, 0, self.keys, blockhash=blockhash)
        if SweepTransaction.is_own(planned.chain.value, signed.txid):
            with suppress(NotTaken):
                self.movers[planned.chain].send(signed.raw)
            with self.context.database.transaction():
                SweepTransaction.look_again(planned.chain.value, signed.txid)
            raise Unfit(GIVEN_UP)
        return signed.txid, signed.raw

    def _look_up(self, sweep: Sweep, row: SweepTransaction) -> bool:
        """Look a transaction up; return whether a block contains it, or it is over."""
        reader = self.readers[Chain(row.chain)]
        try:
            shown = self._shown(reader, row)
        except UnknownTransaction:
            return self._not_known(sweep, row)
        if shown is None:
            if self.movers[Chain(row.chain)].fate(row) is Fate.FAILED:
                self._settle(row, "failed", reason="it failed on the chain, and cost its fee")
                return True
            return False
        if shown.block_height is None:
            if row.state == "signed":
                self._settle(row, "sent")
            return False
        rule = self._rule(row)
        head = reader.head()
        confirmations = rule.count(shown.block_height, head)
        if rule.reached(shown.block_height, head):
            self._settle(row, "confirmed", confirmations=rule.depth)
            _log.info("sweep %d: transaction %d is final", row.sweep_id, row.id)
        elif confirmations != row.confirmations or row.state == "signed":
            self._settle(row, "sent", confirmations=confirmations)
        return True

    def _shown(self, reader: ChainReader, row: SweepTransaction) -> Transfer | None:
        """Find the planned payment among what a transaction pays: its coin, and no less than was planned."""
        found = reader.find(row.txid or "", [row.recipient])
        fitting = [each for each in found if each.asset.code == row.asset and each.units >= row.units]
        return fitting[0] if fitting else None

    def _not_known(self, sweep: Sweep, row: SweepTransaction) -> bool:
        """Handle a transaction that no server knows: perhaps one that it replaced is in a block, or it has
        expired.
        """
        if row.replaces_id is not None and self._older_one_counts(row):
            return True
        if row.confirmations:
            self._settle(row, "sent", confirmations=0)
        now, mover = self.context.clock(), self.movers[Chain(row.chain)]
        fate, final_at = mover.fate(row), (row.valid_until or now) + LONG_S
        # Two operators may never agree, if one is silent for good. Only TRON's transactions expire at a time.
        may_be_over = fate is Fate.UNKNOWN and row.chain == Chain.TRX.value and now > final_at
        if fate is not Fate.EXPIRED and not (may_be_over and mover.is_past(final_at)):
            return False
        plan = records.plan_of_sweep(sweep)
        with self.context.database.transaction():
            SweepTransaction.change(row.id, state="failed", reason="it expired", updated_at=now)
            is_stopped = Sweep.get_by_id(sweep.id).reason == STOPPED
            tries = SweepTransaction.tries(sweep.id, row.position)
            if Chain(row.chain) is Chain.SOL and not is_stopped and tries < MOST_TRIES:
                records.add(sweep, row.position, plan.transactions[row.position], now=now)
            self.changed(sweep.id)
        return True

    def _older_one_counts(self, row: SweepTransaction) -> bool:
        """Look for the transaction that this one was meant to replace, which a miner may still have included."""
        older = SweepTransaction.get_by_id(row.replaces_id)
        confirmations = self._confirmations(older)
        if not confirmations:
            return older.replaces_id is not None and self._older_one_counts(older)
        if confirmations < self._rule(older).depth:
            self._settle(row, "sent", confirmations=confirmations)
        else:
            self._count(older, confirmations)
        return True

    def _confirmations(self, row: SweepTransaction) -> int:
        """Count the confirmations of a transaction whose planned payment is in a block, up to those it needs."""
        reader = self.readers[Chain(row.chain)]
        try:
            shown = self._shown(reader, row)
        except UnknownTransaction:
            return 0
        if shown is None or shown.block_height is None:
            return 0
        return self._rule(row).count(shown.block_height, reader.head())

    def _count(self, row: SweepTransaction, confirmations: int) -> None:
        """Record that a transaction is final that was replaced or given up; others of the same coins fail."""
        now = self.context.clock()
        with self.context.database.transaction():
            for rival in SweepTransaction.rivals(row, LIVE):
                SweepTransaction.change(rival.id, state="failed", reason=TAKEN, updated_at=now)
                SweepTransaction.follow(rival.id, row.id)
                self.changed(rival.sweep_id)
            final = {"state": "confirmed", "confirmations": confirmations, "reason": "", "may_land": 0}
            SweepTransaction.change(row.id, **final, updated_at=now)
            self.changed(row.sweep_id)
        _log.info("sweep %d: transaction %d is final after all", row.sweep_id, row.id)

    def _look_for(self, row: SweepTransaction) -> None:
        """Count a transaction that may have landed, once it is final; stop looking once it cannot land any more."""
        is_over = bool(SweepTransaction.rivals(row, ("confirmed",)))
        confirmations = 0 if is_over else self._confirmations(row)
        if confirmations and confirmations >= self._rule(row).depth:
            self._count(row, confirmations)
            return
        now = self.context.clock()
        if not confirmations and not is_over:
            is_over = self._cannot_land(row, is_old=now - row.created_at > LONG_S)
        with self.context.database.transaction():
            SweepTransaction.change(row.id, confirmations=confirmations, may_land=int(not is_over), updated_at=now)

    def _cannot_land(self, row: SweepTransaction, *, is_old: bool) -> bool:
        """Return whether a transaction that is in no block can get into none any more.

        That it failed there, or that others took its inputs, counts once no fork can undo it. TRX and SOL are not
        valid for so long, even where nobody knows until when.
        """
        mover = self.movers[Chain(row.chain)]
        fate = mover.fate(row)
        if fate is Fate.EXPIRED or not is_old:
            return fate is Fate.EXPIRED
        if not mover.can_replace:
            return fate is Fate.FAILED or mover.is_past(row.created_at + LONG_S)
        return fate is Fate.FAILED or bool(mover.gone(row))

    def _send(self, sweep: Sweep, plan: Plan, row: SweepTransaction) -> None:
        """Send a transaction, for the first time or again."""
        now = self.context.clock()
        if 0 <= now - row.updated_at < AGAIN_S:
            return
        mover = self.movers[Chain(row.chain)]
        if row.updated_at and mover.is_lost(row):
            self._give_up(row, "nothing is on its way that takes the nonces before it")
            return
        if SweepTransaction.get_by_id(row.id).state not in LIVE:
            return
        try:
            mover.send(bytes(row.signed_bytes or b""))
        except NotTaken as refused:
            self._refused(row, refused)
            return
        self._settle(row, "sent")

    def _refused(self, row: SweepTransaction, refused: NotTaken) -> None:
        """Handle a refusal: a permanent one fails, a temporary one is retried."""
        _log.warning("sweep %d: transaction %d was not accepted: %s", row.sweep_id, row.id, refused)
        is_spent = refused.why is SendRefusal.SPENT
        is_known = refused.why in {SendRefusal.UNDERPRICED, SendRefusal.OTHER} or self._is_known_after_all(row)
        gone = self.movers[Chain(row.chain)].gone(row) if is_spent and not is_known else ()
        # A server may not yet know the transaction that an input spends, and one may lie about what spent it.
        if is_known or (is_spent and Chain(row.chain) in {Chain.BTC, Chain.LTC} and not gone):
            with self.context.database.transaction():
                SweepTransaction.change(row.id, reason=refused.why.value, updated_at=self.context.clock())
                self.changed(row.sweep_id)
            return
        with self.context.database.transaction():
            for place in gone:
                SpentElsewhere.note(row.chain, place, now=self.context.clock())
        self._give_up(row, refused.why.value)

    def _give_up(self, row: SweepTransaction, reason: str) -> None:
        """Fail a transaction that may have been accepted by some server, unless it was replaced or stopped."""
        with self.context.database.transaction():
            if SweepTransaction.get_by_id(row.id).state in LIVE:
                SweepTransaction.give_up(row, reason=reason)
                self.changed(row.sweep_id)

    def _is_known_after_all(self, row: SweepTransaction) -> bool:
        try:
            self.readers[Chain(row.chain)].find(row.txid or "", [row.recipient])
        except UnknownTransaction:
            return row.replaces_id is not None and self._older_one_counts(row)
        return True

    def _rule(self, row: SweepTransaction) -> Finality:
        """Find the finality rule chosen when it was signed, by its depth."""
        chain = Chain(row.chain)
        rules = [Finality(chain, rule) for rule in self.policy.rules[chain]]
        return next((rule for rule in rules if rule.depth == row.needed), rules[-1])

    def _settle(self, row: SweepTransaction, state: str, **columns: object) -> None:
        """Record a transaction's progress, unless it was replaced or stopped meanwhile."""
        with self.context.database.transaction():
            if SweepTransaction.get_by_id(row.id).state in LIVE:
                SweepTransaction.change(row.id, state=state, updated_at=self.context.clock(), **columns)
                self.changed(row.sweep_id)
        row.state = state
