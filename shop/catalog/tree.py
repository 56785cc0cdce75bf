"""The catalogue's tree as admins see it, hidden things included."""

from dataclasses import dataclass

from shop.catalog.deliverables import DeliverableKind, deliverable_of, seats_left
from shop.catalog.stock import LowStock
from shop.context import Context
from shop.errors.refusals import NotFound
from shop.money import Money
from shop.people import Person, Right
from storage.models import Category, Product, QuantityPrice


@dataclass(frozen=True, slots=True)
class Target:
    """A product or a category."""

    is_product: bool
    id: int

    @property
    def subject(self) -> str:
        """Its name in the audit log."""
        return f"{'product' if self.is_product else 'category'} {self.id}"


@dataclass(frozen=True, slots=True)
class Node:
    """A category or a product in a list."""

    id: int
    name: str
    hidden: bool
    stock_count: int | None = None


@dataclass(frozen=True, slots=True)
class TreePage:
    """A page of a category: subcategories first, then products. `id` None is the top level."""

    id: int | None
    parent_id: int | None
    path: tuple[str, ...]
    categories: tuple[Node, ...]
    products: tuple[Node, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """The editable fields of a product or category. `contents` counts what would be deleted with it.

    `by_stars`: whether it can be paid for with Stars; None if the shop takes no Stars. `seats`, `most_each` and
    `most_daily` limit who may buy how many (`shop.catalog.storefront.ProductCard`).
    """

    target: Target
    parent_id: int | None
    name: str
    description: str
    hidden: bool
    has_picture: bool
    contents: int
    price: Money | None = None
    kind: DeliverableKind | None = None
    stock_count: int | None = None
    sold_count: int = 0
    steps: tuple[tuple[int, Money], ...] = ()
    threshold: int = 0
    by_stars: bool | None = None
    seats: int | None = None
    seats_left: int | None = None
    most_each: int | None = None
    most_daily: int | None = None


@dataclass(frozen=True, slots=True)
class CatalogTree:
    """Reads of the tree and of editable fields."""

    context: Context
    low_stock: LowStock

    def branch(self, admin: Person, category_id: int | None, *, page: int = 0) -> TreePage:
        """Read a page of a category, or of the top level.

        Raises:
            NotFound: no such category.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        row = None if category_id is None else category_there(category_id)
        below = Category.kept(category_id)
        inside = 0 if category_id is None else Product.count_kept(category_id)
        page, pages = self.context.page(page, len(below) + inside)
        start = page * self.context.page_entries
        categories = below[start : start + self.context.page_entries]
        rest = self.context.page_entries - len(categories)
        products = []
        if category_id is not None and rest:
            products = Product.kept(category_id, start=max(0, start - len(below)), count=rest)
        return TreePage(
            category_id,
            row.parent_id if row else None,
            path_of(category_id),
            tuple(Node(each.id, each.name, each.hidden) for each in categories),
            tuple(_node(each) for each in products),
            page,
            pages,
        )

    def scarce(self, admin: Person, *, page: int) -> TreePage:
        """Read a page of products that are low on stock, as `branch` does."""
        self.context.customers.require(admin, Right.CATALOGUE)
        threshold, size = self.context.settings.low_stock_threshold, self.context.page_entries
        page, pages = self.context.page(page, Product.count_scarce(threshold))
        rows = Product.scarce(threshold, start=page * size, count=size)
        return TreePage(None, None, (), (), tuple(_node(each) for each in rows), page, pages)

    def sheet(self, admin: Person, target: Target) -> Sheet:
        """Read the fields of a product or category. Raises: as `branch`."""
        self.context.customers.require(admin, Right.CATALOGUE)
        return self.read(target)

    def read(self, target: Target) -> Sheet:
        """Read the fields of a product or category without checking rights. Raises: NotFound."""
        if not target.is_product:
            row = category_there(target.id)
            contents = _contents(row.id)
            return Sheet(
                target, row.parent_id, row.name, row.description, row.hidden, row.picture_id is not None, contents
            )
        product = product_there(target.id)
        steps = QuantityPrice.of([product.id])
        return Sheet(
            target,
            product.category_id,
            product.name,
            product.description,
            product.hidden,
            product.picture_id is not None,
            product.stock_count,
            price=Money(product.price_minor, self.context.currency),
            kind=DeliverableKind(product.deliverable),
            stock_count=product.stock_count if deliverable_of(product).runs_out else None,
            sold_count=product.sold_count,
            steps=tuple((step.from_quantity, Money(step.unit_price_minor, self.context.currency)) for step in steps),
            threshold=self.low_stock.threshold_of(product),
            by_stars=product.by_stars if self.context.settings.stars_per_unit else None,
            seats=product.seats,
            seats_left=seats_left(product),
            most_each=product.most_each,
            most_daily=product.most_daily,
        )


def path_of(category_id: int | None) -> tuple[str, ...]:
    """List the names from the root down to a category."""
    return tuple(Category.get_by_id(each).name for each in reversed(ids_above(category_id)))


def ids_above(category_id: int | None) -> list[int]:
    """List the ids from a category up to its root."""
    ids: list[int] = []
    while category_id is not None:
        ids.append(category_id)
        category_id = Category.get_by_id(category_id).parent_id
    return ids


def height_of(category_id: int) -> int:
    """Count the levels from a category down to its deepest subcategory."""
    return 1 + max((height_of(each.id) for each in Category.kept(category_id)), default=0)


def _contents(category_id: int) -> int:
    """Count the products and categories at any level below a category."""
    below = Category.kept(category_id)
    return Product.count_kept(category_id) + len(below) + sum(_contents(each.id) for each in below)


def category_there(category_id: int) -> Category:
    """Find a category that has not been deleted. Raises: NotFound."""
    row = Category.there(category_id)
    if row is None:
        raise NotFound
    return row


def product_there(product_id: int) -> Product:
    """Find a product that has not been deleted. Raises: NotFound."""
    row = Product.there(product_id)
    if row is None:
        raise NotFound
    return row


def _node(row: Product) -> Node:
    return Node(row.id, row.name, row.hidden, row.stock_count if deliverable_of(row).runs_out else None)
