"""Buttons around Telegram Stars."""

from bot_handlers.callbacks import Callback, button


@button("xtr")
class ShowStars(Callback):
    """Show what a top-up costs in Stars; `asked_minor` is a sum to bring, in minor units."""

    asked_minor: int | None


@button("xtrbill")
class SendBill(Callback):
    """Send a bill in Stars for a sum, in minor units."""

    asked_minor: int


@button("xtrsum")
class TypeStarSum(Callback):
    """Ask for the sum to top up with Stars."""


@button("xtrfor")
class TakeStarsFor(Callback):
    """Allow paying for a product with Stars (1), or not (0)."""

    product_id: int
    on: int
    back: str


@button("xtrall")
class ShowStarPayments(Callback):
    """Show admins a page of the payments in Stars, and store mode."""

    page: int


@button("xtrone")
class ShowStarPayment(Callback):
    """Show an admin one payment."""

    payment_id: int


@button("xtrback")
class RefundStars(Callback):
    """Refund the Stars of a payment."""

    payment_id: int


@button("storemode")
class SwitchStoreMode(Callback):
    """Hide every top-up in coins (1), or show them again (0)."""

    on: int
