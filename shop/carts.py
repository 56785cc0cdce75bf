"""What a customer means to buy."""

from dataclasses import dataclass

from shop.catalog import Catalog, ProductCard
from shop.customers import Person
from shop.errors import BadQuantity, OutOfStock
from shop.money import Money
from storage.database import Database
from storage.models import CartItem

MAX_QUANTITY = 1_000
"""Units of one product in one order."""
MAX_LINES = 40
"""Products in one cart: what one screen can show."""


@dataclass(frozen=True, slots=True)
class Line:
    """A number of units of one product at its price of now."""

    product: ProductCard
    quantity: int

    @property
    def total(self) -> Money:
        """What the line costs."""
        return self.product.price * self.quantity


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart with its total."""

    lines: tuple[Line, ...]
    total: Money


class Carts:
    """Changes to carts, and what is in them."""

    def __init__(self, database: Database, catalog: Catalog, *, currency: str) -> None:
        self._database = database
        self._catalog = catalog
        self._currency = currency

    def of(self, person: Person) -> Cart:
        """Read a customer's cart at the prices of now."""
        lines = tuple(Line(self._catalog.card(row), quantity) for row, quantity in CartItem.of(person.id))
        return Cart(lines, sum((line.total for line in lines), Money(0, self._currency)))

    def add(self, person: Person, product_id: int, change: int) -> Cart:
        """Change the number of units of a product in the cart; nothing left takes it out.

        Raises:
            NotFound: no such product.
            OutOfStock: fewer are in stock.
            BadQuantity: more than one order takes.
        """
        product = self._catalog.product(product_id)
        with self._database.transaction():
            quantity = CartItem.quantity_of(person.id, product_id) + change
            if change > 0:
                check_quantity(product, quantity)
                self._check_room(person, product_id)
            CartItem.put(person.id, product_id, max(0, quantity))
        return self.of(person)

    def clear(self, person: Person) -> Cart:
        """Empty a cart."""
        with self._database.transaction():
            CartItem.clear(person.id)
        return self.of(person)

    @staticmethod
    def _check_room(person: Person, product_id: int) -> None:
        inside = [row.id for row, _ in CartItem.of(person.id)]
        if product_id not in inside and len(inside) >= MAX_LINES:
            raise BadQuantity(largest=MAX_LINES)


def check_quantity(product: ProductCard, quantity: int) -> None:
    """Refuse a number of units that cannot be bought.

    Raises:
        BadQuantity: not between one and what one order takes.
        OutOfStock: fewer are in stock.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise BadQuantity(largest=min(MAX_QUANTITY, max(product.stock_count, 1)))
    if quantity > product.stock_count:
        raise OutOfStock(
            product_id=product.id, product_name=product.name, wanted=quantity, available=product.stock_count
        )
