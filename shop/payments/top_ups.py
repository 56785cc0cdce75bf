"""Top-ups: the screen with an address and a locked rate, and the check of a transaction that a customer names."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from shop.assets import Asset
from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.finality import FinalityPolicy
from shop.chains.parameters import PARAMETERS
from shop.context import Context
from shop.errors import ChainDelayed, NotYourTransaction, TooSoon, TransactionUnknown, UnknownAsset
from shop.money import Money, to_coin
from shop.payments.addresses import DepositAddresses
from shop.payments.deposit_views import DepositView
from shop.payments.deposits import Deposits
from shop.payments.rates import Rate, Rates, recorded
from shop.payments.watch import ChainWatch
from shop.people import Person
from storage.models import DepositAddress
from storage.models import TopUp as TopUpRow
from wallet.chains import Chain

WAIT_S = 10
"""The pause between two checks of a customer: each asks public servers."""
_TXID = re.compile(r"(?:0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{64,90}")


@dataclass(frozen=True, slots=True)
class TopUp:
    """What a top-up screen shows.

    `units` are the base units to send for `asked`; None if the customer named no amount. `rate` holds until
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
        """The payment as a link: BIP-21 for BTC, and the same form for chains whose wallets support it."""
        return payment_uri(self.asset, self.address, self.units)


@dataclass(frozen=True, slots=True)
class TopUps:
    """Addresses and rates for customers who want to pay. `assets` are in the order that customers see."""

    context: Context
    addresses: DepositAddresses
    rates: Rates
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
            UnknownAsset: the coin is not accepted.
            RateUnavailable: no rate is reliable right now, so the amount in coins is unknown.
            NoAddressLeft: the wallet has no free address on this chain.
        """
        asset = self.asset(asset_code)
        address = self.addresses.of(person.id, asset.chain)
        now = self.context.clock()
        lock = TopUpRow.at(person.id, asset.code, now)
        rate = recorded(lock) if lock else self.rates.rate(asset.price_id)
        units = None if asked is None else to_coin(asked, decimals=asset.decimals, rate=rate.value, step=_step(asset))
        expires_at = lock.expires_at if lock else now + self.context.settings.rate_lock_minutes * 60
        self._keep(person, asset, rate, asked=asked, units=units, expires_at=expires_at)
        depth = self.policy.required(asset.chain, asked).depth
        return TopUp(asset, address, rate, expires_at, asked, units, depth, asset.chain in self.delayed)

    def _keep(
        self, person: Person, asset: Asset, rate: Rate, *, asked: Money | None, units: int | None, expires_at: int
    ) -> None:
        now = self.context.clock()
        with self.context.database.transaction():
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
    """Write a payment URI (BIP-21); for tokens the bare address, which every wallet can scan."""
    scheme = PARAMETERS[asset.chain].uri_scheme
    if not scheme or asset.contract:
        return address
    amount = "" if units is None else f"?amount={asset.format(units)}"
    return f"{scheme}:{address}{amount}"


def _step(asset: Asset) -> int:
    """Round to eight decimals of a coin at most, so that people can compare amounts by eye."""
    return int(10 ** max(0, asset.decimals - 8))


@dataclass(slots=True)
class PaymentChecks:
    """Looks up transactions for customers."""

    context: Context
    top_ups: TopUps
    addresses: DepositAddresses
    deposits: Deposits
    watches: Mapping[Chain, ChainWatch]
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _checked_at: dict[int, int] = field(init=False, default_factory=dict)

    def check(self, person: Person, asset_code: str, text: str) -> list[DepositView]:
        """Find a transaction, by its id or a link that holds it, and show what it paid to this customer.

        Raises:
            UnknownAsset: the coin is not accepted.
            TransactionUnknown: the text contains no id, or the chain does not know it.
            NotYourTransaction: it pays nothing to this customer's address.
            ChainDelayed: no server answers for the chain.
            TooSoon: the customer asked a moment ago.
        """
        asset = self.top_ups.asset(asset_code)
        found = _TXID.search(text)
        if found is None:
            raise TransactionUnknown
        self._take_turn(person)
        address = self.addresses.of(person.id, asset.chain)
        try:
            transfers = self.watches[asset.chain].find(found.group(), address)
        except UnknownTransaction:
            raise TransactionUnknown from None
        except ChainUnavailable:
            raise ChainDelayed(asset.name) from None
        views = self.deposits.of_transfers(transfers)
        if not views:
            raise NotYourTransaction
        return views

    def _take_turn(self, person: Person) -> None:
        now = self.context.clock()
        with self._lock:
            self._checked_at = {who: at for who, at in self._checked_at.items() if 0 <= now - at < WAIT_S}
            if person.id in self._checked_at:
                raise TooSoon(WAIT_S - (now - self._checked_at[person.id]))
            self._checked_at[person.id] = now
