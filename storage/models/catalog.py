"""The catalogue: a tree of categories, the products in it with their quantity prices, and saved searches."""

from collections.abc import Collection
from typing import Any, Self

from peewee import SQL, BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import AMONG, Base, Numbered, Publishable, among
from storage.models.customers import Customer
from storage.models.pictures import Picture

WITHOUT_LIMIT = 2**31
"""The number of items, for sorting, of a product that never runs out."""
HIDDEN_TREE = (
    "(WITH RECURSIVE gone (id) AS (SELECT id FROM category WHERE hidden = 1"
    " UNION ALL SELECT category.id FROM category JOIN gone ON category.parent_id = gone.id) SELECT id FROM gone)"
)
"""The hidden categories and everything below them."""
_LEADS_SOMEWHERE = (
    "(EXISTS (SELECT 1 FROM product WHERE category_id = category.id AND hidden = 0"
    " AND id NOT IN (SELECT product_id FROM unborn_product))"
    " OR EXISTS (WITH RECURSIVE below (id) AS (SELECT category.id UNION ALL SELECT child.id FROM below"
    " CROSS JOIN category AS child ON child.parent_id = below.id WHERE child.hidden = 0)"
    " SELECT 1 FROM below CROSS JOIN product ON product.category_id = below.id"
    " WHERE product.hidden = 0 AND product.id NOT IN (SELECT product_id FROM unborn_product)))"
)
"""The condition that a category has a visible product somewhere below it; most have one directly.

CROSS JOIN keeps SQLite from the opposite order, in which it builds an index of all products for each category
(https://www.sqlite.org/lang_select.html#crossjoin).
"""
VISIBLE = f"hidden = 0 AND category_id NOT IN {HIDDEN_TREE}"
"""The condition that a product is visible."""
_OF_SHARED = f"CASE WHEN shared_item_id IS NULL THEN 0 ELSE {WITHOUT_LIMIT} END"
_SORT_KEYS = {
    "name": "search_text",
    "price": "price_minor",
    "newest": "created_at",
    "availability": f"CASE deliverable WHEN 'made_to_order' THEN {WITHOUT_LIMIT} WHEN 'shared_text' THEN {_OF_SHARED}"
    f" WHEN 'shared_file' THEN {_OF_SHARED} ELSE stock_count - reserved_count END",
}


