"""The assembled shop: every subject built once, and the jobs that run."""

import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from shop import memory
from shop.administration.appearance import CustomTexts, MenuPictures, MenuScreen
from shop.administration.audit_log import AuditLog
from shop.administration.backups import LOOK_EVERY_S, Backups, KeySource, Plan
from shop.administration.bots import ShopBots
from shop.administration.error_reports import ErrorReports
from shop.administration.held_goods import HeldGoods
from shop.administration.managers import Managers
from shop.administration.notification_group import NotificationGroup
from shop.administration.notifications import BUNDLED, NotificationSettings, readers
from shop.administration.off_site import OffSiteCopy
from shop.administration.second_factor import FactorReminder, SecondFactor
from shop.announcements.drafts import Announcements
from shop.announcements.sending import Broadcasts
from shop.audit import Audit
from shop.catalog.drafts import Drafts
from shop.catalog.editor import Editor
from shop.catalog.exports import Exports
from shop.catalog.imports import Imports
from shop.catalog.reviews import Moderation, Reviews
from shop.catalog.stock import Inventory, LowStock, Restocks
from shop.catalog.storefront import Catalog
from shop.catalog.tree import CatalogTree
from shop.chains.registry import Registry
from shop.context import Context
from shop.customers import Customers
from shop.errors.refusals import CannotStart
from shop.jobs import Job, Runner
from shop.money import Money, exponent
from shop.outbox import Event, Outbox
from shop.payments import assembly as payments
from shop.payments.assembly import Rhythm
from shop.payments.provider import PaymentProvider
from shop.payments.referrals import Referrals, ReferralTerms
from shop.payments.statements import Statements
from shop.payments.valuation import Incoming
from shop.reports.figures import FOLLOW_EVERY_S, Figures
from shop.reports.holdings import Holdings
from shop.reports.reconciliation import EVERY_S, Reconciliation
from shop.sales.carts import Carts
from shop.sales.checkout import Checkout
from shop.sales.coupon_admin import Coupons
from shop.sales.coupons import Discounts
from shop.sales.delivery import Delivery
from shop.sales.orders import Orders
from shop.sales.waiting import Reservations, WaitingOffers
from shop.settings.model import Settings
from shop.support.account_moves import AccountMoves
from shop.support.adjustments import Adjustments
from shop.support.customers import CustomerSupport
from shop.support.notes import Notes
from shop.support.orders import OrderSupport
from shop.support.refunds import Refunds
from shop.support.replacements import Replacements
from shop.support.search import SupportSearch
from shop.support.tickets import Tickets
from shop.support.vigilance import Vigilance
from shop.support.workload import Workload
from shop.sweeps import assembly as sweeps
from shop.terms.consents import Consents
from shop.terms.erasure import Erasures
from shop.terms.operator import OperatorDetails
from shop.terms.own_data import DataRights
from shop.terms.retention import DEFAULTS, KeptData, Retention
from storage.database import Database
from storage.models import (
    Adjustment,
    Announcement,
    AnnouncementRecipient,
    Conversation,
    Coupon,
    Deposit,
    GoodsDraft,
    HandledUpdate,
    Invoice,
    LedgerEntry,
    Offer,
    PendingImport,
    Picture,
    Product,
    Search,
    Secret,
    StarBill,
    Sweep,
    Ticket,
    TopUp,
)
from storage.models import Outbox as OutboxRow

_DAY_S = 86_400
_NAME = "currency"
_DECIMALS = "currency_decimals"
_WITH_AMOUNTS = (Product, LedgerEntry, Adjustment, Coupon, Deposit, Invoice)
"""The tables that keep amounts in the currency permanently."""
_DECIMALS_OF_0_1 = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3}
"""The currencies for which version 0.1.0 did not use two decimals; it did not store the number."""


