"""Buyers' reviews of products."""

from typing import Self

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Numbered
from storage.models.customers import Customer


class Review(Numbered):
    """Stars and words for one order line. A hidden one counts for nothing."""

    order_line_id = IntegerField(unique=True)
    product_id = IntegerField()
    customer = ForeignKeyField(Customer)
    customer_id: int
    stars = IntegerField()
    text = TextField(default="")
    hidden = BooleanField(default=False)
    created_at = IntegerField()
    changed_at = IntegerField()

    @classmethod
    def of_line(cls, order_line_id: int) -> Self | None:
        """Find the review of an order line."""
        return cls.get_or_none(cls.order_line_id == order_line_id)

    @classmethod
    def change(cls, review_id: int, **columns: object) -> None:
        """Write the named columns of one review, and no others."""
        cls.update(**columns).where(cls.id == review_id).execute()

    @classmethod
    def counted(cls, product_id: int) -> tuple[int, int]:
        """Count the reviews of a product that may be seen, and add their stars up."""
        sql = "SELECT count(*), coalesce(sum(stars), 0) FROM review WHERE product_id = ? AND hidden = 0"
        count, stars = cls._meta.database.execute_sql(sql, (product_id,)).fetchone()
        return count, stars

    @classmethod
    def of_product(cls, product_id: int, *, page: int, size: int) -> list[Self]:
        """List one page of the reviews of a product that may be seen, newest first."""
        shown = cls.select(cls, Customer).join(Customer).where(*cls._shown(product_id)).order_by(cls.id.desc())
        return list(shown.offset(page * size).limit(size))

    @classmethod
    def count_all(cls, product_id: int | None) -> int:
        """Count all reviews, or those of a product, hidden ones included."""
        return cls.select(fn.COUNT(cls.id)).where(*cls._of(product_id)).scalar()

    @classmethod
    def page_of_all(cls, product_id: int | None, *, page: int, size: int) -> list[Self]:
        """List one page of all reviews, or of those of a product, newest first, hidden ones included."""
        every = cls.select().where(*cls._of(product_id)).order_by(cls.id.desc())
        return list(every.offset(page * size).limit(size))

    @classmethod
    def _of(cls, product_id: int | None) -> tuple[object, ...]:
        return (cls.id.is_null(False),) if product_id is None else (cls.product_id == product_id,)

    @classmethod
    def _shown(cls, product_id: int) -> tuple[object, ...]:
        return (cls.product_id == product_id, cls.hidden == 0)
