"""The shop's tables as peewee models, by subject, with the queries on them as methods."""

from storage.models.announcements import Announcement, AnnouncementRecipient
from storage.models.base import Base
from storage.models.carts import CartItem
from storage.models.catalog import Category, Product
from storage.models.coupons import ChosenCoupon, Coupon, CouponDraft, CouponUse
from storage.models.customers import Customer, LedgerEntry
from storage.models.deposits import ChainCursor, Deposit, DepositAddress, TopUp
from storage.models.goods_on_hold import DraftPiece, GoodsDraft, PendingImport
from storage.models.invoices import Invoice
from storage.models.messages import Conversation, HandledUpdate, Outbox, Secret
from storage.models.notices import NoticeOff
from storage.models.orders import Offer, Order, OrderLine
from storage.models.pictures import MenuPicture, Picture, StoredFile
from storage.models.quantity_prices import QuantityPrice
from storage.models.reconciliation import Difference, Reconciliation
from storage.models.referrals import Referral, ReferralBonus, ReferralCode
from storage.models.refunds import Adjustment, Refund
from storage.models.replacements import Replacement
from storage.models.reservations import ReleasedStock, Reservation, ReservationTurn, ReservedStock
from storage.models.restocks import RestockWish
from storage.models.reviews import Review
from storage.models.rights import AuditEntry, ManagerRight
from storage.models.sealed_wallets import SealedWallet
from storage.models.searches import Search
from storage.models.second_factors import SecondFactor
from storage.models.stock import MadeItem, SharedItem, StockItem
from storage.models.texts import OwnText
from storage.models.tickets import Ticket, TicketMessage
from storage.models.waiting_offers import WaitingOffer

__all__ = [
    "Adjustment",
    "Announcement",
    "AnnouncementRecipient",
    "AuditEntry",
    "Base",
    "CartItem",
    "Category",
    "ChainCursor",
    "ChosenCoupon",
    "Conversation",
    "Coupon",
    "CouponDraft",
    "CouponUse",
    "Customer",
    "Deposit",
    "DepositAddress",
    "Difference",
    "DraftPiece",
    "GoodsDraft",
    "HandledUpdate",
    "Invoice",
    "LedgerEntry",
    "MadeItem",
    "ManagerRight",
    "MenuPicture",
    "NoticeOff",
    "Offer",
    "Order",
    "OrderLine",
    "Outbox",
    "OwnText",
    "PendingImport",
    "Picture",
    "Product",
    "QuantityPrice",
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
    "StockItem",
    "StoredFile",
    "Ticket",
    "TicketMessage",
    "TopUp",
    "WaitingOffer",
]
