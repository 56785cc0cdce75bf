"""Checkout: offers that a confirmation screen shows, and the orders that they become.

Orders are placed in one transaction: every check happens under the writers' lock, and the database checks again."""

import logging
from dataclasses import dataclass, replace

from shop import ledger
from shop.catalog.deliverables import DeliverableKind, deliverable_of
from shop.catalog.stock import LowStock
from shop.catalog.storefront import Catalog, ProductCard
from shop.context import Context
from shop.errors.refusals import StaleScreen, TextTooLong
from shop.errors.sales import (
    BalanceBelowZero,
    CartEmpty,
    CouponRefused,
    InsufficientFunds,
    OfferChanged,
    OutOfStock,
    StarsDoNotPay,
)
from shop.ledger import EntryKind
from shop.money import Money
from shop.people import Person
from shop.sales.carts import Carts, Line, check_limit, check_quantity
from shop.sales.coupons import Discount, Discounts, Priced
from shop.sales.delivery import Delivery
from shop.sales.offered_lines import OfferedLine, frozen, lines_of
from shop.sales.orders import Orders, Receipt
from shop.sales.tolerance import let_pass, may_be_missing
from shop.terms.consents import Consents
from storage.models import (
    CartItem,
    ChosenCoupon,
    Customer,
    Order,
    OrderLine,
    Product,
    Reservation,
    ReservationTurn,
    StarPayment,
    WaitingOffer,
)
from storage.models import Offer as OfferRow

_log = logging.getLogger("souk.shop")

MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Held:
    """An offer that is still valid: its lines, the products as they are now, and the coupon's discount."""

    lines: tuple[OfferedLine, ...]
    products: dict[int, ProductCard]
    discount: Discount | None


