"""A large import under way: its rows are stored already, but invisible until it is complete.

`Product`, `Category` and `StockItem` leave out the rows marked here. Triggers mark them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from peewee import BooleanField, IntegerField, TextField

from storage.models.base import Base
from storage.models.catalog import Product

_NOTES = ("unborn_item", "unborn_stock", "unborn_product", "unborn_category")
_GOODS = (
    ("stock_item", "SELECT s.id, s.file_id FROM unborn_item u JOIN stock_item s ON s.id = u.item_id LIMIT ?"),
    (
        "stock_item",
        "SELECT s.id, s.file_id FROM unborn_product u JOIN stock_item s ON s.product_id = u.product_id LIMIT ?",
    ),
    (
        "shared_item",
        "SELECT s.id, s.file_id FROM unborn_product u JOIN shared_item s ON s.product_id = u.product_id LIMIT ?",
    ),
)
"""For each table of goods: the query for unpublished rows, each with its file."""
_SHARING = (
    "UPDATE product SET shared_item_id = NULL WHERE id IN (SELECT u.product_id FROM unborn_product u"
    " JOIN product p ON p.id = u.product_id WHERE p.shared_item_id IS NOT NULL LIMIT ?)"
)
_PRICES = (
    "DELETE FROM quantity_price WHERE (product_id, from_quantity) IN (SELECT q.product_id, q.from_quantity"
    " FROM unborn_product u JOIN quantity_price q ON q.product_id = u.product_id LIMIT ?)"
)


class ImportUnderWay(Base):
    """The import that is being stored, if there is one. `steps` of it are done; `skipped` items arrived in another
    way meanwhile.

    `is_draft`: it is a draft of goods, and `import_id` its number. `overtaken`: the catalogue has changed since it
    began.
    """

    import_id = IntegerField(primary_key=True)
    admin_id = IntegerField()
    known = TextField()
    steps = IntegerField(default=0)
    skipped = IntegerField(default=0)
    overtaken = BooleanField(default=False)
    is_draft = BooleanField(default=False)

    @classmethod
    def begin(cls, import_id: int, admin_id: int, known: str, *, is_draft: bool = False) -> None:
        """Record that an import starts, or starts over."""
        cls.delete().execute()
        cls.insert(import_id=import_id, admin_id=admin_id, known=known, is_draft=is_draft).execute()

    @classmethod
    def one(cls) -> Self | None:
        """Find the import that is under way."""
        return cls.select().first()

    @classmethod
    def advance(cls, steps: int, *, skipped: int) -> None:
        """Record its progress."""
        cls.update(steps=steps, skipped=cls.skipped + skipped).execute()

    @classmethod
    def overtake(cls) -> None:
        """Record that the stored rows are no longer of use."""
        cls.update(overtaken=True).execute()

    @classmethod
    def end(cls) -> None:
        """Delete it; its marks are gone."""
        cls.delete().execute()


class Staging(Base):
    """One row, present only inside a transaction that stores unpublished rows."""

    id = IntegerField(primary_key=True)


class UnpublishedCategory(Base):
    """A category that is not visible yet."""

    category_id = IntegerField(primary_key=True)

    class Meta:
        table_name = "unborn_category"


class UnpublishedProduct(Base):
    """A product that is not visible yet, with all of its goods."""

    product_id = IntegerField(primary_key=True)

    class Meta:
        table_name = "unborn_product"


class UnpublishedItem(Base):
    """An item that is not visible yet, of a visible product."""

    item_id = IntegerField(primary_key=True)

    class Meta:
        table_name = "unborn_item"


class UnpublishedStock(Base):
    """How many items of a product are not visible yet."""

    product_id = IntegerField(primary_key=True)
    units = IntegerField()

    class Meta:
        table_name = "unborn_stock"


@contextmanager
def staging() -> Iterator[None]:
    """Mark everything a block creates as unpublished. Needs an open transaction."""
    _run("INSERT INTO staging (id) VALUES (1)")
    yield
    _run("DELETE FROM staging")


def is_unpublished(category_id: int) -> bool:
    """Return whether a category is not visible yet."""
    return bool(_run("SELECT 1 FROM unborn_category WHERE category_id = ?", category_id).fetchall())


def product_id_of(category_id: int, *, name: str, list_key: str | None) -> int:
    """Find the product that an earlier step made."""
    sql = (
        "SELECT p.id FROM product p JOIN unborn_product u ON u.product_id = p.id"
        " WHERE p.category_id = ? AND p.name = ? AND p.list_key IS ? ORDER BY p.id DESC LIMIT 1"
    )
    [(product_id,)] = _run(sql, category_id, name, list_key).fetchall()
    return int(product_id)


def publish() -> dict[int, int]:
    """Make all unpublished rows visible; return how many items were added to which existing products."""
    units = {int(product_id): int(count) for product_id, count in _run("SELECT * FROM unborn_stock").fetchall()}
    for note in _NOTES:
        _run(f"DELETE FROM {note}")  # noqa: S608 - names of ours
    for product_id, count in units.items():
        Product.update(stock_count=Product.stock_count + count).where(Product.id == product_id).execute()
    return units


def undo(most: int) -> bool:
    """Delete a limited number of unpublished rows, dependent ones first; return whether there were any."""
    if _run(_SHARING, most).rowcount:
        return True
    for table, goods in _GOODS:
        if rows := _run(goods, most).fetchall():
            for row_id, file_id in rows:
                _run(f"DELETE FROM {table} WHERE id = ?", row_id)  # noqa: S608 - names of ours
                _run("DELETE FROM stored_file WHERE id = ?", file_id)
            return True
    if _run(_PRICES, most).rowcount:
        return True
    for table in ("product", "category"):
        rows = _run(f"SELECT {table}_id FROM unborn_{table} ORDER BY 1 DESC LIMIT ?", most).fetchall()  # noqa: S608
        for row in rows:
            _run(f"DELETE FROM unborn_{table} WHERE {table}_id = ?", *row)  # noqa: S608
            _run(f"DELETE FROM {table} WHERE id = ?", *row)  # noqa: S608
        if rows:
            return True
    return bool(_run("DELETE FROM unborn_stock").rowcount)


def _run(sql: str, *values: object) -> Any:
    return Base._meta.database.execute_sql(sql, values)
