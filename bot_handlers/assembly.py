"""The bots put together: handlers, router, notifier, around a shop that is handed in."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from telebot import TeleBot

from bot_handlers.handlers.account import AccountHandlers
from bot_handlers.handlers.administration import (
    AdministrationHandlers,
    AuditingHandlers,
    BackingUpHandlers,
    NoticingHandlers,
    ProvingHandlers,
)
from bot_handlers.handlers.announcements import AnnouncementHandlers, AnnouncingHandlers
from bot_handlers.handlers.appearance import AppearanceHandlers, DecoratingHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers, CouponEntryHandlers, WaitingHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import (
    AdjustingHandlers,
    ConductHandlers,
    CustomerHandlers,
    RefundingHandlers,
    ReplacingHandlers,
)
from bot_handlers.handlers.goods import AddingHandlers, GoodsHandlers, StockingHandlers
from bot_handlers.handlers.home import AdminHomeHandlers, HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.reports import MoneyHandlers, ReportHandlers
from bot_handlers.handlers.reviews import ModeratingHandlers, ReviewHandlers
from bot_handlers.handlers.tickets import AnsweringHandlers, TicketHandlers
from bot_handlers.handlers.top_ups import InvoicingHandlers, TopUpHandlers
from bot_handlers.letters.announcer import Announcer
from bot_handlers.letters.letters import Letters
from bot_handlers.letters.notifier import Notifier
from bot_handlers.routes import AdminHandlers, Handlers, routes_of
from bot_handlers.telegram.courier import Courier
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.queued import QueuedMessenger
from bot_handlers.telegram.reachability import Reachability
from bot_handlers.telegram.setup import Links, announce
from bot_handlers.telegram.transport import Transport
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.boundary import Boundary, Throttle
from bot_handlers.updates.conversations import Conversations
from bot_handlers.updates.router import Router
from locales import Languages
from shop.assembly import Shop
from shop.jobs import Job, Runner
from shop.settings import Settings
from storage.database import Database


def build_admin_handlers(
    shop: Shop,
    conversations: Conversations,
    messenger: Messenger,
    languages: Languages,
    bots: dict[int, TeleBot],
    *,
    currency: str,
) -> AdminHandlers:
    """Build what those who look after the shop press and type."""

    looking = CustomerHandlers(shop.customer_support, shop.tickets, conversations=conversations, messenger=messenger)
    return AdminHandlers(
        home=AdminHomeHandlers(messenger),
        stocking=StockingHandlers(shop, messenger),
        editing=GoodsHandlers(shop, conversations=conversations, messenger=messenger),
        adding=AddingHandlers(shop, conversations=conversations, messenger=messenger),
        making=OrderHandlers(shop.delivery, conversations=conversations, messenger=messenger),
        coupons=CouponHandlers(shop.coupons, shop.catalog, conversations=conversations, messenger=messenger),
        answering=AnsweringHandlers(shop.customers, shop.tickets, conversations=conversations, messenger=messenger),
        appointing=AdministrationHandlers(shop.managers, conversations=conversations, messenger=messenger),
        auditing=AuditingHandlers(shop.audit_log, messenger),
        backing_up=BackingUpHandlers(shop.backups, messenger),
        proving=ProvingHandlers(shop.second_factor, conversations=conversations, messenger=messenger),
        customers=looking,
        refunding=RefundingHandlers(shop.refunds, shop.customer_support, messenger),
        replacing=ReplacingHandlers(shop.replacements, shop.customer_support, messenger),
        adjusting=_adjusting(shop, conversations, messenger, currency=currency),
        conduct=ConductHandlers(
            shop.conduct, shop.customer_support, looking, conversations=conversations, messenger=messenger
        ),
        figures=ReportHandlers(shop.figures, languages, messenger),
        money=MoneyHandlers(shop.holdings, shop.reconciliation, messenger),
        moderating=ModeratingHandlers(shop.moderation, conversations=conversations, messenger=messenger),
        noticing=NoticingHandlers(shop.notifications, messenger),
        writing=AppearanceHandlers(shop.custom_texts, languages, conversations=conversations, messenger=messenger),
        decorating=DecoratingHandlers(shop.menu_pictures, conversations=conversations, messenger=messenger),
        composing=_composing(shop, conversations, messenger, languages, bots),
        announcing=AnnouncingHandlers(shop.announcements, shop.broadcasts, messenger),
    )


def _adjusting(shop: Shop, conversations: Conversations, messenger: Messenger, *, currency: str) -> AdjustingHandlers:
    return AdjustingHandlers(
        shop.adjustments, shop.customers, conversations=conversations, messenger=messenger, currency=currency
    )


def _composing(
    shop: Shop, conversations: Conversations, messenger: Messenger, languages: Languages, bots: dict[int, TeleBot]
) -> AnnouncementHandlers:
    return AnnouncementHandlers(
        shop.announcements,
        conversations=conversations,
        messenger=messenger,
        languages=languages,
        new_mailing=lambda: Mailing(bots),
    )


@dataclass(frozen=True, slots=True)
class Front:
    """What Telegram sees of the shop."""

    bot: TeleBot
    bots: Bots
    courier: Courier
    notifier: Notifier
    announcer: Announcer
    announce_commands: Job
    reachability: Reachability

    def runners(self, *, let_go: Callable[[], None]) -> tuple[Runner, ...]:
        """Make the threads that write of themselves: commands once and then the letters, and the announcements."""
        letters = Job("letters", 1, self.notifier.run)
        return (
            Runner("letters", (self.announce_commands, letters), let_go=let_go),
            Runner("announcements", (Job("announcements", 1, self.announcer.run),), let_go=let_go),
        )

    def stop(self) -> None:
        """End what writes of itself after the message in hand."""
        self.notifier.stop()
        self.announcer.stop()


def build(
    settings: Settings,
    shop: Shop,
    database: Database,
    transport: Transport,
    languages: Languages,
    *,
    clock: Callable[[], int],
    monotonic: Callable[[], float],
    announcements_a_second: int,
) -> Front:
    """Build the bots of the settings. Nothing is asked of Telegram yet."""
    bot = TeleBot(settings.token.get_secret_value(), threaded=False)
    bots = {bot.bot_id: bot}
    courier = Courier(monotonic=monotonic)
    direct = Messenger(bots, transport, scenery=shop.menu_pictures.of)
    messenger = QueuedMessenger(bots, transport, courier, direct=direct, scenery=shop.menu_pictures.of)
    conversations = Conversations(database, clock=clock)
    handlers = _handlers(settings, shop, conversations, messenger, languages=languages, bots=bots, clock=clock)
    boundary = Boundary(shop.customers, languages, messenger, Throttle(monotonic=monotonic))
    Router(routes_of(handlers, languages), shop.customers, boundary, conversations).register(bot)
    return Front(
        bot=bot,
        bots=Bots(bots, database, clock=clock, settle=messenger.settle),
        courier=courier,
        notifier=_notifier(settings, shop, languages, direct),
        announcer=Announcer(
            shop.broadcasts,
            shop.customers,
            shop.outbox,
            languages=languages,
            messenger=Messenger(bots, transport),
            new_mailing=lambda: Mailing(bots),
            monotonic=monotonic,
            per_second=announcements_a_second,
        ),
        announce_commands=Job(
            "commands", 86_400, lambda: announce(bot, languages, default_language=settings.default_language)
        ),
        reachability=Reachability(database, shop.outbox, clock=clock),
    )


def _handlers(
    settings: Settings,
    shop: Shop,
    conversations: Conversations,
    messenger: Messenger,
    *,
    languages: Languages,
    bots: dict[int, TeleBot],
    clock: Callable[[], int],
) -> Handlers:
    buying = CheckoutHandlers(shop.carts, shop.checkout, shop.orders, shop.delivery, messenger)
    paying = _paying(settings, shop, conversations, messenger, clock)
    return Handlers(
        home=HomeHandlers(
            shop.customers,
            languages,
            shop.custom_texts,
            messenger,
            support_link=settings.support_link,
            by_invoice=shop.payments.invoices is not None,
        ),
        browsing=CatalogHandlers(shop.catalog, shop.carts, conversations=conversations, messenger=messenger),
        buying=buying,
        paying=paying,
        waiting=WaitingHandlers(
            shop.waiting, shop.carts, messenger, choose_coin=paying.choose_coin, confirm=buying.confirm
        ),
        coupons=CouponEntryHandlers(shop.carts, shop.checkout, conversations=conversations, messenger=messenger),
        profile=AccountHandlers(
            shop.statements,
            shop.referrals,
            shop.custom_texts,
            messenger,
            links=Links(bots),
            support_link=settings.support_link,
        ),
        reviewing=ReviewHandlers(shop.reviews, shop.restocks, conversations=conversations, messenger=messenger),
        asking=TicketHandlers(shop.tickets, conversations=conversations, messenger=messenger),
        admin=build_admin_handlers(shop, conversations, messenger, languages, bots, currency=settings.currency),
    )


def _paying(
    settings: Settings, shop: Shop, conversations: Conversations, messenger: Messenger, clock: Callable[[], int]
) -> TopUpHandlers | InvoicingHandlers:
    if shop.payments.invoices is not None:
        return InvoicingHandlers(
            shop.customers,
            shop.payments.invoices,
            shop.waiting,
            conversations=conversations,
            messenger=messenger,
            clock=clock,
            currency=settings.currency,
        )
    return TopUpHandlers(
        shop.customers,
        shop.payments.top_ups,
        shop.payments.payment_checks,
        shop.waiting,
        conversations=conversations,
        messenger=messenger,
        clock=clock,
        currency=settings.currency,
    )


def _notifier(settings: Settings, shop: Shop, languages: Languages, messenger: Messenger) -> Notifier:
    return Notifier(
        shop.outbox,
        shop.customers,
        shop.orders,
        shop.delivery,
        shop.payments.deposits,
        backups=shop.backups,
        letters=Letters(
            shop.customers,
            shop.catalog,
            shop.orders,
            shop.reviews,
            shop.tickets,
            refunds=shop.refunds,
            adjustments=shop.adjustments,
            books=shop.reconciliation,
            broadcasts=shop.broadcasts,
            branches=shop.catalog_tree,
            currency=settings.currency,
        ),
        languages=languages,
        messenger=messenger,
        invoices=shop.payments.invoices,
    )


def webhook_secret(settings: Settings, database_key: bytes) -> str:
    """Say what Telegram proves itself with: the configured secret, or one that only this shop can compute."""
    chosen = settings.webhook_secret_token.get_secret_value()
    if chosen:
        return chosen
    purpose = f"webhook secret of bot {settings.bot_id}".encode()
    return hmac.new(database_key, purpose, hashlib.sha256).hexdigest()
