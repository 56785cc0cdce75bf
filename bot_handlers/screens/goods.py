"""Goods as admins see them: the tree, a product, a dialog, a file."""

import re
from collections.abc import Callable

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.goods import (
    AddPieces,
    AskDelete,
    AskDiscard,
    AskExport,
    AskGoodsValue,
    AskSellAgain,
    ChooseKind,
    ChoosePlace,
    Delete,
    Discard,
    DropGoods,
    DropPicture,
    Hide,
    MoreGoods,
    Move,
    NewGoods,
    PutUpAgain,
    PutUpForSale,
    ReadPiecesAs,
    SendPicture,
    ShowBranch,
    ShowGoodsDraft,
    ShowItems,
    ShowLink,
    ShowScarce,
    ShowSheet,
    SkipDescription,
    TypeCategory,
    TypeField,
)
from bot_handlers.callbacks.held_goods import ShowHeld
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.screens.imports import holders_named
from bot_handlers.screens.screen import Button, Screen, back_button, pager, shortened
from bot_handlers.screens.stars import switch_for
from locales import Translator
from shop.catalog.deliverables import SHARED, DeliverableKind
from shop.catalog.drafts import ProductDraft
from shop.catalog.editor import Field, ItemForSale, StockPage
from shop.catalog.tree import Node, Sheet, Target, TreePage

MAX_SHOWN = 1_500
"""The most characters of a description or an item on a screen."""
_BACK = re.compile(r"([br])([0-9]{1,6})")
MAX_DRAFT_SHOWN = 1_500
MAX_ITEM_SHOWN = 200
"""The most characters of an item that is not on sale yet."""
EXAMPLE = (
    '[{"category": "Games", "subcategory": "Keys", "price": 9.99, '
    '"description": "Example", "private_data": "AAAA-BBBB"}]'
)


def kind_of(target: Target) -> str:
    """Name the kind of a target in one letter."""
    return "p" if target.is_product else "c"


def branch(branch: TreePage, t: Translator, *, held: int = 0) -> Screen:
    """Show a page of a category; hidden things are marked. `held` products are on hold."""
    rows: list[tuple[Button, ...]] = _nodes(branch, f"b{branch.page}", lambda node: ShowBranch(node.id, 0))
    rows += pager(branch, lambda page: ShowBranch(branch.id, page))
    rows.append((Button(t.text("button.new_category"), TypeCategory(branch.id)),))
    export = Button(t.text("button.export"), AskExport(branch.id))
    if branch.id is None:
        if held:
            rows.insert(0, (Button(t.text("button.held", count=held), ShowHeld(0)),))
        rows += [(Button(t.text("button.scarce"), ShowScarce(0)), export), _back_to(AdminHome(), t)]
        return Screen(t.text("goods.root"), tuple(rows))
    rows.append((Button(t.text("button.new_goods"), NewGoods(branch.id)),))
    rows.append((Button(t.text("button.edit_category"), ShowSheet("c", branch.id, "b0")), export))
    rows.append(_back_to(ShowBranch(branch.parent_id, 0), t))
    return Screen(t.text("goods.branch", path=" › ".join(branch.path)), tuple(rows))


def scarce(branch: TreePage, t: Translator) -> Screen:
    """Show a page of products with low stock."""
    nodes = _nodes(branch, f"r{branch.page}", lambda node: ShowBranch(node.id, 0))
    adds = [Button(t.text("button.more_goods"), MoreGoods(node.id)) for node in branch.products]
    rows: list[tuple[Button, ...]] = [(*row, add) for row, add in zip(nodes, adds, strict=True)]
    rows += pager(branch, ShowScarce)
    rows.append(_back_to(ShowBranch(None, 0), t))
    return Screen(t.text("goods.scarce" if branch.products else "goods.scarce_none"), tuple(rows))


