"""The changes that an import would make to the shop, product by product. Nothing is changed here.

A unique text or file is recognised throughout the shop, whatever product it was in. So a file with edited prices or
descriptions contains goods that another product has: an admin says whether that product is meant.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from shop.catalog.deliverables import UNIQUE, DeliverableKind
from shop.catalog.formats.aiogram import Goods, title_from
from shop.catalog.formats.checks import text_piece, told_apart
from shop.catalog.formats.souk_json import OwnGoods, OwnProduct
from shop.errors.catalog import NameTaken
from shop.errors.refusals import NotFound
from shop.money import Money
from storage.models import Category, Product, QuantityPrice, SharedItem, StockItem
from storage.models.stock import Piece


class Known(Enum):
    """How to handle goods that the shop has or had. The value is in buttons.

    SKIP: leave them out. UPDATE: give the product that has them the file's price and description. AGAIN: as UPDATE,
    and put sold goods on sale again.
    """

    SKIP = "skip"
    UPDATE = "update"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product as a file describes it. `list_key`: an entry of a list; `own`: of the own format.

    `drafted`: an admin's draft of a new product, or of goods for `product_id`. It never means another product.
    """

    path: tuple[str, ...]
    name: str
    description: str
    price: Money
    kind: DeliverableKind
    pieces: tuple[Piece, ...] = field(repr=False)
    list_key: str | None = None
    own: OwnProduct | None = None
    drafted: bool = False
    product_id: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A product that has or had goods of a file: how many are for sale, and how many were sold."""

    product_id: int
    name: str
    price: Money
    for_sale: int
    sold: int


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """The changes for one product of a file.

    `row` is that product; None if the shop has none. `other` is the product that has the goods, if there is exactly
    one, and may be the one meant. `new` goods are those that the shop never had; `sold` ones were sold and are not
    for sale. `known` counts all goods that the shop has or had, `twice` those repeated in the file. `holders` counts,
    for each product other than `row`, the goods that are for sale and that were sold.
    """

    wanted: Wanted
    row: Product | None
    other: Product | None
    new: tuple[Piece, ...] = field(repr=False)
    sold: tuple[Piece, ...] = field(repr=False)
    known: int
    twice: int
    holders: Mapping[int, tuple[int, int]]

    def target(self, known: Known) -> Product | None:
        """Find the product that the goods go to; None if a new one is needed."""
        return self.other if self.row is None and known is not Known.SKIP else self.row

    def pieces(self, known: Known) -> int:
        """Count the goods that are put up for sale."""
        return len(self.new) + (len(self.sold) if known is Known.AGAIN else 0)

    def makes_product(self, known: Known) -> bool:
        """Return whether there will be a new product; a file makes none if none of its goods would be for sale."""
        wanted = self.wanted
        return self.target(known) is None and (self.pieces(known) > 0 or not wanted.pieces or wanted.drafted)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import, or its preview.

    New products, new items, items that the shop already had, existing products that the file changed, and items that
    the file repeats.
    """

    products: int = 0
    items: int = 0
    duplicates: int = 0
    changed: int = 0
    twice: int = 0


@dataclass(frozen=True, slots=True)
class Places:
    """Categories by their path of names, each looked up once."""

    _made: dict[tuple[str, ...], int] = field(init=False, default_factory=dict)
    _found: dict[tuple[str, ...], int | None] = field(init=False, default_factory=dict)
    _exported: dict[int, dict[str, Product]] = field(init=False, default_factory=dict)

    def exported(self, category_id: int, name: str) -> Product | None:
        """Find the product that an export of this category gives this name."""
        if category_id not in self._exported:
            self._exported[category_id] = exported_names(category_id)
        return self._exported[category_id].get(name)

    def make(self, path: tuple[str, ...]) -> int:
        """Find a category, creating the missing part of its path."""
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


def exported_names(category_id: int) -> dict[str, Product]:
    """List the products directly in a category under the names that Souk's own files give them.

    Path and name identify a product there, so of several with one name, the later ones get a number. A name from
    before names were checked loses what it hides.
    """
    rows = Product.kept(category_id)
    return dict(zip(told_apart(title_from(row.name) for row in rows), rows, strict=True))


def wanted_of(goods: list[Goods] | OwnGoods | Wanted) -> list[Wanted]:
    """List the products of a file; the entries of a list are merged into their product."""
    if isinstance(goods, Wanted):
        return [goods]
    if isinstance(goods, OwnGoods):
        return [
            Wanted(each.path, each.name, each.description, each.price, each.kind, each.pieces, own=each)
            for each in goods.products
        ]
    first: dict[str, Goods] = {}
    contents: dict[str, list[Piece]] = defaultdict(list)
    for entry in goods:
        first.setdefault(entry.list_key, entry)
        contents[entry.list_key].append(text_piece(entry.content))
    return [
        Wanted(
            (entry.category, entry.subcategory),
            title_from(entry.description),
            entry.description,
            entry.price,
            DeliverableKind.UNIQUE_TEXT,
            tuple(contents[key]),
            list_key=key,
        )
        for key, entry in first.items()
    ]


def plan(wanted: list[Wanted], places: Places) -> list[ProductPlan]:
    """Compare products with what the shop has or had.

    Raises:
        NotFound: a draft is for a product that is gone.
        NameTaken: a draft of a new product has the name of another one.
    """
    holders = StockItem.holders(piece.fingerprint for each in wanted if each.kind in UNIQUE for piece in each.pieces)
    rows = _rows_of(wanted, places)
    claimed = {row.id for row in rows if row is not None}
    seen: set[bytes] = set()
    plans: list[ProductPlan] = []
    for each, row in zip(wanted, rows, strict=True):
        made = _plan(each, row, holders, seen)
        other = None if row is not None or each.drafted else _meant(made, claimed)
        if other is not None:
            claimed.add(other.id)
        plans.append(replace(made, other=other))
    return plans


