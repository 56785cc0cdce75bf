"""Buttons of the cart and of the confirmation, coupons and waiting offers included."""

from bot_handlers.callbacks import Callback, button


@button("buy")
class BuyNow(Callback):
    """Offer items of one product."""

    product_id: int
    quantity: int


@button("add")
class AddToCart(Callback):
    """Put items of a product in the cart."""

    product_id: int
    quantity: int


@button("cart")
class ShowCart(Callback):
    """Show the cart."""


@button("change")
class ChangeCart(Callback):
    """Change the number of items of a product in the cart."""

    product_id: int
    change: int


@button("line")
class ShowLine(Callback):
    """Show one product of the cart."""

    product_id: int


@button("remove")
class RemoveLine(Callback):
    """Take a product out of the cart."""

    product_id: int


@button("clear")
class ClearCart(Callback):
    """Ask whether to empty the cart."""


@button("emptycart")
class EmptyCart(Callback):
    """Empty the cart."""


@button("checkout")
class CheckOut(Callback):
    """Offer the cart."""


@button("confirm")
class Confirm(Callback):
    """Buy what an offer showed."""

    offer_id: int


@button("agree")
class Agree(Callback):
    """Agree to a version of the text, and continue with an offer."""

    offer_id: int
    version: str


@button("fund")
class TopUpOffer(Callback):
    """Top up the missing amount for an offer, and place the order when it has arrived."""

    offer_id: int


@button("unwait")
class StopWaiting(Callback):
    """Stop the offer that waits for a top-up."""


@button("coupon")
class TypeCoupon(Callback):
    """Ask for a coupon code, for an offer or for the cart."""

    offer_id: int | None


@button("uncoupon")
class DropCoupon(Callback):
    """Remove the coupon from an offer or from the cart."""

    offer_id: int | None
