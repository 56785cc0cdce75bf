"""Orders: receipts, history, the goods themselves, and admins' notifications of purchases."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from html import escape

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.customers import ShowCustomerOrder
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.orders import (
    BuyAgain,
    MakeLine,
    SendGoods,
    SendOrders,
    ShowEveryOrder,
    ShowFoundOrders,
    ShowGoodsLine,
    ShowHistory,
    ShowOrder,
    TypeOrderSearch,
)
from bot_handlers.callbacks.reviews import RateGoods, ShowOwnLine
from bot_handlers.callbacks.tickets import ReportGoods
from bot_handlers.screens.screen import (
    MAX_NAME,
    MAX_PIECES,
    MAX_TEXT,
    Button,
    FileParcel,
    Parcel,
    Rows,
    Screen,
    arrives_whole,
    back_home,
    back_row,
    listing,
    pager,
    plain_text,
    shortened,
    utf16_length,
)
from locales import Translator
from shop.administration.appearance import MenuScreen
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.reviews import STARS
from shop.money import Money
from shop.sales.delivery import FileToSend, LineToMake
from shop.sales.orders import History, OrderSummary, Receipt, ReceiptLine
from shop.support.orders import AnyOrder, OrderFilter, OrderPage

MAX_TITLE = 24
"""The most UTF-16 code units of a product's name on an order's button."""
MAX_ORDER_LABEL = 56
MOST_NAMES = 20
"""The most products named in a message about a refund; the order shows all of them."""


def bought(receipt: Receipt, t: Translator) -> Screen:
    """Say thank you for a purchase; the goods follow in a separate message."""
    rows = (
        (Button(t.text("button.order"), ShowOrder(receipt.order_id)),),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    )
    text = t.text("bought", number=receipt.order_id, total=receipt.total)
    return Screen("\n".join([text, *payment_notes(receipt, t)]), rows)


def payment_notes(receipt: Receipt, t: Translator) -> list[str]:
    """Name a coupon's discount and a waived amount; nothing if there is neither."""
    notes = [t.text("discount", code=receipt.code, discount=receipt.discount)] if receipt.discount.minor else []
    return [*notes, t.text("order.let_pass", amount=receipt.let_pass)] if receipt.let_pass else notes


def history(page: History, t: Translator) -> Screen:
    """Show a page of the purchases, newest first."""
    if not page.orders:
        ways_on = ((Button(t.text("button.shop"), ShowShelf(None, 0)),), back_home(t))
        return Screen(t.text("history.empty"), ways_on, scene=MenuScreen.HISTORY)
    rows = [(Button(label(order, t), ShowOrder(order.id)),) for order in page.orders]
    listed = (*rows, *pager(page, ShowHistory), back_home(t))
    return Screen(t.text("history"), listed, scene=MenuScreen.HISTORY)


def label(order: OrderSummary, t: Translator) -> str:
    """Name an order on a button, with its day; a mark says that something of it was refunded."""
    mark = "↩️ " if order.refunded.minor else ""
    more = " " + t.text("history.more", count=order.others) if order.others else ""
    title = shortened(order.title, MAX_TITLE)
    return f"{mark}#{order.id} · {t.short_date(order.placed_at)} · {title}{more} · {_paid(order, t)}"


def head(receipt: Receipt, t: Translator) -> str:
    """Return which order it is, what was paid, and what of that was refunded."""
    text = t.text("order", number=receipt.order_id, moment=t.moment(receipt.placed_at), total=receipt.total)
    back = [t.text("order.refunded", amount=receipt.refunded)] if receipt.refunded.minor else []
    note = [t.text("order.note", note=receipt.note)] if receipt.note else []
    return "\n".join([text, *payment_notes(receipt, t), *back, *note])


def order(receipt: Receipt, t: Translator) -> Screen:
    """Show an order with its goods; goods too long for a screen are one button away."""
    top = head(receipt, t)
    full = "\n".join([top, *(text for line in receipt.lines for text in _content(line, t))])
    short = f"{top}\n\n{listing(receipt.lines, partial(_line, t), t, beside=top)}"
    lines = [
        (Button(t.label("button.own_line", name=shortened(line.product_name, 24)), ShowOwnLine(line.id)),)
        for line in receipt.lines
    ]
    rows = (
        (Button(t.text("button.send_goods"), SendGoods(receipt.order_id)),),
        *lines,
        back_row(ShowHistory(0), t),
    )
    fits = utf16_length(plain_text(full)) <= MAX_TEXT and not _needs_file(receipt.lines)
    return Screen(full if fits else short, rows)


def listed(names: tuple[str, ...]) -> str:
    """List products, one a line; a very long list is cut."""
    most = [shortened(name, 64) for name in names[:MOST_NAMES]]
    return "\n".join([*most, "…"] if len(names) > MOST_NAMES else most)


def refunded(order_id: int, amount: Money, names: tuple[str, ...], t: Translator) -> Screen:
    """Notify a customer of a refund."""
    rows = ((Button(t.text("button.order"), ShowOrder(order_id)), *back_home(t)),)
    return Screen(t.text("refunded", number=order_id, amount=amount, goods=listed(names)), rows)


