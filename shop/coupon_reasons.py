"""What is wrong with a coupon: with its terms, or with its use for an order."""

from enum import Enum


class CouponReason(Enum):
    """Why a coupon takes nothing off."""

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
    """What is wrong with the terms of a coupon."""

    CODE = "code"
    CODE_TAKEN = "code_taken"
    DISCOUNT = "discount"
    SUM = "sum"
    NUMBER = "number"
    DAY = "day"
    OVER = "over"
    GOODS = "goods"
