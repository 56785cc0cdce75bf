"""Top-ups: the screen with an address and a locked rate."""

from dataclasses import dataclass
from functools import partial

from shop.assets import ASSETS, Asset
from shop.chains.finality import FinalityPolicy
from shop.chains.parameters import PARAMETERS
from shop.context import Context
from shop.errors.payments import UnknownAsset
from shop.money import Money, to_coin, to_fiat, whole_units
from shop.payments.addresses import DepositAddresses
from shop.payments.rates import Rate, recorded
from shop.payments.store_mode import StoreMode
from shop.payments.valuation import Valuation
from shop.payments.watch import ChainWatch
from shop.people import Person
from shop.settings.model import Settings
from storage.models import DepositAddress, Reservation
from storage.models import TopUp as TopUpRow
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class TopUp:
    """The contents of a top-up screen.

    `units` are the base units to send for `asked`; None if the customer named no amount. It is never below `least`;
    `wanted` is the amount they named if that was lower. `rate` holds until `expires_at` (Unix seconds). `depth` is
    the number of confirmations that such a payment needs; without an amount it takes from `least_depth` to `depth`.
    `minutes_left` of the rate is rounded up; at 0 it has ended.
    """

    id: int
    asset: Asset
    address: str
    rate: Rate
    expires_at: int
    asked: Money | None
    units: int | None
    depth: int
    delayed: bool
    least: Money
    wanted: Money | None
    least_depth: int
    minutes_left: int

    @property
    def uri(self) -> str:
        """The payment as a link: BIP-21 for BTC, and the same form for chains whose wallets support it."""
        return payment_uri(self.asset, self.address, self.units)


