"""The shop put together: every subject built once, from what is handed in."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from shop import accounting, administration, announcing, care, payments, stocking
from shop.accounting import Accounting
from shop.administration import Administration
from shop.announcing import Announcing
from shop.audit import Audit
from shop.care import Care
from shop.carts import Carts
from shop.catalog import Catalog
from shop.chains.kryptoexpress import KryptoExpress
from shop.chains.registry import Registry
from shop.checkout import Checkout
from shop.coupons import Coupons
from shop.crediting import Crediting
from shop.currency import settle_currency
from shop.customers import Customers
from shop.delivery import Delivery
from shop.discounts import Discounts
from shop.error_reports import ErrorReports
from shop.ground import Ground
from shop.housekeeping import forget_old_rows
from shop.jobs import Job, Runner
from shop.low_stock import LowStock
from shop.money import Money, exponent
from shop.notices import readers
from shop.orders import Orders
from shop.outbox import Outbox
from shop.payments import Payments, Rhythm
from shop.placing import Placing
from shop.referrals import Referrals, ReferralTerms
from shop.reservations import Reservations
from shop.restocks import Restocks
from shop.reviews import Reviews
from shop.second_factor import SecondFactor
from shop.settings import Settings
from shop.statements import Statements
from shop.stocking import Stocking
from shop.tickets import Tickets
from shop.waiting import WaitingOffers
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Shop:
    """Every subject of the shop."""

    administration: Administration
    customers: Customers
    care: Care
    catalog: Catalog
    stocking: Stocking
    carts: Carts
    checkout: Checkout
    coupons: Coupons
    orders: Orders
    delivery: Delivery
    outbox: Outbox
    payments: Payments
    reviews: Reviews
    tickets: Tickets
    restocks: Restocks
    reservations: Reservations
    referrals: Referrals
    statements: Statements
    waiting: WaitingOffers
    accounting: Accounting
    announcing: Announcing
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
        CannotStart: the settings name another currency or another mnemonic than the database holds.
        wallet.errors.WalletError: what the wallet is to be made of is none.
    """
    currency, page_entries = settings.currency, settings.page_entries
    ground, office, customers, outbox, referrals = _people(settings, database, clock=clock, languages=languages)
    selling = _selling(settings, database, customers, outbox, clock=clock)
    credit = Crediting(referrals.deposited, selling.waiting.credited, clock=clock)
    paid = payments.build(settings, database, outbox, registry, credit, provider=provider, clock=clock, rhythm=rhythm)
    counted = accounting.build(ground, paid.rates)
    return Shop(
        administration=office,
        customers=customers,
        care=care.build(ground, selling.orders, selling.statements),
        catalog=selling.catalog,
        stocking=stocking.build(ground, selling.restocks),
        carts=selling.carts,
        checkout=selling.checkout,
        coupons=Coupons(database, customers, ground.audit, clock=clock, currency=currency, page_entries=page_entries),
        orders=selling.orders,
        delivery=selling.delivery,
        outbox=outbox,
        payments=paid,
        reviews=Reviews(database, outbox, clock=clock, page_entries=page_entries),
        tickets=Tickets(database, customers, outbox, clock=clock, page_entries=page_entries),
        restocks=selling.restocks,
        reservations=selling.reservations,
        referrals=referrals,
        statements=selling.statements,
        waiting=selling.waiting,
        accounting=counted,
        announcing=announcing.build(ground, selling.catalog),
        runners=(*_own_runners(ground, office, selling, counted), *payments.runners(paid, database, rhythm)),
    )


@dataclass(frozen=True, slots=True)
class _Selling:
    """What stands between a shelf and the goods."""

    catalog: Catalog
    carts: Carts
    checkout: Checkout
    orders: Orders
    delivery: Delivery
    restocks: Restocks
    reservations: Reservations
    waiting: WaitingOffers
    statements: Statements