class Shop:
    """Every subject of the shop, built once, and the threads that run its jobs."""

    def __init__(
        self,
        context: Context,
        registry: Registry,
        *,
        referrals: Referrals,
        second_factor: SecondFactor,
        erasures: Erasures,
        notification_group: NotificationGroup,
        provider: PaymentProvider | None,
        rhythm: Rhythm,
    ) -> None:
        self.context = context
        self.notification_group = notification_group
        self.bots = ShopBots(context)
        self.customers = context.customers
        self.outbox = context.outbox
        self.referrals = referrals
        self.second_factor = second_factor
        self.data_rights = DataRights(context, erasures)
        self._build_catalog(context)
        self._build_sales(context)
        followers = (referrals.deposited, self.waiting.credited)
        watchers = (self.reservations.payments_changed,)
        self.payments = payments.build(
            context,
            registry,
            followers,
            watchers=watchers,
            provider=provider,
            rhythm=rhythm,
            followers_of_stars=(self.waiting.credited,),
        )
        self.statements = Statements(context)
        self.sweeps = sweeps.build(context, registry, self.payments, self.payments.top_ups.addresses.keyring)
        self._build_support(context)
        self._build_administration(context)
        self.runners = (*self._runners(context, rhythm), *payments.runners(self.payments, context.database, rhythm))
        if self.sweeps.movers:
            self.runners += (sweeps.runner(self.sweeps, every_s=rhythm.sweeps, monotonic=rhythm.monotonic),)

    def menu_picture(self, bot_id: int, scene: MenuScreen) -> bytes | None:
        """Read the picture of a menu screen: a bot's own goes above its main menu."""
        own = self.bots.picture_of(bot_id) if scene is MenuScreen.HOME else None
        return own or self.menu_pictures.of(scene)

    def _coming(self, customer_id: int) -> Incoming:
        return self.payments.deposits.valuation.coming(customer_id)

    def _build_catalog(self, context: Context) -> None:
        self.low_stock = LowStock(context)
        self.restocks = Restocks(context)
        self.catalog = Catalog(context, self.bots.roots_of)
        self.catalog_tree = CatalogTree(context, self.low_stock)
        self.editor = Editor(context, self.catalog_tree, self.low_stock, self.restocks)
        self.inventory = Inventory(context, self.low_stock, self.restocks)
        self.imports = Imports(context, self.inventory)
        self.drafts = Drafts(context, self.inventory, self.catalog_tree, self.imports)
        self.exports = Exports(context)
        self.reviews = Reviews(context)
        self.moderation = Moderation(context)

    def _build_sales(self, context: Context) -> None:
        self.carts = Carts(context, self.catalog)
        self.orders = Orders(context)
        self.delivery = Delivery(context, self.orders)
        self.coupons = Coupons(context)
        self.consents = Consents(context)
        self.checkout = Checkout(
            context,
            self.catalog,
            self.carts,
            self.orders,
            self.delivery,
            Discounts(context),
            self.low_stock,
            self.consents,
        )
        self.reservations = Reservations(context, self.restocks)
        self.waiting = WaitingOffers(context, self.checkout, self.reservations, self._coming)

    def _build_support(self, context: Context) -> None:
        self.customer_support = CustomerSupport(context, self.statements, self.orders)
        self.order_support = OrderSupport(context, self.orders)
        self.workload = Workload(context)
        self.support_search = SupportSearch(context)
        self.notes = Notes(context)
        self.account_moves = AccountMoves(context, self.data_rights.erasures)
        self.adjustments = Adjustments(context)
        vigilance = Vigilance(context)
        self.refunds = Refunds(context, vigilance)
        self.replacements = Replacements(context, vigilance)
        self.tickets = Tickets(context)

    def _build_administration(self, context: Context) -> None:
        self.announcements = Announcements(context, self.catalog)
        self.broadcasts = Broadcasts(context)
        self.figures = Figures(context)
        self.holdings = Holdings(context, self.payments.rates, self.payments.top_ups.addresses.keyring)
        self.reconciliation = Reconciliation(context)
        self.managers = Managers(context)
        self.audit_log = AuditLog(context)
        self.held_goods = HeldGoods(context)
        self.notifications = NotificationSettings(context)
        self.custom_texts = CustomTexts(context)
        self.menu_pictures = MenuPictures(context)
        self.operator = OperatorDetails(context)
        self.backups = Backups(context, _plan(context.settings))
        self.off_site_copy = _off_site_copy(context)
        self.error_reports = ErrorReports(context.database, context.outbox, clock=context.clock)

    def _runners(self, context: Context, rhythm: Rhythm) -> tuple[Runner, ...]:
        """List the jobs of each thread; backups only if the operator wants them."""
        database, clock, retention = context.database, context.clock, Retention.of(context.settings)

        def forget() -> None:
            if not context.is_far_ahead():
                forget_old_rows(database, clock=clock, retention=retention)

        threads = {
            "housekeeping": (
                Job("forget old rows", 3_600, forget),
                Job("recent figures", FOLLOW_EVERY_S, self.figures.follow),
                Job("import under way", 600, self.imports.resume),
                Job("ended drafts", 600, self.drafts.clear),
                Job("free memory", memory.EVERY_S, memory.give_back),
                Job("deletions", 600, self.data_rights.run),
                Job("key reminder", 3_600, self.backups.remind),
                Job("factor reminder", 3_600, FactorReminder(context).remind),
            ),
            "orders": (
                Job("orders that wait", 30, self.waiting.settle),
                Job("reservations", 5, self.reservations.settle),
                Job("top-up screens", 2, self.payments.screens.run),
            ),
            "reconciliation": (Job("reconciliation", EVERY_S, self.reconciliation.run),),
            "errors": (Job("errors", 2, self.error_reports.write),),
        }
        if context.settings.backup_every_hours:
            threads["backups"] = (Job("backup", LOOK_EVERY_S, self.backups.run),)
        if self.off_site_copy is not None:
            every_s = context.settings.backup_every_minutes * 60
            threads["off-site copy"] = (Job("off-site copy", every_s, self.off_site_copy.run),)
        return tuple(
            Runner(name, jobs, let_go=database.release_thread, monotonic=rhythm.monotonic)
            for name, jobs in threads.items()
        )


