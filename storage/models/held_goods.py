"""Products of a restored shop that are on hold until an owner releases them."""

from typing import Any, Self

from peewee import BooleanField, IntegerField

from storage.models.base import Base
from storage.models.catalog import Product


class HeldProduct(Base):
    """A product of a restored shop that is on hold until an owner releases it."""

    product_id = IntegerField(primary_key=True)
    held_at = IntegerField()
    was_hidden = BooleanField()

    @classmethod
    def hold_stocked(cls, *, now: int) -> int:
        """Hold and hide every product that has items in stock; return how many were shown until then."""
        stocked = Product.select(Product.id, now, Product.hidden)
        stocked = stocked.where(Product.stock_count > 0, Product.deleted_at.is_null())
        cls.insert_from(stocked, [cls.product_id, cls.held_at, cls.was_hidden]).on_conflict_ignore().execute()
        held = cls.select(cls.product_id)
        return int(Product.update(hidden=True).where(Product.id.in_(held), ~Product.hidden).execute())

    @classmethod
    def of(cls, product_id: int) -> Self | None:
        """Find the record of a product on hold."""
        return cls.get_or_none(cls.product_id == product_id)

    @classmethod
    def count(cls) -> int:
        """Count the products on hold."""
        return cls._waiting().count()

    @classmethod
    def page(cls, *, page: int, size: int) -> list[tuple[int, str, int, int]]:
        """List one page of the products on hold, by name: number, name, items in stock, since when."""
        return list(cls._waiting().order_by(Product.name, Product.id).offset(page * size).limit(size).tuples())

    @classmethod
    def one(cls, product_id: int) -> tuple[int, str, int, int] | None:
        """Find a product on hold, as `page` does."""
        return next(iter(cls._waiting().where(cls.product_id == product_id).tuples()), None)

    @classmethod
    def release(cls, product_id: int | None) -> list[int]:
        """Restore the previous state of a product, or of all; return their numbers."""
        waiting = cls.select() if product_id is None else cls.select().where(cls.product_id == product_id)
        rows = list(waiting)
        cls.delete().where(cls.product_id.in_([row.product_id for row in rows])).execute()
        shown = [row.product_id for row in rows if not row.was_hidden]
        Product.update(hidden=False).where(Product.id.in_(shown)).execute()
        return [row.product_id for row in rows]

    @classmethod
    def _waiting(cls) -> Any:
        columns = (Product.id, Product.name, Product.stock_count, cls.held_at)
        return (
            cls.select(*columns).join(Product, on=(Product.id == cls.product_id)).where(Product.deleted_at.is_null())
        )
