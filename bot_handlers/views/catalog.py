"""Shelves, products, cart and confirmation."""

from collections.abc import Callable

from bot_handlers.callbacks import (
    AddToCart,
    BuyNow,
    Callback,
    ChangeCart,
    CheckOut,
    ChooseCoin,
    ClearCart,
    Confirm,
    Nothing,
    ShowCart,
    ShowProduct,
    ShowShelf,
)
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.carts import Cart, Line
from shop.catalog import ProductCard, Shelf
from shop.checkout import Offer

MAX_ABOUT = 3_000
"""Of a description, in UTF-16 code units; the rest of a message is for name, price and stock."""


def shelf(shelf: Shelf, t: Translator) -> Screen:
    """Show a page of a category."""
    rows: list[tuple[Button, ...]] = [
        (Button(f"📁 {category.name}", ShowShelf(category.id, 0)),) for category in shelf.categories
    ]
    for product in shelf.products:
        mark = t.money(product.price) if product.stock_count else t.text("sold_out")
        rows.append((Button(f"{product.name} · {mark}", ShowProduct(product.id, 1)),))
    here = shelf.category.id if shelf.category else None
    rows.extend(pager(shelf.page, shelf.pages, lambda page: ShowShelf(here, page)))
    if shelf.category:
        rows.append((Button(t.text("button.back"), ShowShelf(shelf.parent_id, 0)), *back_home(t)))
        return Screen(t.text("shelf", name=shelf.category.name), tuple(rows))
    return Screen(t.text("shelf.root" if rows else "shelf.empty"), (*rows, back_home(t)))


def pager(page: int, pages: int, to: Callable[[int], Callback]) -> list[tuple[Button, ...]]:
    """Make the row that turns pages; none when there is one page."""
    if pages <= 1:
        return []
    return [
        (
            Button("◀", to((page - 1) % pages)),
            Button(f"{page + 1} / {pages}", Nothing()),
            Button("▶", to((page + 1) % pages)),
        )
    ]


def product(card: ProductCard, quantity: int, t: Translator) -> Screen:
    """Show a product with a number of units chosen."""
    text = t.text("product", name=card.name, description=_about(card), price=card.price, count=card.stock_count)
    back = (Button(t.text("button.back"), ShowShelf(card.category_id, 0)), *back_home(t))
    if not card.stock_count:
        return Screen(t.text("product.sold_out", name=card.name, description=_about(card)), (back,))
    fewer, more = max(1, quantity - 1), min(card.stock_count, quantity + 1)
    rows = (
        (
            Button("−", ShowProduct(card.id, fewer)),
            Button(t.text("button.quantity", quantity=quantity, total=card.price * quantity), Nothing()),
            Button("+", ShowProduct(card.id, more)),
        ),
        (
            Button(t.text("button.buy_now"), BuyNow(card.id, quantity)),
            Button(t.text("button.add_to_cart"), AddToCart(card.id, quantity)),
        ),
        back,
    )
    return Screen(text, rows)


def cart(cart: Cart, t: Translator) -> Screen:
    """Show the cart."""
    if not cart.lines:
        rows = ((Button(t.text("button.shop"), ShowShelf(None, 0)),), back_home(t))
        return Screen(t.text("cart.empty"), rows)
    listed = "\n".join(_line(line, t) for line in cart.lines)
    buttons = [
        (
            Button("−", ChangeCart(line.product.id, -1)),
            Button(f"{line.quantity} × {line.product.name}", ShowProduct(line.product.id, line.quantity)),
            Button("+", ChangeCart(line.product.id, 1)),
        )
        for line in cart.lines
    ]
    end = (
        (Button(t.text("button.check_out"), CheckOut()), Button(t.text("button.clear"), ClearCart())),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    )
    return Screen(t.text("cart", total=cart.total) + "\n\n" + listed, (*buttons, *end))


def offer(offer: Offer, t: Translator) -> Screen:
    """Show exactly what will be taken, or what the balance lacks."""
    listed = "\n".join(_line(line, t) for line in offer.lines)
    leave = (Button(t.text("button.cart"), ShowCart()), *back_home(t))
    if offer.missing.minor > 0:
        text = t.text("offer.short", total=offer.total, balance=offer.balance, missing=offer.missing)
        label = t.text("button.top_up_missing", missing=offer.missing)
        return Screen(f"{text}\n\n{listed}", ((Button(label, ChooseCoin(offer.missing.minor)),), leave))
    text = t.text("offer", total=offer.total, balance=offer.balance, rest=offer.balance - offer.total)
    return Screen(
        f"{text}\n\n{listed}", ((Button(t.text("button.confirm", total=offer.total), Confirm(offer.id)),), leave)
    )


def _line(line: Line, t: Translator) -> str:
    return t.text("cart.line", quantity=line.quantity, name=line.product.name, total=line.total)


def _about(card: ProductCard) -> str:
    """The description, unless the name says it all; as much of it as fits on a screen."""
    return "" if card.description == card.name else shortened(card.description, MAX_ABOUT)