def _selling(
    settings: Settings, database: Database, customers: Customers, outbox: Outbox, *, clock: Callable[[], int]
) -> _Selling:
    currency, page_entries = settings.currency, settings.page_entries
    catalog = Catalog(database, clock=clock, currency=currency, page_entries=page_entries)
    carts = Carts(database, catalog, currency=currency)
    orders = Orders(currency=currency, page_entries=page_entries)
    delivery = Delivery(database, customers, orders, outbox, clock=clock)
    discounts = Discounts(clock=clock, currency=currency)
    low_stock = LowStock(outbox, threshold=settings.low_stock_threshold)
    placing = Placing(catalog, orders, delivery, discounts, low_stock, clock=clock, currency=currency)
    checkout = Checkout(
        database, catalog, carts, orders, placing, discounts=discounts, clock=clock, currency=currency
    )
    restocks = Restocks(database, outbox, clock=clock)
    reservations = Reservations(
        database, clock=clock, minutes=settings.reservation_minutes, on_release=restocks.arrived
    )
    waiting = WaitingOffers(database, checkout, reservations, outbox, clock=clock, currency=currency)
    statements = Statements(clock=clock, currency=currency, page_entries=page_entries)
    return _Selling(catalog, carts, checkout, orders, delivery, restocks, reservations, waiting, statements)


def _own_runners(
    ground: Ground, office: Administration, selling: _Selling, counted: Accounting
) -> tuple[Runner, ...]:
    database, clock = ground.database, ground.clock
    tidy = Job("forget old rows", 3_600, lambda: forget_old_rows(database, clock=clock))
    settle = Job("orders that wait", 30, selling.waiting.settle)
    release = Job("goods that were kept", 5, selling.reservations.settle)
    return (
        Runner("housekeeping", (tidy,), let_go=database.release_thread),
        Runner("orders", (settle, release), let_go=database.release_thread),
        accounting.runner(counted, ground),
        *administration.runners(office, ground),
        Runner("errors", (Job("errors", 2, ground.error_reports.write),), let_go=database.release_thread),
    )


def _people(
    settings: Settings, database: Database, *, clock: Callable[[], int], languages: frozenset[str]
) -> tuple[Ground, Administration, Customers, Outbox, Referrals]:
    """Build what knows people, what writes to them, and what those have who look after the shop."""
    settle_currency(database, settings.currency)
    audit = Audit(clock=clock)
    second_factor = SecondFactor(database, audit, clock=clock, on=settings.admin_totp)
    outbox = Outbox(database, clock=clock, bot_id=settings.bot_id, readers=readers(settings.admin_id_list))
    referrals = _referrals(settings, database, outbox, clock=clock)
    customers = Customers(
        database,
        outbox,
        clock=clock,
        currency=settings.currency,
        admin_ids=settings.admin_id_list,
        languages=languages,
        default_language=settings.default_language,
        on_arrival=referrals.tie,
        guard=second_factor.check,
    )
    error_reports = ErrorReports(database, outbox, clock=clock)
    ground = Ground(settings, database, clock, customers, outbox, audit, second_factor, error_reports)
    return ground, administration.build(ground), customers, outbox, referrals


def _referrals(settings: Settings, database: Database, outbox: Outbox, *, clock: Callable[[], int]) -> Referrals:
    """Read what the operator pays for customers who bring customers."""
    scale = 10 ** exponent(settings.currency)
    terms = ReferralTerms(
        least_deposits=Money(settings.min_referrer_total_deposit * scale, settings.currency),
        referral_percent=settings.referral_bonus_percent,
        referral_limit=settings.referral_bonus_deposit_limit,
        referral_cap_percent=settings.referral_bonus_cap_percent,
        referrer_percent=settings.referrer_bonus_percent,
        referrer_limit=settings.referrer_bonus_deposit_limit,
        referrer_cap_percent=settings.referrer_bonus_cap_percent,
        total_cap_percent=settings.total_bonus_cap_percent,
    )
    return Referrals(database, outbox, terms, clock=clock, new_code=lambda: secrets.token_urlsafe(12))
