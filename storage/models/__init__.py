"""The shop's tables as peewee models, by subject, with the queries on them as methods."""

from storage.models.administration import AuditEntry, ManagerRight, NotificationOff, SecondFactor
from storage.models.announcements import Announcement, AnnouncementRecipient
from storage.models.appearance import CustomText, MenuPicture
from storage.models.base import Base
from storage.models.bots import Bot, BotCategory, BotVisit
from storage.models.catalog import Category, Product, QuantityPrice, Search
from storage.models.coupons import ChosenCoupon, Coupon, CouponDraft, CouponUse
from storage.models.customers import Customer
from storage.models.earlier_prices import EarlierPrice
from storage.models.goods_drafts import DraftPiece, EndedImport, GoodsDraft, PendingImport
from storage.models.held_goods import HeldProduct
from storage.models.invoices import Invoice
from storage.models.ledger import Adjustment, LedgerEntry
from storage.models.moving import MovedBalance, MovedDeposit, MovedRow, MovedWallet
from storage.models.orders import CartItem, Offer, Order, OrderLine, Refund, Replacement, Tolerance, WaitingOffer
from storage.models.outbox import Outbox
from storage.models.payments import (
    ChainCursor,
    Deposit,
    DepositAddress,
    SealedWallet,
    TopUp,
    TopUpScreen,
    UnattributedFunds,
)
from storage.models.period_sums import PeriodSum, ProductSum
from storage.models.pictures import Picture, StoredFile
from storage.models.product_search import CatalogueChange
from storage.models.recent_sums import RecentBuyer, RecentProduct, RecentSpan
from storage.models.reconciliation import Difference, Reconciliation
from storage.models.referrals import Referral, ReferralBonus, ReferralCode
from storage.models.reviews import Review
from storage.models.secrets import Secret
from storage.models.stars import HeldStar, StarBill, StarPayment, StarTransaction
from storage.models.stock import (
    MadeItem,
    ReleasedStock,
    Reservation,
    ReservationTurn,
    ReservedStock,
    RestockWish,
    SharedItem,
    StockItem,
)
from storage.models.support import AccountMove, CustomerNote
from storage.models.sweeps import SpentElsewhere, Sweep, SweepInput, SweepMessage, SweepPlan, SweepTransaction
from storage.models.terms import Consent, DataExport, DeletionRequest, Erasure, OperatorDetail
from storage.models.tickets import Ticket, TicketEdit, TicketFile, TicketMessage, TicketSource
from storage.models.unpublished import (
    ImportUnderWay,
    Staging,
    UnpublishedCategory,
    UnpublishedItem,
    UnpublishedProduct,
    UnpublishedStock,
)
from storage.models.updates import Conversation, HandledUpdate

__all__ = [
    "AccountMove",
    "Adjustment",
    "Announcement",
    "AnnouncementRecipient",
    "AuditEntry",
    "Base",
    "Bot",
    "BotCategory",
    "BotVisit",
    "CartItem",
    "CatalogueChange",
    "Category",
    "ChainCursor",
    "ChosenCoupon",
    "Consent",
    "Conversation",
    "Coupon",
    "CouponDraft",
    "CouponUse",
    "CustomText",
    "Customer",
    "CustomerNote",
    "DataExport",
    "DeletionRequest",
    "Deposit",
    "DepositAddress",
    "Difference",
    "DraftPiece",
    "EarlierPrice",
    "EndedImport",
    "Erasure",
    "GoodsDraft",
    "HandledUpdate",
    "HeldProduct",
    "HeldStar",
    "ImportUnderWay",
    "Invoice",
    "LedgerEntry",
    "MadeItem",
    "ManagerRight",
    "MenuPicture",
    "MovedBalance",
    "MovedDeposit",
    "MovedRow",
    "MovedWallet",
    "NotificationOff",
    "Offer",
    "OperatorDetail",
    "Order",
    "OrderLine",
    "Outbox",
    "PendingImport",
    "PeriodSum",
    "Picture",
    "Product",
    "ProductSum",
    "QuantityPrice",
    "RecentBuyer",
    "RecentProduct",
    "RecentSpan",
    "Reconciliation",
    "Referral",
    "ReferralBonus",
    "ReferralCode",
    "Refund",
    "ReleasedStock",
    "Replacement",
    "Reservation",
    "ReservationTurn",
    "ReservedStock",
    "RestockWish",
    "Review",
    "SealedWallet",
    "Search",
    "SecondFactor",
    "Secret",
    "SharedItem",
    "SpentElsewhere",
    "Staging",
    "StarBill",
    "StarPayment",
    "StarTransaction",
    "StockItem",
    "StoredFile",
    "Sweep",
    "SweepInput",
    "SweepMessage",
    "SweepPlan",
    "SweepTransaction",
    "Ticket",
    "TicketEdit",
    "TicketFile",
    "TicketMessage",
    "TicketSource",
    "Tolerance",
    "TopUp",
    "TopUpScreen",
    "UnattributedFunds",
    "UnpublishedCategory",
    "UnpublishedItem",
    "UnpublishedProduct",
    "UnpublishedStock",
    "WaitingOffer",
]