def below_goods(receipt: Receipt, t: Translator) -> Rows:
    """The buttons below delivered goods: rate, report, buy again; several lines have one each."""
    if len(receipt.lines) == 1:
        return _below_line(receipt.lines[0], t)
    lines = receipt.lines[:MOST_NAMES]
    return tuple(
        (Button(t.label("button.own_line", name=shortened(line.product_name, 24)), ShowGoodsLine(line.id)),)
        for line in lines
    )


def _below_line(line: ReceiptLine, t: Translator) -> Rows:
    wrong = Button(t.text("button.wrong"), ReportGoods(line.id))
    again = Button(t.text("button.buy_again"), BuyAgain(line.product_id))
    if line.waiting or line.refunded:
        return ((wrong, again),)
    return (tuple(Button(f"{each} ★", RateGoods(line.id, each)) for each in STARS), (wrong, again))


def parcel(receipt: Receipt, t: Translator) -> Parcel:
    """Pack the goods of an order, every character of every text; files are sent separately."""
    packed = _packed(t.text("goods", number=receipt.order_id), receipt.order_id, receipt.lines, t)
    return replace(packed, rows=below_goods(receipt, t))


def made_parcel(order_id: int, line: ReceiptLine, t: Translator) -> Parcel:
    """Pack what was made for a line."""
    packed = _packed(t.text("goods.made", number=order_id), order_id, (line,), t)
    return replace(packed, rows=_below_line(line, t))


def replaced_parcel(order_id: int, line: ReceiptLine, t: Translator) -> Parcel:
    """Pack a replacement."""
    packed = _packed(t.text("goods.replaced", number=order_id), order_id, (line,), t)
    return replace(packed, rows=_below_line(line, t))


def file_parcel(file: FileToSend, t: Translator) -> FileParcel:
    """Pack a file; if none can be sent, the message says how to get it."""
    caption = t.text("goods.file", number=file.order_id, name=file.product_name)
    rows = ((Button(t.text("button.wrong"), ReportGoods(file.line_id)),),)
    return FileParcel(caption, file.name, file.content, _file_waits(file.order_id, file.name, t), rows)


def _paid(order: OrderSummary, t: Translator) -> str:
    paid = t.money(order.total)
    return f"{paid} (🎟 −{t.money(order.discount)})" if order.discount.minor else paid


def _packed(title: str, order_id: int, lines: tuple[ReceiptLine, ...], t: Translator) -> Parcel:
    plain = []
    file_name = f"order-{order_id}.txt"
    goods = [each for line in lines for each in line.goods]
    instead = _file_waits(order_id, file_name, t) if _needs_file(lines) else None
    if len(goods) == len(lines) == 1 and instead is not None:
        return Parcel(title, title, goods[0], file_name, instead)
    for line in lines:
        notes = [plain_text(note) for note in _notes(line, t)]
        plain += [f"{line.quantity} × {line.product_name}", *line.goods, *notes, ""]
    html = "\n".join([title, *(text for line in lines for text in _content(line, t))])
    return Parcel(title, html, "\n".join(plain), file_name, instead)


def _needs_file(lines: tuple[ReceiptLine, ...]) -> bool:
    """Return whether a message would alter any text of some lines."""
    texts = [each for line in lines for each in (*line.goods, *line.faulty)]
    return len(texts) > MAX_PIECES or not all(map(arrives_whole, texts))


def _file_waits(order_id: int, file_name: str, t: Translator) -> Screen:
    """Say where a file is that cannot be sent at the moment."""
    rows = (
        (Button(t.text("button.send_goods"), SendGoods(order_id)),),
        (Button(t.text("button.order"), ShowOrder(order_id)),),
    )
    return Screen(t.text("goods.file_waits", number=order_id, file=file_name), rows)


def _content(line: ReceiptLine, t: Translator) -> list[str]:
    texts = [f"<pre>{escape(unit, quote=False)}</pre>" for unit in line.goods]
    return ["", _line(t, line, MAX_NAME), *texts, *_notes(line, t)]


