"""Buttons of the cart and of the confirmation, coupons and waiting offers included."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class BuyNow(Callback):
    """Offer units of one product."""

    prefix = "buy"
    product_id: "int"
    quantity: "int"


@dataclass(frozen=True, slots=True)
class AddToCart(Callback):
    """Put units of a product in the cart."""

    prefix = "add"
    product_id: "int"
    quantity: "int"


@dataclass(frozen=True, slots=True)
class ShowCart(Callback):
    """Show the cart."""

    prefix = "cart"


@dataclass(frozen=True, slots=True)
class ChangeCart(Callback):
    """Change the number of units of a product in the cart."""

    prefix = "change"
    product_id: "int"
    change: "int"


@dataclass(frozen=True, slots=True)
class ShowLine(Callback):
    """Show one product of the cart."""

    prefix = "line"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class RemoveLine(Callback):
    """Take a product out of the cart."""

    prefix = "remove"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class ClearCart(Callback):
    """Empty the cart."""

    prefix = "clear"


@dataclass(frozen=True, slots=True)
class CheckOut(Callback):
    """Offer the cart."""

    prefix = "checkout"


@dataclass(frozen=True, slots=True)
class Confirm(Callback):
    """Buy what an offer showed."""

    prefix = "confirm"
    offer_id: "int"


@dataclass(frozen=True, slots=True)
class TopUpOffer(Callback):
    """Top up what an offer lacks, and order it when that has arrived."""

    prefix = "fund"
    offer_id: "int"


@dataclass(frozen=True, slots=True)
class StopWaiting(Callback):
    """Order nothing when a top-up arrives."""

    prefix = "unwait"


@dataclass(frozen=True, slots=True)
class TypeCoupon(Callback):
    """Ask for a coupon code, for an offer or for the cart."""

    prefix = "coupon"
    offer_id: "int | None"


@dataclass(frozen=True, slots=True)
class DropCoupon(Callback):
    """Take the coupon off an offer, or off the cart."""

    prefix = "uncoupon"
    offer_id: "int | None"
