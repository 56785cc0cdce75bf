"""Carts."""

from dataclasses import dataclass, replace

from shop.catalog.deliverables import MAX_QUANTITY
from shop.catalog.storefront import Catalog, ProductCard
from shop.context import Context
from shop.errors.refusals import NotFound
from shop.errors.sales import BadQuantity, CartFull, LimitReached, OutOfStock
from shop.money import Money
from shop.people import Person
from storage.models import CartItem, ChosenCoupon, WaitingOffer

MAX_LINES = 30
"""The most products in a cart: each takes three of the hundred buttons that Telegram allows on a screen."""


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one product at its current price."""

    product: ProductCard
    quantity: int

    @property
    def unit_price(self) -> Money:
        """The unit price at this quantity."""
        return self.product.price_of(self.quantity)

    @property
    def total(self) -> Money:
        """The price of the line."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart with its total. `stopped_waiting`: it will no longer be ordered when a top-up arrives.

    `coupon` is the code of the chosen coupon; the confirmation subtracts its discount.
    """

    lines: tuple[Line, ...]
    total: Money
    stopped_waiting: bool = False
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class Carts:
    """Reads and changes of carts. A changed cart no longer waits for a top-up (`shop.sales.waiting`)."""

    context: Context
    catalog: Catalog

    def of(self, person: Person) -> Cart:
        """Read a customer's cart at current prices, without products hidden since."""
        rows = CartItem.of(person.id)
        cards = self.catalog.cards([row for row, _ in rows], person.id)
        lines = tuple(Line(card, quantity) for card, (_, quantity) in zip(cards, rows, strict=True))
        chosen = ChosenCoupon.of(person.id)
        total = sum((line.total for line in lines), Money(0, self.context.currency))
        return Cart(lines, total, coupon=chosen.code if chosen else "")

    def line(self, person: Person, product_id: int) -> Line:
        """Read one line of a customer's cart.

        Raises:
            NotFound: the product is not in it.
        """
        for line in self.of(person).lines:
            if line.product.id == product_id:
                return line
        raise NotFound

    def add(self, person: Person, product_id: int, change: int) -> Cart:
        """Change the quantity of a product in the cart; at zero it is removed.

        Raises:
            NotFound: no such product.
            OutOfStock: fewer are in stock.
            LimitReached: more than one customer may buy.
            BadQuantity: more than an order may take.
            CartFull: it holds as many other products as it can.
        """
        product = self.catalog.product(product_id, person.id)
        with self.context.database.transaction():
            self._put(person, product, CartItem.quantity_of(person.id, product_id) + change, more=change > 0)
            stopped = WaitingOffer.end_of_cart(person.id)
        return self._changed(person, stopped)

    def set(self, person: Person, product_id: int, quantity: int) -> Cart:
        """Set the quantity of a product in the cart; zero removes it.

        Raises:
            NotFound: no such product.
            OutOfStock: fewer are in stock.
            LimitReached: more than one customer may buy.
            BadQuantity: more than an order may take, or below zero.
            CartFull: it holds as many other products as it can.
        """
        product = self.catalog.product(product_id, person.id)
        with self.context.database.transaction():
            self._put(person, product, quantity, more=quantity != 0)
            stopped = WaitingOffer.end_of_cart(person.id)
        return self._changed(person, stopped)

    def remove(self, person: Person, product_id: int) -> Cart:
        """Remove a product from the cart, even if it is hidden now."""
        with self.context.database.transaction():
            CartItem.put(person.id, product_id, 0)
            stopped = WaitingOffer.end_of_cart(person.id)
        return self._changed(person, stopped)

    def clear(self, person: Person) -> Cart:
        """Empty a cart."""
        with self.context.database.transaction():
            CartItem.clear(person.id)
            stopped = WaitingOffer.end_of_cart(person.id)
        return self._changed(person, stopped)

    def forget_coupon(self, person: Person) -> Cart:
        """Forget the coupon that a customer has chosen."""
        with self.context.database.transaction():
            ChosenCoupon.forget(person.id)
        return self.of(person)

    def _changed(self, person: Person, stopped: bool) -> Cart:
        return replace(self.of(person), stopped_waiting=stopped)

    @staticmethod
    def _put(person: Person, product: ProductCard, quantity: int, *, more: bool) -> None:
        if more:
            check_quantity(product, quantity)
            inside = CartItem.numbers_in(person.id)
            if product.id not in inside and len(inside) >= MAX_LINES:
                shown = [row.id for row, _ in CartItem.of(person.id)]
                if len(shown) >= MAX_LINES:
                    raise CartFull(largest=MAX_LINES)
                CartItem.keep_only(person.id, shown)  # hidden products, which the customer cannot remove, give way
        CartItem.put(person.id, product.id, max(0, quantity))


def check_quantity(product: ProductCard, quantity: int) -> None:
    """Refuse a quantity that cannot be bought.

    Raises:
        BadQuantity: below one, or more than an order may take.
        OutOfStock: fewer are in stock.
        LimitReached: more than one customer may buy.
    """
    most = max(min(MAX_QUANTITY, product.available), 1)
    if not 1 <= quantity <= MAX_QUANTITY or (quantity > most and not product.runs_out):
        raise BadQuantity(largest=most)
    if quantity > product.available:
        raise OutOfStock(
            product_id=product.id, product_name=product.name, wanted=quantity, available=product.available
        )
    check_limit(product, quantity)


def check_limit(product: ProductCard, quantity: int) -> None:
    """Refuse more than one customer may buy. Raises: LimitReached."""
    if product.allowance is not None and quantity > product.allowance:
        raise LimitReached(product_name=product.name, left=product.allowance)
