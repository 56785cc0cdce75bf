"""From what a customer was shown to what he paid for: an offer, then an order placed from it once or not at all."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from shop.carts import Carts, Line, check_quantity
from shop.catalog import Catalog
from shop.discounts import Discount, Discounts, Priced
from shop.errors import CartEmpty, CouponRefused, StaleScreen
from shop.money import Money
from shop.orders import Orders, Receipt
from shop.people import Person
from shop.placing import Placing, key_of, lines_of
from storage.database import Database
from storage.models import ChosenCoupon, Customer, Order, WaitingOffer
from storage.models import Offer as OfferRow


@dataclass(frozen=True, slots=True)
class Offer:
    """What a confirmation screen shows, and all that a confirmation can take.

    `total` is to be paid, `discount` taken off by the coupon `code`. `refused` says why the coupon that the customer
    has chosen takes nothing off. `stopped_waiting`: what this offer replaces no longer waits for a top-up.
    """

    id: int
    lines: tuple[Line, ...]
    total: Money
    balance: Money
    discount: Money
    code: str = ""
    refused: CouponRefused | None = None
    stopped_waiting: bool = False

    @property
    def missing(self) -> Money:
        """What the balance lacks; zero or less when it is enough."""
        return self.total - self.balance


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a balance lacks for an offer, zero or less when it is enough, and the units of it that can run out."""

    missing: Money
    units: dict[int, int]


class Checkout:
    """Offers and orders."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        carts: Carts,
        orders: Orders,
        placing: Placing,
        *,
        discounts: Discounts,
        clock: Callable[[], int],
        currency: str,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._carts = carts
        self._orders = orders
        self._placing = placing
        self._discounts = discounts
        self._clock = clock
        self._currency = currency

    def offer_cart(self, person: Person, *, code: str = "") -> Offer:
        """Freeze the customer's cart at the prices of now, less what a typed code or the chosen coupon takes off.

        Raises:
            CartEmpty: nothing is in it.
            OutOfStock: a line asks for more than there is.
            CouponRefused: the typed code takes nothing off.
        """
        lines = self._carts.of(person).lines
        if not lines:
            raise CartEmpty
        return self._offer(person, lines, from_cart=True, code=code)

    def offer_product(self, person: Person, product_id: int, quantity: int, *, code: str = "") -> Offer:
        """Freeze units of one product at the price of now, less what a typed code or the chosen coupon takes off.

        Raises:
            NotFound: no such product.
            BadQuantity: not a number of units that can be bought.
            OutOfStock: fewer are in stock.
            CouponRefused: the typed code takes nothing off.
        """
        line = Line(self._catalog.product(product_id, person.id), quantity)
        return self._offer(person, (line,), from_cart=False, code=code)

    def with_coupon(self, person: Person, offer_id: int, code: str) -> Offer:
        """Offer the same again with the discount of a typed code; what waited for a top-up waits no more.

        Raises:
            StaleScreen: not an offer that this customer was shown, or bought already.
            CouponRefused: the code takes nothing off.
            CartEmpty, NotFound, OutOfStock: as in `offer_cart` and `offer_product`.
        """
        return self._anew(person, self._open_offer(person, offer_id), code=code)

    def without_coupon(self, person: Person, offer_id: int) -> Offer:
        """Offer the same again at its full price, and forget the coupon that the customer has chosen.

        Raises:
            StaleScreen, CartEmpty, NotFound, OutOfStock: as in `with_coupon`.
        """
        offer = self._open_offer(person, offer_id)
        with self._database.transaction():
            ChosenCoupon.forget(person.id)
        return self._anew(person, offer)

    def place(self, person: Person, offer_id: int) -> Receipt:
        """Take the money and the goods of an offer, in one transaction; a second call gives the same receipt.

        Raises:
            StaleScreen: not an offer that this customer was shown.
            OfferChanged: a price or the cart moved on since, or a product was hidden; nothing is taken.
            InsufficientFunds: the balance is short; nothing is taken.
            OutOfStock: somebody was faster; nothing is taken.
            CouponRefused: the coupon no longer holds; nothing is taken.
        """
        key = key_of(offer_id)
        with self._database.transaction():
            offer = OfferRow.one_of(person.id, offer_id)
            if offer is None:
                raise StaleScreen
            order = Order.by_key(key) or self._placing.place(offer)
            return self._orders.receipt(order)

    def place_waiting(self, customer_id: int, offer_id: int) -> None:
        """Place the offer that waits for a customer's money, if it still does: as `place`, and a letter says so.

        Raises:
            OfferChanged, InsufficientFunds, OutOfStock, CouponRefused: as in `place`; nothing is taken.
        """
        with self._database.transaction():
            waiting = WaitingOffer.of(customer_id, self._clock())
            if waiting is not None and waiting.offer_id == offer_id:
                self._placing.place(waiting.offer, by_itself=True)

    def shortfall(self, person: Person, offer_id: int) -> Shortfall:
        """Say what the balance lacks for an offer that could be placed otherwise. Needs an open transaction.

        Raises:
            StaleScreen: not an offer that this customer was shown, or bought already.
            OfferChanged, CouponRefused: as in `place`.
            OutOfStock, BadQuantity: fewer are in stock.
        """
        offer = self._open_offer(person, offer_id)
        held = self._placing.held(offer)
        for line in held.lines:
            check_quantity(held.products[line.product_id], line.quantity)
        units = {line.product_id: line.quantity for line in held.lines if held.products[line.product_id].runs_out}
        return Shortfall(Money(offer.total_minor - Customer.balance_of(person.id), self._currency), units)

    @staticmethod
    def _open_offer(person: Person, offer_id: int) -> OfferRow:
        """Find an offer that this customer was shown and has not bought."""
        offer = OfferRow.one_of(person.id, offer_id)
        if offer is None or Order.by_key(key_of(offer_id)) is not None:
            raise StaleScreen
        return offer

    def _anew(self, person: Person, old: OfferRow, *, code: str = "") -> Offer:
        if old.from_cart:
            offer = self.offer_cart(person, code=code)
        else:
            [line] = lines_of(old)
            offer = self.offer_product(person, line.product_id, line.quantity, code=code)
        with self._database.transaction():
            stopped = WaitingOffer.end_of_cart(person.id) if old.from_cart else WaitingOffer.end(person.id, old.id)
        return replace(offer, stopped_waiting=stopped)

    def _offer(self, person: Person, lines: tuple[Line, ...], *, from_cart: bool, code: str) -> Offer:
        for line in lines:
            check_quantity(line.product, line.quantity)
        total = sum((line.total for line in lines), Money(0, self._currency))
        priced = [Priced(line.product.id, line.product.category_id, line.total.minor) for line in lines]
        with self._database.transaction():
            chosen = (
                self._discounts.choose(person.id, code, priced) if code else self._discounts.chosen(person.id, priced)
            )
            discount = chosen if isinstance(chosen, Discount) else None
            taken = discount.total if discount else Money(0, self._currency)
            offer_id = OfferRow.insert(
                customer=person.id,
                lines=json.dumps([(line.product.id, line.quantity, line.unit_price.minor) for line in lines]),
                total_minor=(total - taken).minor,
                from_cart=from_cart,
                created_at=self._clock(),
                discount_minor=taken.minor,
                coupon_id=discount.coupon_id if discount else None,
            ).execute()
        return Offer(
            id=offer_id,
            lines=lines,
            total=total - taken,
            balance=Money(Customer.balance_of(person.id), self._currency),
            discount=taken,
            code=discount.code if discount else "",
            refused=chosen if isinstance(chosen, CouponRefused) else None,
        )
