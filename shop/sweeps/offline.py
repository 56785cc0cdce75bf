"""Sweeps signed elsewhere: a plan leaves as a file, and the signed transactions are compared with it and stored.

A plan is recognised by its bytes, which are in the database; a signed file of any other plan is refused. The accepted
transactions are sent by the same engine as those signed by this server, in the order of the plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shop.assets import ASSETS
from shop.chains.errors import ChainUnavailable
from shop.chains.sending import Speed
from shop.errors.payments import RateUnavailable, SweepReason, SweepRefused
from shop.errors.refusals import OperatorError
from shop.payments import moved
from shop.sweeps import records
from shop.sweeps.bitcoin import BitcoinMover
from shop.sweeps.offers import SweepOffer
from shop.sweeps.sweeps import Sweeps
from shop.sweeps.values import Budget
from storage.models import SealedWallet, Sweep, SweepInput, SweepPlan, SweepTransaction
from wallet.chains import Chain
from wallet.plans import checks
from wallet.plans.errors import InvalidSigned, SignedFault
from wallet.plans.parts import combined, part
from wallet.plans.plan import Account, EthereumTerms, Plan, PlannedTransaction, Spend, Transfer, TronTerms, write
from wallet.plans.signed import SignedPlan, SignedTransaction

WHY = {
    SweepReason.NOT_SET: "it has no destination",
    SweepReason.OWN_ADDRESS: "the destination is an address of the shop itself",
    SweepReason.UNDER_WAY: "a sweep is under way",
    SweepReason.NO_RATE: "its coins have no reliable rate now",
    SweepReason.NO_SERVER: "no server answers now",
}

MOST_PREVIOUS_BYTES = 16 * 1024 * 1024
"""The most bytes of previous transactions in one plan, so that its file stays small enough to be read; as
hexadecimal they take twice as many."""
UNKNOWN_HEIGHT = 2**53
"""Stands for the last valid block height of a Solana signature, which the file lacks; the nodes report when it has
passed.
"""


class CannotSweep(OperatorError):
    """The reason why nothing is planned or sent, as a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan for a file; None if nothing is worth moving. By chain: what stays and the missing gas, or why there
    is no plan.

    `unproved`: the number and the units of outputs that stay because the transactions that paid them are missing.
    """

    plan: Plan | None
    offers: Mapping[Chain, SweepOffer]
    refused: Mapping[Chain, str]
    unproved: Mapping[Chain, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class OfflineSweeps:
    """Plans for machines without a network."""

    sweeps: Sweeps

    @property
    def accounts(self) -> dict[Chain, Account]:
        """The account keys that addresses derive from, with the origins given by the operator."""
        given = self.sweeps.context.settings.account_keys
        return {Chain(name): Account.of(key) for name, key in given.items() if key}

    def plan(self, speed: Speed, *, with_previous: bool = False) -> Planned:
        """Plan a sweep of each chain that has a destination, and keep the plans.

        The plan has the transactions that pay the inputs of a BTC or LTC transaction with several, fetched with one
        request each: without them it would not be signed. `with_previous`: also those that pay a single input.
        """
        context, found, refused = self.sweeps.context, dict[Chain, SweepOffer](), dict[Chain, str]()
        previous, unproved = dict[str, bytes](), dict[Chain, tuple[int, int]]()
        now = context.clock()
        for chain, mover in self.sweeps.movers.items():
            try:
                self.sweeps.check(chain)
                budget = self.sweeps.engine.values.budget(chain)
                offers = mover.offers(context.settings.sweep_destinations[chain.value], budget, now=now)
                found[chain] = offers[speed]
                if isinstance(mover, BitcoinMover) and found[chain].plan is not None:
                    found[chain], missing = self._proved(mover, found[chain], budget, previous, singles=with_previous)
                    if missing[0]:
                        unproved[chain] = missing
            except SweepRefused as refusal:
                refused[chain] = WHY[refusal.reason]
            except RateUnavailable:
                refused[chain] = WHY[SweepReason.NO_RATE]
            except ChainUnavailable:
                refused[chain] = WHY[SweepReason.NO_SERVER]
        self._keep(found, speed, now)
        plans = [offer.plan for offer in found.values() if offer.plan is not None]
        if not plans:
            return Planned(None, found, refused, unproved)
        boxes = {box.customer_id: bytes(box.sealed) for box in SealedWallet.every()} | moved.boxes()
        whole = combined(plans, accounts=self.accounts, boxes=boxes, previous=previous)
        return Planned(whole, found, refused, unproved)

    def take(self, signed: SignedPlan) -> tuple[int, ...]:
        """Store signed transactions so that they are sent; those already accepted are left alone.

        Return the numbers of its sweeps.

        Raises:
            InvalidSigned: this server made no such plan.
            CannotSweep: a destination has changed since, a sweep is over, or something is already on its way.
            InvalidPlan, PlanExpired: the plan must not be sent.
        """
        context = self.sweeps.context
        percent = context.settings.sweep_fee_ceiling_percent
        checks.check(signed.plan, now=context.clock(), fee_percent=percent)
        by_place = {each.position: each for each in signed.transactions}
        taken = []
        with context.database.transaction():
            for chain in dict.fromkeys(signed.plan.transactions[place].chain for place in sorted(by_place)):
                plan, places = part(signed.plan, chain)
                sweep = self._sweep_of(chain, plan)
                own = {at: by_place[place] for at, place in enumerate(places) if place in by_place}
                self._write(sweep, plan, own)
                taken.append(sweep.id)
        return tuple(taken)

    def _proved(
        self, mover: BitcoinMover, offer: SweepOffer, budget: Budget, previous: dict[str, bytes], *, singles: bool
    ) -> tuple[SweepOffer, tuple[int, int]]:
        """Add what pays an offer's inputs to `previous`; if some is missing, plan again with the rest of them, and
        return the number and units of the outputs that it pays.
        """
        plan, spends = offer.plan, [] if offer.plan is None else offer.plan.transactions
        inputs = [spent for spend in spends if isinstance(spend, Spend) for spent in spend.inputs]
        several = len(inputs) > len(spends)
        if plan is None or not (several or singles):
            return offer, (0, 0)
        txids = dict.fromkeys([spent.txid for spent in inputs])
        found = mover.previous(txids, most_bytes=MOST_PREVIOUS_BYTES - sum(map(len, previous.values())))
        previous |= found
        if not several or found.keys() == txids.keys():
            return offer, (0, 0)
        missing = [spent for spent in inputs if spent.txid not in found]
        return mover.within(found.keys(), offer, budget), (len(missing), sum(spent.units for spent in missing))

    def _keep(self, offers: Mapping[Chain, SweepOffer], speed: Speed, now: int) -> None:
        with self.sweeps.context.database.transaction():
            for chain, offer in offers.items():
                if offer.plan is not None:
                    destination = offer.plan.destinations[chain]
                    values = {"chain": chain.value, "destination": destination, "speed": speed.value}
                    sweep = Sweep.create(**values, state="asked", created_at=now)
                    records.keep_offers(sweep.id, {speed: offer})
                    Sweep.change(sweep.id, state="planned")

    def _sweep_of(self, chain: Chain, plan: Plan) -> Sweep:
        """Find the sweep that a plan was made for, and start it."""
        known = SweepPlan.with_bytes(write(plan))
        if known is None:
            raise InvalidSigned(SignedFault.OTHER_PLAN)
        sweep = Sweep.get_by_id(known.sweep_id)
        if sweep.destination != self.sweeps.context.settings.sweep_destinations.get(chain.value):
            raise CannotSweep(f"{chain.value}: SWEEP_TO was changed since the plan was made: make a new plan.")
        if sweep.state == "planned":
            try:
                self.sweeps.check(chain, destination=sweep.destination)
            except SweepRefused as refusal:
                raise CannotSweep(f"{chain.value}: {WHY[refusal.reason]}.") from None
            Sweep.change(sweep.id, state="waiting", starts_at=self.sweeps.context.clock(), speed=known.speed)
        elif sweep.state not in {"waiting", "running", "done"}:
            raise CannotSweep(f"{chain.value}: this sweep was stopped: make a new plan.")
        if sweep.state != "running":
            Sweep.change(sweep.id, state="running", ended_at=None)
        self.sweeps.engine.changed(sweep.id)
        return sweep

    def _write(self, sweep: Sweep, plan: Plan, signed: Mapping[int, SignedTransaction]) -> None:
        """Insert a row for each signed transaction that has none yet. Needs an open transaction."""
        rows = {row.position: row for row in SweepTransaction.of(sweep.id)}
        known = {row.txid for row in rows.values()}
        for position in sorted(at for at, given in signed.items() if given.txid not in known):
            planned, given = plan.transactions[position], signed[position]
            if SweepTransaction.is_own(sweep.chain, given.txid):
                raise CannotSweep(
                    f"{sweep.chain}: a transaction of this plan is the same as one that was given up, "
                    "and counts if it lands: make a new plan at another speed."
                )
            after = planned.after if isinstance(planned, Transfer) else None
            if after is not None and after not in rows:
                raise CannotSweep(f"{sweep.chain}: the gas of a signed transaction is not signed itself.")
            for address, place, asset, _ in records.taken(planned):
                if SweepInput.is_taken(sweep.chain, address, place, asset.code):
                    raise CannotSweep(f"{sweep.chain}: coins of this plan are already on their way.")
            terms = planned.terms if isinstance(planned, Transfer) else None
            nonce = terms.nonce if isinstance(terms, EthereumTerms) else None
            if nonce is not None and SweepTransaction.nonces_between(
                sweep.chain, planned.holders[0].address, nonce, nonce + 1
            ):
                raise CannotSweep(f"{sweep.chain}: a nonce of this plan is already used.")
            chain, engine = Chain(sweep.chain), self.sweeps.engine
            worth = engine.values.worth(ASSETS[records.asset_of(planned).code], planned.units)
            rows[position] = records.add(
                sweep,
                position,
                planned,
                now=self.sweeps.context.clock(),
                after_id=None if after is None else rows[after].id,
                state="signed" if after is None else "planned",
                txid=given.txid,
                signed_bytes=given.raw,
                nonce=nonce,
                valid_until=_valid_until(planned),
                needed=engine.policy.required(chain, worth).depth,
                updated_at=0,  # due to be sent at once
            )


def _valid_until(planned: PlannedTransaction) -> int | None:
    """Return how long a signed transaction is valid: a time on TRON, a height on Solana; the others do not expire."""
    if not isinstance(planned, Transfer) or isinstance(planned.terms, EthereumTerms):
        return None
    return planned.terms.expiration_ms // 1_000 if isinstance(planned.terms, TronTerms) else UNKNOWN_HEIGHT