@dataclass(frozen=True, slots=True)
class Offer:
    """The order that a confirmation screen shows, and the most that confirming it takes.

    `total` is to be paid, after the `discount` of the coupon `code`. `refused` says why the chosen coupon does not
    apply. `stopped_waiting`: the offer that this one replaces no longer waits for a top-up. `consent`: the version
    of the text that has to be agreed to first. `note` is for the admin who makes the goods. `spendable` is the part
    of the balance that can pay for it: goods that take no Stars are not paid for with what came from Stars.
    """

    id: int
    lines: tuple[Line, ...]
    total: Money
    balance: Money
    spendable: Money
    discount: Money
    code: str = ""
    refused: CouponRefused | None = None
    stopped_waiting: bool = False
    consent: str = ""
    note: str = ""

    @property
    def is_made(self) -> bool:
        """Return whether anything of it is made to order: then the customer can add a note."""
        return any(line.product.kind is DeliverableKind.MADE_TO_ORDER for line in self.lines)

    @property
    def missing(self) -> Money:
        """How much a top-up has to bring; zero or less if the balance is enough."""
        return self.total - self.spendable


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How much the balance is short for an offer (zero or less: it is enough)."""

    missing: Money
    offer: OfferRow


@dataclass(frozen=True, slots=True)
class Checkout:
    """From the cart to an offer, and from the offer to an order."""

    context: Context
    catalog: Catalog
    carts: Carts
    orders: Orders
    delivery: Delivery
    discounts: Discounts
    low_stock: LowStock
    consents: Consents

    def offer_cart(self, person: Person, *, code: str = "") -> Offer:
        """Offer the customer's cart at current prices, less the discount of a typed code or the chosen coupon.

        Raises:
            CartEmpty: it has no lines.
            OutOfStock: a line asks for more than there is.
            LimitReached: more than one customer may buy.
            CouponRefused: the typed code does not apply.
        """
        lines = self.carts.of(person).lines
        if not lines:
            raise CartEmpty
        return self._offer(person, lines, from_cart=True, code=code)

    def offer_product(self, person: Person, product_id: int, quantity: int, *, code: str = "") -> Offer:
        """Offer items of one product at the current price, less the discount of a typed code or the chosen coupon.

        Raises:
            NotFound: no such product.
            BadQuantity: not a quantity that can be bought.
            OutOfStock: fewer are in stock.
            LimitReached: more than one customer may buy.
            CouponRefused: the typed code does not apply.
        """
        line = Line(self.catalog.product(product_id, person.id), quantity)
        return self._offer(person, (line,), from_cart=False, code=code)

    def with_coupon(self, person: Person, offer_id: int, code: str) -> Offer:
        """Offer the same with a typed code's discount; the old offer no longer waits for a top-up.

        Raises:
            StaleScreen: this customer was not shown the offer, or has bought it.
            CouponRefused: the code does not apply.
            CartEmpty, NotFound, OutOfStock: as in `offer_cart` and `offer_product`.
        """
        return self._anew(person, self._open_offer(person, offer_id), code=code)

    def without_coupon(self, person: Person, offer_id: int) -> Offer:
        """Offer the same at full price, and drop the customer's chosen coupon.

        Raises:
            StaleScreen, CartEmpty, NotFound, OutOfStock: as in `with_coupon`.
        """
        offer = self._open_offer(person, offer_id)
        with self.context.database.transaction():
            ChosenCoupon.forget(person.id)
        return self._anew(person, offer)

    def check_note(self, person: Person, offer_id: int) -> None:
        """Refuse a note on an offer that is not open any more; raises `StaleScreen` as `with_coupon` does."""
        self._open_offer(person, offer_id)

    def with_note(self, person: Person, offer_id: int, note: str) -> Offer:
        """Offer the same with a note for the admin who makes the goods; `-` removes it.

        Raises:
            TextTooLong: the note is too long.
            StaleScreen, CartEmpty, NotFound, OutOfStock: as in `with_coupon`.
        """
        text = " ".join(note.split())
        if len(text) > MAX_NOTE:
            raise TextTooLong(MAX_NOTE)
        offer = self._open_offer(person, offer_id)
        offer.note = "" if text == "-" else text
        return self._anew(person, offer)

    def place(self, person: Person, offer_id: int) -> Receipt:
        """Place an offer as an order, in one transaction; a second call returns the same receipt.

        Raises:
            StaleScreen: this customer was not shown the offer.
            ConsentNeeded: they have not yet agreed to what they must; nothing is taken.
            OfferChanged: a price, a name, a description or the cart changed since, or a product was hidden; nothing
                is taken.
            InsufficientFunds: the balance is too low; nothing is taken.
            OutOfStock: another customer was faster; nothing is taken.
            LimitReached: more than one customer may buy; nothing is taken.
            CouponRefused: the coupon no longer applies; nothing is taken.
        """
        key = _key_of(offer_id)
        with self.context.database.transaction():
            offer = OfferRow.one_of(person.id, offer_id)
            if offer is None:
                raise StaleScreen
            order = Order.by_key(key)
            if order is None:
                self.consents.require(person.id, offer_id)
                order = self._place(offer)
            return self.orders.receipt(order)

    def place_waiting(self, customer_id: int, offer_id: int) -> None:
        """Place an offer that waits for a top-up, if it still does, as `place` does, with a letter about it.

        If a payment has arrived since it started to wait, up to PAYMENT_TOLERANCE may be missing. A description may
        have changed.

        Raises:
            OfferChanged, InsufficientFunds, OutOfStock, LimitReached, CouponRefused: as in `place`; nothing is taken.
        """
        with self.context.database.transaction():
            waiting = WaitingOffer.of(customer_id, self.context.clock())
            if waiting is not None and waiting.offer_id == offer_id:
                self._place(waiting.offer, automatic=True, tolerated=may_be_missing(self.context, waiting))

    def shortfall(self, person: Person, offer_id: int) -> Shortfall:
        """Return how much the balance is short, for an otherwise valid offer. Needs an open transaction.

        Raises:
            StaleScreen: this customer was not shown the offer, or has bought it.
            ConsentNeeded, OfferChanged, CouponRefused, LimitReached: as in `place`.
            OutOfStock, BadQuantity: fewer are in stock.
        """
        offer = self._open_offer(person, offer_id)
        self.consents.require(person.id, offer_id)
        held = self._held(offer)
        for line in held.lines:
            check_quantity(held.products[line.product_id], line.quantity)
        return Shortfall(
            Money(offer.total_minor, self.context.currency) - self._spendable(person.id, offer.product_ids), offer
        )

    @staticmethod
    def units_of(offer: OfferRow) -> dict[int, int]:
        """Count the items of an offer whose products can run out."""
        quantities = {line.product_id: line.quantity for line in lines_of(offer.lines)}
        rows = Product.with_ids([*quantities])
        return {row.id: quantities[row.id] for row in rows if deliverable_of(row).runs_out}

    @staticmethod
    def _open_offer(person: Person, offer_id: int) -> OfferRow:
        """Find an offer that this customer was shown and has not bought yet."""
        offer = OfferRow.one_of(person.id, offer_id)
        if offer is None or Order.by_key(_key_of(offer_id)) is not None:
            raise StaleScreen
        return offer

    def _anew(self, person: Person, old: OfferRow, *, code: str = "") -> Offer:
        if old.from_cart:
            offer = self.offer_cart(person, code=code)
        else:
            [line] = lines_of(old.lines)
            offer = self.offer_product(person, line.product_id, line.quantity, code=code)
        with self.context.database.transaction():
            stopped = WaitingOffer.end_of_cart(person.id) if old.from_cart else WaitingOffer.end(person.id, old.id)
            OfferRow.annotate(offer.id, old.note)
        return replace(offer, stopped_waiting=stopped, note=old.note)

    def _offer(self, person: Person, lines: tuple[Line, ...], *, from_cart: bool, code: str) -> Offer:
        for line in lines:
            check_quantity(line.product, line.quantity)
        total = sum((line.total for line in lines), Money(0, self.context.currency))
        priced = [Priced(line.product.id, line.product.category_id, line.total.minor) for line in lines]
        with self.context.database.transaction():
            chosen = (
                self.discounts.choose(person.id, code, priced) if code else self.discounts.chosen(person.id, priced)
            )
            discount = chosen if isinstance(chosen, Discount) else None
            taken = discount.total if discount else Money(0, self.context.currency)
            offer_id = OfferRow.add_row(
                customer=person.id,
                lines=frozen(lines),
                total_minor=(total - taken).minor,
                from_cart=from_cart,
                created_at=self.context.clock(),
                discount_minor=taken.minor,
                coupon_id=discount.coupon_id if discount else None,
            )
        return Offer(
            id=offer_id,
            lines=lines,
            total=total - taken,
            balance=Money(Customer.balance_of(person.id), self.context.currency),
            spendable=self._spendable(person.id, [line.product.id for line in lines]),
            discount=taken,
            code=discount.code if discount else "",
            refused=chosen if isinstance(chosen, CouponRefused) else None,
            consent=self.consents.asked(person.id, offer_id),
        )

    def _held(self, offer: OfferRow, *, automatic: bool = False) -> Held:
        """Check an offer against current products, cart and coupon.

        Raises:
            OfferChanged: one of them changed since the customer saw it.
            LimitReached: the customer may buy no more of a product.
            CouponRefused: the coupon no longer applies.
        """
        lines = lines_of(offer.lines)
        products = self._still_true(offer, lines, automatic=automatic)
        return Held(lines, products, self._discount(offer, lines, products))

    def _place(self, offer: OfferRow, *, automatic: bool = False, tolerated: Money | None = None) -> Order:
        """Take money and goods, and queue the letters. Needs an open transaction.

        A refusal must roll the transaction back. `tolerated`: what may be missing of the total.

        Raises:
            OfferChanged, CouponRefused, LimitReached: as in `_held`.
            InsufficientFunds: the balance is too low.
            OutOfStock: another customer was faster.
        """
        held = self._held(offer, automatic=automatic)
        total = Money(offer.total_minor, self.context.currency)
        missing, now = self._missing(offer, total, tolerated), self.context.clock()
        order = self._taken(offer, held)
        if missing.minor > 0:
            let_pass(offer.customer_id, order.id, missing, now=now)
        ledger.post(offer.customer_id, -total, kind=EntryKind.PURCHASE, key=f"order:{order.id}", now=now)
        if WaitingOffer.end(offer.customer_id, offer.id):
            ReservationTurn.forget(offer.customer_id)
        if offer.from_cart:
            CartItem.clear(offer.customer_id)
            WaitingOffer.end_of_cart(offer.customer_id)
        self.delivery.announce(self.orders.receipt(order), automatic=automatic)
        self.low_stock.sold(order.id, (line.product_id for line in held.lines))
        _log.info("order %d: %d lines, %d %s", order.id, len(held.lines), total.minor, total.currency)
        return order

    def _spendable(self, customer_id: int, product_ids: list[int]) -> Money:
        return Money(StarPayment.spendable(customer_id, product_ids), self.context.currency)

    def _missing(self, offer: OfferRow, total: Money, tolerated: Money | None) -> Money:
        """Return the missing amount to waive; nothing is waived if the balance holds Stars that cannot pay for this.

        Raises:
            InsufficientFunds: more than `tolerated` is missing, or it is the wrong kind of money.
        """
        balance = Money(Customer.balance_of(offer.customer_id), self.context.currency)
        spendable = self._spendable(offer.customer_id, offer.product_ids)
        most = tolerated.minor if tolerated and spendable == balance else 0
        if total.minor - spendable.minor <= most:
            return total - spendable
        kind = InsufficientFunds
        if balance.minor < 0:
            kind = BalanceBelowZero
        elif spendable != balance:
            kind = StarsDoNotPay
        raise kind(balance=spendable, price=total, offer_id=offer.id)

    def _taken(self, offer: OfferRow, held: Held) -> Order:
        """Store an order with its lines, its use of the coupon, and the delivered goods.

        The customer's own reservation ends first, and so do expired ones. Those of customers whose payment is not
        seen give way.
        """
        Reservation.forget_over(self.context.clock())
        Reservation.end(offer.customer_id, [line.product_id for line in held.lines])
        for line in held.lines:
            if held.products[line.product_id].runs_out:
                Reservation.give_way(line.product_id, line.quantity)
        order = Order.create(
            customer=offer.customer_id,
            key=_key_of(offer.id),
            total_minor=offer.total_minor,
            discount_minor=offer.discount_minor,
            created_at=self.context.clock(),
            note=offer.note
            if any(each.kind is DeliverableKind.MADE_TO_ORDER for each in held.products.values())
            else "",
            bot_id=Customer.bot_of(offer.customer_id),
        )
        if held.discount is not None:
            self.discounts.use(offer.customer_id, held.discount, order.id)
        shares = held.discount.shares if held.discount else (0,) * len(held.lines)
        for line, share in zip(held.lines, shares, strict=True):
            self._take(order, line, held.products[line.product_id], share)
        return order

    def _discount(
        self, offer: OfferRow, lines: tuple[OfferedLine, ...], products: dict[int, ProductCard]
    ) -> Discount | None:
        """Compute the coupon's discount now; if it differs from what was shown, the offer changed."""
        if offer.coupon_id is None:
            return None
        amounts = [
            Priced(line.product_id, products[line.product_id].category_id, line.quantity * line.unit_price_minor)
            for line in lines
        ]
        discount = self.discounts.again(offer.customer_id, offer.coupon_id, amounts)
        if discount.total.minor != offer.discount_minor:
            raise OfferChanged
        return discount

    def _still_true(
        self, offer: OfferRow, lines: tuple[OfferedLine, ...], *, automatic: bool
    ) -> dict[int, ProductCard]:
        """Compare the offer with the products as they are now, and the cart."""
        rows = Product.in_sight([line.product_id for line in lines])
        products = {card.id: card for card in self.catalog.cards(rows, offer.customer_id)}
        for line in lines:
            product = products.get(line.product_id)
            if product is None or not line.still_describes(product, automatic=automatic):
                raise OfferChanged
            check_limit(product, line.quantity)
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


def _key_of(offer_id: int) -> str:
    """Return the unique key of the order that an offer becomes."""
    return f"offer:{offer_id}"