def build(
    settings: Settings,
    database: Database,
    registry: Registry,
    *,
    clock: Callable[[], int],
    languages: frozenset[str],
    rhythm: Rhythm,
    provider: PaymentProvider | None = None,
    is_far_ahead: Callable[[], bool] = lambda: False,
) -> Shop:
    """Build the shop on an open database. With a `provider`, customers pay its invoices. `Context` has the clocks.

    Raises:
        CannotStart: the settings name another currency or another mnemonic than the database holds.
        wallet.errors.WalletError: the mnemonic or the account keys of the settings are not valid.
    """
    settle_currency(database, settings.currency)
    audit, group = Audit(clock), NotificationGroup(database, settings.notification_group[0])
    second_factor = SecondFactor(database, audit, clock, on=settings.admin_totp)
    outbox = _outbox(settings, database, group, clock=clock)
    referrals = _referrals(settings, database, outbox, clock=clock)
    erasures = Erasures(database, clock)
    erasures.replay(tell=partial(_tell_of_deletions, outbox))
    customers = _customers(settings, outbox, referrals, second_factor, erasures, languages=languages)
    context = Context(settings, database, clock, customers, outbox, audit, rhythm.monotonic, is_far_ahead)
    return Shop(
        context,
        registry,
        referrals=referrals,
        second_factor=second_factor,
        erasures=erasures,
        notification_group=group,
        provider=provider,
        rhythm=rhythm,
    )


def _customers(
    settings: Settings,
    outbox: Outbox,
    referrals: Referrals,
    second_factor: SecondFactor,
    erasures: Erasures,
    *,
    languages: frozenset[str],
) -> Customers:
    customers = Customers(
        outbox.database,
        outbox,
        outbox.clock,
        currency=settings.currency,
        admin_ids=settings.admin_id_list,
        languages=languages,
        default_language=settings.default_language,
        on_arrival=referrals.tie,
        guard=second_factor.check,
        proof=second_factor.require,
        returning=erasures.returning,
    )
    customers.let_owners_in()
    return customers


