"""From what a customer was shown to what he paid for: an offer, then an order placed from it once or not at all."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from shop import ledger
from shop.carts import Carts, Line, check_quantity
from shop.catalog import Catalog, ProductCard
from shop.deliverables import deliverable_of
from shop.delivery import Delivery
from shop.errors import CartEmpty, InsufficientFunds, OfferChanged, OutOfStock, StaleScreen
from shop.ledger import EntryKind
from shop.money import Money
from shop.orders import Orders, Receipt
from shop.people import Person
from storage.database import Database
from storage.models import CartItem, Customer, Order, OrderLine, Product, WaitingOffer
from storage.models import Offer as OfferRow

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a confirmation screen shows, and all that a confirmation can take."""

    id: int
    lines: tuple[Line, ...]
    total: Money
    balance: Money

    @property
    def missing(self) -> Money:
        """What the balance lacks; zero or less when it is enough."""
        return self.total - self.balance


@dataclass(frozen=True, slots=True)
class _OfferedLine:
    """A line as the offer froze it."""

    product_id: int
    quantity: int
    unit_price_minor: int


class Checkout:
    """Offers and orders."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        carts: Carts,
        orders: Orders,
        delivery: Delivery,
        *,
        clock: Callable[[], int],
        currency: str,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._carts = carts
        self._orders = orders
        self._delivery = delivery
        self._clock = clock
        self._currency = currency

    def offer_cart(self, person: Person) -> Offer:
        """Freeze the customer's cart at the prices of now.

        Raises:
            CartEmpty: nothing is in it.
            OutOfStock: a line asks for more than there is.
        """
        lines = self._carts.of(person).lines
        if not lines:
            raise CartEmpty
        return self._offer(person, lines, from_cart=True)

    def offer_product(self, person: Person, product_id: int, quantity: int) -> Offer:
        """Freeze units of one product at the price of now.

        Raises:
            NotFound: no such product.
            BadQuantity: not a number of units that can be bought.
            OutOfStock: fewer are in stock.
        """
        return self._offer(person, (Line(self._catalog.product(product_id), quantity),), from_cart=False)

    def place(self, person: Person, offer_id: int) -> Receipt:
        """Take the money and the goods of an offer, in one transaction; a second call gives the same receipt.

        Raises:
            StaleScreen: not an offer that this customer was shown.
            OfferChanged: a price or the cart moved on since, or a product was hidden; nothing is taken.
            InsufficientFunds: the balance is short; nothing is taken.
            OutOfStock: somebody was faster; nothing is taken.
        """
        key = _key(offer_id)
        with self._database.transaction():
            offer = OfferRow.one_of(person.id, offer_id)
            if offer is None:
                raise StaleScreen
            order = Order.by_key(key) or self._place(offer, key)
            return self._orders.receipt(order)

    def place_waiting(self, customer_id: int, offer_id: int) -> None:
        """Place the offer that waits for a customer's money, if it still does: as `place`, and a letter says so.

        Raises:
            OfferChanged, InsufficientFunds, OutOfStock: as in `place`; nothing is taken.
        """
        with self._database.transaction():
            waiting = WaitingOffer.of(customer_id, self._clock())
            if waiting is not None and waiting.offer_id == offer_id:
                self._place(waiting.offer, _key(offer_id), by_itself=True)

    def missing(self, person: Person, offer_id: int) -> Money:
        """Say what the balance lacks for an offer that could be placed otherwise. Needs an open transaction.

        Raises:
            StaleScreen: not an offer that this customer was shown, or bought already.
            OfferChanged: as in `place`.
            OutOfStock, BadQuantity: fewer are in stock.
        """
        offer = OfferRow.one_of(person.id, offer_id)
        if offer is None or Order.by_key(_key(offer_id)) is not None:
            raise StaleScreen
        lines = _lines(offer)
        products = self._still_true(offer, lines)
        for line in lines:
            check_quantity(products[line.product_id], line.quantity)
        return Money(offer.total_minor - Customer.balance_of(person.id), self._currency)

    def _offer(self, person: Person, lines: tuple[Line, ...], *, from_cart: bool) -> Offer:
        for line in lines:
            check_quantity(line.product, line.quantity)
        total = sum((line.total for line in lines), Money(0, self._currency))
        with self._database.transaction():
            offer_id = OfferRow.insert(
                customer=person.id,
                lines=json.dumps([(line.product.id, line.quantity, line.unit_price.minor) for line in lines]),
                total_minor=total.minor,
                from_cart=from_cart,
                created_at=self._clock(),
            ).execute()
        return Offer(offer_id, lines, total, Money(Customer.balance_of(person.id), self._currency))

    def _place(self, offer: OfferRow, key: str, *, by_itself: bool = False) -> Order:
        customer_id, lines = offer.customer_id, _lines(offer)
        products = self._still_true(offer, lines)
        total = Money(offer.total_minor, self._currency)
        balance = Money(Customer.balance_of(customer_id), self._currency)
        if balance < total:
            raise InsufficientFunds(balance=balance, price=total, offer_id=offer.id)
        order = Order.create(customer=customer_id, key=key, total_minor=total.minor, created_at=self._clock())
        for line in lines:
            self._take(order, line, products[line.product_id])
        ledger.post(customer_id, -total, kind=EntryKind.PURCHASE, key=f"order:{order.id}", now=self._clock())
        WaitingOffer.end(customer_id, offer.id)
        if offer.from_cart:
            CartItem.clear(customer_id)
            WaitingOffer.end_of_cart(customer_id)
        self._delivery.announce(self._orders.receipt(order), by_itself=by_itself)
        _log.info("order %d: %d lines, %d %s", order.id, len(lines), total.minor, total.currency)
        return order

    def _still_true(self, offer: OfferRow, lines: list[_OfferedLine]) -> dict[int, ProductCard]:
        """Compare the offer with prices and cart of now."""
        rows = Product.in_sight([line.product_id for line in lines])
        products = {card.id: card for card in self._catalog.cards(rows)}
        for line in lines:
            product = products.get(line.product_id)
            if product is None or product.price_of(line.quantity).minor != line.unit_price_minor:
                raise OfferChanged
        offered = {(line.product_id, line.quantity) for line in lines}
        cart = CartItem.of(offer.customer_id) if offer.from_cart else []
        if offer.from_cart and offered != {(product.id, quantity) for product, quantity in cart}:
            raise OfferChanged
        return products

    @staticmethod
    def _take(order: Order, line: _OfferedLine, product: ProductCard) -> None:
        order_line = OrderLine.create(
            order=order.id,
            product_id=product.id,
            product_name=product.name,
            unit_price_minor=line.unit_price_minor,
            quantity=line.quantity,
            deliverable=product.kind.value,
        )
        taken = deliverable_of(order_line).hand_over(order_line)
        if taken != line.quantity:
            raise OutOfStock(product_id=product.id, product_name=product.name, wanted=line.quantity, available=taken)


def _key(offer_id: int) -> str:
    """Name the one order that an offer can become."""
    return f"offer:{offer_id}"


def _lines(offer: OfferRow) -> list[_OfferedLine]:
    return [_OfferedLine(*line) for line in json.loads(offer.lines)]
