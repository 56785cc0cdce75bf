"""The value of payments, individually and together with the customer's other recent ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shop.assets import ASSETS, Asset
from shop.context import Context
from shop.errors.payments import RateUnavailable
from shop.money import Money, to_fiat
from shop.payments.rates import Rate, Rates, recorded
from shop.payments.witnesses import DISPUTED
from storage.models import Deposit as DepositRow
from wallet.chains import Chain

UNSAFE_S = 3_600
"""A customer's deposits of the last this many seconds count together with their next transfer."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The expected credit for a customer's pending payments: for all seen ones, and for those in a block."""

    seen: Money
    mined: Money


@dataclass(frozen=True, slots=True)
class Valuation:
    """Values payments, each at its own rate if it has one, else at the current rate."""

    context: Context
    rates: Rates

    def fiat(self, units: int, asset: Asset, rate: Rate) -> Money:
        """Convert coins at a rate."""
        return to_fiat(units, decimals=asset.decimals, rate=rate.value, currency=self.context.currency)

    def beside(
        self, customer_id: int, *, on: Chain, but: int | None = None, elsewhere: bool = False
    ) -> list[DepositRow]:
        """List a customer's recent or open undisputed payments on a chain, `but` one, that count with their next one.

        `elsewhere`: also recent ones on other chains that have a value. Not all open ones: what stays open there for
        long, or has no rate, would hold up every payment here.
        """
        since, until = self.context.lately(UNSAFE_S)
        rows = [one for one in DepositRow.unsafe_of(customer_id, seen=(since, until)) if one.held not in DISPUTED]
        here = [one for one in rows if one.chain == on.value and one.id != but]
        there = [one for one in rows if one.chain != on.value and since <= one.seen_at <= until] if elsewhere else []
        return here + [one for one in there if self._has_value(one)]

    def together(self, worth: Money, rows: Iterable[DepositRow]) -> Money | None:
        """Add the value of other payments; None without a rate for all of them."""
        try:
            return sum((self.of(row) for row in rows), worth)
        except RateUnavailable:
            return None

    def of(self, row: DepositRow) -> Money:
        """Value a payment.

        Raises:
            RateUnavailable: it has no recorded rate, and there is no current one.
        """
        asset = ASSETS[row.asset]
        rate = recorded(row) if row.rate else self.rates.rate(asset.price_id)
        return self.fiat(row.units, asset, rate)

    def _has_value(self, row: DepositRow) -> bool:
        return self.together(Money(0, self.context.currency), [row]) is not None

    def coming(self, customer_id: int) -> Incoming:
        """Add up a customer's pending payments.

        An unconfirmed payment counts only with a locked rate, which a replaceable one does not have.
        """
        seen = mined = Money(0, self.context.currency)
        for row in DepositRow.coming_to(customer_id):
            if row.held in DISPUTED or (row.block_height is None and row.rate is None):
                continue
            try:
                worth = self.of(row)
            except RateUnavailable:
                continue
            seen += worth
            mined += worth if row.block_height is not None else worth * 0
        return Incoming(seen, mined)

    def share(self, rows: Sequence[DepositRow], row: DepositRow) -> Money:
        """Return how much one transfer adds to the value of a series of small ones, at its own rate."""
        position = next(index for index, one in enumerate(rows) if one.id == row.id)
        asset, rate = ASSETS[row.asset], recorded(row)
        before = sum(one.units for one in rows[:position])
        return self.fiat(before + row.units, asset, rate) - self.fiat(before, asset, rate)
