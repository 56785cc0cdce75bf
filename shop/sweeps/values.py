"""What coins are worth now, and what is therefore worth moving."""

from dataclasses import dataclass

from shop.assets import ASSETS, Asset
from shop.context import Context
from shop.errors import RateUnavailable
from shop.money import Money, exponent, to_fiat
from shop.payments.rates import Rates
from shop.sweeps.offers import Budget
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Values:
    """The worth of coins by the rates that the shop credits deposits by."""

    context: Context
    rates: Rates

    def worth(self, asset: Asset, units: int) -> Money | None:
        """Convert units of a coin to fiat, rounded down; None without a reliable rate."""
        try:
            rate = self.rates.rate(asset.price_id).value
        except RateUnavailable:
            return None
        return to_fiat(units, decimals=asset.decimals, rate=rate, currency=self.context.currency)

    def budget(self, chain: Chain) -> Budget:
        """Say what is worth moving on a chain.

        Raises:
            RateUnavailable: a coin of the chain has no reliable rate, so that nobody knows what it is worth.
        """
        settings = self.context.settings
        least = Money(settings.sweep_min * 10 ** exponent(settings.currency), settings.currency)
        assets = [asset for asset in ASSETS.values() if asset.chain is chain]
        rates = {asset.code: self.rates.rate(asset.price_id).value for asset in assets}
        return Budget(least, settings.sweep_fee_ceiling_percent, rates)
