"""The current value of coins, and hence which are worth moving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shop.assets import ASSETS, Asset, native
from shop.context import Context
from shop.errors.payments import RateUnavailable
from shop.money import Money, exponent, to_fiat
from shop.payments.rates import Rates
from shop.sweeps.offers import Kept
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Budget:
    """The rule for what is worth moving: at least `least` after costs, and costs of at most `percent` of the amount.

    `rates`: the price of one whole coin, by asset code.
    """

    least: Money
    percent: int
    rates: Mapping[str, Decimal]

    def worth(self, asset: Asset, units: int) -> Money:
        """Convert units to fiat, rounded down."""
        return to_fiat(units, decimals=asset.decimals, rate=self.rates[asset.code], currency=self.least.currency)

    def verdict(self, moved: Sequence[tuple[Asset, int]], cost: tuple[Asset, int]) -> Kept | None:
        """Return why coins are not worth moving at a cost; None if they are."""
        worth = Money(sum(self.worth(asset, units).minor for asset, units in moved), self.least.currency)
        paid = self.worth(*cost)
        if paid.minor * 100 > worth.minor * self.percent:
            return Kept.DEAR if worth >= self.least else Kept.SMALL
        return Kept.SMALL if worth - paid < self.least or worth.minor <= 0 else None

    def ceiling(self, asset: Asset, units: int) -> int:
        """Return the most that moving units may cost, in units of the chain's own coin, rounded down."""
        own = native(asset.chain)
        if asset is own:
            return units * self.percent // 100
        (rate, per), (own_rate, own_per) = (self.rates[each.code].as_integer_ratio() for each in (asset, own))
        numerator = units * rate * own_per * self.percent * 10**own.decimals
        return int(numerator // (per * own_rate * 100 * 10**asset.decimals))


@dataclass(frozen=True, slots=True)
class Values:
    """The worth of coins at the rates that the shop credits deposits with."""

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
        """Return the rule for a chain.

        Raises:
            RateUnavailable: a coin of the chain has no reliable rate, so its worth is unknown.
        """
        settings = self.context.settings
        least = Money(settings.sweep_min * 10 ** exponent(settings.currency), settings.currency)
        assets = [asset for asset in ASSETS.values() if asset.chain is chain]
        rates = {asset.code: self.rates.rate(asset.price_id).value for asset in assets}
        return Budget(least, settings.sweep_fee_ceiling_percent, rates)
