"""Replacements, as an admin chooses and confirms them."""

from bot_handlers.admin.callbacks_customers import (
    AskReplace,
    ReplaceItem,
    ShowCustomer,
    ShowCustomerLine,
    ShowPieces,
)
from bot_handlers.views.catalog import pager
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.support.replacements import Faulty, PiecePage

MAX_LABEL = 40


def pieces(page: PiecePage, t: Translator) -> Screen:
    """Ask which unit of a line is faulty."""
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(f"{each.number} · {each.mark}", MAX_LABEL), AskReplace(each.item_id)),)
        for each in page.pieces
    ]
    rows += pager(page.page, page.pages, lambda number: ShowPieces(page.line_id, number))
    rows.append((Button(t.text("button.back"), ShowCustomerLine(page.line_id)), *back_home(t)))
    return Screen(t.text("replacement.which", name=page.product_name, number=page.order_id), tuple(rows))


def ask(faulty: Faulty, customer: str, t: Translator) -> Screen:
    """Show what would be replaced."""
    piece = faulty.piece
    text = t.text(
        "replacement.ask",
        name=faulty.product_name,
        number=faulty.order_id,
        customer=customer,
        piece=f"{piece.number} · {piece.mark}",
    )
    rows = (
        (Button(t.text("button.replace"), ReplaceItem(piece.item_id)),),
        (Button(t.text("button.back"), ShowPieces(faulty.line_id, 0)), *back_home(t)),
    )
    return Screen(text, rows)


def done(faulty: Faulty, t: Translator) -> Screen:
    """Say that another one is on its way."""
    rows = (
        (
            Button(t.text("button.back"), ShowCustomerLine(faulty.line_id)),
            Button(t.text("button.customer"), ShowCustomer(faulty.customer_id)),
        ),
        back_home(t),
    )
    return Screen(t.text("replacement.done", name=faulty.product_name), rows)
