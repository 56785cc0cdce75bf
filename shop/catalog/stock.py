"""Stock: adding and removing units, warning admins when it runs low, and telling customers when it is back."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from shop.catalog.deliverables import DELIVERABLES, DeliverableKind, deliverable_of
from shop.catalog.formats.aiogram import Goods, title_from
from shop.catalog.formats.checks import text_piece
from shop.catalog.formats.souk_json import OwnCategory, OwnGoods, OwnProduct
from shop.context import Context
from shop.errors import BadImport, NotFound
from shop.outbox import Event
from shop.people import Person
from shop.pictures import keep_picture
from storage.models import Category, Product, QuantityPrice, RestockWish
from storage.models.stock import Piece

_log = logging.getLogger("souk.inventory")

ENOUGH_FOR_ALL = 1_000_000
"""Units reported for goods that do not run out."""


@dataclass(frozen=True, slots=True)
class LowStock:
    """Warns when an order leaves little stock. A product's own threshold goes before the setting; 0 is never."""

    context: Context

    def sold(self, order_id: int, product_ids: Iterable[int]) -> None:
        """Warn of products that an order left low. Needs an open transaction."""
        for product in map(Product.get_by_id, product_ids):
            if self.is_low(product) and not product.low_stock_told:
                Product.change(product.id, low_stock_told=True)
                key, payload = f"low-stock:{product.id}:{order_id}", {"product_id": product.id}
                self.context.outbox.tell_admins(Event.ADMIN_LOW_STOCK, key=key, payload=payload)

    def refilled(self, product_id: int) -> None:
        """Arm the warning again once there is enough. Needs an open transaction."""
        product = Product.get_by_id(product_id)
        if product.low_stock_told and not self.is_low(product):
            Product.change(product_id, low_stock_told=False)

    def threshold_of(self, product: Product) -> int:
        """Return the threshold of a product; 0 is never."""
        own = product.low_stock_threshold
        return self.context.settings.low_stock_threshold if own is None else int(own)

    def is_low(self, product: Product) -> bool:
        """Tell whether a product is at or below its threshold."""
        threshold = self.threshold_of(product)
        return deliverable_of(product).runs_out and threshold > 0 and product.stock_count <= threshold


