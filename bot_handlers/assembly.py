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
from bot_handlers.handlers.bots import BotHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import CustomerHandlers
from bot_handlers.handlers.goods import GoodsHandlers
from bot_handlers.handlers.held_goods import HeldGoodsHandlers
from bot_handlers.handlers.home import HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.reports import ReportHandlers
from bot_handlers.handlers.reviews import ReviewHandlers
from bot_handlers.handlers.stars import StarHandlers
from bot_handlers.handlers.support import SupportHandlers
from bot_handlers.handlers.sweeps import SweepHandlers
from bot_handlers.handlers.terms import OwnDataHandlers, TermsHandlers
from bot_handlers.handlers.tickets import TicketHandlers
from bot_handlers.handlers.top_ups import TopUpHandlers
from bot_handlers.letters.announcer import Announcer
from bot_handlers.letters.letters import Letters
from bot_handlers.letters.notifier import MOST_AT_ONCE, Notifier
from bot_handlers.routes.handlers import Handlers
from bot_handlers.routes.table import routes_of
from bot_handlers.telegram.courier import PATIENCE_S, SENDERS, Courier
from bot_handlers.telegram.mailing import Mailing
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.queued import QueuedMessenger, Reports
from bot_handlers.telegram.reachability import Reachability
from bot_handlers.telegram.roster import Roster
from bot_handlers.telegram.setup import Links, announce
from bot_handlers.telegram.stars import BillSender
from bot_handlers.telegram.transport import Transport
from bot_handlers.updates import star_front
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.boundary import Boundary, Throttle
from bot_handlers.updates.conversations import Chat, Conversations
from bot_handlers.updates.fleet import Fleet
from bot_handlers.updates.router import Router
from bot_handlers.updates.star_front import StarFront
from locales import Languages
from shop.assembly import Shop
from shop.jobs import Job, Runner
from shop.settings.model import Settings
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Front:
    """The shop's side that faces Telegram."""

    bot: TeleBot
    bots: Bots
    fleet: Fleet
    courier: Courier
    notifier: Notifier
    announcer: Announcer
    announce_commands: Job
    reachability: Reachability
    stars: StarFront

    def runners(
        self, *, let_go: Callable[[], None], monotonic: Callable[[], float] = time.monotonic
    ) -> tuple[Runner, ...]:
        """Build the threads for letters (which first register the commands), Stars, announcements, and several
        bots.
        """
        letters = Job("letters", 1, self.notifier.run, endless=True)
        threads = {
            "letters": (letters,) if self.fleet.has_several_bots else (self.announce_commands, letters),
            "stars": self.stars.jobs,
            "announcements": (Job("announcements", 1, self.announcer.run, endless=True),),
        }
        if self.fleet.has_several_bots:
            threads["bots"] = (Job("bots", 1, self.fleet.run, endless=True),)
        return tuple(Runner(name, jobs, let_go=let_go, monotonic=monotonic) for name, jobs in threads.items())

    def stop(self) -> None:
        """Stop these threads after the message that each is sending."""
        self.notifier.stop()
        self.announcer.stop()
        self.stars.pre_checkouts.stop()
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
    patience_s: float = PATIENCE_S,
) -> Front:
    """Build the bots of the shop, without any call to Telegram yet.

    `secret_of`: the secret of a bot's webhook. `patience_s`: how long an update may wait for its screens to be sent.
    """
    bots, several = Roster(), settings.multibot
    most_of_a_bot = SENDERS // 2 if several else None
    courier = Courier(monotonic=monotonic, most_of_a_bot=most_of_a_bot, patience_s=patience_s)
    direct, messenger, reports = _messengers(settings, shop, bots, transport, courier)
    chat = Chat(messenger, Conversations(database, clock=clock))
    reachability = Reachability(database, shop.outbox, clock=clock, monotonic=monotonic)
    list_commands = _commands_list(settings, shop, languages)
    fleet = Fleet(bots, shop.bots, reachability, announce=list_commands, secret_of=secret_of, monotonic=monotonic)
    bills = BillSender(bots, courier, direct)
    handlers = _handlers(settings, shop, chat, languages=languages, bots=bots, fleet=fleet, bills=bills, clock=clock)
    boundary = _boundary(shop, languages, messenger, Throttle(monotonic=monotonic))
    stars = star_front.build(settings, bots, shop.payments, languages, database, monotonic=monotonic)
    fleet.begin(_registering(stars, Router(routes_of(handlers, languages), shop.customers, boundary, chat)))
    return Front(
        bot=bots[settings.bot_id],
        bots=Bots(bots, database, clock=clock, settle=messenger.settle, pre_checkout=stars.pre_checkouts.take),
        stars=stars,
        fleet=fleet,
        courier=courier,
        notifier=_notifier(settings, shop, languages, fleet, direct=direct, courier=courier, reports=reports),
        announcer=_announcer(
            shop, languages, bots, transport, fleet, monotonic=monotonic, a_second=announcements_a_second
        ),
        announce_commands=Job("commands", 86_400, lambda: list_commands(bots[settings.bot_id])),
        reachability=reachability,
    )


