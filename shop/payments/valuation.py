"""What payments are worth: one on its own, and together with what else came to its customer lately."""

from collections.abc import Iterable
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
"""Deposits this recent count towards the finality rule of the customer's next transfer."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What payments that are not credited yet will bring their customer: all that are seen, and those in a block."""

    seen: Money
    mined: Money


@dataclass(frozen=True, slots=True)
class Valuation:
    """Values payments, each at its own rate if it has one, else at the rate of now."""

    context: Context
    rates: Rates

    def fiat(self, units: int, asset: Asset, rate: Rate) -> Money:
        """Convert coins at a rate."""
        return to_fiat(units, decimals=asset.decimals, rate=rate.value, currency=self.context.currency)

    def beside(self, customer_id: int, chain: Chain, *, but: int | None = None) -> list[DepositRow]:
        """List recent payments of a customer that nobody disputes, `but` one: they count together with it."""
        since = self.context.clock() - UNSAFE_S
        unsafe = DepositRow.unsafe_of(customer_id, chain.value, since=since)
        return [one for one in unsafe if one.id != but and one.held not in DISPUTED]

    def together(self, worth: Money, rows: Iterable[DepositRow]) -> Money | None:
        """Add what other payments are worth; None without a rate for all of them."""
        try:
            return sum((self.of(row) for row in rows), worth)
        except RateUnavailable:
            return None

    def of(self, row: DepositRow) -> Money:
        """Value a payment.

        Raises:
            RateUnavailable: it has no rate of its own, and there is none.
        """
        asset = ASSETS[row.asset]
        rate = recorded(row) if row.rate else self.rates.rate(asset.price_id)
        return self.fiat(row.units, asset, rate)

    def coming(self, customer_id: int) -> Incoming:
        """Add up what is on its way to a customer.

        What is in no block yet counts with a locked rate only: a payment that can be replaced has none (BIP-125).
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