def sheet(sheet: Sheet, back: str, t: Translator, *, held_at: int | None = None) -> Screen:
    """Show the editable fields of a product or a category; `held_at`: since when it is on hold."""
    kind, number = kind_of(sheet.target), sheet.target.id
    field = [
        Button(t.text(f"button.field.{each.value}"), TypeField(kind, number, each.value, back))
        for each in _fields(sheet)
    ]
    rows: list[tuple[Button, ...]] = [tuple(field[start : start + 2]) for start in range(0, len(field), 2)]
    picture = [Button(t.text("button.picture"), SendPicture(kind, number, back))]
    if sheet.has_picture:
        picture.append(Button(t.text("button.no_picture"), DropPicture(kind, number, back)))
    hide = t.text("button.unhide" if sheet.hidden else "button.hide")
    rows += [
        tuple(picture),
        (
            Button(hide, Hide(kind, number, int(not sheet.hidden), back)),
            Button(t.text("button.move"), ChoosePlace(kind, number, sheet.parent_id, 0)),
        ),
    ]
    if sheet.kind is not None and sheet.kind is not DeliverableKind.MADE_TO_ORDER:
        stock = Button(t.text("button.units"), ShowItems(number, 0, back))
        rows.append((stock, Button(t.text("button.more_goods"), MoreGoods(number))))
    if sheet.by_stars is not None:
        rows.append(switch_for(number, back, t, on=sheet.by_stars))
    rows += [
        (Button(t.text("button.link"), ShowLink(kind, number, back)),),
        (Button(t.text("button.delete"), AskDelete(kind, number, back)),),
        _back_to(_way_back(sheet, back), t),
    ]
    waits = [] if held_at is None else ["", t.text("goods.held", moment=t.date(held_at))]
    return Screen("\n".join([*_facts(sheet, t), *waits]), tuple(rows))


def link(sheet: Sheet, url: str, back: str, t: Translator) -> Screen:
    """Show the link that leads to a product or a category, for posts in channels."""
    rows = ((Button(t.text("button.copy_link"), copy=url),), _back_to(_sheet(sheet.target, back), t))
    return Screen(t.text("goods.link", name=sheet.name, url=url), rows)


def ask_field(sheet: Sheet, field: Field, back: str, t: Translator) -> Screen:
    """Ask for a new value."""
    return Screen(t.text(f"ask_field.{field.value}", name=sheet.name), (_back_to(_sheet(sheet.target, back), t),))


def ask_picture(sheet: Sheet, back: str, t: Translator) -> Screen:
    """Ask for a picture."""
    return Screen(t.text("ask_picture", name=sheet.name), (_back_to(_sheet(sheet.target, back), t),))


def ask_category(parent_id: int | None, t: Translator) -> Screen:
    """Ask for the name of a new category."""
    return Screen(t.text("ask_category"), (_back_to(ShowBranch(parent_id, 0), t),))


def places(sheet: Sheet, branch: TreePage, t: Translator) -> Screen:
    """Show a page of a category to move something into."""
    kind, number = kind_of(sheet.target), sheet.target.id
    rows: list[tuple[Button, ...]] = [
        (Button(f"📁 {node.name}", ChoosePlace(kind, number, node.id, 0)),)
        for node in branch.categories
        if sheet.target.is_product or node.id != number
    ]
    rows += pager(branch, lambda page: ChoosePlace(kind, number, branch.id, page))
    if branch.id is not None or not sheet.target.is_product:
        rows.append((Button(t.text("button.move_here"), Move(kind, number, branch.id)),))
    up = [] if branch.id is None else [Button(t.text("button.up"), ChoosePlace(kind, number, branch.parent_id, 0))]
    rows.append((*up, *_back_to(_sheet(sheet.target, "b0"), t)))
    path = " › ".join(branch.path) or "…"
    return Screen(t.text("goods.move", name=sheet.name, path=path), tuple(rows))


def ask_delete(sheet: Sheet, back: str, t: Translator) -> Screen:
    """Say what is deleted along with it, and ask once more."""
    key = "goods.delete_product" if sheet.target.is_product else "goods.delete_category"
    sure = Button(t.text("button.delete"), Delete(kind_of(sheet.target), sheet.target.id))
    return Screen(
        t.text(key, name=sheet.name, count=sheet.contents), ((sure,), _back_to(_sheet(sheet.target, back), t))
    )


def items(stock: StockPage, back: str, t: Translator) -> Screen:
    """Show a page of the items for sale."""
    number = stock.product.target.id
    rows: list[tuple[Button, ...]] = [
        (Button(_label(item), AskDiscard(number, item.id, back)),) for item in stock.items
    ]
    rows += pager(stock, lambda page: ShowItems(number, page, back))
    rows.append((Button(t.text("button.more_goods"), MoreGoods(number)),))
    if stock.items or stock.product.stock_count is None:
        rows.append((Button(t.text("button.delete_all"), AskDiscard(number, None, back)),))
    rows.append(_back_to(_sheet(stock.product.target, back), t))
    if stock.product.stock_count is None:
        return Screen(t.text("goods.shared", name=stock.product.name), tuple(rows))
    return Screen(t.text("goods.units", name=stock.product.name, count=stock.product.stock_count), tuple(rows))