@dataclass(frozen=True, slots=True)
class Restocks:
    """Customers who want to hear when sold-out goods are back."""

    context: Context

    def ask(self, person: Person, product_id: int) -> None:
        """Note that a customer wants to hear when a product is back; asking twice changes nothing.

        Raises:
            NotFound: no such product, or it is hidden.
        """
        if not Product.in_sight([product_id]):
            raise NotFound
        with self.context.database.transaction():
            if not RestockWish.waits(product_id, person.id):
                RestockWish.create(product_id=product_id, customer=person.id, created_at=self.context.clock())

    def arrived(self, product_id: int, units: int) -> None:
        """Tell as many customers as there are new units, in the order they asked. Needs an open transaction."""
        if units <= 0 or not Product.in_sight([product_id]):
            return
        now = self.context.clock()
        for wish in RestockWish.next_for(product_id, units):
            RestockWish.served(wish.id, now)
            self.context.outbox.tell(
                wish.customer, Event.RESTOCKED, key=f"restock:{wish.id}", payload={"product_id": product_id}
            )


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    New products, new items, items that the shop already had, existing products that the file changed.
    """

    products: int = 0
    items: int = 0
    duplicates: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Inventory:
    """Stores goods of any format. Rights are checked before (`shop.catalog.imports`)."""

    context: Context
    low_stock: LowStock
    restocks: Restocks

    def stock(self, goods: list[Goods] | OwnGoods) -> ImportReport:
        """Put goods into the shop in one transaction.

        Raises:
            BadImport: a product exists with another kind of goods.
        """
        with self.context.database.transaction():
            return self.put(goods)

    def put(self, goods: list[Goods] | OwnGoods) -> ImportReport:
        """Put goods into the shop, as `stock` does. Needs an open transaction."""
        places = _Places()
        report = self._put_own(goods, places) if isinstance(goods, OwnGoods) else self._put_list(goods, places)
        _log.info("import: %d new products, %d new items", report.products, report.items)
        return report

    def foresee(self, goods: list[Goods] | OwnGoods) -> ImportReport:
        """Report what `put` would change now, without changing it."""
        report, places = ImportReport(), _Places()
        for each in goods.products if isinstance(goods, OwnGoods) else ():
            row = _known(each, places)
            steps = _steps_of(row) if row else []
            report = replace(
                _counted(report, row, {piece.digest for piece in each.pieces}, len(each.pieces)),
                changed=report.changed + (row is not None and _differs(row, steps, each)),
            )
        for shelf, contents in _shelves([] if isinstance(goods, OwnGoods) else goods).items():
            row = Product.listed(
                places.find((shelf.category, shelf.subcategory)),
                description=shelf.description,
                price_minor=shelf.price.minor,
                list_key=shelf.list_key,
            )
            report = _counted(report, row, {text_piece(content).digest for content in contents}, len(contents))
        return report

    def restock(self, product_id: int, kind: DeliverableKind, pieces: list[Piece]) -> int:
        """Put more goods of a product up for sale; return how many are new. Needs an open transaction."""
        return self._put_pieces(product_id, kind, pieces, new=False)

    def _put_list(self, goods: list[Goods], places: "_Places") -> ImportReport:
        new_products = new_items = 0
        for shelf, contents in _shelves(goods).items():
            product_id, new = Product.ensure(
                places.make((shelf.category, shelf.subcategory)),
                name=title_from(shelf.description),
                description=shelf.description,
                price_minor=shelf.price.minor,
                now=self.context.clock(),
                list_key=shelf.list_key,
            )
            new_products += new
            pieces = [text_piece(content) for content in contents]
            new_items += self._put_pieces(product_id, DeliverableKind.UNIQUE_TEXT, pieces, new=new)
        return ImportReport(new_products, new_items, len(goods) - new_items)

    def _put_own(self, goods: OwnGoods, places: "_Places") -> ImportReport:
        """An existing product (same category and name) is updated to what the file says, and gets the items."""
        new_products = new_items = changed = 0
        for category in goods.categories:
            self._put_category(category, places)
        for product in goods.products:
            product_id, new, differs = self._put_product(product, places)
            new_products += new
            changed += differs
            new_items += self._put_pieces(product_id, product.kind, list(product.pieces), new=new)
        given = sum(len(product.pieces) for product in goods.products)
        return ImportReport(new_products, new_items, given - new_items, changed)

    def _put_pieces(self, product_id: int, kind: DeliverableKind, pieces: list[Piece], *, new: bool) -> int:
        """Put pieces up for sale, and tell customers who wait for them; return how many are new."""
        count = DELIVERABLES[kind].stock(product_id, pieces, now=self.context.clock()) if pieces else 0
        if count and not new:
            self.low_stock.refilled(product_id)
            self.restocks.arrived(product_id, count if DELIVERABLES[kind].runs_out else ENOUGH_FOR_ALL)
        return count

    def _put_category(self, category: OwnCategory, places: "_Places") -> None:
        columns: dict[str, object] = {"description": category.description, "hidden": category.hidden}
        if category.picture is not None:
            columns["picture"] = keep_picture(category.picture, now=self.context.clock())
        Category.change(places.make(category.path), **columns)

    def _put_product(self, product: OwnProduct, places: "_Places") -> tuple[int, bool, bool]:
        """Create or update a product; return its id, whether it is new, and whether it changed."""
        category_id = places.make(product.path)
        columns = _columns(product)
        if product.picture is not None:
            columns["picture_id"] = keep_picture(product.picture, now=self.context.clock())
        prices = [(count, price.minor) for count, price in product.quantity_prices]
        row = _known(product, places)
        if row is None:
            product_id = Product.make(
                category_id, product.name, kind=product.kind.value, now=self.context.clock(), columns=columns
            )
            QuantityPrice.put(product_id, prices)
            return product_id, True, False
        if row.deliverable != product.kind.value:
            raise BadImport("other_deliverable", entry=product.entry, field="deliverable")
        differs = _differs(row, _steps_of(row), product) or row.picture_id != columns.get(
            "picture_id", row.picture_id
        )
        Product.change(row.id, deleted_at=None, **columns)
        QuantityPrice.put(row.id, prices)
        return row.id, False, differs


@dataclass(frozen=True, slots=True)
class _Places:
    """Categories by their path of names, each looked up once."""

    _made: dict[tuple[str, ...], int] = field(init=False, default_factory=dict)
    _found: dict[tuple[str, ...], int | None] = field(init=False, default_factory=dict)

    def make(self, path: tuple[str, ...]) -> int:
        """Find a category; create what is missing of its path."""
        if path not in self._made:
            parent_id = self.make(path[:-1]) if len(path) > 1 else None
            self._made[path] = Category.ensure(path[-1], parent_id=parent_id)
        return self._made[path]

    def find(self, path: tuple[str, ...]) -> int | None:
        """Find a category, deleted or not."""
        if path in self._made:
            return self._made[path]
        if path not in self._found:
            above = self.find(path[:-1]) if len(path) > 1 else None
            known = len(path) == 1 or above is not None
            row = Category.child(path[-1], parent_id=above) if known else None
            self._found[path] = None if row is None else row.id
        return self._found[path]


def other_kinds(goods: list[Goods] | OwnGoods) -> dict[int, BadImport]:
    """Find the products of a file that exist as another kind of goods, by entry."""
    places = _Places()
    return {
        each.entry: BadImport("other_deliverable", entry=each.entry, field="deliverable")
        for each in (goods.products if isinstance(goods, OwnGoods) else ())
        if (row := _known(each, places)) is not None and row.deliverable != each.kind.value
    }


def _shelves(goods: list[Goods]) -> dict[Goods, list[str]]:
    """Merge the entries of each product into its first one."""
    first: dict[str, Goods] = {}
    shelves: dict[Goods, list[str]] = defaultdict(list)
    for entry in goods:
        shelves[first.setdefault(entry.list_key, entry)].append(entry.content)
    return shelves


def _known(product: OwnProduct, places: _Places) -> Product | None:
    category_id = places.find(product.path)
    if category_id is None:
        return None
    return Product.named(category_id, product.name, price_minor=product.price.minor, kind=product.kind.value)


def _columns(product: OwnProduct) -> dict[str, object]:
    return {"description": product.description, "price_minor": product.price.minor, "hidden": product.hidden}


def _steps_of(row: Product) -> list[tuple[int, int]]:
    return [(step.from_quantity, step.unit_price_minor) for step in QuantityPrice.of([row.id])]


def _differs(row: Product, steps: list[tuple[int, int]], product: OwnProduct) -> bool:
    """Tell whether an existing product differs from the file, apart from its picture."""
    prices = [(count, price.minor) for count, price in product.quantity_prices]
    return steps != prices or any(getattr(row, name) != value for name, value in _columns(product).items())


def _counted(report: ImportReport, row: Product | None, digests: set[bytes], given: int) -> ImportReport:
    """Add one product and its items to a report."""
    new = len(digests) - (0 if row is None else DELIVERABLES[DeliverableKind(row.deliverable)].known(row, digests))
    return replace(
        report,
        products=report.products + (row is None),
        items=report.items + new,
        duplicates=report.duplicates + given - new,
    )
