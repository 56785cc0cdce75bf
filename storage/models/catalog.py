"""What is sold: a tree of categories, products in it, and the units in stock."""

from collections.abc import Iterable
from typing import Self

from peewee import BlobField, ForeignKeyField, IntegerField, TextField, fn

from storage.models.base import Base, Numbered
from storage.models.customers import Customer


class Category(Numbered):
    """A node of the catalogue's tree; a root has no parent."""

    parent = ForeignKeyField("self", null=True, backref="children")
    parent_id: int | None
    name = TextField()

    @classmethod
    def ensure(cls, name: str, *, parent_id: int | None) -> int:
        """Find the category of this name below `parent_id`, or make it; return its id."""
        here = cls.parent.is_null() if parent_id is None else cls.parent == parent_id
        found = cls.select(cls.id).where(here, cls.name == name).scalar()
        return found or cls.insert(parent=parent_id, name=name).execute()

    @classmethod
    def below(cls, parent_id: int | None, *, start: int, count: int) -> list[Self]:
        """List `count` of the categories below a category, or of the roots, by name."""
        here = cls.parent.is_null() if parent_id is None else cls.parent == parent_id
        return list(cls.select().where(here).order_by(cls.name, cls.id).offset(start).limit(count))

    @classmethod
    def count_below(cls, parent_id: int | None) -> int:
        """Count the categories directly below a category, or the roots."""
        here = cls.parent.is_null() if parent_id is None else cls.parent == parent_id
        return cls.select().where(here).count()


class Product(Numbered):
    """Something with a price. `stock_count` follows the stock items by triggers."""

    category = ForeignKeyField(Category, backref="products")
    category_id: int
    name = TextField()
    description = TextField()
    price_minor = IntegerField()
    stock_count = IntegerField(default=0)
    created_at = IntegerField()

    @classmethod
    def ensure(cls, category_id: int, *, name: str, description: str, price_minor: int, now: int) -> tuple[int, bool]:
        """Find the product of this category, description and price, or make it; return its id and if it is new."""
        same = (cls.category == category_id, cls.description == description, cls.price_minor == price_minor)
        found = cls.select(cls.id).where(*same).scalar()
        if found:
            return found, False
        made = cls.insert(
            category=category_id, name=name, description=description, price_minor=price_minor, created_at=now
        )
        return made.execute(), True

    @classmethod
    def inside(cls, category_id: int, *, start: int, count: int) -> list[Self]:
        """List `count` of the products of a category, by name."""
        here = cls.select().where(cls.category == category_id).order_by(cls.name, cls.id)
        return list(here.offset(start).limit(count))

    @classmethod
    def by_ids(cls, ids: list[int]) -> list[Self]:
        """Read several products."""
        return list(cls.select().where(cls.id.in_(ids)))

    @classmethod
    def count_inside(cls, category_id: int) -> int:
        """Count the products directly in a category."""
        return cls.select().where(cls.category == category_id).count()


class StockItem(Numbered):
    """One deliverable unit. Unsold while it has no order line; sold once, and kept for ever."""

    product = ForeignKeyField(Product, backref="stock")
    content = TextField()
    content_hash = BlobField()
    order_line_id = IntegerField(null=True)
    created_at = IntegerField()

    @classmethod
    def add(cls, product_id: int, items: Iterable[tuple[str, bytes]], *, now: int) -> int:
        """Put (content, hash) pairs in stock; what the product has or had is skipped. Return how many were new."""
        rows = [
            {"product": product_id, "content": content, "content_hash": digest, "created_at": now}
            for content, digest in items
        ]
        before = cls._count_ever(product_id)
        for start in range(0, len(rows), 200):
            cls.insert_many(rows[start : start + 200]).on_conflict_ignore().execute()
        return cls._count_ever(product_id) - before

    @classmethod
    def take(cls, product_id: int, quantity: int, *, order_line_id: int) -> int:
        """Give the oldest unsold units to an order line. Return how many there were to take."""
        oldest = (
            cls.select(cls.id)
            .where(cls.product == product_id, cls.order_line_id.is_null())
            .order_by(cls.id)
            .limit(quantity)
        )
        return cls.update(order_line_id=order_line_id).where(cls.id.in_(oldest)).execute()

    @classmethod
    def of_line(cls, order_line_id: int) -> list[str]:
        """Read the contents that an order line was paid for."""
        rows = cls.select(cls.content).where(cls.order_line_id == order_line_id).order_by(cls.id)
        return [row.content for row in rows]

    @classmethod
    def _count_ever(cls, product_id: int) -> int:
        return cls.select(fn.COUNT(cls.id)).where(cls.product == product_id).scalar()


class CartItem(Base):
    """How many units of a product a customer means to buy."""

    customer = ForeignKeyField(Customer)
    product = ForeignKeyField(Product)
    quantity = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def of(cls, customer_id: int) -> list[tuple[Product, int]]:
        """List a customer's cart with its products, in the order of their names."""
        rows = (
            cls.select(cls, Product)
            .join(Product)
            .where(cls.customer == customer_id)
            .order_by(Product.name, Product.id)
        )
        return [(row.product, row.quantity) for row in rows]

    @classmethod
    def put(cls, customer_id: int, product_id: int, quantity: int) -> None:
        """Set the quantity of a product in a cart; zero takes it out."""
        mine = (cls.customer == customer_id, cls.product == product_id)
        cls.delete().where(*mine).execute()
        if quantity > 0:
            cls.insert(customer=customer_id, product=product_id, quantity=quantity).execute()

    @classmethod
    def quantity_of(cls, customer_id: int, product_id: int) -> int:
        """Read how many units of a product are in a cart."""
        mine = cls.select(cls.quantity).where(cls.customer == customer_id, cls.product == product_id)
        return mine.scalar() or 0

    @classmethod
    def clear(cls, customer_id: int) -> None:
        """Empty a cart."""
        cls.delete().where(cls.customer == customer_id).execute()
