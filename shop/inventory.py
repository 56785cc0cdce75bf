"""Stocking the shop: a file of goods becomes categories, products and what is sold, all or nothing."""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from shop.customers import Customers
from shop.deliverables import DELIVERABLES, Kind
from shop.errors import BadImport
from shop.goods_files import Goods, read_goods, text_piece, title_from
from shop.money import Money
from shop.own_format import OwnCategory, OwnGoods, OwnProduct
from shop.people import Person
from shop.pictures import keep_picture
from shop.rights import Right
from storage.database import Database
from storage.models import Category, Product, QuantityPrice
from storage.models.stock import Piece

ENOUGH_FOR_ALL = 1_000_000
"""Units of what does not run out."""
_log = logging.getLogger("souk.inventory")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    New products, new items, items skipped because the shop had them already, known products that the file changed.
    """

    products: int
    items: int
    duplicates: int
    changed: int = 0


class Inventory:
    """What admins do to the stock."""

    def __init__(
        self,
        database: Database,
        customers: Customers,
        *,
        clock: Callable[[], int],
        currency: str,
        on_arrival: Callable[[int, int], None],
    ) -> None:
        self._database = database
        self._customers = customers
        self._clock = clock
        self._currency = currency
        self._on_arrival = on_arrival

    def import_json(self, admin: Person, file: bytes) -> ImportReport:
        """Put a file of goods into the shop in one transaction.

        Raises:
            NotAllowed: he may not look after the catalogue.
            BadImport: the first thing that is wrong with the file; nothing of it is kept.
        """
        self._customers.require(admin, Right.CATALOGUE)
        return self.stock(read_goods(file, currency=self._currency))

    def stock(self, goods: list[Goods] | OwnGoods) -> ImportReport:
        """Put goods into the shop in one transaction.

        Raises:
            BadImport: a product is there with another kind of deliverable.
        """
        report = self._stock_own(goods) if isinstance(goods, OwnGoods) else self._stock_list(goods)
        _log.info("import: %d new products, %d new items", report.products, report.items)
        return report

    def _stock_list(self, goods: list[Goods]) -> ImportReport:
        shelves: dict[tuple[str, str, str, Money], list[str]] = defaultdict(list)
        for entry in goods:
            shelves[entry.category, entry.subcategory, entry.description, entry.price].append(entry.content)
        new_products = new_items = 0
        with self._database.transaction():
            for (category, subcategory, description, price), contents in shelves.items():
                product_id, new = Product.ensure(
                    _place((category, subcategory)),
                    name=title_from(description),
                    description=description,
                    price_minor=price.minor,
                    now=self._clock(),
                )
                new_products += new
                pieces = [text_piece(content) for content in contents]
                new_items += self._put_pieces(product_id, Kind.UNIQUE_TEXT, pieces)
        return ImportReport(new_products, new_items, len(goods) - new_items)

    def _stock_own(self, goods: OwnGoods) -> ImportReport:
        """A product that is there already, by its place and name, becomes what the file says and gets the items."""
        new_products = new_items = changed = 0
        with self._database.transaction():
            for category in goods.categories:
                self._put_category(category)
            for product in goods.products:
                product_id, new, differs = self._put_product(product)
                new_products += new
                changed += differs
                new_items += self._put_pieces(product_id, product.kind, list(product.pieces))
        given = sum(len(product.pieces) for product in goods.products)
        return ImportReport(new_products, new_items, given - new_items, changed)

    def _put_pieces(self, product_id: int, kind: Kind, pieces: list[Piece]) -> int:
        """Put pieces up for sale, and let those know who wait for them; return how many are new."""
        new = DELIVERABLES[kind].stock(product_id, pieces, now=self._clock())
        self._on_arrival(product_id, new if DELIVERABLES[kind].runs_out or not new else ENOUGH_FOR_ALL)
        return new

    def _put_category(self, category: OwnCategory) -> None:
        columns: dict[str, object] = {"description": category.description, "hidden": category.hidden}
        if category.picture is not None:
            columns["picture"] = keep_picture(category.picture, now=self._clock())
        Category.change(_place(category.path), **columns)

    def _put_product(self, product: OwnProduct) -> tuple[int, bool, bool]:
        """Make a product, or make a known one what the file says; return its id, if it is new, and if it changed."""
        category_id = _place(product.path)
        columns: dict[str, object] = {
            "description": product.description,
            "price_minor": product.price.minor,
            "hidden": product.hidden,
        }
        if product.picture is not None:
            columns["picture_id"] = keep_picture(product.picture, now=self._clock())
        prices = [(count, price.minor) for count, price in product.quantity_prices]
        row = Product.named(category_id, product.name, price_minor=product.price.minor)
        if row is None:
            product_id = Product.make(
                category_id, product.name, kind=product.kind.value, now=self._clock(), columns=columns
            )
            QuantityPrice.put(product_id, prices)
            return product_id, True, False
        if row.deliverable != product.kind.value:
            raise BadImport("other_deliverable", entry=product.entry, field="deliverable")
        known = [(step.from_quantity, step.unit_price_minor) for step in QuantityPrice.of([row.id])]
        differs = known != prices or any(getattr(row, name) != value for name, value in columns.items())
        Product.change(row.id, **columns)
        QuantityPrice.put(row.id, prices)
        return row.id, False, differs


def _place(path: tuple[str, ...]) -> int:
    """Find a category by the names from its root on, or make what is missing of it."""
    parent_id = None
    for name in path:
        parent_id = Category.ensure(name, parent_id=parent_id)
    if parent_id is None:
        raise ValueError("a path has at least one name")
    return parent_id