def ask_discard(stock: StockPage, item: ItemForSale | None, back: str, t: Translator) -> Screen:
    """Show what is to be deleted, and ask once more."""
    number, name = stock.product.target.id, stock.product.name
    sure = Button(t.text("button.delete"), Discard(number, None if item is None else item.id, back))
    text = t.text("goods.discard_all", name=name, count=stock.product.stock_count or 1)
    if item is not None:
        text = t.text("goods.discard", name=name, content=_label(item))
    return Screen(text, ((sure,), _back_to(ShowItems(number, 0, back), t)))


def low_stock(sheet: Sheet, t: Translator) -> Screen:
    """Tell an admin that a product runs low."""
    text = t.text("admin.low_stock", name=sheet.name, count=sheet.stock_count or 0)
    add, show = Button(t.text("button.more_goods"), MoreGoods(sheet.target.id)), _sheet(sheet.target, "r0")
    return Screen(text, ((add, Button(t.text("button.product"), show)),))


def _nodes(branch: TreePage, back: str, to_category: Callable[[Node], Callback]) -> list[tuple[Button, ...]]:
    rows: list[tuple[Button, ...]] = []
    for node in branch.categories:
        rows.append((Button(_marked(f"📁 {node.name}", node), to_category(node)),))
    for node in branch.products:
        count = "" if node.stock_count is None else f" · {node.stock_count}"
        rows.append((Button(_marked(node.name, node) + count, ShowSheet("p", node.id, back)),))
    return rows


def _fields(sheet: Sheet) -> tuple[Field, ...]:
    if not sheet.target.is_product:
        return Field.NAME, Field.DESCRIPTION
    missing = {Field.THRESHOLD} if sheet.stock_count is None else set()
    missing |= set() if sheet.kind in SHARED else {Field.SEATS}
    return tuple(each for each in Field if each not in missing)


def _facts(sheet: Sheet, t: Translator) -> list[str]:
    facts = [t.text("goods.sheet", name=_marked(sheet.name, sheet))]
    if sheet.description:
        facts.append(t.text("shelf.description", description=shortened(sheet.description, MAX_SHOWN)))
    if sheet.price is not None and sheet.kind is not None:
        facts += ["", t.text("product.price", price=sheet.price)]
        facts += [t.text("product.quantity_price", count=count, price=each) for count, each in sheet.steps]
        facts.append(t.text(f"goods.kind.{sheet.kind.value}"))
    if sheet.stock_count is not None:
        facts.append(t.text("goods.stock", count=sheet.stock_count, sold=sheet.sold_count, threshold=sheet.threshold))
    if sheet.seats is not None:
        facts.append(t.text("goods.seats", count=sheet.seats, left=sheet.seats_left))
    facts += [] if sheet.most_each is None else [t.text("product.most_each", count=sheet.most_each)]
    facts += [] if sheet.most_daily is None else [t.text("product.most_daily", count=sheet.most_daily)]
    return facts


def _marked(name: str, node: Node | Sheet) -> str:
    return f"🚫 {name}" if node.hidden else name


def _label(item: ItemForSale) -> str:
    return shortened(f"{item.number} · {' '.join(item.mark.split())}", 40)


def _sheet(target: Target, back: str) -> ShowSheet:
    return ShowSheet(kind_of(target), target.id, back)


def _way_back(sheet: Sheet, back: str) -> Callback:
    place = _BACK.fullmatch(back)
    if place and place[1] == "r":
        return ShowScarce(int(place[2]))
    page = int(place[2]) if place else 0
    return ShowBranch(sheet.parent_id if sheet.target.is_product else sheet.target.id, page)


def _back_to(to: Callback, t: Translator) -> tuple[Button, ...]:
    return (back_button(to, t),)


def ask_product(field: str, back: Callback, t: Translator) -> Screen:
    """Ask for name, description (`text`) or price; `back` is what was asked before."""
    skip = [(Button(t.text("button.no_description"), SkipDescription()),)] if field == "text" else []
    return Screen(t.text(f"adding.ask.{field}"), (*skip, (back_button(back, t), *_cancel(t))))


