"""The cart, the confirmation, and orders that wait for money."""

from functools import partial
from typing import Any

from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf, TypeQuantity
from bot_handlers.callbacks.checkout import (
    Agree,
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    DropCoupon,
    EmptyCart,
    RemoveLine,
    ShowCart,
    ShowLine,
    StopWaiting,
    TopUpOffer,
    TypeCoupon,
)
from bot_handlers.callbacks.orders import ShowOrder, TypeOrderNote
from bot_handlers.screens import refusals
from bot_handlers.screens.orders import payment_notes
from bot_handlers.screens.screen import MAX_NAME, Button, Screen, back_home, back_row, listing, shortened
from locales import Translator
from shop.administration.appearance import MenuScreen
from shop.catalog.deliverables import DeliverableKind
from shop.errors.sales import CouponReason, CouponRefused, LimitReached, StarsDoNotPay
from shop.money import Money
from shop.sales.carts import MAX_LINES, Cart, Line
from shop.sales.checkout import Offer
from shop.sales.orders import Receipt


def cart(cart: Cart, t: Translator) -> Screen:
    """Show the cart; the name of a product leads to its line."""
    stopped = t.text("waiting.stopped") + "\n\n" if cart.stopped_waiting else ""
    if not cart.lines:
        rows = ((Button(t.text("button.shop"), ShowShelf(None, 0)),), back_home(t))
        return Screen(stopped + t.text("cart.empty"), rows, scene=MenuScreen.CART)
    buttons = [
        row
        for line in cart.lines[:MAX_LINES]
        for row in (
            (Button(f"{line.quantity} × {line.product.name}", ShowLine(line.product.id)),),
            (Button("−", ChangeCart(line.product.id, -1)), Button("+", ChangeCart(line.product.id, 1))),
        )
    ]
    end = (
        (Button(t.text("button.check_out"), CheckOut()), Button(t.text("button.clear"), ClearCart())),
        (_coupon_button(cart.coupon, None, t),),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    )
    head = stopped + t.text("cart", total=cart.total)
    chosen = "\n\n" + t.text("cart.coupon", code=cart.coupon) if cart.coupon else ""
    listed = listing(cart.lines, partial(_line, t), t, beside=head + chosen)
    return Screen(f"{head}\n\n{listed}{chosen}", (*buttons, *end), scene=MenuScreen.CART)


def ask_clear(cart: Cart, t: Translator) -> Screen:
    """Ask whether to empty the cart."""
    count = sum(line.quantity for line in cart.lines)
    rows = ((Button(t.text("button.empty_cart"), EmptyCart()),), back_row(ShowCart(), t))
    return Screen(t.text("cart.ask_clear", count=count), rows)


def line(line: Line, t: Translator) -> Screen:
    """Show one line of the cart, with everything that can be done to it."""
    product = line.product
    prices = [t.text("product.price", price=product.price)]
    prices += [
        t.text("product.quantity_price", count=step.from_quantity, price=step.price)
        for step in product.quantity_prices
    ]
    rows = (
        (
            Button(t.text("button.type_number"), TypeQuantity(product.id, "cart")),
            Button(t.text("button.remove"), RemoveLine(product.id)),
        ),
        (Button(t.text("button.product"), ShowProduct(product.id, line.quantity, "cart")),),
        back_row(ShowCart(), t),
    )
    return Screen("\n".join([_line(t, line, MAX_NAME), "", *prices]), rows)