def _messengers(
    settings: Settings, shop: Shop, bots: Roster, transport: Transport, courier: Courier
) -> tuple[Messenger, QueuedMessenger, Reports]:
    """Build the direct messenger, the queued one for threads that serve updates, and the senders' reports."""
    group, topic = settings.notification_group
    topics = {} if group is None or topic is None else {group: topic}
    direct = Messenger(bots, transport, menu_picture=shop.menu_picture, topics=topics)
    reports = Reports(shop.outbox.ring)
    messenger = QueuedMessenger(
        bots,
        transport,
        courier,
        direct=direct,
        reports=reports,
        left=shop.payments.screens.left,
        menu_picture=shop.menu_picture,
    )
    return direct, messenger, reports


def _boundary(shop: Shop, languages: Languages, messenger: QueuedMessenger, throttle: Throttle) -> Boundary:
    group, contact = shop.notification_group, shop.operator.contact
    return Boundary(shop.customers, languages, messenger, throttle, lambda: group.id, contact=contact)


def _registering(stars: StarFront, router: Router) -> Callable[[TeleBot], None]:
    """Build the function that registers handlers with a bot. Payments come first, so that no dialog takes them."""

    def register(bot: TeleBot) -> None:
        stars.register(bot)
        router.register(bot)

    return register


def _notifier(
    settings: Settings,
    shop: Shop,
    languages: Languages,
    fleet: Fleet,
    *,
    direct: Messenger,
    courier: Courier,
    reports: Reports,
) -> Notifier:
    return Notifier(
        shop.outbox,
        shop.customers,
        Letters(shop, settings.currency),
        languages,
        messenger=direct,
        courier=courier,
        reports=reports,
        most_of_a_bot=MOST_AT_ONCE // 2 if settings.multibot else MOST_AT_ONCE,
        refused=shop.delivery.refused,
        doubt=fleet.doubt,
        moved=shop.notification_group.moved,
    )


def _announcer(
    shop: Shop,
    languages: Languages,
    bots: Roster,
    transport: Transport,
    fleet: Fleet,
    *,
    monotonic: Callable[[], float],
    a_second: int,
) -> Announcer:
    return Announcer(
        shop.broadcasts,
        shop.customers,
        shop.outbox,
        languages=languages,
        messenger=Messenger(bots, transport),
        new_mailing=lambda: Mailing(bots),
        monotonic=monotonic,
        per_second=a_second,
        fleet=fleet if shop.context.settings.multibot else None,
    )


def _commands_list(settings: Settings, shop: Shop, languages: Languages) -> Callable[[TeleBot], None]:
    def owners() -> dict[int, str]:
        return {owner: shop.customers.language_of(owner) for owner in settings.admin_id_list}

    default = settings.default_language
    return lambda bot: announce(bot, languages, default_language=default, owners=owners)


