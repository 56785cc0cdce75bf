"""The shop put together: every subject built once, and the jobs that run."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from shop.administration.appearance import CustomTexts, MenuPictures
from shop.administration.backups import LOOK_EVERY_S, Backups, KeySource, Plan
from shop.administration.error_reports import ErrorReports
from shop.administration.managers import Managers
from shop.administration.notifications import BUNDLED, NotificationSettings, readers
from shop.administration.second_factor import SecondFactor
from shop.announcements.drafts import Announcements
from shop.announcements.sending import Broadcasts
from shop.audit import Audit, AuditLog
from shop.catalog.drafts import Drafts
from shop.catalog.editor import Editor
from shop.catalog.exports import Exports
from shop.catalog.imports import Imports
from shop.catalog.reviews import Moderation, Reviews
from shop.catalog.stock import Inventory, LowStock, Restocks
from shop.catalog.storefront import Catalog
from shop.catalog.tree import CatalogTree
from shop.chains.kryptoexpress import KryptoExpress
from shop.chains.registry import Registry
from shop.context import Context
from shop.customers import Customers
from shop.errors import CannotStart
from shop.jobs import Job, Runner
from shop.ledger import Crediting
from shop.money import Money, exponent
from shop.outbox import Outbox
from shop.payments import assembly as payments
from shop.payments.assembly import Payments, Rhythm
from shop.payments.referrals import Referrals, ReferralTerms
from shop.payments.statements import Statements
from shop.reports.figures import Figures
from shop.reports.holdings import Holdings
from shop.reports.reconciliation import EVERY_S, Reconciliation
from shop.sales.carts import Carts
from shop.sales.checkout import Checkout, Placing
from shop.sales.coupon_admin import Coupons
from shop.sales.coupons import Discounts
from shop.sales.delivery import Delivery
from shop.sales.orders import Orders
from shop.sales.waiting import Reservations, WaitingOffers
from shop.settings import Settings
from shop.support.adjustments import Adjustments
from shop.support.customers import Conduct, CustomerSupport
from shop.support.refunds import Refunds
from shop.support.replacements import Replacements
from shop.support.tickets import Tickets
from storage.database import Database
from storage.models import (
    Adjustment,
    Announcement,
    AnnouncementRecipient,
    GoodsDraft,
    HandledUpdate,
    Offer,
    PendingImport,
    Picture,
    Search,
    Secret,
    TopUp,
)
from storage.models import Outbox as OutboxRow

_DAY_S = 86_400
_NAME = "currency"


@dataclass(frozen=True, slots=True)
class Shop:
    """Every subject of the shop, and the threads that run its jobs."""

    customers: Customers
    outbox: Outbox
    audit_log: AuditLog
    catalog: Catalog
    catalog_tree: CatalogTree
    editor: Editor
    inventory: Inventory
    restocks: Restocks
    drafts: Drafts
    imports: Imports
    exports: Exports
    reviews: Reviews
    moderation: Moderation
    carts: Carts
    checkout: Checkout
    coupons: Coupons
    orders: Orders
    delivery: Delivery
    reservations: Reservations
    waiting: WaitingOffers
    payments: Payments
    referrals: Referrals
    statements: Statements
    customer_support: CustomerSupport
    conduct: Conduct
    adjustments: Adjustments
    refunds: Refunds
    replacements: Replacements
    tickets: Tickets
    announcements: Announcements
    broadcasts: Broadcasts
    figures: Figures
    holdings: Holdings
    reconciliation: Reconciliation
    managers: Managers
    second_factor: SecondFactor
    notifications: NotificationSettings
    custom_texts: CustomTexts
    menu_pictures: MenuPictures
    backups: Backups
    error_reports: ErrorReports
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
        wallet.errors.WalletError: the mnemonic or the account keys of the settings are not valid.
    """
    settle_currency(database, settings.currency)
    currency, page_entries = settings.currency, settings.page_entries
    audit = Audit(clock=clock)
    second_factor = SecondFactor(database, audit, clock=clock, on=settings.admin_totp)
    outbox = Outbox(
        database, clock=clock, bot_id=settings.bot_id, readers=readers(settings.admin_id_list), bundled=BUNDLED
    )
    referrals = _referrals(settings, database, outbox, clock=clock)
    customers = Customers(
        database,
        outbox,
        clock=clock,
        currency=currency,
        admin_ids=settings.admin_id_list,
        languages=languages,
        default_language=settings.default_language,
        on_arrival=referrals.tie,
        guard=second_factor.check,
    )
    context = Context(settings, database, clock, customers, outbox, audit)
    selling = _selling(context)
    crediting = Crediting(referrals.deposited, selling.waiting.credited, clock=clock)
    paid = payments.build(
        settings, database, outbox, registry, crediting, provider=provider, clock=clock, rhythm=rhythm
    )
    inventory = Inventory(database, selling.low_stock, clock=clock, on_arrival=selling.restocks.arrived)
    catalog_tree = CatalogTree(context, selling.low_stock)
    reconciliation = Reconciliation(database, customers, outbox, clock=clock, currency=currency)
    backups = Backups(database, customers, outbox, audit, clock=clock, plan=_plan(settings))
    error_reports = ErrorReports(database, outbox, clock=clock)
    return Shop(
        customers=customers,
        outbox=outbox,
        audit_log=AuditLog(customers, page_entries=page_entries),
        catalog=selling.catalog,
        catalog_tree=catalog_tree,
        editor=Editor(context, catalog_tree, selling.low_stock),
        inventory=inventory,
        restocks=selling.restocks,
        drafts=Drafts(context, inventory, catalog_tree),
        imports=Imports(context, inventory),
        exports=Exports(context),
        reviews=Reviews(database, outbox, clock=clock, page_entries=page_entries),
        moderation=Moderation(context),
        carts=selling.carts,
        checkout=selling.checkout,
        coupons=Coupons(database, customers, audit, clock=clock, currency=currency, page_entries=page_entries),
        orders=selling.orders,
        delivery=selling.delivery,
        reservations=selling.reservations,
        waiting=selling.waiting,
        payments=paid,
        referrals=referrals,
        statements=selling.statements,
        customer_support=CustomerSupport(
            customers, selling.statements, selling.orders, currency=currency, page_entries=page_entries
        ),
        conduct=Conduct(context),
        adjustments=Adjustments(context),
        refunds=Refunds(context),
        replacements=Replacements(context),
        tickets=Tickets(database, customers, outbox, clock=clock, page_entries=page_entries),
        announcements=Announcements(context, selling.catalog),
        broadcasts=Broadcasts(context),
        figures=Figures(database, customers, clock=clock, currency=currency),
        holdings=Holdings(database, customers, paid.rates, currency=currency, page_entries=page_entries),
        reconciliation=reconciliation,
        managers=Managers(
            database,
            customers,
            outbox,
            audit,
            clock=clock,
            admin_ids=settings.admin_id_list,
            page_entries=page_entries,
        ),
        second_factor=second_factor,
        notifications=NotificationSettings(database, customers),
        custom_texts=CustomTexts(context),
        menu_pictures=MenuPictures(context),
        backups=backups,
        error_reports=error_reports,
        runners=(
            *_runners(context, selling, reconciliation, backups, error_reports),
            *payments.runners(paid, database, rhythm),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Selling:
    """Everything between a shelf and the goods."""

    catalog: Catalog
    carts: Carts
    checkout: Checkout
    orders: Orders
    delivery: Delivery
    low_stock: LowStock
    restocks: Restocks
    reservations: Reservations
    waiting: WaitingOffers
    statements: Statements


def _selling(context: Context) -> _Selling:
    database, clock, customers, outbox = context.database, context.clock, context.customers, context.outbox
    currency, page_entries = context.settings.currency, context.settings.page_entries
    catalog = Catalog(database, clock=clock, currency=currency, page_entries=page_entries)
    carts = Carts(database, catalog, currency=currency)
    orders = Orders(currency=currency, page_entries=page_entries)
    delivery = Delivery(database, customers, orders, outbox, clock=clock)
    discounts = Discounts(clock=clock, currency=currency)
    low_stock = LowStock(outbox, threshold=context.settings.low_stock_threshold)
    placing = Placing(catalog, orders, delivery, discounts, low_stock, clock=clock, currency=currency)
    checkout = Checkout(
        database, catalog, carts, orders, placing, discounts=discounts, clock=clock, currency=currency
    )
    restocks = Restocks(database, outbox, clock=clock)
    reservations = Reservations(
        database, clock=clock, minutes=context.settings.reservation_minutes, on_release=restocks.arrived
    )
    waiting = WaitingOffers(database, checkout, reservations, outbox, clock=clock, currency=currency)
    statements = Statements(clock=clock, currency=currency, page_entries=page_entries)
    return _Selling(
        catalog, carts, checkout, orders, delivery, low_stock, restocks, reservations, waiting, statements
    )


def _runners(
    context: Context,
    selling: _Selling,
    reconciliation: Reconciliation,
    backups: Backups,
    error_reports: ErrorReports,
) -> tuple[Runner, ...]:
    """Say which jobs run on which thread; backups only where the operator wants them."""
    database, clock = context.database, context.clock
    threads = {
        "housekeeping": (Job("forget old rows", 3_600, lambda: forget_old_rows(database, clock=clock)),),
        "orders": (
            Job("orders that wait", 30, selling.waiting.settle),
            Job("reservations", 5, selling.reservations.settle),
        ),
        "reconciliation": (Job("reconciliation", EVERY_S, reconciliation.run),),
        "errors": (Job("errors", 2, error_reports.write),),
    }
    if context.settings.backup_every_hours:
        threads["backups"] = (Job("backup", LOOK_EVERY_S, backups.run),)
    return tuple(Runner(name, jobs, let_go=database.release_thread) for name, jobs in threads.items())


def _plan(settings: Settings) -> Plan:
    key = KeySource.KEY_FILE
    if settings.db_key.get_secret_value():
        key = KeySource.DB_KEY
    elif settings.db_pass.get_secret_value():
        key = KeySource.DB_PASS
    return Plan(settings.backup_every_hours * 3600, settings.backup_copies, settings.backup_to_owners, key)


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


def forget_old_rows(database: Database, *, clock: Callable[[], int]) -> None:
    """Drop claims of updates (Telegram keeps an update a day), and what is stale or long settled.

    Goods that nobody confirmed go after a day, adjustments that nobody confirmed and pictures that nothing shows any
    more after a week.
    """
    ages = (
        *((HandledUpdate, 14), (Offer, 7), (Search, 7), (OutboxRow, 30), (TopUp, 30)),
        *((PendingImport, 1), (GoodsDraft, 1), (Announcement, 7), (AnnouncementRecipient, 30)),
        *((Adjustment, 7), (Picture, 7)),
    )
    for forget, days in ages:
        with database.transaction():
            forget.forget_before(clock() - days * _DAY_S)


class CurrencyMismatch(CannotStart):
    """The balances and prices of this database are in another currency."""

    def __init__(self, stored: str, given: str) -> None:
        super().__init__(
            f"This shop's balances and prices are in {stored}, not in {given}: set CURRENCY={stored}, "
            "or start a new shop with another DATABASE_PATH."
        )


def settle_currency(database: Database, currency: str) -> None:
    """Settle the shop's currency at the first start, and keep to it.

    Raises:
        CurrencyMismatch: it was settled otherwise.
    """
    stored = Secret.read(_NAME)
    if stored is None:
        with database.transaction():
            Secret.make(_NAME, currency)
    elif stored != currency:
        raise CurrencyMismatch(stored, currency)
