"""Exports: unsold goods as a file that can be imported again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.formats.aiogram import Goods, write_list, write_txt
from shop.catalog.formats.souk_csv import write_csv
from shop.catalog.formats.souk_json import OwnCategory, OwnGoods, OwnProduct, write_own
from shop.catalog.plans import exported_names
from shop.catalog.tree import category_there, path_of
from shop.context import Context
from shop.money import Money
from shop.people import Person, Right
from storage.models import Category, Picture, Product, QuantityPrice, SharedItem, StockItem, StoredFile
from storage.models.stock import Piece

LIST_DEPTH = 2


class Form(Enum):
    """A format of goods files. The value is in buttons."""

    OWN = "own"
    TABLE = "csv"
    LIST = "list"
    LINES = "txt"


@dataclass(frozen=True, slots=True)
class Export:
    """A goods file; `left_out` counts products or items that its format cannot hold."""

    file_name: str
    content: bytes = field(repr=False)
    products: int
    items: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Exports:
    """Writes goods files. They contain the goods themselves, so each is in the audit log."""

    context: Context

    def export(self, admin: Person, category_id: int | None, form: Form) -> Export:
        """Write the unsold goods below a category, or all of them.

        Raises:
            NotFound: no such category.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        self.context.customers.require_proof(admin)
        goods = self._goods(category_id)
        items = sum(len(each.pieces) for each in goods.products)
        if form in (Form.OWN, Form.TABLE):
            content = write_own(goods) if form is Form.OWN else write_csv(goods)
            made = Export(_name(form), content, len(goods.products), items, 0)
        else:
            entries, others = _listed(goods)
            content, unfit = (write_list if form is Form.LIST else write_txt)(entries)
            products = len(goods.products) - others
            made = Export(_name(form), content, products, len(entries) - unfit, others + unfit)
        subject = "everything" if category_id is None else f"category {category_id}"
        with self.context.database.transaction():
            counts = {"products": made.products, "items": made.items, "left_out": made.left_out}
            entry_id = self.context.audit.write(admin, "goods.exported", subject, form=form.value, **counts)
            self.context.announce(admin, entry_id)
        return made

    def _goods(self, category_id: int | None) -> OwnGoods:
        tops = Category.kept(None) if category_id is None else [category_there(category_id)]
        rows = [row for top in tops for row in _tree(top)]
        paths = {row.id: path_of(row.id) for row in rows}
        categories = [
            OwnCategory(paths[row.id], row.description, _picture(row.picture_id), bool(row.hidden)) for row in rows
        ]
        products = [
            self._product(each, name, paths[row.id]) for row in rows for name, each in exported_names(row.id).items()
        ]
        return OwnGoods(tuple(categories), tuple(products))

    def _product(self, row: Product, name: str, path: tuple[str, ...]) -> OwnProduct:
        steps = QuantityPrice.of([row.id])
        return OwnProduct(
            entry=row.id,
            path=path,
            name=name,
            description=row.description,
            price=Money(row.price_minor, self.context.currency),
            quantity_prices=tuple(
                (each.from_quantity, Money(each.unit_price_minor, self.context.currency)) for each in steps
            ),
            kind=DeliverableKind(row.deliverable),
            pieces=tuple(_pieces(row)),
            picture=_picture(row.picture_id),
            hidden=bool(row.hidden),
            seats=row.seats,
            per_customer=row.most_each,
            per_day=row.most_daily,
        )


def _tree(row: Category) -> Iterator[Category]:
    yield row
    for below in Category.kept(row.id):
        yield from _tree(below)


def _pieces(row: Product) -> Iterator[Piece]:
    shared = SharedItem.get_or_none(SharedItem.id == row.shared_item_id)
    for item in [shared] if shared else StockItem.unsold(row.id):
        file = None if item.file_id is None else StoredFile.read(item.file_id)
        yield Piece(item.content, bytes(item.content_hash), file)


def _picture(picture_id: int | None) -> bytes | None:
    return None if picture_id is None else Picture.read(picture_id)


def _listed(goods: OwnGoods) -> tuple[list[Goods], int]:
    """Make list entries; count the products that a list cannot hold.

    A list identifies a product by its first description, so that the shop recognises it on import.
    """
    entries: list[Goods] = []
    others = 0
    for each in goods.products:
        if each.kind is not DeliverableKind.UNIQUE_TEXT or len(each.path) != LIST_DEPTH:
            others += 1
            continue
        key = Product.get_by_id(each.entry).import_key.partition("\x1f")[0]
        entries += [Goods(each.path[0], each.path[1], key, each.price, piece.content) for piece in each.pieces]
    return entries, others


def _name(form: Form) -> str:
    return {Form.OWN: "goods.json", Form.TABLE: "goods.csv", Form.LIST: "list.json", Form.LINES: "goods.txt"}[form]
