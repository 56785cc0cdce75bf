"""The ingredients of a plan, and what it leaves behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from shop.assets import ASSETS, Asset
from storage.models.moving import MOVED_BOX
from wallet.chains import Chain
from wallet.paths import parse
from wallet.plans.plan import Holder, KeySource, Plan, PlannedTransaction, Token

PLAN_S = 23 * 3_600
"""Seconds for which a plan can be signed: a TRON transaction is valid for at most 24 hours."""
GAS_NUMBER = 0
"""Stands for the shop's gas address where other addresses have a customer id, which begins at 1."""


class Kept(Enum):
    """Why coins stay where they are."""

    SMALL = "small"
    DEAR = "dear"
    NO_GAS = "no_gas"
    MISSING = "missing"
    BUSY = "busy"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """An address that coins may be moved from; `address_id` is None for the gas address."""

    address_id: int | None
    number: int
    path: str
    address: str

    def holder(self, mode: str) -> Holder:
        """Return the address with the place of its key, in a wallet mode."""
        if self.number >= MOVED_BOX:
            return Holder(self.address, KeySource(parse(self.path), None, self.number))
        child = self.number if mode == "hot" else None
        box = self.number if mode == "sealed" and self.number != GAS_NUMBER else None
        return Holder(self.address, KeySource(parse(self.path), child, box))


@dataclass(slots=True)
class LeftBehind:
    """The coins that stay behind: how many addresses or outputs, and how much, by coin and reason."""

    sums: dict[tuple[str, Kept], tuple[int, int]] = field(default_factory=dict)

    def add(self, asset: Asset, why: Kept, units: int, *, count: int = 1) -> None:
        """Count something that stays."""
        known, total = self.sums.get((asset.code, why), (0, 0))
        self.sums[asset.code, why] = (known + count, total + units)


@dataclass(frozen=True, slots=True)
class SweepOffer:
    """A plan at one speed; None if nothing is worth moving. Units are of the native coin.

    `price`: per unit of the chain's work. `gas`: what the gas address pays out, `gas_missing`: what it lacks.
    """

    plan: Plan | None
    left_behind: LeftBehind
    price: int = 0
    gas: int = 0
    gas_missing: int = 0
    gas_address: str = ""

    def summary(self) -> str:
        """Write everything but the plan as JSON."""
        left = [[code, why.value, count, str(units)] for (code, why), (count, units) in self.left_behind.sums.items()]
        numbers = {"price": str(self.price), "gas": str(self.gas), "gas_missing": str(self.gas_missing)}
        return json.dumps({"left": left, "gas_address": self.gas_address, **numbers})

    @classmethod
    def read(cls, plan: Plan | None, summary: str) -> "SweepOffer":
        """Read what `summary` wrote."""
        told = json.loads(summary)
        left = {(code, Kept(why)): (count, int(units)) for code, why, count, units in told["left"]}
        numbers = {name: int(told[name]) for name in ("price", "gas", "gas_missing")}
        return cls(plan, LeftBehind(left), gas_address=told["gas_address"], **numbers)


def plan_of(chain: Chain, destination: str, transactions: Sequence[PlannedTransaction], *, now: int) -> Plan | None:
    """Make a plan of transactions; None if there are none."""
    if not transactions:
        return None
    named = {
        (chain, asset.contract): Token(asset.ticker, asset.decimals)
        for asset in ASSETS.values()
        if asset.chain is chain and asset.contract
    }
    return Plan(
        made_at=now,
        expires_at=now + PLAN_S,
        destinations={chain: destination},
        transactions=tuple(transactions),
        tokens=named,
    )
