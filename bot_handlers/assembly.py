"""The bots put together: handlers, router, notifier, around a shop that is handed in."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from telebot import TeleBot

from bot_handlers.admin import assembly as admin_assembly
from bot_handlers.announcer import Announcer
from bot_handlers.bots import Bots
from bot_handlers.boundary import Boundary
from bot_handlers.commands import announce
from bot_handlers.conversations import Conversations
from bot_handlers.customer.asking import AskingHandlers
from bot_handlers.customer.browsing import BrowsingHandlers
from bot_handlers.customer.buying import BuyingHandlers
from bot_handlers.customer.coupons import CouponHandlers
from bot_handlers.customer.home import HomeHandlers
from bot_handlers.customer.invoicing import InvoicingHandlers
from bot_handlers.customer.paying import PayingHandlers
from bot_handlers.customer.profile import ProfileHandlers
from bot_handlers.customer.reviewing import ReviewingHandlers
from bot_handlers.customer.waiting import WaitingHandlers
from bot_handlers.letters import Letters
from bot_handlers.links import Links
from bot_handlers.mailing import Mailing
from bot_handlers.messenger import Messenger
from bot_handlers.notifier import Notifier
from bot_handlers.router import Handlers, Router
from bot_handlers.throttle import Throttle
from bot_handlers.transport import Transport
from locales import Languages
from shop.assembly import Shop
from shop.jobs import Job, Runner
from shop.settings import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Front:
    """What Telegram sees of the shop."""

    bot: TeleBot
    bots: Bots
    notifier: Notifier
    announcer: Announcer
    announce_commands: Job

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
    pause: Callable[[float], object],
    announcements_a_second: int,
) -> Front:
    """Build the bots of the settings. Nothing is asked of Telegram yet."""
    bot = TeleBot(settings.token.get_secret_value(), threaded=False)
    bots = {bot.bot_id: bot}
    scenery = shop.menu_pictures.of
    messenger = Messenger(bots, transport, pause=pause, scenery=scenery)
    conversations = Conversations(database, clock=clock)
    handlers = _handlers(settings, shop, conversations, messenger, languages=languages, bots=bots, clock=clock)
    boundary = Boundary(shop.customers, languages, messenger, Throttle(monotonic=monotonic))
    Router(handlers, shop.customers, boundary, conversations, languages).register(bot)
    notifier = _notifier(settings, shop, languages, messenger)
    return Front(
        bot=bot,
        bots=Bots(bots, database, clock=clock),
        notifier=notifier,
        announcer=Announcer(
            shop.broadcasts,
            shop.customers,
            shop.outbox,
            languages=languages,
            messenger=Messenger(bots, transport, pause=pause, patience_s=0),
            new_mailing=lambda: Mailing(bots),
            monotonic=monotonic,
            per_second=announcements_a_second,
        ),
        announce_commands=Job(
            "commands", 86_400, lambda: announce(bot, languages, default_language=settings.default_language)
        ),
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
    buying = BuyingHandlers(shop.carts, shop.checkout, shop.orders, shop.delivery, messenger)
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
        browsing=BrowsingHandlers(shop.catalog, shop.carts, conversations=conversations, messenger=messenger),
        buying=buying,
        paying=paying,
        waiting=WaitingHandlers(
            shop.waiting, shop.carts, messenger, choose_coin=paying.choose_coin, confirm=buying.confirm
        ),
        coupons=CouponHandlers(shop.carts, shop.checkout, conversations=conversations, messenger=messenger),
        profile=ProfileHandlers(
            shop.statements,
            shop.referrals,
            shop.custom_texts,
            messenger,
            links=Links(bots),
            support_link=settings.support_link,
        ),
        reviewing=ReviewingHandlers(shop.reviews, shop.restocks, conversations=conversations, messenger=messenger),
        asking=AskingHandlers(shop.tickets, conversations=conversations, messenger=messenger),
        admin=admin_assembly.build(shop, conversations, messenger, languages, bots, currency=settings.currency),
    )


def _paying(
    settings: Settings, shop: Shop, conversations: Conversations, messenger: Messenger, clock: Callable[[], int]
) -> PayingHandlers | InvoicingHandlers:
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
    return PayingHandlers(
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
