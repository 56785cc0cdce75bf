"""Buttons that admins manage coupons with."""

from bot_handlers.callbacks import Callback, button


@button("coupons")
class ShowCoupons(Callback):
    """Show a page of all coupons."""

    page: int


@button("voucher")
class ShowCoupon(Callback):
    """Show a coupon."""

    coupon_id: int


@button("switch")
class SwitchCoupon(Callback):
    """Switch a coupon off (1), or on again (0)."""

    coupon_id: int
    off: int
    # Other switches say on (1) or off (0); buttons in old messages say it so, and must not come to mean the opposite.


@button("uses")
class ShowCouponUses(Callback):
    """Show a page of a coupon's uses."""

    coupon_id: int
    page: int


@button("newcoupon")
class NewCoupon(Callback):
    """Begin a new coupon."""


@button("draft")
class ShowCouponDraft(Callback):
    """Show the coupon being drafted."""


@button("term")
class TypeTerm(Callback):
    """Ask for a term of the coupon being drafted (`CouponField`)."""

    field: str


@button("goodsof")
class ShowCouponGoods(Callback):
    """Show a page of a category to choose what the coupon is for; no id shows the roots."""

    category_id: int | None
    page: int


@button("couponfor")
class ChooseCouponGoods(Callback):
    """Choose a product or a category for the coupon; neither is everything."""

    product_id: int | None
    category_id: int | None


@button("makecoupon")
class CreateCoupon(Callback):
    """Create the drafted coupon."""
