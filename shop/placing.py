"""An order: what an offer showed, held against what is true now, then taken whole or not at all."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from shop import ledger
from shop.catalog import Catalog, ProductCard
from shop.deliverables import deliverable_of
from shop.delivery import Delivery
from shop.discounts import Discount, Discounts, Priced
from shop.errors import InsufficientFunds, OfferChanged, OutOfStock
from shop.ledger import EntryKind
from shop.low_stock import LowStock
from shop.money import Money
from shop.orders import Orders
from storage.models import (
    CartItem,
    Customer,
    Offer,
    Order,
    OrderLine,
    Product,
    Reservation,
    ReservationTurn,
    WaitingOffer,
)

_log = logging.getLogger("souk.shop")


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A line as the offer froze it."""

    product_id: int
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class Held:
    """An offer that still holds: its lines, their products as they are now, and its coupon's discount."""

    lines: tuple[OfferedLine, ...]
    products: dict[int, ProductCard]
    discount: Discount | None


class Placing:
    """The rules of an order. All of it needs an open transaction, which a refusal has to roll back."""

    def __init__(
        self,
        catalog: Catalog,
        orders: Orders,
        delivery: Delivery,
        discounts: Discounts,
        low_stock: LowStock,
        *,
        clock: Callable[[], int],
        currency: str,
    ) -> None:
        self._low_stock = low_stock
        self._catalog = catalog
        self._orders = orders
        self._delivery = delivery
        self._discounts = discounts
        self._clock = clock
        self._currency = currency

    def held(self, offer: Offer) -> Held:
        """Hold an offer against prices, cart and coupon of now.

        Raises:
            OfferChanged: one of them is no longer what the customer was shown.
            CouponRefused: the coupon takes nothing off any more.
        """
        lines = lines_of(offer)
        products = self._still_true(offer, lines)
        return Held(lines, products, self._discount(offer, lines, products))

    def place(self, offer: Offer, *, by_itself: bool = False) -> Order:
        """Take money and goods of an offer, and queue what is to be told.

        Raises:
            OfferChanged, CouponRefused: as in `held`.
            InsufficientFunds: the balance is short.
            OutOfStock: somebody was faster.
        """
        held = self.held(offer)
        total = Money(offer.total_minor, self._currency)
        balance = Money(Customer.balance_of(offer.customer_id), self._currency)
        if balance < total:
            raise InsufficientFunds(balance=balance, price=total, offer_id=offer.id)
        order = self._taken(offer, held)
        ledger.post(offer.customer_id, -total, kind=EntryKind.PURCHASE, key=f"order:{order.id}", now=self._clock())
        if WaitingOffer.end(offer.customer_id, offer.id):
            ReservationTurn.forget(offer.customer_id)
        if offer.from_cart:
            CartItem.clear(offer.customer_id)
            WaitingOffer.end_of_cart(offer.customer_id)
        self._delivery.announce(self._orders.receipt(order), by_itself=by_itself)
        self._low_stock.sold(order.id, (line.product_id for line in held.lines))
        _log.info("order %d: %d lines, %d %s", order.id, len(held.lines), total.minor, total.currency)
        return order

    def _taken(self, offer: Offer, held: Held) -> Order:
        """Write an order with its lines, the use of its coupon, and what is handed over.

        What is kept for the customer himself is let go first, and what was kept long enough for anybody.
        """
        Reservation.forget_over(self._clock())
        Reservation.end(offer.customer_id, [line.product_id for line in held.lines])
        order = Order.create(
            customer=offer.customer_id,
            key=key_of(offer.id),
            total_minor=offer.total_minor,
            discount_minor=offer.discount_minor,
            created_at=self._clock(),
        )
        if held.discount is not None:
            self._discounts.use(offer.customer_id, held.discount, order.id)
        shares = held.discount.shares if held.discount else (0,) * len(held.lines)
        for line, share in zip(held.lines, shares, strict=True):
            self._take(order, line, held.products[line.product_id], share)
        return order

    def _discount(
        self, offer: Offer, lines: tuple[OfferedLine, ...], products: dict[int, ProductCard]
    ) -> Discount | None:
        """Work out what the offer's coupon takes off now; another sum than was shown is a change."""
        if offer.coupon_id is None:
            return None
        amounts = [
            Priced(line.product_id, products[line.product_id].category_id, line.quantity * line.unit_price_minor)
            for line in lines
        ]
        discount = self._discounts.again(offer.customer_id, offer.coupon_id, amounts)
        if discount.total.minor != offer.discount_minor:
            raise OfferChanged
        return discount

    def _still_true(self, offer: Offer, lines: tuple[OfferedLine, ...]) -> dict[int, ProductCard]:
        """Compare the offer with prices and cart of now."""
        rows = Product.in_sight([line.product_id for line in lines])
        products = {card.id: card for card in self._catalog.cards(rows, offer.customer_id)}
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
    def _take(order: Order, line: OfferedLine, product: ProductCard, discount_minor: int) -> None:
        order_line = OrderLine.create(
            order=order.id,
            product_id=product.id,
            product_name=product.name,
            unit_price_minor=line.unit_price_minor,
            quantity=line.quantity,
            deliverable=product.kind.value,
            discount_minor=discount_minor,
        )
        taken = deliverable_of(order_line).hand_over(order_line)
        if taken != line.quantity:
            raise OutOfStock(product_id=product.id, product_name=product.name, wanted=line.quantity, available=taken)


def key_of(offer_id: int) -> str:
    """Name the one order that an offer can become."""
    return f"offer:{offer_id}"


def lines_of(offer: Offer) -> tuple[OfferedLine, ...]:
    """Read the lines that an offer froze."""
    return tuple(OfferedLine(*line) for line in json.loads(offer.lines))
