"""Editing the catalogue: admins see hidden things too, and each change is in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from shop.catalog.deliverables import SHARED, mark_of
from shop.catalog.formats.checks import Place, name_of, price_of
from shop.catalog.formats.souk_csv import steps_of
from shop.catalog.formats.souk_json import MAX_DEPTH, description_of, quantity_prices_of
from shop.catalog.price_cuts import guarded_cuts
from shop.catalog.stock import ENOUGH_FOR_ALL, LowStock, Restocks
from shop.catalog.tree import CatalogTree, Sheet, Target, category_there, height_of, ids_above, path_of
from shop.context import MANY, Context
from shop.errors.catalog import BadImport, BadValue, BelowItself, GoodsHeld, NameTaken
from shop.errors.refusals import NotFound
from shop.money import Money
from shop.people import Person, Right
from shop.pictures import MAX_PICTURE_BYTES, keep_picture, media_type
from storage.models import Category, HeldProduct, Product, QuantityPrice, StockItem

MAX_NUMBER = 1_000_000
T = TypeVar("T")


class Field(Enum):
    """A field that can be typed. The value is in buttons."""

    NAME = "name"
    DESCRIPTION = "text"
    PRICE = "price"
    STEPS = "steps"
    THRESHOLD = "low"
    SEATS = "seats"
    EACH = "each"
    DAILY = "daily"


_COLUMNS = {
    Field.THRESHOLD: "low_stock_threshold",
    Field.SEATS: "seats",
    Field.EACH: "most_each",
    Field.DAILY: "most_daily",
}
"""The columns of the numeric fields. A dash clears one; a zero clears a limit."""


@dataclass(frozen=True, slots=True)
class ItemForSale:
    """An item for sale, without its text: only an export shows that, after a code and with an entry in the audit log.

    `number` is its place in the order in which items are sold, `mark` the end of its text, or the name of its file.
    """

    id: int
    number: int
    mark: str


@dataclass(frozen=True, slots=True)
class StockPage:
    """A page of the items of a product."""

    product: Sheet
    items: tuple[ItemForSale, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Editor:
    """Reads and changes. A new price does not affect paid orders; open offers end as changed."""

    context: Context
    tree: CatalogTree
    low_stock: LowStock
    restocks: Restocks

    def new_category(self, admin: Person, parent_id: int | None, name: str) -> int:
        """Make a category; return its id.

        Raises:
            NotFound: as in `branch`.
            BadValue: not a valid name, or the tree would be too deep.
            NameTaken: the parent has one of this name.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            name = read_value(lambda place: name_of(name, place))
            if len(path_of(None if parent_id is None else category_there(parent_id).id)) >= MAX_DEPTH:
                raise BadValue("bad_path")
            there = Category.child(name, parent_id=parent_id)
            if there is not None and there.deleted_at is None:
                raise NameTaken
            category_id = Category.ensure(name, parent_id=parent_id)
            Category.change(category_id, description="", picture=None)
            self.context.audit.write(admin, "category.created", f"category {category_id}", name=name)
        return category_id

    def edit(self, admin: Person, target: Target, what: Field, text: str) -> Sheet:
        """Set a field to what was typed.

        Raises:
            NotFound: as in `branch`.
            BadValue: not a valid value.
            NameTaken: the name is taken, or a goods file could not tell the two apart at this price.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            sheet = self.tree.read(target)
            with guarded_cuts(self.context, admin, [target.id] if target.is_product else []):
                self._put_fields(sheet, what, text)
            if what is Field.THRESHOLD:
                self.low_stock.refilled(target.id)
            changed = self.tree.read(target)
            if what is Field.SEATS and changed.seats_left != 0:
                self.restocks.arrived(target.id, changed.seats_left or ENOUGH_FOR_ALL)
            self.context.audit.write(
                admin, f"{_word(target)}.changed", target.subject, field=what.value, value=text[:200]
            )
            return changed

    def put_picture(self, admin: Person, target: Target, content: bytes | None) -> Sheet:
        """Set or remove the picture.

        Raises:
            NotFound: as in `branch`.
            BadValue: not a picture that the shop shows.
        """
        if content is not None and (media_type(content) is None or len(content) > MAX_PICTURE_BYTES):
            raise BadValue("bad_photo")

        def put() -> None:
            picture_id = None if content is None else keep_picture(content, now=self.context.clock())
            _model(target).change(target.id, picture=picture_id)

        return self._change(admin, target, put, field="picture", value="-" if content is None else "+")

    def hide(self, admin: Person, target: Target, *, hidden: bool) -> Sheet:
        """Hide from customers, or show again. Raises: as `branch`; GoodsHeld: it waits for an owner."""

        def put() -> None:
            if not hidden and target.is_product and HeldProduct.of(target.id) is not None:
                raise GoodsHeld
            _model(target).change(target.id, hidden=hidden)

        return self._change(admin, target, put, field="hidden", value="+" if hidden else "-")

    def take_stars(self, admin: Person, product_id: int, *, on: bool) -> Sheet:
        """Let a product be paid with Stars, or not. Raises: NotFound."""

        def put() -> None:
            Product.change(product_id, by_stars=on)

        return self._change(admin, Target(True, product_id), put, field="stars", value="+" if on else "-")

    def move(self, admin: Person, target: Target, to: int | None) -> Sheet:
        """Move into another category.

        Raises:
            NotFound: as in `branch`.
            BelowItself: a category would be below itself.
            BadValue: the tree would be too deep.
            NameTaken: the name is taken there.
        """

        def put() -> None:
            above = None if to is None else category_there(to).id
            if target.is_product:
                if above is None:
                    raise NotFound
                self._check_twin(target.id, category_id=above)
                Product.change(target.id, category=above)
                return
            if target.id in ids_above(above):
                raise BelowItself
            if len(ids_above(above)) + height_of(target.id) > MAX_DEPTH:
                raise BadValue("bad_path")
            self._check_free(category_there(target.id).name, above)
            Category.change(target.id, parent=above)

        return self._change(admin, target, put, field="place", value=str(to))

    def delete(self, admin: Person, target: Target) -> int | None:
        """Delete a product with its unsold items, or a category with its contents; return the parent's id.

        Sold goods stay in their buyers' histories. Raises: as `branch`.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            sheet = self.tree.read(target)
            remove = self._delete_product if target.is_product else self._delete_category
            remove(target.id)
            gone: dict[str, int | str | None] = {"name": sheet.name, "contents": sheet.contents}
            entry_id = self.context.audit.write(admin, f"{_word(target)}.deleted", target.subject, **gone)
            if not target.is_product or (sheet.stock_count or 0) >= MANY:
                self.context.announce(admin, entry_id)
        return sheet.parent_id

    def items(self, admin: Person, product_id: int, *, page: int) -> StockPage:
        """Read a page of the items for sale. Raises: NotFound."""
        self.context.customers.require(admin, Right.CATALOGUE)
        sheet = self.tree.read(Target(True, product_id))
        page, pages = self.context.page(page, sheet.stock_count or 0)
        size = self.context.page_entries
        rows = StockItem.unsold(product_id, start=page * size, count=size) if sheet.stock_count else []
        stock = (ItemForSale(row.id, number, mark_of(row)) for number, row in enumerate(rows, start=page * size + 1))
        return StockPage(sheet, tuple(stock), page, pages)

    def item(self, admin: Person, product_id: int, item_id: int | None) -> tuple[StockPage, ItemForSale | None]:
        """Read a product and one of its items for sale, if one is named. Raises: NotFound."""
        stock = self.items(admin, product_id, page=0)
        if item_id is None:
            return stock, None
        rows = StockItem.unsold(product_id, item_id=item_id)
        if not rows:
            raise NotFound
        number = StockItem.place_of(product_id, item_id)
        return stock, ItemForSale(item_id, number, mark_of(rows[0]))

    def discard(self, admin: Person, product_id: int, item_id: int | None = None) -> int:
        """Delete one item for sale, or all of a product's; return how many.

        Raises: NotFound.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            self.tree.read(Target(True, product_id))
            count = StockItem.discard(product_id, item_id)
            if item_id is None:
                Product.change(product_id, shared_item_id=None)
            entry_id = self.context.audit.write(admin, "stock.deleted", f"product {product_id}", count=count)
            if count >= MANY:
                self.context.announce(admin, entry_id)
        return count

    def _delete_product(self, product_id: int) -> None:
        StockItem.discard(product_id)
        # The name becomes free, but imports still recognise the deleted product: the same file does not bring sold
        # items back.
        key = f"{Product.get_by_id(product_id).import_key}\x1f{product_id}"
        now = self.context.clock()
        Product.change(product_id, shared_item_id=None, import_key=key, hidden=True, deleted_at=now)

    def _delete_category(self, category_id: int) -> None:
        for product in Product.kept(category_id):
            self._delete_product(product.id)
        for category in Category.kept(category_id):
            self._delete_category(category.id)
        Category.change(category_id, hidden=True, deleted_at=self.context.clock())

    def _change(self, admin: Person, target: Target, put: Callable[[], None], **details: str) -> Sheet:
        """Make a change and log it, in one transaction."""
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            self.tree.read(target)
            put()
            self.context.audit.write(admin, f"{_word(target)}.changed", target.subject, **details)
            return self.tree.read(target)

    def _put_fields(self, sheet: Sheet, what: Field, text: str) -> None:
        """Store what was typed."""
        target, columns = sheet.target, self._columns(sheet, what, text)
        if "name" in columns and not target.is_product and columns["name"] != sheet.name:
            self._check_free(str(columns["name"]), sheet.parent_id)
        if "price_minor" in columns:
            self._check_twin(target.id, price_minor=columns["price_minor"])
            QuantityPrice.put(target.id, _cheaper(sheet.steps, columns["price_minor"]))
        if columns:
            _model(target).change(target.id, **columns)

    def _columns(self, sheet: Sheet, what: Field, text: str) -> dict[str, object]:
        """Parse what was typed; quantity prices are stored at once."""
        if not sheet.target.is_product and what not in (Field.NAME, Field.DESCRIPTION):
            raise NotFound
        if what is Field.NAME:
            return {"name": read_value(lambda place: name_of(text, place))}
        if what is Field.DESCRIPTION:
            return {"description": "" if text == "-" else read_value(lambda place: description_of(text, place))}
        if what is Field.PRICE:
            return {"price_minor": read_value(lambda place: price_of(text, place, self.context.currency)).minor}
        if what is Field.SEATS and sheet.kind not in SHARED:
            raise NotFound
        if what in _COLUMNS:
            number = _number(text)
            return {_COLUMNS[what]: number if what is Field.THRESHOLD else number or None}
        price = sheet.price or Money(0, self.context.currency)
        words = "" if text == "-" else text
        steps = read_value(lambda place: quantity_prices_of(steps_of(words, place), place, price))
        QuantityPrice.put(sheet.target.id, [(count, each.minor) for count, each in steps])
        return {}

    @staticmethod
    def _check_free(name: str, parent_id: int | None) -> None:
        there = Category.child(name, parent_id=parent_id)
        if there is not None and there.deleted_at is None:
            raise NameTaken
        if there is not None:
            # A deleted product has the name: rename that one, so that it is no longer found by it.
            Category.change(there.id, name=f"{name}\x1f{there.id}")

    @staticmethod
    def _check_twin(product_id: int, **columns: object) -> None:
        """Refuse a place or price where a goods file could not tell two products apart."""
        if Product.twin(Product.get_by_id(product_id), **columns) is not None:
            raise NameTaken


def _number(text: str) -> int | None:
    """Read a number that was typed; a dash means no number. Raises: BadValue."""
    if text == "-":
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NUMBER)) and int(text) <= MAX_NUMBER):
        raise BadValue("bad_number")
    return int(text)


def _cheaper(steps: tuple[tuple[int, Money], ...], price_minor: object) -> list[tuple[int, int]]:
    """Drop quantity prices that are not below the new price."""
    return [(count, each.minor) for count, each in steps if each.minor < int(str(price_minor))]


def _model(target: Target) -> type[Product] | type[Category]:
    return Product if target.is_product else Category


def _word(target: Target) -> str:
    return "product" if target.is_product else "category"


def read_value(read: Callable[[Place], T]) -> T:
    """Parse typed text as the field of a goods file. Raises: BadValue."""
    try:
        return read(Place(0, "-"))
    except BadImport as error:
        raise BadValue(error.reason) from None
