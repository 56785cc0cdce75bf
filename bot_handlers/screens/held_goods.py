"""Goods of a restored shop: why they are on hold, and how an owner releases them."""

from bot_handlers.callbacks.goods import ShowBranch, ShowItems
from bot_handlers.callbacks.held_goods import AskRelease, Release, ShowHeld
from bot_handlers.screens.screen import Button, Screen, back_button, pager, shortened
from locales import Translator
from shop.administration.held_goods import HeldPage, HeldUnits


def held(page: HeldPage, t: Translator) -> Screen:
    """Show the products on hold, and why they are."""
    if not page.products:
        return Screen(t.text("held.none"), ((back_button(ShowBranch(None, 0), t),),))
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(f"{each.name} · {each.stock_count}", 60), AskRelease(each.product_id)),)
        for each in page.products
    ]
    rows += pager(page, ShowHeld)
    rows.append((Button(t.text("button.release_all", count=page.count), AskRelease(None)),))
    rows.append((back_button(ShowBranch(None, 0), t),))
    return Screen(t.text("held", moment=t.moment(page.products[0].held_at), count=page.count), tuple(rows))


def ask_release(held: HeldUnits, t: Translator) -> Screen:
    """Ask whether to release a product."""
    rows = (
        (Button(t.text("button.release_goods"), Release(held.product_id)),),
        (Button(t.text("button.units"), ShowItems(held.product_id, 0, "b0")), back_button(ShowHeld(0), t)),
    )
    text = t.text("held.ask", name=held.name, count=held.stock_count, moment=t.moment(held.held_at))
    return Screen(text, rows)


def ask_release_all(page: HeldPage, t: Translator) -> Screen:
    """Ask whether to release all products on hold."""
    rows = ((Button(t.text("button.release_goods"), Release(None)),), (back_button(ShowHeld(0), t),))
    return Screen(t.text("held.ask_all", count=page.count), rows)
