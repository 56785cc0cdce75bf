"""Moves SOL: each address separately, to the last lamport, so that the account disappears."""

from collections.abc import Mapping
from dataclasses import dataclass

from shop.assets import SOL
from shop.chains.sending import Speed
from shop.chains.solana_sending import SIGNATURE_LAMPORTS, TRANSFER_UNITS, SolanaSending
from shop.sweeps.movers import Fate, Live, Unfit
from shop.sweeps.offers import Kept, LeftBehind, SourceAddress, SweepOffer, plan_of
from shop.sweeps.values import Budget
from storage.models import SweepTransaction
from storage.models.sweeps import busy_sources, holders
from wallet.chains import Chain
from wallet.plans.plan import PlannedTransaction, SolanaTerms, Transfer

MICRO = 1_000_000
LEAST_REST = 1_000_000
"""In lamports. An account cannot be left with less than the minimum balance, unless it is left empty."""
MOST_BID = 10_000
"""The most lamports bid for priority, whatever servers say that others bid."""


@dataclass(frozen=True, slots=True)
class SolanaMover:
    """Solana. A transaction is valid for a minute from its blockhash, so it is signed just before it is sent."""

    sending: SolanaSending
    mode: str
    chain: Chain = Chain.SOL
    can_replace: bool = False

    def offers(self, destination: str, budget: Budget, *, now: int) -> Mapping[Speed, SweepOffer]:
        """Plan a sweep at each speed. Raises ChainUnavailable."""
        busy = busy_sources(self.chain.value)
        places = [SourceAddress(*row) for row in holders(self.chain.value, self.mode) if row[3] not in busy]
        held = self.sending.lamports([place.address for place in places])
        [there] = self.sending.lamports([destination]).values()
        bids, least = self.sending.priorities(), self.sending.least_balance()
        return {
            speed: self.offer(
                {place: held[place.address] for place in places},
                destination,
                budget,
                bid=min(bids[speed], MOST_BID * MICRO // TRANSFER_UNITS),
                least=0 if there >= least else least,
                now=now,
            )
            for speed in Speed
        }

    def prepare(self, planned: PlannedTransaction, row: SweepTransaction) -> Live:
        """Compare the balance with the current one, and ask for a blockhash. Raises Unfit."""
        if not isinstance(planned, Transfer):
            raise Unfit("not a transaction of this chain")
        source = planned.source.address
        rest = self.sending.lamports([source])[source] - planned.units - planned.fee
        if rest < 0 or 0 < rest < LEAST_REST:
            raise Unfit("the address holds less than planned, or slightly more")
        recent = self.sending.blockhash()
        return Live(recent.hash, recent.last_height)

    def send(self, raw: bytes) -> None:
        """Hand a transaction to the servers. Raises NotTaken, ChainUnavailable."""
        self.sending.send(raw)

    def fate(self, row: SweepTransaction) -> Fate:
        """Ask two operators whether it failed, or has expired without getting into a block."""
        if self.sending.failed(row.txid or ""):
            return Fate.FAILED
        expired = self.sending.has_expired(row.txid or "", row.valid_until or 0)
        return Fate.EXPIRED if expired else Fate.UNKNOWN

    def is_past(self, moment: int) -> bool:
        """Nothing expires at a time here."""
        return True

    def is_lost(self, row: SweepTransaction) -> bool:
        """There are no nonces here."""
        return False

    def gone(self, row: SweepTransaction) -> tuple[str, ...]:
        """There are no outputs here."""
        return ()

    def with_higher_fee(self, planned: PlannedTransaction, row: SweepTransaction) -> PlannedTransaction:
        """There is no replacement: an expired transaction is signed again. Raises Unfit."""
        raise Unfit("a stuck Solana transaction expires within a minute")

    def offer(
        self, held: Mapping[SourceAddress, int], destination: str, budget: Budget, *, bid: int, least: int, now: int
    ) -> SweepOffer:
        """Plan one transfer per address; the first must create the destination's account, if it is new."""
        terms = SolanaTerms(unit_limit=TRANSFER_UNITS, unit_price_micro_lamports=bid) if bid else SolanaTerms()
        fee = SIGNATURE_LAMPORTS + -(-terms.unit_limit * terms.unit_price_micro_lamports // MICRO)
        left_behind, transfers = LeftBehind(), list[Transfer]()
        for place, lamports in sorted(held.items(), key=lambda item: -item[1]):
            if not lamports:
                continue
            why = budget.verdict([(SOL, lamports)], (SOL, fee))
            if why is None and not transfers and lamports - fee < least:
                why = Kept.SMALL
            if why is not None:
                left_behind.add(SOL, why, lamports)
                continue
            transfers.append(
                Transfer(
                    chain=self.chain,
                    source=place.holder(self.mode),
                    to=destination,
                    units=lamports - fee,
                    balance=lamports,
                    fee=fee,
                    fee_ceiling=budget.ceiling(SOL, lamports),
                    terms=terms,
                )
            )
        return SweepOffer(plan_of(self.chain, destination, transfers, now=now), left_behind, price=bid)