class Category(Publishable):
    """A node of the catalogue's tree; a root has no parent. A hidden one hides everything below it."""

    _unpublished = "(SELECT category_id FROM unborn_category)"
    parent = ForeignKeyField("self", null=True, backref="children")
    parent_id: int | None
    name = TextField()
    description = TextField(default="")
    picture = ForeignKeyField(Picture, null=True)
    picture_id: int | None
    hidden = BooleanField(default=False)
    deleted_at = IntegerField(null=True)

    @classmethod
    def ensure(cls, name: str, *, parent_id: int | None) -> int:
        """Find or create the category of this name below `parent_id`; return its id. A deleted one is revived."""
        found = cls.child(name, parent_id=parent_id)
        if found is None:
            return cls.insert(parent=parent_id, name=name).execute()
        if found.deleted_at is not None:
            cls.change(found.id, deleted_at=None, hidden=False)
        return found.id

    @classmethod
    def child(cls, name: str, *, parent_id: int | None) -> Self | None:
        """Find the category of this name below `parent_id`, deleted or not, visible yet or not."""
        return cls.even_unpublished("coalesce(parent_id, 0) = ? AND name = ?", parent_id or 0, name)

    @classmethod
    def there(cls, category_id: int) -> Self | None:
        """Find a category, hidden or not, unless it is deleted."""
        return cls.one_by("id = ? AND deleted_at IS NULL", category_id)

    @classmethod
    def kept(cls, parent_id: int | None) -> list[Self]:
        """List the categories directly below one, or the roots, hidden ones too, by name."""
        here = cls.parent.is_null() if parent_id is None else cls.parent == parent_id
        return list(cls.select().where(here, cls.deleted_at.is_null()).order_by(cls.name, cls.id))

    @classmethod
    def in_sight(cls, category_id: int) -> Self | None:
        """Find a category, unless it or one above it is hidden."""
        return cls.one_by(f"id = ? AND id NOT IN {HIDDEN_TREE}", category_id)

    @classmethod
    def name_of(cls, category_id: int) -> str:
        """Name a category, hidden or not; nothing when there is none."""
        return cls.value_by("name", "id = ?", category_id) or ""

    @classmethod
    def tree_of(cls, category_id: int) -> frozenset[int]:
        """Read the ids of a category and of everything below it."""
        tree = (
            "WITH RECURSIVE tree (id) AS (SELECT ? UNION ALL SELECT category.id FROM category"
            " JOIN tree ON category.parent_id = tree.id) SELECT id FROM tree"
        )
        return frozenset(row.id for row in cls.raw(tree, category_id))

    @classmethod
    def below(
        cls, parent_id: int | None, *, start: int, count: int, only: Collection[int] = frozenset()
    ) -> list[Self]:
        """List `count` of the categories shown below a category, or of the roots, by name; if given, `only` those.

        A category is shown if a product in sight is in it, or somewhere below it.
        """
        shown, values = cls._shown(parent_id, only)
        return cls.list_by(f"{shown} ORDER BY name, id LIMIT ? OFFSET ?", *values, count, start)

    @classmethod
    def count_below(cls, parent_id: int | None, *, only: Collection[int] = frozenset()) -> int:
        """Count the categories shown directly below a category, or the roots; if given, `only` those."""
        shown, values = cls._shown(parent_id, only)
        return int(cls.value_by("count(*)", shown, *values))

    @classmethod
    def only_child_of(cls, category_id: int) -> int | None:
        """Find the category that is the only thing shown in another one; None if there is more, or nothing."""
        shown, values = cls._shown(category_id)
        children = [row.id for row in cls.list_by(f"{shown} LIMIT 2", *values)]
        return children[0] if len(children) == 1 and not Product.count_inside(category_id) else None

    @classmethod
    def change(cls, category_id: int, **columns: object) -> None:
        """Write the named columns of one category, and no others."""
        cls.update(**columns).where(cls.id == category_id).execute()

    @classmethod
    def _shown(
        cls, parent_id: int | None, only: Collection[int] = frozenset()
    ) -> tuple[str, tuple[int | str | None, ...]]:
        """Write the condition of `below`, and its values."""
        here = f"parent_id IS ? AND hidden = 0 AND {_LEADS_SOMEWHERE}"
        return (f"{here} AND id IN {AMONG}", (parent_id, among(only))) if only else (here, (parent_id,))


