"""Categories, products and their items, as importing a list would create them here."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from shop.catalog.formats.aiogram import Goods, title_from
from shop.catalog.formats.characters import is_blank
from shop.catalog.formats.checks import text_piece
from shop.moving.journey import Journey
from shop.moving.old_shop import Item
from shop.moving.values import StaysBehind
from storage.models import Category, MovedRow, Product, StockItem, existing
from storage.text import fingerprint, nfc

_UNFIT_CHARACTERS = str.maketrans({"\x00": None})


@dataclass(slots=True)
class Shelves:
    """Finds or creates the products of items."""

    journey: Journey
    _products: dict[str, int] = field(default_factory=dict)
    _made: dict[int, tuple[int, int]] = field(default_factory=dict)
    _units: dict[bytes, tuple[int, bool]] = field(default_factory=existing.units)
    """How many copies of an item the shop has or had, and whether one is for sale, by fingerprint."""
    _names: dict[int, str] = field(default_factory=dict)

    def goods_of(self, item: Item) -> Goods:
        """Describe an item as an entry of a list. Raises: StaysBehind."""
        old = self.journey.old
        names = (old.categories.get(item.category_id), old.subcategories.get(item.subcategory_id))
        if names[0] is None or names[1] is None:
            kind, number = ("subcategory", item.subcategory_id) if names[0] else ("category", item.category_id)
            raise StaysBehind(f"its {kind} {number} is missing")
        if item.physical:
            raise StaysBehind("physical goods")
        if is_blank(_content(item)):
            raise StaysBehind("it has no content to deliver")
        if item.price.minor <= 0:
            raise StaysBehind("it costs nothing")
        category, subcategory = (_name(name) for name in names)
        return Goods(category, subcategory, nfc(item.description) or subcategory, item.price, item.content)

    def is_for_sale(self, item: Item) -> bool:
        """Return whether the same goods are for sale here."""
        return self._units.get(fingerprint(_content(item)), (0, False))[1]

    def product_of(self, item: Item) -> int:
        """Find or create the product of an item. Raises: StaysBehind."""
        goods = self.goods_of(item)
        if goods.list_key not in self._products:
            self._products[goods.list_key] = self._product(goods, item)
        return self._products[goods.list_key]

    def put(self, item: Item, *, line_id: int | None = None) -> int | None:
        """Store an item, for sale or as an item of an order line; None if the same item is already for sale or
        sold.
        """
        product_id = self.product_of(item)
        content = _content(item)
        mark = fingerprint(content)
        count, _ = self._units.get(mark, (0, False))
        if count and line_id is None:
            return None
        self._units[mark] = (count + 1, line_id is None)
        columns: dict[str, object] = {"content": content, "order_line_id": line_id, "fingerprint": mark}
        columns["content_hash"] = text_piece(content).digest
        if count:  # the old shop sold the same item twice: both buyers keep it
            columns |= {"occurrence": count + 1, "again_by": self.journey.owner_id}
            columns["content_hash"] = mark + f"{item.id}".encode()
        return StockItem.insert_row(product_id=product_id, created_at=self.journey.terms.now, **columns)

    def name_of(self, product_id: int) -> str:
        """Return the current name of a product."""
        if product_id not in self._names:
            self._names[product_id] = Product.name_of(product_id)
        return self._names[product_id]

    def hide_old_variants(self) -> None:
        """Hide sold-out products whose subcategory sells something newer: the old bot no longer showed them."""
        newest: dict[int, int] = {}
        for product_id, (category_id, _) in self._made.items():
            newest[category_id] = max(newest.get(category_id, 0), product_id)
        stocked = existing.stocked()
        selling = {self._made[product_id][0] for product_id in stocked & set(self._made)}
        for product_id, (category_id, _) in self._made.items():
            if product_id not in stocked and (category_id in selling or newest[category_id] != product_id):
                Product.change(product_id, hidden=True)

    def _product(self, goods: Goods, item: Item) -> int:
        known = Product.one_by("list_key = ? AND deleted_at IS NULL", goods.list_key)
        if known is not None:  # even if the admins have moved it since
            return int(known.id)
        category_id = Category.ensure(goods.category, parent_id=None)
        below_id = Category.ensure(goods.subcategory, parent_id=category_id)
        product_id, new = Product.ensure(
            below_id,
            name=title_from(goods.description),
            description=goods.description,
            price_minor=goods.price.minor,
            now=self.journey.terms.now,
            list_key=goods.list_key,
        )
        if Product.get_by_id(product_id).deliverable != "unique_text":
            raise StaysBehind("the shop has another kind of goods under this name")
        if new:
            self._made[product_id] = (below_id, item.id)
        return product_id


def bring_unsold(journey: Journey, shelves: Shelves) -> None:
    """Bring items for sale, after the sold ones, so that none already sold goes on sale a second time."""
    just_sold = MovedRow.known("item")
    for item in _in_order(journey):
        if item.id in journey.items_before:
            journey.report.known["items"] += 1
            if not item.sold:
                _remember(journey, shelves, item)
        elif not item.sold and item.id not in just_sold:
            _bring_unsold(journey, shelves, item)
    shelves.hide_old_variants()
    _bring_categories(journey)


def _bring_unsold(journey: Journey, shelves: Shelves, item: Item) -> None:
    try:
        stock_id = shelves.put(item)
    except StaysBehind as error:
        journey.report.refuse("items", item.id, error.reason)
        return
    if stock_id is None:
        journey.report.refuse("items", item.id, "the same goods are there already, sold or for sale")
        return
    journey.came("items", "item", item.id, stock_id)
    _remember(journey, shelves, item)


def _remember(journey: Journey, shelves: Shelves, item: Item) -> None:
    """Remember what a subcategory sells first, since the old carts name no product."""
    place = (item.category_id, item.subcategory_id)
    if place not in journey.products:
        try:
            journey.products[place] = shelves.product_of(item)
        except StaysBehind:
            return


def _bring_categories(journey: Journey) -> None:
    """Bring empty categories; the others came with their goods."""
    known = MovedRow.known("category")
    for category_id, name in journey.old.categories.items():
        if category_id in known:
            journey.report.known["categories"] += 1
            continue
        try:
            own_id = Category.ensure(_name(name), parent_id=None)
        except StaysBehind as error:
            journey.report.refuse("categories", category_id, error.reason)
            continue
        journey.came("categories", "category", category_id, own_id)
    used = {item.subcategory_id for item in journey.old.items.values()}
    for subcategory_id in journey.old.subcategories.keys() - used:
        journey.report.refuse("subcategories", subcategory_id, "no item says which category it is in")


def _in_order(journey: Journey) -> Iterator[Item]:
    return iter(sorted(journey.old.items.values(), key=lambda item: item.id))


def _name(text: str | None) -> str:
    """Write the name of a category as a button can show it."""
    name = (text or "").translate(_UNFIT_CHARACTERS).strip()
    if not name:
        raise StaysBehind("its category has no name")
    return title_from(nfc(name))


def _content(item: Item) -> str:
    return item.content.translate(_UNFIT_CHARACTERS)