def _notes(line: ReceiptLine, t: Translator) -> list[str]:
    """Notes on a line besides its texts: which files belong to it, and its progress."""
    notes = [t.text("order.file", name=file.name, count=max(1, file.size // 1024)) for file in line.files]
    notes += [t.text("order.faulty", goods=each) for each in line.faulty]
    if line.returned is not None:
        notes.append(t.text("order.line_refunded", amount=line.returned))
    if not line.refunded and line.kind is DeliverableKind.MADE_TO_ORDER:
        notes.append(t.text("order.waiting" if line.waiting else "order.made"))
    return notes


def _line(t: Translator, line: ReceiptLine, most: int) -> str:
    name, total = shortened(line.product_name, most), line.unit_price * line.quantity
    return t.text("cart.line", quantity=line.quantity, name=name, total=total)


def purchase(receipt: Receipt, customer: str, t: Translator) -> Screen:
    """Tell an admin of a purchase, without the goods."""
    head = t.text("admin.purchase", number=receipt.order_id, customer=customer, total=receipt.total, lines="")
    notes = "\n".join(["", *payment_notes(receipt, t)])
    lines = listing(receipt.lines, _bare_line, t, beside=head + notes)
    rows = (*hand_overs(receipt.lines, t), (_to_order(receipt.order_id, t),))
    return Screen(head + lines + notes, rows)


def goods_refused(receipt: Receipt, customer: str, t: Translator, *, by_proxy: bool) -> Screen:
    """Alert an admin that goods of an order could not be sent."""
    key = "admin.goods_turned_away" if by_proxy else "admin.goods_refused"
    text = t.text(key, number=receipt.order_id, customer=customer)
    return Screen(text, ((_to_order(receipt.order_id, t),),))


def _bare_line(line: ReceiptLine, most: int) -> str:
    return f"{line.quantity} × {escape(shortened(line.product_name, most), quote=False)}"


def hand_overs(lines: Iterable[ReceiptLine], t: Translator) -> Rows:
    """Make a row for each line that is still to be made: it can be handed over from wherever an admin sees it."""
    waiting = (line for line in lines if line.waiting)
    return tuple(
        (Button(t.label("button.hand_over_line", name=shortened(line.product_name, 24)), MakeLine(line.id)),)
        for line in waiting
    )


def to_make(line: LineToMake, customer: str, t: Translator) -> Screen:
    """Tell an admin which goods a customer is waiting for."""
    text = t.text(
        "admin.to_make", number=line.order_id, customer=customer, quantity=line.quantity, name=line.product_name
    )
    rows = ((Button(t.text("button.hand_over"), MakeLine(line.line_id)), _to_order(line.order_id, t)),)
    return Screen("\n".join([text, *_note(line, t)]), rows)


def ask_made(line: LineToMake, t: Translator) -> Screen:
    """Ask for what was made."""
    text = t.text("ask_made", number=line.order_id, quantity=line.quantity, name=line.product_name)
    return Screen("\n".join([text, *_note(line, t)]), ((_to_order(line.order_id, t), *back_home(t)),))


def made(line: LineToMake, t: Translator) -> Screen:
    """Say that it has been sent to the buyer."""
    text = t.text("made", number=line.order_id, name=line.product_name)
    return Screen(text, ((_to_order(line.order_id, t), *back_home(t)),))


def every_order(page: OrderPage, t: Translator) -> Screen:
    """Show admins a page of all orders."""
    rows = [_any_order(each, t) for each in page.orders]
    rows += pager(page, lambda number: ShowEveryOrder(page.filter.value, number))
    rows.append(
        tuple(
            Button(
                ("● " if each is page.filter else "") + t.text(f"orders.{each.value}"), ShowEveryOrder(each.value, 0)
            )
            for each in OrderFilter
        )
    )
    file = Button(t.text("button.csv"), SendOrders(page.filter.value))
    rows += [(Button(t.text("button.find_order"), TypeOrderSearch()), file), back_row(AdminHome(), t)]
    return Screen(t.text("orders", count=page.count), tuple(rows))


def ask_order_search(t: Translator) -> Screen:
    """Ask admins what to find orders by."""
    return Screen(t.text("ask_order_search"), (back_row(ShowEveryOrder(OrderFilter.EVERY.value, 0), t),))


def found_orders(page: OrderPage, t: Translator) -> Screen:
    """Show admins a page of the orders that a search found."""
    rows = [_any_order(each, t) for each in page.orders]
    search_id = page.search_id
    if search_id is not None:
        rows += pager(page, lambda number: ShowFoundOrders(search_id, number))
    rows.append((Button(t.text("button.find_order"), TypeOrderSearch()),))
    rows.append(back_row(ShowEveryOrder(OrderFilter.EVERY.value, 0), t))
    text = t.text("orders.found", count=page.count) if page.count else t.text("orders.none_found")
    return Screen(f"{text}\n{t.text('orders.in_goods')}" if page.in_goods else text, tuple(rows))


def orders_csv_head(t: Translator) -> tuple[str, ...]:
    """Name the columns of the file."""
    columns = ("order", "when", "customer", "goods", "paid", "discount", "refunded", "note")
    return tuple(t.text(f"csv.{column}") for column in columns)


def orders_file(text: str, t: Translator) -> Parcel:
    """Pack the file."""
    return Parcel(t.text("orders.file"), t.text("orders.file"), text, "shop-orders.csv")


def _any_order(order: AnyOrder, t: Translator) -> tuple[Button, ...]:
    name = shortened(f"{label(order.summary, t)} · {order.customer}", MAX_ORDER_LABEL)
    return (Button(name, ShowCustomerOrder(order.summary.id, 0)),)


def _note(line: LineToMake, t: Translator) -> list[str]:
    return [t.text("order.note", note=line.note)] if line.note else []


def _to_order(order_id: int, t: Translator) -> Button:
    return Button(t.text("button.order"), ShowCustomerOrder(order_id, 0))
