"""The shop put together: every subject built once, from what is handed in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shop.assets import ASSETS
from shop.carts import Carts
from shop.catalog import Catalog
from shop.chains.kryptoexpress import KryptoExpress
from shop.chains.registry import Registry
from shop.checkout import Checkout
from shop.confirmations import FinalityPolicy
from shop.customers import Customers
from shop.delivery import Delivery
from shop.deposit_addresses import DepositAddresses
from shop.deposits import Deposits
from shop.housekeeping import forget_old_rows
from shop.inventory import Inventory
from shop.invoices import Invoices
from shop.jobs import Job, Runner
from shop.money import Money, exponent
from shop.orders import Orders
from shop.outbox import Outbox
from shop.payment_checks import PaymentChecks
from shop.rates import Rates
from shop.settings import Settings
from shop.top_ups import TopUps
from shop.wallets import open_wallet
from shop.watch import ChainWatch, Pace
from storage.database import Database
from storage.models import DepositAddress
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often things run, in seconds."""

    pace: Pace = field(default_factory=Pace)
    sweep_at_most: int = 86_400
    check_credited: int = 900
    prices: int = 60
    invoices: int = 5
    orphan_after: int = 600


@dataclass(frozen=True, slots=True)
class Shop:
    """Every subject of the shop. `invoices` is there when a payment provider takes the payments."""

    customers: Customers
    catalog: Catalog
    inventory: Inventory
    carts: Carts
    checkout: Checkout
    orders: Orders
    delivery: Delivery
    outbox: Outbox
    top_ups: TopUps
    payment_checks: PaymentChecks
    invoices: Invoices | None
    deposits: Deposits
    rates: Rates
    watches: tuple[ChainWatch, ...]
    runners: tuple[Runner, ...]


def build(
    settings: Settings,
    database: Database,
    registry: Registry,
    *,
    clock: Callable[[], int],
    languages: frozenset[str],
    rhythm: Rhythm,
    provider: KryptoExpress | None = None,
) -> Shop:
    """Build the shop on an open database. Where a payment provider is handed in, it takes the payments.

    Raises:
        WalletMismatch: the configured mnemonic is not the stored one.
        wallet.errors.WalletError: what the wallet is to be made of is none.
    """
    currency = settings.currency
    outbox = Outbox(database, clock=clock, bot_id=settings.bot_id, admin_ids=settings.admin_id_list)
    customers = Customers(
        database,
        clock=clock,
        currency=currency,
        admin_ids=settings.admin_id_list,
        languages=languages,
        default_language=settings.default_language,
    )
    catalog = Catalog(database, clock=clock, currency=currency, page_entries=settings.page_entries)
    carts = Carts(database, catalog, currency=currency)
    orders = Orders(currency=currency, page_entries=settings.page_entries)
    delivery = Delivery(database, customers, orders, outbox, clock=clock)
    invoices = _invoices(settings, database, outbox, provider, clock)
    readers = registry.readers()
    if invoices is not None:  # what was shown to somebody before is watched for ever
        readers = {chain: reader for chain, reader in readers.items() if DepositAddress.all_of(chain.value)}
    wallet = open_wallet(settings, database)
    addresses = DepositAddresses(database, wallet.keyring, outbox, chains=wallet.chains, clock=clock)
    assets = tuple(code for code, asset in ASSETS.items() if asset.chain in readers and asset.chain in wallet.chains)
    rates = Rates(
        registry.price_sources(),
        price_ids=sorted({ASSETS[code].price_id for code in assets}),
        currency=currency,
        clock=clock,
    )
    policy = finality_policy(settings)
    deposits = Deposits(
        database, rates, policy, outbox, clock=clock, currency=currency, orphan_after_s=rhythm.orphan_after
    )
    watches = tuple(
        ChainWatch(reader, deposits, database, outbox, clock=clock, pace=rhythm.pace) for reader in readers.values()
    )
    top_ups = TopUps(
        database,
        addresses,
        rates,
        policy,
        delayed=lambda: frozenset(watch.chain for watch in watches if watch.delayed),
        clock=clock,
        assets=assets,
        currency=currency,
        lock_s=settings.rate_lock_minutes * 60,
    )
    return Shop(
        customers=customers,
        catalog=catalog,
        inventory=Inventory(database, customers, clock=clock, currency=currency),
        carts=carts,
        checkout=Checkout(database, catalog, carts, orders, delivery, clock=clock, currency=currency),
        orders=orders,
        delivery=delivery,
        outbox=outbox,
        top_ups=top_ups,
        payment_checks=PaymentChecks(top_ups, addresses, deposits, watches, clock=clock),
        invoices=invoices,
        deposits=deposits,
        rates=rates,
        watches=watches,
        runners=(
            *_runners(database, rates, watches, clock, rhythm),
            *_invoice_runners(invoices, database, rhythm),
        ),
    )


def finality_policy(settings: Settings) -> FinalityPolicy:
    """Read the rules of finality from the settings."""
    scale = 10 ** exponent(settings.currency)
    small, large = (Money(limit * scale, settings.currency) for limit in settings.finality_limits)
    return FinalityPolicy(
        small=small,
        large=large,
        rules={
            Chain.BTC: settings.btc_finality,
            Chain.LTC: settings.ltc_finality,
            Chain.ETH: settings.eth_finality,
            Chain.TRX: settings.tron_finality,
            Chain.SOL: settings.sol_finality,
        },
    )


def _invoices(
    settings: Settings,
    database: Database,
    outbox: Outbox,
    provider: KryptoExpress | None,
    clock: Callable[[], int],
) -> Invoices | None:
    if provider is None:
        return None
    secret = settings.krypto_express_api_secret.get_secret_value()
    invoices = Invoices(database, provider, outbox, clock=clock, currency=settings.currency, secret=secret)
    invoices.report_to(settings.public_url)
    return invoices


def _invoice_runners(invoices: Invoices | None, database: Database, rhythm: Rhythm) -> tuple[Runner, ...]:
    if invoices is None:
        return ()
    jobs = (
        Job("ask about invoices", rhythm.invoices, invoices.poll),
        Job("coins of the provider", 3_600, invoices.refresh_assets),
    )
    return (Runner("invoices", jobs, at_end=database.release_thread),)


def _runners(
    database: Database, rates: Rates, watches: Sequence[ChainWatch], clock: Callable[[], int], rhythm: Rhythm
) -> tuple[Runner, ...]:
    chains = [
        Runner(
            f"chain-{watch.chain.value}",
            (
                Job("look", rhythm.pace.look_s, watch.look),
                Job("sweep", min(watch.sweep_every_s, rhythm.sweep_at_most), watch.sweep),
                Job("check credited", rhythm.check_credited, watch.check_credited),
            ),
            at_end=database.release_thread,
        )
        for watch in watches
    ]
    tidy = Job("forget old rows", 3_600, lambda: forget_old_rows(database, clock=clock))
    return (
        Runner("prices", (Job("prices", rhythm.prices, rates.refresh),), at_end=database.release_thread),
        Runner("housekeeping", (tidy,), at_end=database.release_thread),
        *chains,
    )
