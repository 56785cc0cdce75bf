"""Goods of a restored shop, which an owner releases."""

from dataclasses import dataclass

from bot_handlers.callbacks.held_goods import AskRelease, Release, ShowHeld
from bot_handlers.screens import held_goods as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat
from shop.administration.held_goods import HeldGoods


@dataclass(frozen=True, slots=True)
class HeldGoodsHandlers:
    """The products on hold since the shop was restored."""

    chat: Chat
    held_goods: HeldGoods

    def show_held(self, visit: Visit, place: ShowHeld) -> None:
        """Show a page of the products on hold, and why they are."""
        page = self.held_goods.page(visit.person, page=place.page)
        self.chat.show(visit, screens.held(page, visit.translator))

    def ask_release(self, visit: Visit, choice: AskRelease) -> None:
        """Ask whether to release a product, or all."""
        if choice.product_id is None:
            page = self.held_goods.page(visit.person, page=0)
            self.chat.show(visit, screens.ask_release_all(page, visit.translator))
        else:
            one = self.held_goods.one(visit.person, choice.product_id)
            self.chat.show(visit, screens.ask_release(one, visit.translator))

    def release(self, visit: Visit, choice: Release) -> None:
        """Release a product, or all, and show what is still on hold."""
        self.held_goods.release(visit.person, choice.product_id)
        self.show_held(visit, ShowHeld(0))