def _handlers(
    settings: Settings,
    shop: Shop,
    chat: Chat,
    *,
    languages: Languages,
    bots: Roster,
    fleet: Fleet,
    bills: BillSender,
    clock: Callable[[], int],
) -> Handlers:
    """Build the handlers of every subject."""
    currency, links = settings.currency, Links(bots)
    stars = StarHandlers(chat, shop.customers, shop.payments, bills, currency)
    top_ups = TopUpHandlers(chat, shop.customers, shop.payments, shop.waiting, currency)
    return Handlers(
        home=_home(settings, shop, chat, languages),
        catalog=CatalogHandlers(chat, shop.catalog, shop.carts, shop.restocks),
        checkout=CheckoutHandlers(chat, shop.carts, shop.checkout, shop.waiting, shop.consents, top_ups),
        orders=OrderHandlers(chat, shop.orders, shop.delivery, shop.order_support),
        top_ups=top_ups,
        stars=stars,
        account=AccountHandlers(chat, shop.statements, shop.referrals, shop.customers, links),
        reviews=ReviewHandlers(chat, shop.reviews, shop.moderation),
        tickets=TicketHandlers(chat, shop.tickets, shop.customers, shop.reviews),
        terms=_terms(settings, shop, chat),
        own_data=OwnDataHandlers(chat, shop.data_rights),
        goods=GoodsHandlers(chat, shop, links),
        held_goods=HeldGoodsHandlers(chat, shop.held_goods),
        coupons=CouponHandlers(chat, shop.coupons, shop.catalog, clock),
        customers=CustomerHandlers(chat, shop, currency),
        support=SupportHandlers(chat, shop),
        announcements=_announcements(shop, chat, languages, bots, clock),
        reports=ReportHandlers(chat, shop, languages),
        sweeps=SweepHandlers(chat, shop),
        administration=AdministrationHandlers(chat, shop.managers, shop.audit_log, shop.backups, shop.notifications),
        bots=BotHandlers(chat, shop.bots, fleet),
        appearance=AppearanceHandlers(chat, shop.custom_texts, shop.menu_pictures, languages),
        second_factor=SecondFactorPrompt(chat, shop.second_factor),
    )


def _announcements(
    shop: Shop, chat: Chat, languages: Languages, bots: Roster, clock: Callable[[], int]
) -> AnnouncementHandlers:
    return AnnouncementHandlers(
        chat, shop.announcements, shop.broadcasts, languages, new_mailing=lambda: Mailing(bots), clock=clock
    )


def _home(settings: Settings, shop: Shop, chat: Chat, languages: Languages) -> HomeHandlers:
    payments = shop.payments
    return HomeHandlers(
        chat,
        shop.customers,
        shop.catalog,
        shop.custom_texts,
        shop.bots,
        languages,
        settings.support_link,
        by_invoice=payments.invoices is not None,
        workload=shop.workload,
        takes_coins=lambda: payments.store_mode.takes_coins,
    )


def _terms(settings: Settings, shop: Shop, chat: Chat) -> TermsHandlers:
    return TermsHandlers(
        chat,
        settings,
        shop.custom_texts,
        shop.operator,
        shop.payments.chains,
        _provider_of(shop),
        uses_stars=lambda: shop.payments.stars.is_used,
    )


def _provider_of(shop: Shop) -> str:
    """Name the provider that takes the payments; empty if the shop does."""
    return "" if shop.payments.invoices is None else shop.payments.invoices.provider.title


def webhook_secret(settings: Settings, database_key: bytes, bot_id: int) -> str:
    """Choose the secret that Telegram has to send: only this shop can compute it, and it differs for each bot.

    For the bot in the settings it can be configured.
    """
    chosen = settings.webhook_secret_token.get_secret_value()
    if chosen and bot_id == settings.bot_id:
        return chosen
    purpose = f"webhook secret of bot {bot_id}".encode()
    return hmac.new(database_key, purpose, hashlib.sha256).hexdigest()
