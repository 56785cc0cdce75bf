"""The catalogue as customers see it: shelves, products and search."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from shop.catalog.deliverables import DeliverableKind, deliverable_of, seats_left
from shop.catalog.reviews import NO_RATING, Rating, rating_of
from shop.catalog.searching import Searching, UntilChanged
from shop.context import Context
from shop.errors.refusals import NotFound, StaleScreen
from shop.money import Money
from shop.people import Person
from storage.models import Category, OrderLine, Picture, Product, QuantityPrice, ReservedStock, Search
from storage.text import fold

DAY_S = 86_400
NEW_FOR_S = 7 * DAY_S
MOST_IN_FRONT = 6
"""The most categories on the main menu."""
MOST_ROOT_COUNTS = 16
"""The most bots whose count of shown top-level categories is cached."""
MAX_SEARCH = 100
"""The most characters of a search that are used."""


class Sorting(Enum):
    """The sort order of a shelf: column and direction. The value is in buttons."""

    NAME_UP = "nu"
    NAME_DOWN = "nd"
    PRICE_UP = "pu"
    PRICE_DOWN = "pd"
    NEWEST_FIRST = "td"
    OLDEST_FIRST = "tu"
    MOST_FIRST = "ad"
    FEWEST_FIRST = "au"

    @property
    def by(self) -> str:
        """The column to sort by."""
        return {"n": "name", "p": "price", "t": "newest", "a": "availability"}[self.value[0]]

    @property
    def up(self) -> bool:
        """Return whether it is ascending."""
        return bool(self.value[1] == "u")


@dataclass(frozen=True, slots=True)
class CategoryCard:
    """A category as a button. Only the category's own shelf has the description and the picture."""

    id: int
    name: str
    description: str = ""
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class QuantityPriceCard:
    """The unit price from a number of units on."""

    from_quantity: int
    price: Money


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as a customer sees it.

    `available` is how many items this customer can order now, without those reserved for others. If `runs_out`,
    `stock_count` is the same number. `seats_left`: how many more customers may buy the shared item. Of at most
    `most_each` items per customer in total and `most_daily` in 24 hours, this customer may still buy `allowance`.
    None: no limit.
    """

    id: int
    category_id: int
    name: str
    description: str
    price: Money
    stock_count: int
    kind: DeliverableKind = DeliverableKind.UNIQUE_TEXT
    available: int = 0
    runs_out: bool = True
    is_new: bool = False
    sold_count: int = 0
    quantity_prices: tuple[QuantityPriceCard, ...] = ()
    picture: bytes | None = field(default=None, repr=False)
    rating: Rating = NO_RATING
    seats_left: int | None = None
    most_each: int | None = None
    most_daily: int | None = None
    allowance: int | None = None

    @property
    def most(self) -> int:
        """The number of items that this customer can order now."""
        return self.available if self.allowance is None else min(self.available, self.allowance)

    def price_of(self, quantity: int) -> Money:
        """Return the unit price for this quantity."""
        reached = [step.price for step in self.quantity_prices if step.from_quantity <= quantity]
        return reached[-1] if reached else self.price


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of a category: subcategories first, then products."""

    category: CategoryCard | None
    parent_id: int | None
    categories: tuple[CategoryCard, ...]
    products: tuple[ProductCard, ...]
    page: int
    pages: int
    sorting: Sorting = Sorting.NAME_UP
    product_count: int = 0
    passed: tuple[str, ...] = ()
    """The skipped categories above, from the top: each holds nothing but the next one."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of search results."""

    search_id: int
    words: str
    products: tuple[ProductCard, ...]
    page: int
    pages: int
    count: int


