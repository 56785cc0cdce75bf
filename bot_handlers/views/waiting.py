"""What became of an order that waited for a top-up."""

from typing import Any

from bot_handlers.callbacks import ShowCart, ShowOrder, ShowShelf
from bot_handlers.callbacks_checkout import StopWaiting, TopUpOffer
from bot_handlers.views import refusals
from bot_handlers.views.home import back_home
from bot_handlers.views.orders import discount_note
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.coupon_reasons import CouponReason
from shop.errors import CouponRefused
from shop.money import Money
from shop.orders import Receipt


def ordered(receipt: Receipt, t: Translator) -> Screen:
    """Tell that the money came and the order was placed; its goods follow in a message of their own."""
    rows = ((Button(t.text("button.order"), ShowOrder(receipt.order_id)), *back_home(t)),)
    text = t.text("waiting.ordered", number=receipt.order_id, total=receipt.total)
    return Screen("\n".join([text, *discount_note(receipt, t)]), rows)


def not_ordered(total: Money, reason: str, about: dict[str, Any], t: Translator) -> Screen:
    """Tell that the money came, that nothing was ordered, and why."""
    if reason == "out_of_stock":
        why = refusals.out_of_stock(about["name"], about["available"], t)
    elif reason == "coupon":
        least = Money(about["least_minor"], total.currency) if "least_minor" in about else None
        why = refusals.words(CouponRefused(about["code"], CouponReason(about["coupon_reason"]), least), t)
    else:
        why = t.text("waiting.changed")
    rows = (
        (Button(t.text("button.cart"), ShowCart()), Button(t.text("button.shop"), ShowShelf(None, 0))),
        back_home(t),
    )
    return Screen(t.text("waiting.not_ordered", total=total) + "\n" + why, rows)


def still_short(missing: Money, offer_id: int, t: Translator) -> Screen:
    """Tell that money came, and what the order still waits for."""
    rows = (
        (Button(t.text("button.top_up_missing", missing=missing), TopUpOffer(offer_id)),),
        (Button(t.text("button.stop_waiting"), StopWaiting()),),
        back_home(t),
    )
    return Screen(t.text("waiting.still_short", missing=missing), rows)