def offer(offer: Offer, t: Translator) -> Screen:
    """Show exactly what will be charged, a coupon's discount, or the amount the balance lacks."""
    note = [t.text("order.note", note=offer.note)] if offer.note else []
    notes = "\n".join(["", *note, *_discount(offer, t)])
    stopped = t.text("waiting.stopped") + "\n\n" if offer.stopped_waiting else ""
    code = offer.code or (offer.refused.code if offer.refused else "")
    extras = [_coupon_button(code, offer.id, t)]
    if offer.is_made:
        extras.append(Button(t.text("button.order_note"), TypeOrderNote(offer.id)))
    leave = (tuple(extras), (Button(t.text("button.cart"), ShowCart()), *back_home(t)))
    if offer.missing.minor > 0:
        text = t.text("offer.short", total=offer.total, balance=offer.balance, missing=offer.missing)
        waits = t.text("offer.waits", total=offer.total)
        head, rest = "\n\n".join([stopped + text, *_without_stars(offer, t)]), [waits]
        fund = Button(t.text("button.top_up_missing", missing=offer.missing), TopUpOffer(offer.id))
        if offer.consent:  # shown here, so that consenting takes no extra tap
            rest.append(t.text("refusal.consent_needed"))
            label = t.text("button.agree_and_top_up", missing=offer.missing)
            fund = Button(label, Agree(offer.id, offer.consent))
        return Screen(_offered(offer, head, notes, t, *rest), ((fund,), *leave))
    text = t.text("offer", total=offer.total, balance=offer.balance, rest=offer.balance - offer.total)
    rows = ((Button(t.text("button.confirm", total=offer.total), Confirm(offer.id)),), *leave)
    return Screen(_offered(offer, stopped + text, notes, t), rows)


def _offered(offer: Offer, head: str, notes: str, t: Translator, *rest: str) -> str:
    """List what is offered, between the sums and the rest."""
    listed = listing(offer.lines, partial(_line, t), t, beside="".join([head, notes, *rest]))
    return "\n\n".join([head, listed + notes, *rest])


def ask_coupon(t: Translator) -> Screen:
    """Ask for a coupon code."""
    return Screen(t.text("ask_coupon"), ((Button(t.text("button.cart"), ShowCart()), *back_home(t)),))


def ask_note(t: Translator) -> Screen:
    """Ask for a note for the admin who makes the goods."""
    return Screen(t.text("ask_order_note"), ((Button(t.text("button.cart"), ShowCart()), *back_home(t)),))


def _coupon_button(code: str, offer_id: int | None, t: Translator) -> Button:
    if code:
        return Button(t.label("button.drop_coupon", code=code), DropCoupon(offer_id))
    return Button(t.text("button.coupon"), TypeCoupon(offer_id))


def _without_stars(offer: Offer, t: Translator) -> list[str]:
    """Say why more is missing than the balance is short."""
    if offer.spendable == offer.balance:
        return []
    return [refusals.words(StarsDoNotPay(balance=offer.spendable, price=offer.total, offer_id=offer.id), t)]


def _discount(offer: Offer, t: Translator) -> list[str]:
    if offer.refused is not None:
        return ["", refusals.words(offer.refused, t)]
    if offer.code:
        return ["", t.text("discount", code=offer.code, discount=offer.discount)]
    return []


def _line(t: Translator, line: Line, most: int) -> str:
    values = {"quantity": line.quantity, "name": shortened(line.product.name, most), "total": line.total}
    if line.unit_price == line.product.price:
        text = t.text("cart.line", **values)
    else:
        text = t.text("cart.line_reduced", price=line.unit_price, **values)
    return f"{text} · {t.text('made_to_order')}" if line.product.kind is DeliverableKind.MADE_TO_ORDER else text


def ordered(receipt: Receipt, t: Translator) -> Screen:
    """Say that the money arrived and the order was placed; the goods follow in a separate message."""
    rows = ((Button(t.text("button.order"), ShowOrder(receipt.order_id)), *back_home(t)),)
    text = t.text("waiting.ordered", number=receipt.order_id, total=receipt.total)
    return Screen("\n".join([text, *payment_notes(receipt, t)]), rows)


def not_ordered(total: Money, reason: str, about: dict[str, Any], t: Translator) -> Screen:
    """Say that the money arrived, that nothing was ordered, and why."""
    if reason == "out_of_stock":
        why = refusals.out_of_stock(about["name"], about["available"], t)
    elif reason == "limit":
        why = refusals.words(LimitReached(about["name"], about["left"]), t)
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
    """Say that money arrived, and how much the order still needs."""
    rows = (
        (Button(t.text("button.top_up_missing", missing=missing), TopUpOffer(offer_id)),),
        (Button(t.text("button.stop_waiting"), StopWaiting()),),
        back_home(t),
    )
    return Screen(t.text("waiting.still_short", missing=missing), rows)
