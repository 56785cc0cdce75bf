"""A sweep as its owners see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from shop.assets import ASSETS, Asset, native
from shop.chains.sending import Speed
from shop.money import Money
from shop.sweeps import records
from shop.sweeps.offers import Kept, SweepOffer
from shop.sweeps.values import Values
from storage.models import Sweep, SweepTransaction
from wallet.chains import Chain
from wallet.plans.plan import Plan, Transfer

MOST_SHOWN = 10
USUAL_MINUTES: Mapping[Chain, Mapping[Speed, int]] = {
    Chain.BTC: {Speed.SLOW: 1_440, Speed.NORMAL: 60, Speed.FAST: 20},
    Chain.LTC: {Speed.SLOW: 60, Speed.NORMAL: 15, Speed.FAST: 5},
    Chain.ETH: {Speed.SLOW: 10, Speed.NORMAL: 3, Speed.FAST: 1},
    Chain.TRX: {Speed.SLOW: 2, Speed.NORMAL: 2, Speed.FAST: 2},
    Chain.SOL: {Speed.SLOW: 2, Speed.NORMAL: 1, Speed.FAST: 1},
}
"""About how many minutes a transaction waits for its block."""


class SweepState(Enum):
    """The state of a sweep."""

    ASKED = "asked"
    PLANNED = "planned"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Sum:
    """Units of a coin, and their worth; None without a reliable rate."""

    asset: Asset
    units: int
    worth: Money | None


@dataclass(frozen=True, slots=True)
class Left:
    """The coins that stay where they are, and why."""

    sum: Sum
    count: int
    why: Kept


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan at one speed: what arrives, the maximum cost, and what it leaves behind."""

    speed: Speed
    arrives: tuple[Sum, ...]
    cost: Sum
    transactions: int
    minutes: int
    left: tuple[Left, ...]
    gas: Sum
    gas_missing: Sum
    gas_address: str

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is worth moving."""
        return not self.transactions


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a sweep. `confirmations` of `needed`."""

    id: int
    txid: str
    is_gas: bool
    sum: Sum
    state: str
    confirmations: int
    needed: int
    reason: str


@dataclass(frozen=True, slots=True)
class SweepView:
    """A sweep. `steps` are the first transactions that are not over, then the others; `counts` are of all states.

    `given_up`: how many of the failed ones a block may still take.
    """

    id: int
    chain: Chain
    destination: str
    state: SweepState
    speed: Speed
    reason: str
    automatic: bool
    starts_at: int
    plans: Mapping[Speed, PlanView]
    steps: tuple[Step, ...]
    counts: Mapping[str, int]
    given_up: int
    can_sign: bool
    can_replace: bool

    @property
    def is_over(self) -> bool:
        """Return whether a confirmed sweep has ended."""
        return self.state in {SweepState.DONE, SweepState.STOPPED}

    @property
    def plan(self) -> PlanView | None:
        """The plan at the chosen speed."""
        return self.plans.get(self.speed)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Makes views; `can_sign`: this server holds the keys."""

    values: Values
    can_sign: bool

    def view(self, sweep: Sweep) -> SweepView:
        """Show the current state of a sweep."""
        chain = Chain(sweep.chain)
        plans = {speed: self.plan(chain, speed, offer) for speed, offer in sorted_offers(records.offers_of(sweep.id))}
        rows = sorted(SweepTransaction.of(sweep.id), key=lambda row: (row.state in {"confirmed", "replaced"}, row.id))
        return SweepView(
            id=sweep.id,
            chain=chain,
            destination=sweep.destination,
            state=SweepState(sweep.state),
            speed=Speed(sweep.speed),
            reason=sweep.reason,
            automatic=sweep.asked_by is None,
            starts_at=sweep.starts_at or 0,
            plans=plans,
            steps=tuple(self._step(row) for row in rows[:MOST_SHOWN]),
            counts=SweepTransaction.counts(sweep.id),
            given_up=sum(row.may_land for row in rows if row.state == "failed"),
            can_sign=self.can_sign,
            can_replace=self.can_sign and chain in {Chain.BTC, Chain.LTC, Chain.ETH},
        )

    def plan(self, chain: Chain, speed: Speed, offer: SweepOffer) -> PlanView:
        """Show the result of a plan."""
        own = native(chain)
        return PlanView(
            speed=speed,
            arrives=self._arrives(offer.plan),
            cost=self._sum(own, _cost(offer.plan)),
            transactions=0 if offer.plan is None else len(offer.plan.transactions),
            minutes=USUAL_MINUTES[chain][speed],
            left=tuple(
                Left(self._sum(ASSETS[code], units), count, why)
                for (code, why), (count, units) in offer.left_behind.sums.items()
            ),
            gas=self._sum(own, offer.gas),
            gas_missing=self._sum(own, offer.gas_missing),
            gas_address=offer.gas_address,
        )

    def _arrives(self, plan: Plan | None) -> tuple[Sum, ...]:
        sums: dict[str, int] = {}
        for planned in () if plan is None else plan.transactions:
            if not (isinstance(planned, Transfer) and planned.is_gas):
                code = records.asset_of(planned).code
                sums[code] = sums.get(code, 0) + planned.units
        return tuple(self._sum(ASSETS[code], units) for code, units in sums.items())

    def _step(self, row: SweepTransaction) -> Step:
        return Step(
            id=row.id,
            txid=row.txid or "",
            is_gas=row.purpose == "gas",
            sum=self._sum(ASSETS[row.asset], row.units),
            state=row.state,
            confirmations=row.confirmations,
            needed=row.needed,
            reason=row.reason,
        )

    def _sum(self, asset: Asset, units: int) -> Sum:
        return Sum(asset, units, self.values.worth(asset, units))


def sorted_offers(offers: Mapping[Speed, SweepOffer]) -> list[tuple[Speed, SweepOffer]]:
    """List offers from the slowest speed to the fastest."""
    return [(speed, offers[speed]) for speed in Speed if speed in offers]


def _cost(plan: Plan | None) -> int:
    return sum(planned.fee for planned in (() if plan is None else plan.transactions))
