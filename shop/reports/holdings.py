"""Holdings: the totals received at the shop's addresses and moved out again, by asset."""

from dataclasses import dataclass, replace

from shop.assets import ASSETS, Asset
from shop.context import Context
from shop.errors.payments import RateUnavailable
from shop.errors.refusals import StaleScreen
from shop.money import Money, to_fiat
from shop.payments.deposit_views import DepositState
from shop.payments.providers import title_of
from shop.payments.rates import Rate, Rates
from shop.people import Person, Right
from storage.models import SweepInput
from storage.models import reports as rows
from wallet.accounts import DerivedAddress
from wallet.keyring import Keyring, WatchKeyring

_COMING = frozenset({DepositState.SEEN.value, DepositState.CONFIRMING.value})


@dataclass(frozen=True, slots=True)
class CoinHolding:
    """How much of an asset arrived, and at how many addresses; `coming` is not final yet and not included elsewhere.

    `credited` is what customers were credited. `worth` is its value at `rate`; None without a reliable rate.
    `moved` was swept out, or is about to be, its fee included; `units` and `worth` are of what is left.
    """

    asset: Asset
    addresses: int
    units: int
    coming: int
    credited: Money
    rate: Rate | None
    worth: Money | None
    moved: int = 0


@dataclass(frozen=True, slots=True)
class InvoiceSum:
    """The total that a payment provider, named by `provider`, received in a coin, and the total credited for it."""

    provider: str
    asset: Asset
    payments: int
    units: int
    credited: Money


@dataclass(frozen=True, slots=True)
class Holding:
    """An address with its amount, and where its key is: the number of the child, and the path below it."""

    address: str
    path: str
    units: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class HoldingPage:
    """One page of the addresses that hold an asset."""

    asset: Asset
    holdings: tuple[Holding, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """Holdings, for admins with `Right.MONEY`."""

    context: Context
    rates: Rates
    keyring: Keyring

    def all(self, person: Person) -> tuple[tuple[CoinHolding, ...], tuple[InvoiceSum, ...]]:
        """Add up what arrived at the shop's addresses, and what a provider received."""
        self.context.customers.require(person, Right.MONEY)
        final: dict[str, int] = {}
        coming: dict[str, int] = {}
        credited: dict[str, int] = {}
        places: dict[str, set[int]] = {}
        with self.context.database.snapshot():
            for code, state, units, minor, address_id in rows.arrived():
                sums = coming if state in _COMING else final
                sums[code] = sums.get(code, 0) + units
                credited[code] = credited.get(code, 0) + minor
                places.setdefault(code, set()).add(address_id)
            invoices, moved = self._invoices(), SweepInput.moved()
        coins = (
            replace(
                self._coin(
                    asset,
                    len(places[code]),
                    max(0, final.get(code, 0) - moved.get(code, 0)),
                    coming.get(code, 0),
                    credited[code],
                ),
                moved=moved.get(code, 0),
            )
            for code, asset in ASSETS.items()
            if code in places
        )
        return tuple(coins), invoices

    def page(self, person: Person, asset_code: str, *, page: int) -> HoldingPage:
        """List the addresses that received an asset, oldest first; a page beyond the last shows the last.

        Raises:
            StaleScreen: no such asset.
        """
        self.context.customers.require(person, Right.MONEY)
        asset = ASSETS.get(asset_code)
        if asset is None:
            raise StaleScreen
        chain = asset.chain.value
        with self.context.database.snapshot():
            page, pages = self.context.page(page, rows.count_addresses(chain, asset.code))
            found = rows.addresses(chain, asset.code, page=page, size=self.context.page_entries)
            ids = [row.id for row in found]
            units, moved = rows.units_on(ids, asset.code), SweepInput.moved_from(ids, asset.code)
        holdings = tuple(
            Holding(row.address, row.path, max(0, units[row.id] - moved.get(row.id, 0)), row.customer_id)
            for row in found
        )
        return HoldingPage(asset, holdings, page, pages)

    def first_addresses(self, person: Person) -> tuple[DerivedAddress, ...]:
        """List the first address of each watch-only account, which the operator's own wallet must show too."""
        self.context.customers.require(person, Right.MONEY)
        return tuple(self.keyring.first_addresses()) if isinstance(self.keyring, WatchKeyring) else ()

    def _coin(self, asset: Asset, addresses: int, units: int, coming: int, credited: int) -> CoinHolding:
        rate = self._rate(asset)
        worth = None
        if rate is not None:
            worth = to_fiat(units, decimals=asset.decimals, rate=rate.value, currency=self.context.currency)
        return CoinHolding(asset, addresses, units, coming, Money(credited, self.context.currency), rate, worth)

    def _rate(self, asset: Asset) -> Rate | None:
        try:
            return self.rates.rate(asset.price_id)
        except RateUnavailable:
            return None

    def _invoices(self) -> tuple[InvoiceSum, ...]:
        sums: dict[str, dict[str, InvoiceSum]] = {}
        for provider, code, minor, units in rows.paid():
            coins, money = sums.setdefault(provider, {}), Money(minor, self.context.currency)
            nothing = InvoiceSum(title_of(provider), ASSETS[code], 0, 0, Money(0, self.context.currency))
            before = coins.get(code, nothing)
            coins[code] = replace(
                before, payments=before.payments + 1, units=before.units + units, credited=before.credited + money
            )
        return tuple(coins[code] for _, coins in sorted(sums.items()) for code in ASSETS if code in coins)
