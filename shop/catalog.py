"""What a customer sees of the goods: shelves and products, never what is inside a stock item."""

from dataclasses import dataclass

from shop.errors import NotFound
from shop.money import Money
from storage.models import Category, Product


@dataclass(frozen=True, slots=True)
class CategoryCard:
    """A category as a button."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as a customer sees it."""

    id: int
    category_id: int
    name: str
    description: str
    price: Money
    stock_count: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of one category: the categories below it first, then its products."""

    category: CategoryCard | None
    parent_id: int | None
    categories: tuple[CategoryCard, ...]
    products: tuple[ProductCard, ...]
    page: int
    pages: int


class Catalog:
    """Reads of the catalogue."""

    def __init__(self, *, currency: str, page_entries: int) -> None:
        self._currency = currency
        self._size = page_entries

    def shelf(self, category_id: int | None, *, page: int) -> Shelf:
        """Read one page of a category, or of the roots; a page beyond the last shows the last.

        Raises:
            NotFound: no such category.
        """
        category = None if category_id is None else Category.get_or_none(Category.id == category_id)
        if category is None and category_id is not None:
            raise NotFound
        categories = Category.count_below(category_id)
        products = 0 if category_id is None else Product.count_inside(category_id)
        pages = max(1, -(-(categories + products) // self._size))
        page = min(max(page, 0), pages - 1)
        start = page * self._size
        cards = [CategoryCard(row.id, row.name) for row in Category.below(category_id, start=start, count=self._size)]
        rest = self._size - len(cards)
        rows = []
        if category_id is not None and rest:
            rows = Product.inside(category_id, start=max(0, start - categories), count=rest)
        return Shelf(
            category=None if category is None else CategoryCard(category.id, category.name),
            parent_id=None if category is None else category.parent_id,
            categories=tuple(cards),
            products=tuple(self.card(row) for row in rows),
            page=page,
            pages=pages,
        )

    def product(self, product_id: int) -> ProductCard:
        """Read one product.

        Raises:
            NotFound: no such product.
        """
        row = Product.get_or_none(Product.id == product_id)
        if row is None:
            raise NotFound
        return self.card(row)

    def card(self, row: Product) -> ProductCard:
        """Make a row what a customer sees."""
        return ProductCard(
            id=row.id,
            category_id=row.category_id,
            name=row.name,
            description=row.description,
            price=Money(row.price_minor, self._currency),
            stock_count=row.stock_count,
        )