@dataclass(frozen=True, slots=True)
class TopUps:
    """Addresses and rates for customers who want to pay. `assets` are in the order that customers see."""

    context: Context
    addresses: DepositAddresses
    valuation: Valuation
    policy: FinalityPolicy
    assets: tuple[Asset, ...]
    watches: tuple[ChainWatch, ...]

    def asset(self, code: str) -> Asset:
        """Find an accepted coin.

        Raises:
            UnknownAsset: the coin is not accepted.
        """
        asset = next((asset for asset in self.assets if asset.code == code), None)
        if asset is None:
            raise UnknownAsset(code)
        return asset

    @property
    def delayed(self) -> frozenset[Chain]:
        """The chains without an answering server: payments on them are credited later."""
        return frozenset(watch.chain for watch in self.watches if watch.delayed)

    def open(self, person: Person, asset_code: str, asked: Money | None) -> TopUp:
        """Show a customer where to pay, and lock a rate; an open lock is kept, not renewed.

        Raises:
            CoinsNotTaken: the shop takes no coins at the moment.
            UnknownAsset: the coin is not accepted.
            RateUnavailable: no rate is reliable right now, so the amount in coins is unknown.
            NoAddressLeft: the wallet has no free address on this chain.
        """
        StoreMode(self.context).require_coins()
        asset = self.asset(asset_code)
        address = self.addresses.of(person.id, asset.chain)
        lock, expires_at = self._lock(person, asset)
        rate = recorded(lock) if lock else self.valuation.rates.rate(asset.price_id)
        least = least_sum(asset, rate, self.context.settings)
        wanted = asked if asked is not None and asked < least else None
        asked = asked if wanted is None else least
        units = None if asked is None else to_coin(asked, decimals=asset.decimals, rate=rate.value, step=_step(asset))
        row = self._keep(person, asset, rate, asked=asked, units=units, expires_at=expires_at)
        return self._view(row, address, wanted)

    def again(self, top_up_id: int, *, wanted_minor: int | None) -> TopUp:
        """Read a screen that the customer was shown, as it looks now."""
        row = TopUpRow.get_by_id(top_up_id)
        address = self.addresses.of(row.customer_id, ASSETS[row.asset].chain)
        wanted = None if wanted_minor is None else Money(wanted_minor, self.context.currency)
        return self._view(row, address, wanted)

    def _view(self, row: TopUpRow, address: str, wanted: Money | None) -> TopUp:
        asset, rate = ASSETS[row.asset], recorded(row)
        asked = None if row.asked_minor is None else Money(row.asked_minor, self.context.currency)
        least_depth, depth = self._depths(row.customer_id, asset, rate, row.asked_units)
        return TopUp(
            id=row.id,
            asset=asset,
            address=address,
            rate=rate,
            expires_at=row.expires_at,
            asked=asked,
            units=row.asked_units,
            depth=depth,
            delayed=asset.chain in self.delayed,
            least=least_sum(asset, rate, self.context.settings),
            wanted=wanted,
            least_depth=least_depth,
            minutes_left=-(-max(0, row.expires_at - self.context.clock()) // 60),
        )

    def _lock(self, person: Person, asset: Asset) -> tuple[TopUpRow | None, int]:
        """Find the customer's open lock; return when it, or a new one, ends, which is together with their
        reservation.

        A lock older than the reservation would end before it, so a new one replaces it.
        """
        now = self.context.clock()
        lock, kept = TopUpRow.at(person.id, asset.code, now), Reservation.of(person.id, now)
        if kept is None or kept.paid_at is not None:
            return lock, lock.expires_at if lock else now + self.context.settings.rate_lock_minutes * 60
        if lock is not None and lock.created_at >= kept.created_at:
            return lock, lock.expires_at
        return None, min(now + self.context.settings.rate_lock_minutes * 60, kept.expires_at)

    def _depths(self, customer_id: int, asset: Asset, rate: Rate, units: int | None) -> tuple[int, int]:
        """Return the least and the most confirmations that a payment will need.

        It is judged together with the customer's recent ones, as it will be when it arrives.
        """
        worth = self.valuation.fiat(units or 0, asset, rate)
        together = self.valuation.together(worth, self.valuation.beside(customer_id, on=asset.chain))
        least = self.policy.required(asset.chain, together).depth
        return least, self.policy.required(asset.chain, None).depth if units is None else least

    def _keep(
        self, person: Person, asset: Asset, rate: Rate, *, asked: Money | None, units: int | None, expires_at: int
    ) -> TopUpRow:
        now = self.context.clock()
        with self.context.database.transaction():
            Reservation.end_with(person.id, expires_at, now=now)
            DepositAddress.shown(person.id, asset.chain.value, now)
            return TopUpRow.create(
                customer=person.id,
                asset=asset.code,
                asked_minor=asked.minor if asked else None,
                asked_units=units,
                rate=str(rate.value),
                rate_source=rate.source,
                rate_at=rate.at,
                created_at=now,
                expires_at=expires_at,
            )


def least_sum(asset: Asset, rate: Rate, settings: Settings) -> Money:
    """Return the smallest amount to ask for: the setting's, or the value of the coin's own minimum; never dust."""
    own = settings.least_sums.get(asset.code)
    worth = partial(to_fiat, decimals=asset.decimals, rate=rate.value, currency=settings.currency)
    least = worth(asset.least_units) if own is None else whole_units(own, settings.currency)
    dust = worth(asset.dust_units)
    if to_coin(dust, decimals=asset.decimals, rate=rate.value) < asset.dust_units:
        dust += Money(1, settings.currency)
    return max(least, dust)


def payment_uri(asset: Asset, address: str, units: int | None) -> str:
    """Write a payment URI (BIP-21); for tokens the bare address, which every wallet can scan."""
    scheme = PARAMETERS[asset.chain].uri_scheme
    if not scheme or asset.contract:
        return address
    amount = "" if units is None else f"?amount={asset.format(units)}"
    return f"{scheme}:{address}{amount}"


def _step(asset: Asset) -> int:
    """Round to at most eight decimals of a coin, so that people can compare amounts by eye."""
    return int(10 ** max(0, asset.decimals - 8))
