"""Stock: adding and removing items, warning admins when it runs low, and telling customers when it is back."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from shop.catalog.deliverables import DELIVERABLES, UNIQUE, DeliverableKind, deliverable_of
from shop.catalog.formats.aiogram import Goods, title_from
from shop.catalog.formats.souk_json import OwnCategory, OwnGoods
from shop.catalog.plans import (
    ImportReport,
    Known,
    Places,
    ProductPlan,
    Wanted,
    changes,
    columns_of,
    plan,
    report_of,
    wanted_of,
)
from shop.context import Context
from shop.errors.catalog import BadImport
from shop.errors.refusals import NotFound
from shop.outbox import Event
from shop.people import Person
from shop.pictures import keep_picture
from storage.models import Category, Product, QuantityPrice, RestockWish, StockItem
from storage.models.stock import Piece

_log = logging.getLogger("souk.inventory")

ENOUGH_FOR_ALL = 1_000_000
"""Units reported for goods that do not run out."""


@dataclass(frozen=True, slots=True)
class LowStock:
    """Warns when an order leaves little stock. A product's own threshold overrides the setting; 0 means never."""

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
        """Return whether a product is at or below its threshold."""
        threshold = self.threshold_of(product)
        return deliverable_of(product).runs_out and threshold > 0 and product.stock_count <= threshold


@dataclass(frozen=True, slots=True)
class Restocks:
    """Customers who want to hear when sold-out goods are back."""

    context: Context

    def ask(self, person: Person, product_id: int) -> None:
        """Record that a customer wants to be notified when a product is back; asking twice changes nothing.

        Raises:
            NotFound: no such product, or it is hidden.
        """
        if not Product.in_sight([product_id]):
            raise NotFound
        with self.context.database.transaction():
            if not RestockWish.waits(product_id, person.id):
                RestockWish.create(product_id=product_id, customer=person.id, created_at=self.context.clock())

    def waits(self, person: Person, product_id: int) -> bool:
        """Return whether a customer will be notified when a product is back."""
        return RestockWish.waits(product_id, person.id)

    def leave(self, person: Person, product_id: int) -> None:
        """Record that a customer no longer wants to be notified; leaving twice changes nothing."""
        with self.context.database.transaction():
            RestockWish.withdraw(product_id, person.id)

    def arrived(self, product_id: int, units: int) -> None:
        """Notify as many customers as there are new items, in the order they asked. Needs an open transaction."""
        if units <= 0 or not Product.in_sight([product_id]):
            return
        now = self.context.clock()
        for wish in RestockWish.next_for(product_id, units):
            RestockWish.served(wish.id, now)
            self.context.outbox.tell(
                wish.customer, Event.RESTOCKED, key=f"restock:{wish.id}", payload={"product_id": product_id}
            )


