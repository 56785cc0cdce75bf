"""Buttons that admins manage coupons with."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowCoupons(Callback):
    """Show a page of all coupons."""

    prefix = "coupons"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowCoupon(Callback):
    """Show a coupon."""

    prefix = "voucher"
    coupon_id: "int"


@dataclass(frozen=True, slots=True)
class SwitchCoupon(Callback):
    """Switch a coupon off (1), or on again (0)."""

    prefix = "switch"
    coupon_id: "int"
    off: "int"


@dataclass(frozen=True, slots=True)
class ShowCouponUses(Callback):
    """Show a page of what a coupon was used for."""

    prefix = "uses"
    coupon_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class NewCoupon(Callback):
    """Begin a new coupon."""

    prefix = "newcoupon"


@dataclass(frozen=True, slots=True)
class ShowCouponDraft(Callback):
    """Show the coupon that is being written."""

    prefix = "draft"


@dataclass(frozen=True, slots=True)
class TypeTerm(Callback):
    """Ask for a term of the coupon that is being written (`shop.coupon_terms.CouponField`)."""

    prefix = "term"
    field: "str"


@dataclass(frozen=True, slots=True)
class ShowCouponGoods(Callback):
    """Show a page of a category to choose what the coupon is for; no id shows the roots."""

    prefix = "goodsof"
    category_id: "int | None"
    page: "int"


@dataclass(frozen=True, slots=True)
class ChooseCouponGoods(Callback):
    """Choose a product or a category for the coupon; neither is everything."""

    prefix = "couponfor"
    product_id: "int | None"
    category_id: "int | None"


@dataclass(frozen=True, slots=True)
class CreateCoupon(Callback):
    """Make the coupon that was written."""

    prefix = "makecoupon"
