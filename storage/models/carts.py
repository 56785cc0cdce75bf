"""What customers mean to buy."""

from peewee import ForeignKeyField, IntegerField

from storage.models.base import Base
from storage.models.catalog import Product
from storage.models.customers import Customer


class CartItem(Base):
    """How many units of a product a customer means to buy."""

    customer = ForeignKeyField(Customer)
    product = ForeignKeyField(Product)
    quantity = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def of(cls, customer_id: int) -> list[tuple[Product, int]]:
        """List a customer's cart with its products, in the order of their names; what is hidden is left out."""
        rows = (
            cls.select(cls, Product)
            .join(Product)
            .where(cls.customer == customer_id, *Product._seen())
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
