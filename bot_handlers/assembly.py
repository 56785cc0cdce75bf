"""Builds the bots around a shop: handlers, routes, notifier and announcer."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from telebot import TeleBot

from bot_handlers.handlers.account import AccountHandlers
from bot_handlers.handlers.administration import AdministrationHandlers, SecondFactorPrompt
from bot_handlers.handlers.announcements import AnnouncementHandlers
from bot_handlers.handlers.appearance import AppearanceHandlers
from bot_handlers.handlers.bots import BotHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import CustomerHandlers
from bot_handlers.handlers.goods import GoodsHandlers
from bot_handlers.handlers.home import HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.reports import ReportHandlers
from bot_handlers.handlers.reviews import ReviewHandlers
from bot_handlers.handlers.sweeps import SweepHandlers
from bot_handlers.handlers.terms import OwnDataHandlers, TermsHandlers
from bot_handlers.handlers.tickets import TicketHandlers
from bot_handlers.handlers.top_ups import TopUpHandlers
from bot_handlers.letters.announcer import Announcer
from bot_handlers.letters.letters import Letters
from bot_handlers.letters.notifier import MOST_AT_ONCE, Notifier
from bot_handlers.routes.handlers import Handlers
from bot_handlers.routes.table import routes_of
from bot_handlers.telegram.courier import SENDERS, Courier
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.queued import QueuedMessenger
from bot_handlers.telegram.reachability import Reachability
from bot_handlers.telegram.roster import Roster
from bot_handlers.telegram.setup import Links, announce
from bot_handlers.telegram.transport import Transport
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.boundary import Boundary, Throttle
from bot_handlers.updates.conversations import Chat, Conversations
from bot_handlers.updates.fleet import Fleet
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
    fleet: Fleet
    courier: Courier
    notifier: Notifier
    announcer: Announcer
    announce_commands: Job
    reachability: Reachability

    def runners(
        self, *, let_go: Callable[[], None], monotonic: Callable[[], float] = time.monotonic
    ) -> tuple[Runner, ...]:
        """Make the threads that send letters (and first list the commands), announcements, and of several bots."""
        letters = Job("letters", 1, self.notifier.run, endless=True)
        threads = {
            "letters": (letters,) if self.fleet.has_several_bots else (self.announce_commands, letters),
            "announcements": (Job("announcements", 1, self.announcer.run, endless=True),),
        }
        if self.fleet.has_several_bots:
            threads["bots"] = (Job("bots", 1, self.fleet.run, endless=True),)
        return tuple(Runner(name, jobs, let_go=let_go, monotonic=monotonic) for name, jobs in threads.items())

    def stop(self) -> None:
        """Stop these threads after the message that each is sending."""
        self.notifier.stop()
        self.announcer.stop()
        self.fleet.stop()


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
    secret_of: Callable[[int], str] = lambda _bot_id: "",
) -> Front:
    """Build the bots of the shop, without any call to Telegram yet. `secret_of`: the secret of a bot's webhook."""
    bots, several = Roster(), settings.multibot
    courier = Courier(monotonic=monotonic, most_of_a_bot=SENDERS // 2 if several else None)
    direct = Messenger(bots, transport, menu_picture=shop.menu_picture)
    messenger = QueuedMessenger(bots, transport, courier, direct=direct, menu_picture=shop.menu_picture)
    chat, list_commands = Chat(messenger, Conversations(database, clock=clock)), _lister(settings, languages)
    reachability = Reachability(database, shop.outbox, clock=clock, monotonic=monotonic)
    fleet = Fleet(*(bots, shop.bots, reachability), announce=list_commands, secret_of=secret_of, monotonic=monotonic)
    handlers = _handlers(settings, shop, chat, languages=languages, bots=bots, fleet=fleet, clock=clock)
    boundary = Boundary(shop.customers, languages, messenger, Throttle(monotonic=monotonic))
    fleet.begin(Router(routes_of(handlers, languages), shop.customers, boundary, chat).register)
    notifier = Notifier(
        *(shop.outbox, shop.customers, Letters(shop, settings.currency), languages),
        messenger=direct,
        courier=courier,
        most_of_a_bot=MOST_AT_ONCE // 2 if several else MOST_AT_ONCE,
        doubt=fleet.doubt,
    )
    announcer = _announcer(shop, languages, Messenger(bots, transport), bots, fleet if several else None)
    return Front(
        bot=bots[settings.bot_id],
        bots=Bots(bots, database, clock=clock, settle=messenger.settle),
        fleet=fleet,
        courier=courier,
        notifier=notifier,
        announcer=announcer(monotonic=monotonic, per_second=announcements_a_second),
        announce_commands=Job("commands", 86_400, lambda: list_commands(bots[settings.bot_id])),
        reachability=reachability,
    )


def _announcer(
    shop: Shop, languages: Languages, messenger: Messenger, bots: Roster, fleet: Fleet | None
) -> Callable[..., Announcer]:
    """Make what sends announcements, but for its pace; `fleet`: the bots, where there are several."""
    return partial(
        Announcer,
        *(shop.broadcasts, shop.customers, shop.outbox),
        languages=languages,
        messenger=messenger,
        new_mailing=lambda: Mailing(bots),
        fleet=fleet,
    )


def _lister(settings: Settings, languages: Languages) -> Callable[[TeleBot], None]:
    """Make what has Telegram list the commands of a bot."""

    def list_commands(bot: TeleBot) -> None:
        announce(bot, languages, default_language=settings.default_language)

    return list_commands


def _handlers(
    settings: Settings,
    shop: Shop,
    chat: Chat,
    *,
    languages: Languages,
    bots: Roster,
    fleet: Fleet,
    clock: Callable[[], int],
) -> Handlers:
    """Build the handlers of every subject."""
    by_invoice, currency = shop.payments.invoices is not None, settings.currency
    top_ups = TopUpHandlers(chat, shop.customers, shop.payments, shop.waiting, clock, currency)
    return Handlers(
        home=HomeHandlers(
            *(chat, shop.customers, shop.custom_texts, shop.bots, languages), settings.support_link, by_invoice
        ),
        catalog=CatalogHandlers(chat, shop.catalog, shop.carts, shop.restocks),
        checkout=CheckoutHandlers(chat, shop.carts, shop.checkout, shop.waiting, shop.consents, top_ups),
        orders=OrderHandlers(chat, shop.orders, shop.delivery),
        top_ups=top_ups,
        account=AccountHandlers(chat, shop.statements, shop.referrals, shop.customers, Links(bots)),
        reviews=ReviewHandlers(chat, shop.reviews, shop.moderation),
        tickets=TicketHandlers(chat, shop.tickets, shop.customers),
        terms=TermsHandlers(chat, settings, shop.custom_texts, shop.operator, _provider_of(shop)),
        own_data=OwnDataHandlers(chat, shop.data_rights),
        goods=GoodsHandlers(chat, shop),
        coupons=CouponHandlers(chat, shop.coupons, shop.catalog),
        customers=CustomerHandlers(chat, shop, currency),
        announcements=AnnouncementHandlers(
            chat, shop.announcements, shop.broadcasts, languages, new_mailing=lambda: Mailing(bots)
        ),
        reports=ReportHandlers(chat, shop, languages),
        sweeps=SweepHandlers(chat, shop),
        administration=AdministrationHandlers(chat, shop.managers, shop.audit_log, shop.backups, shop.notifications),
        bots=BotHandlers(chat, shop.bots, fleet),
        appearance=AppearanceHandlers(chat, shop.custom_texts, shop.menu_pictures, languages),
        second_factor=SecondFactorPrompt(chat, shop.second_factor),
    )


def _provider_of(shop: Shop) -> str:
    """Name who takes the payments; empty where the shop does."""
    return "" if shop.payments.invoices is None else shop.payments.invoices.provider.title


def webhook_secret(settings: Settings, database_key: bytes, bot_id: int) -> str:
    """Choose the secret that Telegram has to send: one that only this shop can compute, another for each bot.

    For the bot of the settings it can be configured.
    """
    chosen = settings.webhook_secret_token.get_secret_value()
    if chosen and bot_id == settings.bot_id:
        return chosen
    purpose = f"webhook secret of bot {bot_id}".encode()
    return hmac.new(database_key, purpose, hashlib.sha256).hexdigest()
