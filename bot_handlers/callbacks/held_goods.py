"""Buttons for the goods of a restored shop, which are on hold until an owner releases them."""

from bot_handlers.callbacks import Callback, button


@button("held")
class ShowHeld(Callback):
    """Show a page of the products on hold."""

    page: int


@button("askfree")
class AskRelease(Callback):
    """Ask whether to release a product on hold, or all of them."""

    product_id: int | None


@button("free")
class Release(Callback):
    """Release a product on hold, or all of them."""

    product_id: int | None
