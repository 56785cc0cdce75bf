"""The shop put together: every subject built once, from what is handed in."""

from collections.abc import Callable
from dataclasses import dataclass

from shop import payments
from shop.carts import Carts
from shop.catalog import Catalog
from shop.chains.kryptoexpress import KryptoExpress
from shop.chains.registry import Registry
from shop.checkout import Checkout
from shop.customers import Customers
from shop.delivery import Delivery
from shop.housekeeping import forget_old_rows
from shop.inventory import Inventory
from shop.jobs import Job, Runner
from shop.orders import Orders
from shop.outbox import Outbox
from shop.payments import Payments, Rhythm
from shop.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Shop:
    """Every subject of the shop."""

    customers: Customers
    catalog: Catalog
    inventory: Inventory
    carts: Carts
    checkout: Checkout
    orders: Orders
    delivery: Delivery
    outbox: Outbox
    payments: Payments
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
    customers = _customers(settings, database, clock=clock, languages=languages)
    catalog = Catalog(database, clock=clock, currency=currency, page_entries=settings.page_entries)
    carts = Carts(database, catalog, currency=currency)
    orders = Orders(currency=currency, page_entries=settings.page_entries)
    delivery = Delivery(database, customers, orders, outbox, clock=clock)
    money_in = payments.build(settings, database, outbox, registry, provider=provider, clock=clock, rhythm=rhythm)
    return Shop(
        customers=customers,
        catalog=catalog,
        inventory=Inventory(database, customers, clock=clock, currency=currency),
        carts=carts,
        checkout=Checkout(database, catalog, carts, orders, delivery, clock=clock, currency=currency),
        orders=orders,
        delivery=delivery,
        outbox=outbox,
        payments=money_in,
        runners=(_housekeeping(database, clock), *payments.runners(money_in, database, rhythm)),
    )


def _housekeeping(database: Database, clock: Callable[[], int]) -> Runner:
    tidy = Job("forget old rows", 3_600, lambda: forget_old_rows(database, clock=clock))
    return Runner("housekeeping", (tidy,), at_end=database.release_thread)


def _customers(
    settings: Settings, database: Database, *, clock: Callable[[], int], languages: frozenset[str]
) -> Customers:
    return Customers(
        database,
        clock=clock,
        currency=settings.currency,
        admin_ids=settings.admin_id_list,
        languages=languages,
        default_language=settings.default_language,
    )
