"""Refusals around carts, coupons, orders and refunds."""

from dataclasses import dataclass
from enum import Enum

from shop.errors.refusals import Refusal
from shop.money import Money


class CouponReason(Enum):
    """Why a coupon does not apply."""

    UNKNOWN = "unknown"
    OFF = "off"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    BELOW_MINIMUM = "below_minimum"
    NOT_FOR_THESE = "not_for_these"
    TAKES_NOTHING = "takes_nothing"


class BadTerms(Enum):
    """The faults in a coupon's terms."""

    CODE = "code"
    CODE_TAKEN = "code_taken"
    DISCOUNT = "discount"
    SUM = "sum"
    NUMBER = "number"
    DAY = "day"
    OVER = "over"
    GOODS = "goods"


@dataclass
class OutOfStock(Refusal):
    """Fewer units are in stock than were asked for."""

    alert = True

    product_id: int
    product_name: str
    wanted: int
    available: int


@dataclass
class LimitReached(Refusal):
    """The customer may buy only `left` more units of this product."""

    alert = True

    product_name: str
    left: int


@dataclass
class InsufficientFunds(Refusal):
    """The balance does not cover it. `offer_id` is what they wanted to buy."""

    told = ("balance", "price", "missing")

    balance: Money
    price: Money
    offer_id: int

    @property
    def missing(self) -> Money:
        """How much a top-up has to bring."""
        return self.price - self.balance


class StarsDoNotPay(InsufficientFunds):
    """Without its Stars, the balance does not cover goods that cannot be paid for with Stars. `balance` is that
    rest.
    """


class BalanceBelowZero(InsufficientFunds):
    """A payment was reversed after it was spent: nothing can be bought until the difference is paid."""


@dataclass
class ConsentNeeded(Refusal):
    """The customer has not yet agreed to this version of the text; nothing was taken."""

    told = ()
    offer_id: int
    version: str


class OfferChanged(Refusal):
    """Products, prices, stock or the cart changed since the customer saw them. Nothing was taken."""


class CartEmpty(Refusal):
    """The cart is empty."""


@dataclass
class BadQuantity(Refusal):
    """This number of units cannot be bought."""

    alert = True
    counted = "largest"

    largest: int


@dataclass
class CartFull(Refusal):
    """The cart holds as many different products as it can."""

    alert = True
    counted = "largest"

    largest: int


@dataclass
class CouponRefused(Refusal):
    """A coupon does not apply to this order. `least` is the minimum order, if that is the reason."""

    alert = True

    code: str
    reason: CouponReason
    least: Money | None = None


class AlreadyDelivered(Refusal):
    """The goods made to order were delivered before."""


class NothingToRefund(Refusal):
    """It was refunded in full before."""

    alert = True


@dataclass
class RefundTooHigh(Refusal):
    """The amount is not above zero, or more than can be refunded."""

    left: Money


class AlreadyReplaced(Refusal):
    """This unit was replaced before."""

    alert = True


class LineRefunded(Refusal):
    """The line was refunded."""

    alert = True


@dataclass
class BadCoupon(Refusal):
    """A coupon cannot have these terms."""

    alert = True

    reason: BadTerms
