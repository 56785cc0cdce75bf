"""The catalogue as admins see it. `came` says where Back leads: a page of the category, or of what has run low."""

import re
from collections.abc import Callable

from bot_handlers.admin.callbacks_inventory import (
    AskDelete,
    AskDiscard,
    AskExport,
    ChoosePlace,
    Delete,
    Discard,
    DropPicture,
    Hide,
    MoreGoods,
    Move,
    NewGoods,
    SendPicture,
    ShowBranch,
    ShowScarce,
    ShowSheet,
    ShowUnits,
    TypeCategory,
    TypeField,
)
from bot_handlers.callbacks import AdminHome, Callback
from bot_handlers.views.catalog import pager
from bot_handlers.views.screen import Button, Screen, shortened
from locales import Translator
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.editor import Field, Unit, Units
from shop.catalog.tree import Node, Sheet, Target, TreePage

MAX_SHOWN = 1_500
"""Characters of a description or a unit that a screen shows."""
_CAME = re.compile(r"([br])([0-9]{1,6})")


def kind_of(target: Target) -> str:
    """Say in one letter what something is."""
    return "p" if target.is_product else "c"


def branch(branch: TreePage, t: Translator) -> Screen:
    """Show a page of a category: what is hidden has a mark."""
    rows: list[tuple[Button, ...]] = _nodes(branch, f"b{branch.page}", lambda node: ShowBranch(node.id, 0))
    rows += pager(branch.page, branch.pages, lambda page: ShowBranch(branch.id, page))
    rows.append((Button(t.text("button.new_category"), TypeCategory(branch.id)),))
    export = Button(t.text("button.export"), AskExport(branch.id))
    if branch.id is None:
        rows += [(Button(t.text("button.scarce"), ShowScarce(0)), export), _back(AdminHome(), t)]
        return Screen(t.text("goods.root"), tuple(rows))
    rows.append((Button(t.text("button.new_goods"), NewGoods(branch.id)),))
    rows.append((Button(t.text("button.edit_category"), ShowSheet("c", branch.id, "b0")), export))
    rows.append(_back(ShowBranch(branch.parent_id, 0), t))
    return Screen(t.text("goods.branch", path=" › ".join(branch.path)), tuple(rows))


def scarce(branch: TreePage, t: Translator) -> Screen:
    """Show a page of what has run low."""
    rows: list[tuple[Button, ...]] = _nodes(branch, f"r{branch.page}", lambda node: ShowBranch(node.id, 0))
    rows += pager(branch.page, branch.pages, ShowScarce)
    rows.append(_back(ShowBranch(None, 0), t))
    return Screen(t.text("goods.scarce" if branch.products else "goods.scarce_none"), tuple(rows))


def sheet(sheet: Sheet, came: str, t: Translator) -> Screen:
    """Show what can be changed of a product or a category."""
    kind, number = kind_of(sheet.target), sheet.target.id
    field = [
        Button(t.text(f"button.field.{each.value}"), TypeField(kind, number, each.value, came))
        for each in _fields(sheet)
    ]
    rows: list[tuple[Button, ...]] = [tuple(field[start : start + 2]) for start in range(0, len(field), 2)]
    picture = [Button(t.text("button.picture"), SendPicture(kind, number, came))]
    if sheet.has_picture:
        picture.append(Button(t.text("button.no_picture"), DropPicture(kind, number, came)))
    hide = t.text("button.unhide" if sheet.hidden else "button.hide")
    rows += [
        tuple(picture),
        (
            Button(hide, Hide(kind, number, int(not sheet.hidden), came)),
            Button(t.text("button.move"), ChoosePlace(kind, number, sheet.parent_id, 0)),
        ),
    ]
    if sheet.kind is not None and sheet.kind is not DeliverableKind.MADE_TO_ORDER:
        rows.append((Button(t.text("button.units"), ShowUnits(number, 0, came)),))
    rows += [(Button(t.text("button.delete"), AskDelete(kind, number, came)),), _back(_way_back(sheet, came), t)]
    return Screen("\n".join(_facts(sheet, t)), tuple(rows))


def ask_field(sheet: Sheet, field: Field, came: str, t: Translator) -> Screen:
    """Ask for a new value."""
    return Screen(t.text(f"ask_field.{field.value}", name=sheet.name), (_back(_sheet(sheet.target, came), t),))


def ask_picture(sheet: Sheet, came: str, t: Translator) -> Screen:
    """Ask for a picture."""
    return Screen(t.text("ask_picture", name=sheet.name), (_back(_sheet(sheet.target, came), t),))


def ask_category(parent_id: int | None, t: Translator) -> Screen:
    """Ask for the name of a new category."""
    return Screen(t.text("ask_category"), (_back(ShowBranch(parent_id, 0), t),))