def report_of(plans: Iterable[ProductPlan], known: Known) -> ImportReport:
    """Sum up what plans do."""
    report = ImportReport()
    for each in plans:
        items = each.pieces(known)
        report = ImportReport(
            products=report.products + each.makes_product(known),
            items=report.items + items,
            duplicates=report.duplicates + each.known + len(each.new) - items,
            changed=report.changed + changes(each, known),
            twice=report.twice + each.twice,
        )
    return report


def changes(plan: ProductPlan, known: Known) -> bool:
    """Return whether the file changes an existing product, apart from its picture."""
    row = plan.target(known)
    if row is None:
        return False
    if row is plan.other:
        return True
    own = plan.wanted.own
    if own is None:
        return False
    steps = [(step.from_quantity, step.unit_price_minor) for step in QuantityPrice.of([row.id])]
    prices = [(count, price.minor) for count, price in own.quantity_prices]
    return steps != prices or any(getattr(row, name) != value for name, value in columns_of(own).items())


def columns_of(product: OwnProduct) -> dict[str, object]:
    """Name the columns that a product in Souk's own format sets: limits only if it names them."""
    limits = {"seats": product.seats, "most_each": product.per_customer, "most_daily": product.per_day}
    return {
        "description": product.description,
        "price_minor": product.price.minor,
        "hidden": product.hidden,
        **{name: limit or None for name, limit in limits.items() if limit is not None},
    }


def holders_of(plans: Iterable[ProductPlan], currency: str) -> tuple[Holder, ...]:
    """List the other products that have or had goods of a file, those with the most first."""
    counts: dict[int, tuple[int, int]] = {}
    for each in plans:
        for product_id, (for_sale, sold) in each.holders.items():
            before = counts.get(product_id, (0, 0))
            counts[product_id] = (before[0] + for_sale, before[1] + sold)
    return named_holders(counts, currency)


def named_holders(counts: Mapping[int, tuple[int, int]], currency: str) -> tuple[Holder, ...]:
    """Name products that have or had goods, by how many are for sale and how many were sold; the most first."""
    rows = Product.with_ids(sorted(counts, key=lambda each: -sum(counts[each])))
    holders = (Holder(row.id, row.name, Money(row.price_minor, currency), *counts[row.id]) for row in rows)
    return tuple(sorted(holders, key=lambda each: -each.for_sale - each.sold))


def _plan(
    wanted: Wanted, row: Product | None, holders: Mapping[bytes, tuple[int, bool]], seen: set[bytes]
) -> ProductPlan:
    """Sort the goods of one product into new, known and repeated ones."""
    if wanted.kind not in UNIQUE:
        sells = None if row is None else SharedItem.digest_of(row.shared_item_id)
        new = tuple(piece for piece in wanted.pieces[-1:] if piece.digest != sells)
        return ProductPlan(wanted, row, None, new, (), len(wanted.pieces) - len(new), 0, {})
    new_pieces, sold, known, twice = [], [], 0, 0
    elsewhere: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for piece in wanted.pieces:
        mark = piece.fingerprint
        if mark in seen:
            twice += 1
            continue
        seen.add(mark)
        holder = holders.get(mark)
        if holder is None:
            new_pieces.append(piece)
            continue
        product_id, was_sold = holder
        known += 1
        if was_sold:
            sold.append(piece)
        if row is None or product_id != row.id:
            elsewhere[product_id][was_sold] += 1
    counts = {product_id: (each[0], each[1]) for product_id, each in elsewhere.items()}
    return ProductPlan(wanted, row, None, tuple(new_pieces), tuple(sold), known, twice, counts)


def _meant(plan: ProductPlan, claimed: set[int]) -> Product | None:
    """Find the product that has the goods, if it is the only one and the file does not name it itself."""
    if len(plan.holders) != 1:
        return None
    row = Product.there(next(iter(plan.holders)))
    if row is None or row.deliverable != plan.wanted.kind.value or row.id in claimed:
        return None
    return row if plan.wanted.own is None or Product.twin(row, price_minor=plan.wanted.price.minor) is None else None


def _rows_of(wanted: list[Wanted], places: Places) -> list[Product | None]:
    """Find the products that the shop has; two that seem to be the same one are told apart as an export does."""
    rows = [_row_of(each, places) for each in wanted]
    counts = Counter(row.id for row in rows if row is not None)
    for place, (each, row) in enumerate(zip(wanted, rows, strict=True)):
        if each.own is not None and row is not None and counts[row.id] > 1:
            category_id = places.find(each.path)
            rows[place] = (None if category_id is None else places.exported(category_id, each.name)) or row
    return rows


def _row_of(wanted: Wanted, places: Places) -> Product | None:
    """Find the product that the shop has by this name, or by this entry of a list."""
    if wanted.product_id is not None:
        row = Product.there(wanted.product_id)
        if row is None:
            raise NotFound
        return row
    category_id = places.find(wanted.path)
    minor = wanted.price.minor
    if wanted.own is None:
        return Product.listed(
            category_id, description=wanted.description, price_minor=minor, list_key=wanted.list_key
        )
    if category_id is None:
        return None
    row = Product.named(category_id, wanted.name, price_minor=minor, kind=wanted.kind.value)
    if not wanted.drafted:
        return row or places.exported(category_id, wanted.name)
    if row is not None and row.deleted_at is None:
        raise NameTaken
    return row