def ask_kind(t: Translator) -> Screen:
    """Let the admin choose what a buyer gets."""
    rows = [(Button(t.text(f"button.kind.{kind.value}"), ChooseKind(kind.value)),) for kind in DeliverableKind]
    return Screen(t.text("adding.kind"), (*rows, (back_button(AskGoodsValue("price"), t), *_cancel(t))))


def ask_pieces(draft: ProductDraft, t: Translator) -> Screen:
    """Ask for the goods, with the count so far."""
    kind = DeliverableKind.UNIQUE_TEXT if draft.kind is None else draft.kind
    text = t.text(f"adding.pieces.{kind.value}", name=draft.name)
    text = "\n".join([text, *_first_items(draft, t)])
    if draft.pieces:
        text += "\n" + t.text("adding.count", count=draft.pieces)
    if draft.repeated:
        text += "\n" + t.text("adding.repeated", count=draft.repeated)
    back = AskGoodsValue("kind") if draft.product_id is None else ShowItems(draft.product_id, 0, "b0")
    done = [Button(t.text("button.ready"), ShowGoodsDraft())]
    if draft.product_id is not None and draft.pieces and not draft.sold:
        done.append(Button(t.text("button.put_up"), PutUpForSale()))
    return Screen(text, (tuple(done), (back_button(back, t), *_cancel(t))))


def product_summary(draft: ProductDraft, t: Translator) -> Screen:
    """Show the draft, and ask whether to put it on sale."""
    lines = [t.text("adding.summary", path=" › ".join(draft.path), name=draft.name)]
    if draft.description:
        lines.append(t.text("shelf.description", description=shortened(draft.description, MAX_DRAFT_SHOWN)))
    if draft.price is not None and draft.kind is not None:
        lines += ["", t.text("product.price", price=draft.price), t.text(f"goods.kind.{draft.kind.value}")]
    rows: list[tuple[Button, ...]] = []
    if draft.kind is not DeliverableKind.MADE_TO_ORDER:
        lines += [*_first_items(draft, t), t.text("adding.count", count=draft.pieces)]
        lines += holders_named(draft.holders, t)
        rows.append((Button(t.text("button.more_goods"), AddPieces()),))
    if draft.complete:
        rows.append((Button(t.text("button.put_up"), PutUpForSale()),))
        if draft.sold:
            rows.append((Button(t.text("button.sell_again", count=draft.sold), AskSellAgain(None)),))
    return Screen("\n".join(lines), (*rows, _cancel(t)))


def _first_items(draft: ProductDraft, t: Translator) -> list[str]:
    """Show what a buyer would get, so that a file that was read wrongly is seen before it goes on sale."""
    items = [t.text("adding.item", content=shortened(" ".join(each.split()), MAX_ITEM_SHOWN)) for each in draft.first]
    return [t.text("adding.first"), *items] if items else []


def ask_alphabet_of_pieces(name: str, number: int, letters: tuple[tuple[str, str], ...], t: Translator) -> Screen:
    """Ask which letters a file of goods, of those that the dialog keeps the one with this number, is written in."""
    rows = [(Button(t.text(f"button.{alphabet}"), ReadPiecesAs(alphabet, number)),) for alphabet, _ in letters]
    lines = [t.text("import.sample", alphabet=t.text(f"button.{each}"), line=line) for each, line in letters]
    text = "\n".join([t.text("import.ask_alphabet", name=name), "", *lines])
    return Screen(text, (*rows, (back_button(AddPieces(), t), *_cancel(t))))


def ask_pieces_again(draft: ProductDraft, t: Translator) -> Screen:
    """Ask once more whether sold goods of a dialog are for sale again."""
    yes = Button(t.text("button.yes_again"), PutUpAgain())
    return Screen(t.text("import.ask_again", count=draft.sold), ((yes,), (back_button(ShowGoodsDraft(), t),)))


def product_discarded(t: Translator) -> Screen:
    """Say that nothing was added to the shop."""
    return Screen(t.text("adding.cancelled"), ((back_button(ShowBranch(None, 0), t),),))


def _cancel(t: Translator) -> tuple[Button, ...]:
    return (Button(t.text("button.cancel"), DropGoods()),)
