"""The cart, one line of it, and the confirmation."""

from bot_handlers.callbacks import (
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    RemoveLine,
    ShowCart,
    ShowLine,
    ShowProduct,
    ShowShelf,
    TypeQuantity,
)
from bot_handlers.callbacks_checkout import TopUpOffer
from bot_handlers.callbacks_coupons import DropCoupon, TypeCoupon
from bot_handlers.views import refusals
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.carts import Cart, Line
from shop.checkout import Offer
from shop.deliverables import Kind
from shop.menu_pictures import Scene


def cart(cart: Cart, t: Translator) -> Screen:
    """Show the cart; the name of a product leads to its line."""
    stopped = t.text("waiting.stopped") + "\n\n" if cart.stopped_waiting else ""
    if not cart.lines:
        rows = ((Button(t.text("button.shop"), ShowShelf(None, 0)),), back_home(t))
        return Screen(stopped + t.text("cart.empty"), rows, scene=Scene.CART)
    listed = "\n".join(_line(line, t) for line in cart.lines)
    buttons = [
        row
        for line in cart.lines
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
    chosen = ["", t.text("cart.coupon", code=cart.coupon)] if cart.coupon else []
    text = "\n".join([stopped + t.text("cart", total=cart.total), "", listed, *chosen])
    return Screen(text, (*buttons, *end), scene=Scene.CART)


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
        (Button(t.text("button.back"), ShowCart()), *back_home(t)),
    )
    return Screen("\n".join([_line(line, t), "", *prices]), rows)


def offer(offer: Offer, t: Translator) -> Screen:
    """Show exactly what will be taken, what a coupon takes off, or what the balance lacks."""
    listed = "\n".join([*(_line(line, t) for line in offer.lines), *_discount(offer, t)])
    stopped = t.text("waiting.stopped") + "\n\n" if offer.stopped_waiting else ""
    code = offer.code or (offer.refused.code if offer.refused else "")
    leave = ((_coupon_button(code, offer.id, t),), (Button(t.text("button.cart"), ShowCart()), *back_home(t)))
    if offer.missing.minor > 0:
        text = t.text("offer.short", total=offer.total, balance=offer.balance, missing=offer.missing)
        label = t.text("button.top_up_missing", missing=offer.missing)
        waits = t.text("offer.waits", total=offer.total)
        rows = ((Button(label, TopUpOffer(offer.id)),), *leave)
        return Screen(f"{stopped}{text}\n\n{listed}\n\n{waits}", rows)
    text = t.text("offer", total=offer.total, balance=offer.balance, rest=offer.balance - offer.total)
    rows = ((Button(t.text("button.confirm", total=offer.total), Confirm(offer.id)),), *leave)
    return Screen(f"{stopped}{text}\n\n{listed}", rows)


def ask_coupon(t: Translator) -> Screen:
    """Ask for a coupon code."""
    return Screen(t.text("ask_coupon"), ((Button(t.text("button.cart"), ShowCart()), *back_home(t)),))


def _coupon_button(code: str, offer_id: int | None, t: Translator) -> Button:
    if code:
        return Button(t.label("button.drop_coupon", code=code), DropCoupon(offer_id))
    return Button(t.text("button.coupon"), TypeCoupon(offer_id))


def _discount(offer: Offer, t: Translator) -> list[str]:
    if offer.refused is not None:
        return ["", refusals.words(offer.refused, t)]
    if offer.code:
        return ["", t.text("discount", code=offer.code, discount=offer.discount)]
    return []


def _line(line: Line, t: Translator) -> str:
    values = {"quantity": line.quantity, "name": line.product.name, "total": line.total}
    if line.unit_price == line.product.price:
        text = t.text("cart.line", **values)
    else:
        text = t.text("cart.line_reduced", price=line.unit_price, **values)
    return f"{text} · {t.text('made_to_order')}" if line.product.kind is Kind.MADE_TO_ORDER else text
