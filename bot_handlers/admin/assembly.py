"""The admins' handlers put together."""

from telebot import TeleBot

from bot_handlers.admin.adding import AddingHandlers
from bot_handlers.admin.adjusting import AdjustingHandlers
from bot_handlers.admin.announcing import AnnouncingHandlers
from bot_handlers.admin.answering import AnsweringHandlers
from bot_handlers.admin.appointing import AppointingHandlers
from bot_handlers.admin.auditing import AuditingHandlers
from bot_handlers.admin.backing_up import BackingUpHandlers
from bot_handlers.admin.composing import ComposingHandlers
from bot_handlers.admin.conducting import ConductHandlers
from bot_handlers.admin.coupons import CouponDeskHandlers
from bot_handlers.admin.customers import CustomerHandlers
from bot_handlers.admin.decorating import DecoratingHandlers
from bot_handlers.admin.editing import EditingHandlers
from bot_handlers.admin.figures import FiguresHandlers
from bot_handlers.admin.home import AdminHomeHandlers
from bot_handlers.admin.making import MakingHandlers
from bot_handlers.admin.moderating import ModeratingHandlers
from bot_handlers.admin.money import MoneyHandlers
from bot_handlers.admin.noticing import NoticingHandlers
from bot_handlers.admin.proving import ProvingHandlers
from bot_handlers.admin.refunding import RefundingHandlers
from bot_handlers.admin.replacing import ReplacingHandlers
from bot_handlers.admin.routes import AdminHandlers
from bot_handlers.admin.stocking import StockingHandlers
from bot_handlers.admin.writing import WritingHandlers
from bot_handlers.conversations import Conversations
from bot_handlers.mailing import Mailing
from bot_handlers.messenger import Messenger
from locales import Languages
from shop.assembly import Shop


def build(
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
        editing=EditingHandlers(shop, conversations=conversations, messenger=messenger),
        adding=AddingHandlers(shop, conversations=conversations, messenger=messenger),
        making=MakingHandlers(shop.delivery, conversations=conversations, messenger=messenger),
        coupons=CouponDeskHandlers(shop.coupons, shop.catalog, conversations=conversations, messenger=messenger),
        answering=AnsweringHandlers(shop.customers, shop.tickets, conversations=conversations, messenger=messenger),
        appointing=AppointingHandlers(shop.managers, conversations=conversations, messenger=messenger),
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
        figures=FiguresHandlers(shop.figures, languages, messenger),
        money=MoneyHandlers(shop.holdings, shop.reconciliation, messenger),
        moderating=ModeratingHandlers(shop.moderation, conversations=conversations, messenger=messenger),
        noticing=NoticingHandlers(shop.notifications, messenger),
        writing=WritingHandlers(shop.custom_texts, languages, conversations=conversations, messenger=messenger),
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
) -> ComposingHandlers:
    return ComposingHandlers(
        shop.announcements,
        conversations=conversations,
        messenger=messenger,
        languages=languages,
        new_mailing=lambda: Mailing(bots),
    )
