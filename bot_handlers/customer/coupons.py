"""Coupons on the cart and on a confirmation."""

from bot_handlers.callbacks_coupons import DropCoupon, TypeCoupon
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import carts as views
from bot_handlers.visits import Visit
from shop.sales.carts import Carts
from shop.sales.checkout import Checkout


class CouponHandlers:
    """From a code to a lower price: a code that was typed on the cart leads to the confirmation, which shows it."""

    def __init__(
        self, carts: Carts, checkout: Checkout, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._carts = carts
        self._checkout = checkout
        self._conversations = conversations
        self._messenger = messenger

    def type_code(self, visit: Visit, choice: TypeCoupon) -> None:
        """Ask for a code; the next message is the answer."""
        about = {} if choice.offer_id is None else {"offer": str(choice.offer_id)}
        self._conversations.ask(visit, Step.COUPON, **about)
        self._messenger.show(visit, views.ask_coupon(visit.translator))

    def typed_code(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a code; what is no text is asked for again, and a code that was refused may be typed anew."""
        offer_id = int(dialog.answers["offer"]) if "offer" in dialog.answers else None
        if not text:
            self.type_code(visit, TypeCoupon(offer_id))
            return
        if offer_id is None:
            offer = self._checkout.offer_cart(visit.person, code=text)
        else:
            offer = self._checkout.with_coupon(visit.person, offer_id, text)
        self._conversations.end(visit)
        self._messenger.show(visit, views.offer(offer, visit.translator))

    def drop(self, visit: Visit, choice: DropCoupon) -> None:
        """Show the same at its full price."""
        if choice.offer_id is None:
            cart = self._carts.forget_coupon(visit.person)
            self._messenger.show(visit, views.cart(cart, visit.translator))
        else:
            offer = self._checkout.without_coupon(visit.person, choice.offer_id)
            self._messenger.show(visit, views.offer(offer, visit.translator))