def places(sheet: Sheet, branch: TreePage, t: Translator) -> Screen:
    """Show a page of a category to move something into."""
    kind, number = kind_of(sheet.target), sheet.target.id
    rows: list[tuple[Button, ...]] = [
        (Button(f"📁 {node.name}", ChoosePlace(kind, number, node.id, 0)),)
        for node in branch.categories
        if sheet.target.is_product or node.id != number
    ]
    rows += pager(branch.page, branch.pages, lambda page: ChoosePlace(kind, number, branch.id, page))
    if branch.id is not None or not sheet.target.is_product:
        rows.append((Button(t.text("button.move_here"), Move(kind, number, branch.id)),))
    up = [] if branch.id is None else [Button(t.text("button.up"), ChoosePlace(kind, number, branch.parent_id, 0))]
    rows.append((*up, *_back(_sheet(sheet.target, "b0"), t)))
    path = " › ".join(branch.path) or "…"
    return Screen(t.text("goods.move", name=sheet.name, path=path), tuple(rows))


def ask_delete(sheet: Sheet, came: str, t: Translator) -> Screen:
    """Say what a deletion takes along, and ask once more."""
    key = "goods.delete_product" if sheet.target.is_product else "goods.delete_category"
    sure = Button(t.text("button.delete"), Delete(kind_of(sheet.target), sheet.target.id))
    return Screen(t.text(key, name=sheet.name, count=sheet.contents), ((sure,), _back(_sheet(sheet.target, came), t)))


def units(units: Units, came: str, t: Translator) -> Screen:
    """Show a page of the units for sale."""
    number = units.product.target.id
    rows: list[tuple[Button, ...]] = [
        (Button(_label(unit), AskDiscard(number, unit.id, came)),) for unit in units.units
    ]
    rows += pager(units.page, units.pages, lambda page: ShowUnits(number, page, came))
    rows.append((Button(t.text("button.more_goods"), MoreGoods(number)),))
    if units.units or units.product.stock_count is None:
        rows.append((Button(t.text("button.delete_all"), AskDiscard(number, None, came)),))
    rows.append(_back(_sheet(units.product.target, came), t))
    if units.product.stock_count is None:
        return Screen(t.text("goods.shared", name=units.product.name), tuple(rows))
    return Screen(t.text("goods.units", name=units.product.name, count=units.product.stock_count), tuple(rows))


def ask_discard(units: Units, unit: Unit | None, came: str, t: Translator) -> Screen:
    """Show what is to be deleted, and ask once more."""
    number, name = units.product.target.id, units.product.name
    sure = Button(t.text("button.delete"), Discard(number, None if unit is None else unit.id, came))
    text = t.text("goods.discard_all", name=name, count=units.product.stock_count or 1)
    if unit is not None:
        text = t.text("goods.discard", name=name, content=shortened(unit.content, MAX_SHOWN))
    return Screen(text, ((sure,), _back(ShowUnits(number, 0, came), t)))


def low_stock(sheet: Sheet, t: Translator) -> Screen:
    """Tell an admin that a product runs low."""
    text = t.text("admin.low_stock", name=sheet.name, count=sheet.stock_count or 0)
    return Screen(text, ((Button(t.text("button.product"), _sheet(sheet.target, "r0")),),))


def _nodes(branch: TreePage, came: str, to_category: Callable[[Node], Callback]) -> list[tuple[Button, ...]]:
    rows: list[tuple[Button, ...]] = []
    for node in branch.categories:
        rows.append((Button(_marked(f"📁 {node.name}", node), to_category(node)),))
    for node in branch.products:
        count = "" if node.stock_count is None else f" · {node.stock_count}"
        rows.append((Button(_marked(node.name, node) + count, ShowSheet("p", node.id, came)),))
    return rows


def _fields(sheet: Sheet) -> tuple[Field, ...]:
    if not sheet.target.is_product:
        return Field.NAME, Field.DESCRIPTION
    return tuple(each for each in Field if each is not Field.THRESHOLD or sheet.stock_count is not None)


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
    return facts


def _marked(name: str, node: Node | Sheet) -> str:
    return f"🚫 {name}" if node.hidden else name


def _label(unit: Unit) -> str:
    return shortened(" ".join(unit.content.split()), 40)


def _sheet(target: Target, came: str) -> ShowSheet:
    return ShowSheet(kind_of(target), target.id, came)


def _way_back(sheet: Sheet, came: str) -> Callback:
    place = _CAME.fullmatch(came)
    if place and place[1] == "r":
        return ShowScarce(int(place[2]))
    page = int(place[2]) if place else 0
    return ShowBranch(sheet.parent_id if sheet.target.is_product else sheet.target.id, page)


def _back(to: Callback, t: Translator) -> tuple[Button, ...]:
    return (Button(t.text("button.back"), to),)
