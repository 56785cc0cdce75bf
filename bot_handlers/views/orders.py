"""Receipts, history, and the goods themselves."""

from html import escape

from bot_handlers.callbacks import SendGoods, ShowHistory, ShowOrder, ShowShelf
from bot_handlers.views.catalog import pager
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import MAX_TEXT, Button, Parcel, Screen, plain_text, utf16_length
from locales import Translator
from shop.orders import History, Receipt, ReceiptLine


def bought(receipt: Receipt, t: Translator) -> Screen:
    """Thank for a purchase; the goods follow in a message of their own."""
    rows = (
        (Button(t.text("button.order"), ShowOrder(receipt.order_id)),),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    )
    return Screen(t.text("bought", number=receipt.order_id, total=receipt.total), rows)


def history(page: History, t: Translator) -> Screen:
    """Show a page of the purchases, newest first."""
    if not page.orders:
        return Screen(t.text("history.empty"), ((Button(t.text("button.shop"), ShowShelf(None, 0)),), back_home(t)))
    rows = [
        (Button(f"#{order.id} · {order.title} · {t.money(order.total)}", ShowOrder(order.id)),)
        for order in page.orders
    ]
    return Screen(t.text("history"), (*rows, *pager(page.page, page.pages, ShowHistory), back_home(t)))


def order(receipt: Receipt, t: Translator) -> Screen:
    """Show an order with its goods; goods too long for a screen are one button away."""
    head = t.text("order", number=receipt.order_id, moment=t.moment(receipt.placed_at), total=receipt.total)
    full = "\n".join([head, *_contents(receipt, t)])
    short = "\n".join([head, "", *(_line(line, t) for line in receipt.lines)])
    rows = (
        (Button(t.text("button.send_goods"), SendGoods(receipt.order_id)),),
        (Button(t.text("button.back"), ShowHistory(0)), *back_home(t)),
    )
    return Screen(full if utf16_length(plain_text(full)) <= MAX_TEXT else short, rows)


def parcel(receipt: Receipt, t: Translator) -> Parcel:
    """Pack the goods of an order: every character of every unit."""
    title = t.text("goods", number=receipt.order_id)
    plain = []
    for line in receipt.lines:
        plain += [f"{line.quantity} × {line.product_name}", *line.goods, ""]
    html = "\n".join([title, *_contents(receipt, t)])
    return Parcel(title, html, "\n".join(plain), f"order-{receipt.order_id}.txt")


def _contents(receipt: Receipt, t: Translator) -> list[str]:
    lines = []
    for line in receipt.lines:
        lines += ["", _line(line, t), *(f"<pre>{escape(unit, quote=False)}</pre>" for unit in line.goods)]
    return lines


def _line(line: ReceiptLine, t: Translator) -> str:
    return t.text("cart.line", quantity=line.quantity, name=line.product_name, total=line.unit_price * line.quantity)