class Product(Publishable):
    """Something with a price. `stock_count`, `reserved_count`, `sold_count` and `search_text` follow by triggers.

    `import_key` identifies the product in goods files; it stays when the description is edited.
    """

    _unpublished = "(SELECT product_id FROM unborn_product)"
    category = ForeignKeyField(Category, backref="products")
    category_id: int
    name = TextField()
    import_key = TextField()
    price_minor = IntegerField()
    stock_count = IntegerField(default=0)
    created_at = IntegerField()
    description = TextField(default="")
    picture = ForeignKeyField(Picture, null=True)
    picture_id: int | None
    hidden = BooleanField(default=False)
    deliverable = TextField(default="unique_text")
    sold_count = IntegerField(default=0)
    search_text = TextField(default="")
    shared_item_id = IntegerField(null=True)
    reserved_count = IntegerField(default=0)
    deleted_at = IntegerField(null=True)
    list_key = TextField(null=True)
    low_stock_threshold = IntegerField(null=True)
    low_stock_told = BooleanField(default=False)
    by_stars = BooleanField(default=True)
    seats = IntegerField(null=True)
    most_each = IntegerField(null=True)
    most_daily = IntegerField(null=True)

    @classmethod
    def without_stars(cls, product_ids: list[int]) -> str | None:
        """Name one of these products that cannot be paid for with Stars; None if all can."""
        name: str | None = cls.value_by("name", f"id IN {AMONG} AND by_stars = 0", among(product_ids))
        return name

    @classmethod
    def free(cls, product_id: int) -> int:
        """Count the items in stock that are not reserved."""
        return cls.value_by("stock_count - reserved_count", "id = ?", product_id) or 0

    @classmethod
    def ensure(
        cls,
        category_id: int,
        *,
        name: str,
        description: str,
        price_minor: int,
        now: int,
        list_key: str | None = None,
    ) -> tuple[int, bool]:
        """Find or create the product of a list entry; return its id and whether it is new.

        The description of the first import counts, whatever has become of it since. A deleted product is revived.
        """
        found = cls.listed(category_id, description=description, price_minor=price_minor, list_key=list_key)
        if found is not None:
            if found.deleted_at is not None:
                same = {"category": category_id, "import_key": description, "price_minor": price_minor}
                cls.change(found.id, deleted_at=None, hidden=False, **same)
            return found.id, False
        # In SQL like `write_many`, because a file may hold as many products as items.
        sql = (
            "INSERT INTO product (category_id, name, import_key, description, price_minor, created_at, list_key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        values = (category_id, name, description, description, price_minor, now, list_key)
        return int(cls._meta.database.execute_sql(sql, values).lastrowid), True

    @classmethod
    def listed(
        cls, category_id: int | None, *, description: str, price_minor: int, list_key: str | None
    ) -> Self | None:
        """Find the product that a list entry created, or the one of this category, description and price."""
        made = None if list_key is None else cls.one_by("list_key = ?", list_key)
        if made is not None and made.deleted_at is None:
            return made
        same = "category_id = ? AND import_key = ? AND price_minor = ?"
        return cls.one_by(same, category_id, description, price_minor) or made

    @classmethod
    def make(cls, category_id: int, name: str, *, kind: str, now: int, columns: dict[str, object]) -> int:
        """Create a product of a kind of deliverable; return its id. A goods list would identify it by name and
        text.
        """
        text = columns["description"]
        key = f"{name}\n{text}" if text else name
        made = {"category": category_id, "name": name, "import_key": key, "deliverable": kind, "created_at": now}
        return cls.insert(**made, **columns).execute()

    @classmethod
    def named(cls, category_id: int, name: str, *, price_minor: int, kind: str) -> Self | None:
        """Find the product of this name in a category; of several, the one of this price, or the oldest.

        A deleted one is found only if it is of this kind of deliverable and no other has the name.
        """
        return cls.one_by(
            "category_id = ? AND name = ? AND (deleted_at IS NULL OR deliverable = ?)"
            " ORDER BY deleted_at IS NOT NULL, price_minor <> ?, id",
            category_id,
            name,
            kind,
            price_minor,
        )

    @classmethod
    def twin(cls, row: "Product", **columns: object) -> Self | None:
        """Find another product that a list could not tell from this one if it had these columns."""
        place = {"category_id": row.category_id, "price_minor": row.price_minor} | columns
        return cls.even_unpublished(
            "category_id = ? AND import_key = ? AND price_minor = ? AND id <> ?",
            place["category_id"],
            row.import_key,
            place["price_minor"],
            row.id,
        )

    @classmethod
    def name_of(cls, product_id: int) -> str:
        """Name a product, hidden or not; nothing when there is none."""
        return cls.value_by("name", "id = ?", product_id) or ""

    @classmethod
    def there(cls, product_id: int) -> Self | None:
        """Find a product, hidden or not, unless it is deleted."""
        return cls.one_by("id = ? AND deleted_at IS NULL", product_id)

    @classmethod
    def kept(cls, category_id: int, *, start: int = 0, count: int = -1) -> list[Self]:
        """List the products directly in a category, hidden ones too, by name."""
        here = cls.select().where(cls.category == category_id, cls.deleted_at.is_null())
        return list(here.order_by(cls.name, cls.id).offset(start).limit(count))

    @classmethod
    def count_kept(cls, category_id: int) -> int:
        """Count the products directly in a category, hidden ones too."""
        return cls.select().where(cls.category == category_id, cls.deleted_at.is_null()).count()

    @classmethod
    def scarce(cls, threshold: int, *, start: int, count: int) -> list[Self]:
        """List products that run low, lowest stock first; `threshold` is for products without their own."""
        return list(cls._low(threshold).order_by(cls.stock_count, cls.name, cls.id).offset(start).limit(count))

    @classmethod
    def count_scarce(cls, threshold: int) -> int:
        """Count the products that have run low."""
        return cls._low(threshold).count()

    @classmethod
    def _low(cls, threshold: int) -> Any:
        own = cls.low_stock_threshold
        low = (own > 0) & (cls.stock_count <= own)
        if threshold > 0:
            low |= own.is_null() & (cls.stock_count <= threshold)
        unique = cls.deliverable.in_(("unique_text", "unique_file"))
        return cls.select().where(unique, cls.deleted_at.is_null(), low)

    @classmethod
    def lowest_prices(cls, ids: list[int] | None = None) -> dict[int, int]:
        """Read the lowest price of an item, quantity prices included, of these products, or of all that are kept."""
        step = QuantityPrice.select(fn.MIN(QuantityPrice.unit_price_minor)).where(QuantityPrice.product == cls.id)
        lowest = fn.MIN(cls.price_minor, fn.COALESCE(step, cls.price_minor))
        rows = cls.select(cls.id, lowest.alias("lowest")).where(cls.deleted_at.is_null())
        return {row.id: row.lowest for row in (rows if ids is None else rows.where(cls.id.in_(ids))).namedtuples()}

    @classmethod
    def with_ids(cls, ids: list[int]) -> list[Self]:
        """Read several products, hidden and deleted ones too."""
        return cls.list_by(f"id IN {AMONG}", among(ids))

    @classmethod
    def in_sight(cls, ids: list[int]) -> list[Self]:
        """Read several products, leaving out hidden ones."""
        return cls.list_by(f"id IN {AMONG} AND {VISIBLE}", among(ids))

    @classmethod
    def inside(cls, category_id: int, *, start: int, count: int, by: str = "name", up: bool = True) -> list[Self]:
        """List `count` of the products shown in a category, in an order (see `_sorted`)."""
        here = f"category_id = ? AND hidden = 0 ORDER BY {_order(by, up=up)} LIMIT ? OFFSET ?"
        return cls.list_by(here, category_id, count, start)

    @classmethod
    def count_inside(cls, category_id: int) -> int:
        """Count the products shown directly in a category."""
        return int(cls.value_by("count(*)", "category_id = ? AND hidden = 0", category_id))

    @classmethod
    def every_in_sight(cls) -> list[Self]:
        """List all products that are shown, by name."""
        return cls.list_by(f"{VISIBLE} ORDER BY {BY_NAME}")

    @classmethod
    def ever_sold(cls, *, page: int, size: int) -> tuple[list[Self], int]:
        """List one page of the products ever bought, hidden ones too; and how many there are."""
        sold = cls.select().where(SQL("sold_count > 0"))  # worded as in the partial index, so that SQLite uses it
        return list(sold.order_by(SQL(BY_NAME)).offset(page * size).limit(size)), sold.count()

    @classmethod
    def change(cls, product_id: int, **columns: object) -> None:
        """Write the named columns of one product, and no others; one that is held stays hidden until later."""
        # By SQL, since the model of held products is built on this one.
        later = "UPDATE held_product SET was_hidden = 0 WHERE product_id = ?"
        if columns.get("hidden") is False and cls.run(later, product_id):
            columns = {name: value for name, value in columns.items() if name != "hidden"}
            if not columns:
                return
        cls.update(**columns).where(cls.id == product_id).execute()


def _order(by: str, *, up: bool) -> str:
    """Write an order of products: by name, price, newest or availability; equal ones by name."""
    return f"{_SORT_KEYS[by]}{'' if up else ' DESC'}, search_text, id"


BY_NAME = _order("name", up=True)


class QuantityPrice(Base):
    """A lower price of an item from a number of items on."""

    product = ForeignKeyField(Product)
    product_id: int
    from_quantity = IntegerField()
    unit_price_minor = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def of(cls, product_ids: list[int]) -> list[Self]:
        """List the quantity prices of several products, smallest quantity first."""
        return cls.list_by(f"product_id IN {AMONG} ORDER BY product_id, from_quantity", among(product_ids))

    @classmethod
    def put(cls, product_id: int, prices: list[tuple[int, int]]) -> None:
        """Give a product these (from quantity, unit price in minor units) and no others."""
        cls.delete().where(cls.product == product_id).execute()
        for from_quantity, unit_price_minor in prices:
            cls.insert(product=product_id, from_quantity=from_quantity, unit_price_minor=unit_price_minor).execute()


class Search(Numbered):
    """The words that a customer searched for, folded."""

    customer = ForeignKeyField(Customer)
    words = TextField()
    created_at = IntegerField()

    @classmethod
    def one_of(cls, customer_id: int, search_id: int) -> Self | None:
        """Find a search of this customer."""
        return cls.one_by("id = ? AND customer_id = ?", search_id, customer_id)

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the searches made before `moment`; return how many."""
        return cls.delete().where(cls.created_at < moment).execute()
