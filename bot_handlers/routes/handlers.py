"""The handlers of every subject, which the routes lead to."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers of every subject."""

    home: HomeHandlers
    catalog: CatalogHandlers
    checkout: CheckoutHandlers
    orders: OrderHandlers
    top_ups: TopUpHandlers
    stars: StarHandlers
    account: AccountHandlers
    reviews: ReviewHandlers
    tickets: TicketHandlers
    terms: TermsHandlers
    own_data: OwnDataHandlers
    goods: GoodsHandlers
    held_goods: HeldGoodsHandlers
    coupons: CouponHandlers
    customers: CustomerHandlers
    support: SupportHandlers
    announcements: AnnouncementHandlers
    reports: ReportHandlers
    sweeps: SweepHandlers
    administration: AdministrationHandlers
    bots: BotHandlers
    appearance: AppearanceHandlers
    second_factor: SecondFactorPrompt
