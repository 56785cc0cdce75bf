"""Builds the bots around a shop: handlers, routes, notifier and announcer."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from telebot import TeleBot

from bot_handlers.handlers.account import AccountHandlers
from bot_handlers.handlers.administration import AdministrationHandlers, SecondFactorPrompt
from bot_handlers.handlers.announcements import AnnouncementHandlers
from bot_handlers.handlers.appearance import AppearanceHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import CustomerHandlers
from bot_handlers.handlers.goods import GoodsHandlers
from bot_handlers.handlers.home import HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.people import PeopleHandlers
from bot_handlers.handlers.reports import ReportHandlers
from bot_handlers.handlers.reviews import ReviewHandlers
from bot_handlers.handlers.sweeps import SweepHandlers
from bot_handlers.handlers.terms import OwnDataHandlers, TermsHandlers
from bot_handlers.handlers.tickets import TicketHandlers
from bot_handlers.handlers.top_ups import TopUpHandlers
from bot_handlers.letters.announcer import Announcer
from bot_handlers.letters.letters import Letters
from bot_handlers.letters.notifier import Notifier
from bot_handlers.routes.handlers import Handlers
from bot_handlers.routes.table import routes_of
from bot_handlers.telegram.courier import Courier
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.queued import QueuedMessenger
from bot_handlers.telegram.reachability import Reachability
from bot_handlers.telegram.setup import Links, announce
from bot_handlers.telegram.transport import Transport
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.boundary import Boundary, Throttle
from bot_handlers.updates.conversations import Chat, Conversations
from bot_handlers.updates.router import Router
from locales import Languages
from shop.assembly import Shop
from shop.jobs import Job, Runner
from shop.settings.model import Settings
from storage.database import Database


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

    def runners(
        self, *, let_go: Callable[[], None], monotonic: Callable[[], float] = time.monotonic
    ) -> tuple[Runner, ...]:
        """Make the threads that send letters (and first list the commands) and announcements."""
        threads = {
            "letters": (self.announce_commands, Job("letters", 1, self.notifier.run, endless=True)),
            "announcements": (Job("announcements", 1, self.announcer.run, endless=True),),
        }
        return tuple(Runner(name, jobs, let_go=let_go, monotonic=monotonic) for name, jobs in threads.items())

    def stop(self) -> None:
        """Stop these threads after the message that each is sending."""
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
    """Build the bots of the settings, without any call to Telegram yet."""
    bot = TeleBot(settings.token.get_secret_value(), threaded=False)
    bots = {bot.bot_id: bot}
    courier = Courier(monotonic=monotonic)
    direct = Messenger(bots, transport, menu_picture=shop.menu_pictures.of)
    messenger = QueuedMessenger(bots, transport, courier, direct=direct, menu_picture=shop.menu_pictures.of)
    chat = Chat(messenger, Conversations(database, clock=clock))
    handlers = _handlers(settings, shop, chat, languages=languages, bots=bots, clock=clock)
    boundary = Boundary(shop.customers, languages, messenger, Throttle(monotonic=monotonic), shop.operator.contact)
    Router(routes_of(handlers, languages), shop.customers, boundary, chat).register(bot)
    letters = Letters(shop, settings.currency)
    notifier = Notifier(shop.outbox, shop.customers, letters, languages, messenger=direct, courier=courier)
    return Front(
        bot=bot,
        bots=Bots(bots, database, clock=clock, settle=messenger.settle),
        courier=courier,
        notifier=notifier,
        announcer=Announcer(
            *(shop.broadcasts, shop.customers, shop.outbox),
            languages=languages,
            messenger=Messenger(bots, transport),
            new_mailing=lambda: Mailing(bots),
            monotonic=monotonic,
            per_second=announcements_a_second,
        ),
        announce_commands=Job(
            "commands", 86_400, lambda: announce(bot, languages, default_language=settings.default_language)
        ),
        reachability=Reachability(database, shop.outbox, clock=clock, monotonic=monotonic),
    )


def _handlers(
    settings: Settings,
    shop: Shop,
    chat: Chat,
    *,
    languages: Languages,
    bots: dict[int, TeleBot],
    clock: Callable[[], int],
) -> Handlers:
    """Build the handlers of every subject."""
    by_invoice, currency = shop.payments.invoices is not None, settings.currency
    top_ups = TopUpHandlers(chat, shop.customers, shop.payments, shop.waiting, clock, currency)
    return Handlers(
        home=HomeHandlers(
            *(chat, shop.customers, shop.custom_texts, languages, settings.support_link, by_invoice),
            workload=shop.workload,
        ),
        catalog=CatalogHandlers(chat, shop.catalog, shop.carts, shop.restocks),
        checkout=CheckoutHandlers(chat, shop.carts, shop.checkout, shop.waiting, shop.consents, top_ups),
        orders=OrderHandlers(chat, shop.orders, shop.delivery, shop.order_support),
        top_ups=top_ups,
        account=AccountHandlers(chat, shop.statements, shop.referrals, shop.customers, Links(bots)),
        reviews=ReviewHandlers(chat, shop.reviews, shop.moderation),
        tickets=TicketHandlers(chat, shop.tickets, shop.customers),
        terms=TermsHandlers(chat, settings, shop.custom_texts, shop.operator, _provider_of(shop)),
        own_data=OwnDataHandlers(chat, shop.data_rights),
        goods=GoodsHandlers(chat, shop),
        coupons=CouponHandlers(chat, shop.coupons, shop.catalog),
        customers=CustomerHandlers(chat, shop, currency),
        people=PeopleHandlers(chat, shop),
        announcements=AnnouncementHandlers(
            chat, shop.announcements, shop.broadcasts, languages, new_mailing=lambda: Mailing(bots)
        ),
        reports=ReportHandlers(chat, shop, languages),
        sweeps=SweepHandlers(chat, shop),
        administration=AdministrationHandlers(chat, shop.managers, shop.audit_log, shop.backups, shop.notifications),
        appearance=AppearanceHandlers(chat, shop.custom_texts, shop.menu_pictures, languages),
        second_factor=SecondFactorPrompt(chat, shop.second_factor),
    )


def _provider_of(shop: Shop) -> str:
    """Name who takes the payments; empty where the shop does."""
    return "" if shop.payments.invoices is None else shop.payments.invoices.provider.title


def webhook_secret(settings: Settings, database_key: bytes) -> str:
    """Choose the secret that Telegram has to send: the configured one, or one that only this shop can compute."""
    chosen = settings.webhook_secret_token.get_secret_value()
    if chosen:
        return chosen
    purpose = f"webhook secret of bot {settings.bot_id}".encode()
    return hmac.new(database_key, purpose, hashlib.sha256).hexdigest()
