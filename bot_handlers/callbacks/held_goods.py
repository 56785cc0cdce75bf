"""Buttons of the goods of a restored shop, which wait for an owner."""

from bot_handlers.callbacks import Callback, button


@button("held")
class ShowHeld(Callback):
    """Show a page of the goods of a restored shop that wait for an owner."""

    page: int


@button("askfree")
class AskRelease(Callback):
    """Ask whether to release a product that waits, or all of them."""

    product_id: int | None


@button("free")
class Release(Callback):
    """Release a product that waits, or all of them."""

    product_id: int | None
