"""The top-up screen: an address of the customer's own, and a rate that is kept for him for a while."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.assets import ASSETS, Asset
from shop.confirmations import FinalityPolicy
from shop.deposit_addresses import DepositAddresses
from shop.errors import UnknownAsset
from shop.money import Money, to_coin
from shop.people import Person
from shop.rates import Rate, Rates, recorded
from storage.database import Database
from storage.models import DepositAddress
from storage.models import TopUp as TopUpRow
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class TopUp:
    """What a top-up screen shows.

    `units` are the base units to send for `asked`; None when the customer named no sum. `rate` holds until
    `expires_at` (Unix seconds). `depth` is the number of confirmations that such a payment needs.
    """

    asset: Asset
    address: str
    rate: Rate
    expires_at: int
    asked: Money | None
    units: int | None
    depth: int
    delayed: bool

    @property
    def uri(self) -> str:
        """The payment as a link: BIP-21 for BTC, the same shape where other chains' wallets know it."""
        return payment_uri(self.asset, self.address, self.units)


class TopUps:
    """Addresses and rates for those who want to pay."""

    def __init__(
        self,
        database: Database,
        addresses: DepositAddresses,
        rates: Rates,
        policy: FinalityPolicy,
        *,
        delayed: Callable[[], frozenset[Chain]],
        clock: Callable[[], int],
        assets: tuple[str, ...],
        currency: str,
        lock_s: int,
    ) -> None:
        self._database = database
        self._addresses = addresses
        self._rates = rates
        self._policy = policy
        self._delayed = delayed
        self._clock = clock
        self._assets = tuple(ASSETS[code] for code in assets)
        self._currency = currency
        self._lock_s = lock_s

    @property
    def assets(self) -> tuple[Asset, ...]:
        """What the shop is paid in, in the order that customers see."""
        return self._assets

    def asset(self, code: str) -> Asset:
        """Find a coin that the shop is paid in.

        Raises:
            UnknownAsset: it is not.
        """
        asset = next((asset for asset in self._assets if asset.code == code), None)
        if asset is None:
            raise UnknownAsset(code)
        return asset

    @property
    def delayed(self) -> frozenset[Chain]:
        """The chains that nobody answers for at the moment: what is paid there is credited later."""
        return self._delayed()

    def open(self, person: Person, asset_code: str, asked: Money | None) -> TopUp:
        """Show a customer where to pay, and lock a rate for him; an open lock is kept, not renewed.

        Raises:
            UnknownAsset: the shop does not take this coin.
            RateUnavailable: no rate can be trusted, so that a sum cannot be named right now.
            NoAddressLeft: the wallet has no address for him on this chain.
        """
        asset = self.asset(asset_code)
        address = self._addresses.of(person.id, asset.chain)
        now = self._clock()
        lock = TopUpRow.at(person.id, asset.code, now)
        rate = recorded(lock) if lock else self._rates.rate(asset.price_id)
        units = None if asked is None else to_coin(asked, decimals=asset.decimals, rate=rate.value, step=_step(asset))
        expires_at = lock.expires_at if lock else now + self._lock_s
        self._keep(person, asset, rate, asked=asked, units=units, expires_at=expires_at)
        depth = self._policy.required(asset.chain, asked).depth
        return TopUp(asset, address, rate, expires_at, asked, units, depth, asset.chain in self.delayed)

    def _keep(
        self, person: Person, asset: Asset, rate: Rate, *, asked: Money | None, units: int | None, expires_at: int
    ) -> None:
        now = self._clock()
        with self._database.transaction():
            DepositAddress.shown(person.id, asset.chain.value, now)
            TopUpRow.create(
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


def payment_uri(asset: Asset, address: str, units: int | None) -> str:
    """Write a payment as a URI that wallets open (BIP-21); a token's is its bare address, which all wallets scan."""
    scheme = {"BTC": "bitcoin", "LTC": "litecoin", "SOL": "solana"}.get(asset.code)
    if scheme is None:
        return address
    amount = "" if units is None else f"?amount={asset.format(units)}"
    return f"{scheme}:{address}{amount}"


def _step(asset: Asset) -> int:
    """Keep eight decimals of a coin at most: what people compare by eye."""
    return int(10 ** max(0, asset.decimals - 8))