@dataclass(frozen=True, slots=True)
class Catalog:
    """The catalogue without hidden things, as customers see it.

    It depends on the viewer: items reserved for a customer (`shop.sales.waiting`) are available only to them.
    `roots_of`: the root categories that a bot shows on its first shelf and finds goods in; none: all. Products opened
    from a link, a letter or the cart are available in every bot.
    """

    context: Context
    roots_of: Callable[[int], frozenset[int]] = lambda _bot_id: frozenset()
    _searching: Searching = field(init=False, repr=False, default_factory=Searching)
    _root_counts: UntilChanged[frozenset[int], int] = field(
        init=False, repr=False, default_factory=lambda: UntilChanged(MOST_ROOT_COUNTS)
    )

    def shelf(
        self,
        category_id: int | None,
        *,
        page: int,
        sorting: Sorting = Sorting.NAME_UP,
        viewer_id: int | None = None,
        opened: bool = False,
        bot_id: int = 0,
    ) -> Shelf:
        """Read one page of a category, or of the top level as a bot shows it; a page beyond the last shows the last.

        `opened`: a category with nothing but one category in it shows that one, and Back leads past it.

        Raises:
            NotFound: no such category, or it is hidden.
        """
        if opened:
            category_id = _innermost(category_id)
        category = None if category_id is None else Category.in_sight(category_id)
        if category is None and category_id is not None:
            raise NotFound
        only = self.roots_of(bot_id) if category_id is None else frozenset[int]()
        categories = Category.count_below(category_id) if category_id is not None else self._count_roots(only)
        products = 0 if category_id is None else Product.count_inside(category_id)
        page, pages = self.context.page(page, categories + products)
        start = page * self.context.page_entries
        passed = _passed(category) if opened else []
        below = Category.below(category_id, start=start, count=self.context.page_entries, only=only)
        cards = [CategoryCard(row.id, row.name) for row in below]
        rest = self.context.page_entries - len(cards)
        rows = []
        if category_id is not None and rest and products:
            start = max(0, start - categories)
            rows = Product.inside(category_id, start=start, count=rest, by=sorting.by, up=sorting.up)
        return Shelf(
            category=None if category is None else self._front(category),
            parent_id=(passed[0] if passed else category).parent_id if category else None,
            categories=tuple(cards),
            products=self.cards(rows, viewer_id),
            page=page,
            pages=pages,
            sorting=sorting,
            product_count=products,
            passed=tuple(row.name for row in passed),
        )

    def front(self, bot_id: int) -> tuple[CategoryCard, ...]:
        """List the first categories of the top level, as the main menu of a bot shows them."""
        rows = Category.below(None, start=0, count=MOST_IN_FRONT, only=self.roots_of(bot_id))
        return tuple(CategoryCard(row.id, row.name) for row in rows)

    def product(self, product_id: int, viewer_id: int | None = None) -> ProductCard:
        """Read one product.

        Raises:
            NotFound: no such product, or it is hidden.
        """
        return self.cards([self._row(product_id)], viewer_id)[0]

    def product_page(self, product_id: int, viewer_id: int | None = None) -> ProductCard:
        """Read one product with its picture and rating.

        Raises:
            NotFound: no such product, or it is hidden.
        """
        row = self._row(product_id)
        return replace(self.cards([row], viewer_id)[0], picture=_picture(row.picture_id), rating=rating_of(row.id))

    def search(self, person: Person, text: str) -> SearchPage:
        """Search for products that contain every word, and store the search for paging."""
        words = " ".join(fold(text[:MAX_SEARCH]).split())
        with self.context.database.transaction():
            search_id = Search.add_row(customer=person.id, words=words, created_at=self.context.clock())
        return self._found(person, search_id, words, page=0)

    def found(self, person: Person, search_id: int, *, page: int) -> SearchPage:
        """Read a page of an earlier search of this customer.

        Raises:
            StaleScreen: no such search of this customer, or it is too old.
        """
        search = Search.one_of(person.id, search_id)
        if search is None:
            raise StaleScreen
        return self._found(person, search.id, search.words, page=page)

    def cards(self, rows: list[Product], viewer_id: int | None = None) -> tuple[ProductCard, ...]:
        """Convert rows to what a customer sees."""
        steps: dict[int, list[QuantityPriceCard]] = defaultdict(list)
        for step in QuantityPrice.of([row.id for row in rows]) if rows else []:
            price = Money(step.unit_price_minor, self.context.currency)
            steps[step.product_id].append(QuantityPriceCard(step.from_quantity, price))
        now = self.context.clock()
        own = ReservedStock.not_kept_from(viewer_id, now) if any(row.reserved_count for row in rows) else {}
        left = _allowances(rows, viewer_id, now)
        return tuple(self._card(row, own.get(row.id, 0), left.get(row.id), tuple(steps[row.id]), now) for row in rows)

    def _card(
        self, row: Product, own: int, left: int | None, steps: tuple[QuantityPriceCard, ...], now: int
    ) -> ProductCard:
        """Convert a row; `own` items are reserved, but for this customer, who may still buy `left`."""
        kind = deliverable_of(row)
        available = kind.available(row) + own
        return ProductCard(
            id=row.id,
            category_id=row.category_id,
            name=row.name,
            description=row.description,
            price=Money(row.price_minor, self.context.currency),
            stock_count=available if kind.runs_out else row.stock_count,
            kind=DeliverableKind(row.deliverable),
            available=available,
            runs_out=kind.runs_out,
            is_new=row.created_at > now - NEW_FOR_S,
            sold_count=row.sold_count,
            quantity_prices=steps,
            seats_left=seats_left(row),
            most_each=row.most_each,
            most_daily=row.most_daily,
            allowance=left,
        )

    def _count_roots(self, only: frozenset[int]) -> int:
        """Count the categories on the first shelf; each has to be looked into, so this is done once per change."""
        return self._root_counts.get(only, lambda: Category.count_below(None, only=only))

    def _found(self, person: Person, search_id: int, words: str, *, page: int) -> SearchPage:
        each = tuple(words.split())
        roots = self.roots_of(person.bot_id)
        with self.context.database.snapshot():
            within = frozenset[int]().union(*(Category.tree_of(root) for root in roots))
            matches = self._searching.matches(each, within)
            page, pages = self.context.page(page, matches.count)
            size = self.context.page_entries
            rows = self._searching.page(each, within, matches, start=page * size, count=size)
        return SearchPage(search_id, words, self.cards(rows, person.id), page, pages, matches.count)

    @staticmethod
    def _row(product_id: int) -> Product:
        rows = Product.in_sight([product_id])
        if not rows:
            raise NotFound
        return rows[0]

    @staticmethod
    def _front(category: Category) -> CategoryCard:
        return CategoryCard(category.id, category.name, category.description, _picture(category.picture_id))