def _tell_of_deletions(outbox: Outbox, count: int) -> None:
    """Tell the owners of deletions that a restored database cannot repeat."""
    outbox.tell_admins(Event.ADMIN_DELETIONS, key=f"deletions:{outbox.clock()}", payload={"count": count})


def _outbox(settings: Settings, database: Database, group: NotificationGroup, *, clock: Callable[[], int]) -> Outbox:
    main, tell = settings.bot_id, readers(settings.admin_id_list, lambda: group.id)
    return Outbox(database, clock, bot_id=main, readers=tell, bundled=BUNDLED, served={main})


def _plan(settings: Settings) -> Plan:
    key = KeySource.KEY_FILE
    if settings.db_key.get_secret_value():
        key = KeySource.DB_KEY
    elif settings.db_pass.get_secret_value():
        key = KeySource.DB_PASS
    return Plan(settings.backup_every_hours * 3600, settings.backup_copies, settings.backup_to_owners, key)


def _off_site_copy(context: Context) -> OffSiteCopy | None:
    folder = context.settings.backup_folder
    return OffSiteCopy(context, Path(folder), context.settings.backup_hook) if folder else None


def _referrals(settings: Settings, database: Database, outbox: Outbox, *, clock: Callable[[], int]) -> Referrals:
    """Read the terms of the referral programme from the settings."""
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
    return Referrals(database, outbox, terms, clock, new_code=lambda: secrets.token_urlsafe(12))


def forget_old_rows(database: Database, *, clock: Callable[[], int], retention: Retention = DEFAULTS) -> None:
    """Delete records of handled updates (Telegram keeps an update for a day) and rows that are stale or long settled.

    Unconfirmed goods go after a day; unconfirmed adjustments and sweeps, and unused pictures, after a week.
    """
    keep = retention.days
    ages = (
        *((HandledUpdate, 14), (PendingImport, 1), (GoodsDraft, 1), (Announcement, 7)),
        *((Search, keep(KeptData.SEARCHES)), (Offer, keep(KeptData.OFFERS)), (TopUp, keep(KeptData.QUOTES))),
        (StarBill, keep(KeptData.OFFERS)),
        *((OutboxRow, keep(KeptData.LETTERS)), (AnnouncementRecipient, keep(KeptData.RECIPIENTS))),
        *((Conversation, keep(KeptData.DIALOGS)), (Ticket, keep(KeptData.TICKETS))),
        *((Adjustment, 7), (Picture, 7), (Sweep, 7)),
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


class DecimalsMismatch(CannotStart):
    """The amounts of this database have another number of decimals than the currency has."""

    def __init__(self, currency: str, decimals: int) -> None:
        super().__init__(
            f"This shop's amounts in {currency} were stored with {decimals} decimals by an older version, and the "
            f"currency has {exponent(currency)}: stay with that version, or start a new shop with another "
            "DATABASE_PATH. Nothing was changed."
        )


def settle_currency(database: Database, currency: str) -> None:
    """Store the shop's currency and its decimals at the first start; refuse other ones once there are amounts.

    Raises:
        CurrencyMismatch: the database holds another currency.
        DecimalsMismatch: its amounts were stored with another number of decimals.
    """
    stored = Secret.read(_NAME)
    if stored is not None and stored != currency:
        if any(model.select().exists() for model in _WITH_AMOUNTS):
            raise CurrencyMismatch(stored, currency)
        with database.transaction():
            # Unpaid screens and unfinished dialogs name amounts in the previous currency.
            TopUp.delete().execute()
            GoodsDraft.delete().execute()
            Secret.forget(_NAME, _DECIMALS)
        stored = None
    first = exponent(currency) if stored is None else _DECIMALS_OF_0_1.get(currency, 2)
    decimals = int(Secret.read(_DECIMALS) or first)
    if decimals != exponent(currency):
        raise DecimalsMismatch(currency, decimals)
    if Secret.read(_DECIMALS) is None:
        with database.transaction():
            if stored is None:
                Secret.make(_NAME, currency)
            Secret.make(_DECIMALS, str(decimals))
