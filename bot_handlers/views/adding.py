"""A product put together in a dialog."""

from bot_handlers.admin.callbacks_inventory import (
    AddPieces,
    ChooseKind,
    DropGoods,
    PutUpForSale,
    ShowBranch,
    ShowGoodsDraft,
    SkipDescription,
)
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.drafts import ProductDraft

MAX_SHOWN = 1_500


def ask(field: str, t: Translator) -> Screen:
    """Ask for name, description (`text`) or price."""
    skip = [(Button(t.text("button.no_description"), SkipDescription()),)] if field == "text" else []
    return Screen(t.text(f"adding.ask.{field}"), (*skip, _cancel(t)))


def ask_kind(t: Translator) -> Screen:
    """Let the admin choose what a buyer gets."""
    rows = [(Button(t.text(f"button.kind.{kind.value}"), ChooseKind(kind.value)),) for kind in DeliverableKind]
    return Screen(t.text("adding.kind"), (*rows, _cancel(t)))


def ask_pieces(draft: ProductDraft, t: Translator) -> Screen:
    """Ask for the goods; what came so far is counted."""
    kind = DeliverableKind.UNIQUE_TEXT if draft.kind is None else draft.kind
    text = t.text(f"adding.pieces.{kind.value}", name=draft.name)
    if draft.pieces:
        text += "\n" + t.text("adding.count", count=draft.pieces)
    return Screen(text, ((Button(t.text("button.ready"), ShowGoodsDraft()),), _cancel(t)))


def summary(draft: ProductDraft, t: Translator) -> Screen:
    """Show what was put together, and ask whether to put it up for sale."""
    lines = [t.text("adding.summary", path=" › ".join(draft.path), name=draft.name)]
    if draft.description:
        lines.append(t.text("shelf.description", description=shortened(draft.description, MAX_SHOWN)))
    if draft.price is not None and draft.kind is not None:
        lines += ["", t.text("product.price", price=draft.price), t.text(f"goods.kind.{draft.kind.value}")]
    rows: list[tuple[Button, ...]] = []
    if draft.kind is not DeliverableKind.MADE_TO_ORDER:
        lines.append(t.text("adding.count", count=draft.pieces))
        rows.append((Button(t.text("button.more_goods"), AddPieces()),))
    if draft.complete:
        rows.append((Button(t.text("button.put_up"), PutUpForSale()),))
    return Screen("\n".join(lines), (*rows, _cancel(t)))


def cancelled(t: Translator) -> Screen:
    """Say that nothing was put into the shop."""
    return Screen(t.text("adding.cancelled"), ((Button(t.text("button.back"), ShowBranch(None, 0)),),))


def _cancel(t: Translator) -> tuple[Button, ...]:
    return (Button(t.text("button.cancel"), DropGoods()),)