def _innermost(category_id: int | None) -> int | None:
    """Follow categories that contain nothing but one category; the top level is never skipped."""
    while category_id is not None and (only := Category.only_child_of(category_id)) is not None:
        category_id = only
    return category_id


def _passed(category: Category | None) -> list[Category]:
    """List the categories above one that would only lead to it again, from the top."""
    passed: list[Category] = []
    above = None if category is None else category.parent_id
    while above is not None and Category.only_child_of(above) is not None:
        passed.insert(0, Category.get_by_id(above))
        above = passed[0].parent_id
    return passed


def _allowances(rows: list[Product], viewer_id: int | None, now: int) -> dict[int, int]:
    """Count how many items a customer may still buy of the products with limits per customer."""
    limited = [row for row in rows if row.most_each is not None or row.most_daily is not None]
    if not limited:
        return {}
    ids = [row.id for row in limited]
    bought = OrderLine.bought(viewer_id, ids, since=now - DAY_S) if viewer_id is not None else {}
    left = {}
    for row in limited:
        ever, lately = bought.get(row.id, (0, 0))
        most = [limit - had for limit, had in ((row.most_each, ever), (row.most_daily, lately)) if limit is not None]
        left[row.id] = max(0, min(most))
    return left


def _picture(picture_id: int | None) -> bytes | None:
    return None if picture_id is None else Picture.read(picture_id)