@dataclass(frozen=True, slots=True)
class Inventory:
    """Stores goods of any format. Rights are checked beforehand (`shop.catalog.imports`)."""

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

    def put(
        self, goods: list[Goods] | OwnGoods, *, known: Known = Known.SKIP, admin_id: int | None = None
    ) -> ImportReport:
        """Put goods into the shop, as `stock` does. Needs an open transaction.

        `admin_id` is the admin who put sold goods on sale again; without one, none are.
        """
        places = Places()
        for category in goods.categories if isinstance(goods, OwnGoods) else ():
            self.put_category(category, places)
        plans = plan(wanted_of(goods), places)
        report = report_of(plans, known)
        changed = 0
        for each in plans:
            changed += self.carry_out(each, known, places, admin_id)
        report = replace(report, changed=changed)
        _log.info("import: %d new products, %d new items", report.products, report.items)
        return report

    def restock(
        self, product_id: int, kind: DeliverableKind, pieces: list[Piece], *, again_by: int | None = None
    ) -> int:
        """Put more goods of a product up for sale; return how many. Needs an open transaction.

        `again_by` is the admin who put sold goods on sale again; without one, none are.
        """
        again: list[Piece] = []
        if again_by is not None and kind in UNIQUE:
            holders = StockItem.holders(piece.fingerprint for piece in pieces)
            again = [piece for piece in pieces if holders.get(piece.fingerprint, (0, False))[1]]
        return self._put_pieces(product_id, kind, pieces, again, again_by, new=False)

    def carry_out(self, each: ProductPlan, known: Known, places: Places, admin_id: int | None) -> bool:
        """Carry out a plan; return whether a product was changed. Needs an open transaction."""
        target = each.target(known)
        if target is None and not each.makes_product(known):
            return False
        product_id, changed = self.put_product(each, known, places)
        again = list(each.sold) if known is Known.AGAIN else []
        self._put_pieces(product_id, each.wanted.kind, list(each.new), again, admin_id, new=target is None)
        return changed

    def put_product(self, each: ProductPlan, known: Known, places: Places) -> tuple[int, bool]:
        """Create or change the product of a plan, without its goods; return its id, and whether it existed and
        changed.

        Needs an open transaction.
        """
        target, wanted, changed = each.target(known), each.wanted, False
        if target is not None and target is each.other:
            self._describe(target, wanted)
            product_id, changed = target.id, True
        elif wanted.own is not None:
            product_id, changed = self._put_product(each, places)
        else:
            product_id, _ = Product.ensure(
                places.make(wanted.path),
                name=wanted.name,
                description=wanted.description,
                price_minor=wanted.price.minor,
                now=self.context.clock(),
                list_key=wanted.list_key,
            )
        return product_id, changed

    def add_pieces(
        self, product_id: int, kind: DeliverableKind, pieces: list[Piece], again: list[Piece], admin_id: int | None
    ) -> int:
        """Store pieces, `again` ones on an admin's word, and notify no one; return how many are new.

        Needs an open transaction.
        """
        now = self.context.clock()
        count = DELIVERABLES[kind].stock(product_id, pieces, now=now) if pieces else 0
        if again and admin_id is not None:
            count += StockItem.add_again(product_id, again, now=now, again_by=admin_id)
        return count

    def came(self, product_id: int, kind: DeliverableKind, count: int) -> None:
        """Tell customers who wait for a product that items of it are for sale. Needs an open transaction."""
        self.low_stock.refilled(product_id)
        self.restocks.arrived(product_id, count if DELIVERABLES[kind].runs_out else ENOUGH_FOR_ALL)

    def _describe(self, row: Product, wanted: Wanted) -> None:
        """Give a product the price and description of a file that has its goods; it keeps its place."""
        columns: dict[str, object] = {"price_minor": wanted.price.minor, "description": wanted.description}
        steps = [(step.from_quantity, step.unit_price_minor) for step in QuantityPrice.of([row.id])]
        if wanted.own is None:
            columns |= {"import_key": wanted.description, "list_key": wanted.list_key}
            if row.name == title_from(row.import_key):
                columns["name"] = wanted.name
        else:
            columns["hidden"] = wanted.own.hidden
            steps = [(count, price.minor) for count, price in wanted.own.quantity_prices]
        Product.change(row.id, **columns)
        QuantityPrice.put(row.id, [step for step in steps if step[1] < wanted.price.minor])

    def _put_pieces(
        self,
        product_id: int,
        kind: DeliverableKind,
        pieces: list[Piece],
        again: list[Piece],
        admin_id: int | None,
        *,
        new: bool,
    ) -> int:
        """Put pieces on sale and notify customers who wait for them; return how many are on sale now."""
        count = self.add_pieces(product_id, kind, pieces, again, admin_id)
        if count and not new:
            self.came(product_id, kind, count)
        return count

    def put_category(self, category: OwnCategory, places: Places) -> None:
        """Create or change a category. Needs an open transaction."""
        columns: dict[str, object] = {"description": category.description, "hidden": category.hidden}
        if category.picture is not None:
            columns["picture"] = keep_picture(category.picture, now=self.context.clock())
        Category.change(places.make(category.path), **columns)

    def _put_product(self, each: ProductPlan, places: Places) -> tuple[int, bool]:
        """Create or update a product in Souk's own format; return its id, and whether it existed and changed."""
        product, row = each.wanted.own, each.row
        if product is None:
            raise BadImport("not_an_object")
        category_id = places.make(product.path)
        columns = columns_of(product)
        if product.picture is not None:
            columns["picture_id"] = keep_picture(product.picture, now=self.context.clock())
        prices = [(count, price.minor) for count, price in product.quantity_prices]
        if row is None:
            product_id = Product.make(
                category_id, product.name, kind=product.kind.value, now=self.context.clock(), columns=columns
            )
            QuantityPrice.put(product_id, prices)
            return product_id, False
        if row.deliverable != product.kind.value:
            raise BadImport("other_deliverable", entry=product.entry, field="deliverable")
        if Product.twin(row, price_minor=product.price.minor) is not None:
            raise BadImport("price_of_another", entry=product.entry, field="price")
        differs = changes(each, Known.SKIP) or row.picture_id != columns.get("picture_id", row.picture_id)
        Product.change(row.id, deleted_at=None, **columns)
        QuantityPrice.put(row.id, prices)
        return row.id, differs


def misfits(goods: list[Goods] | OwnGoods) -> dict[int, BadImport]:
    """Refuse products of a file, by entry: those that exist as another kind of goods, and those whose new price
    another product with the same text has.
    """
    if not isinstance(goods, OwnGoods):
        return {}
    found: dict[int, BadImport] = {}
    for each in plan([replace(each, pieces=()) for each in wanted_of(goods)], Places()):
        row, own = each.row, each.wanted.own
        if row is None or own is None:
            continue
        if row.deliverable != own.kind.value:
            found[own.entry] = BadImport("other_deliverable", entry=own.entry, field="deliverable")
        elif row.price_minor != own.price.minor and Product.twin(row, price_minor=own.price.minor) is not None:
            found[own.entry] = BadImport("price_of_another", entry=own.entry, field="price")
    return found
