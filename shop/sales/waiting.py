"""Offers that wait for a top-up, and the stock reserved for them."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.catalog.stock import Restocks
from shop.context import Context
from shop.errors.refusals import Refusal
from shop.errors.sales import CouponRefused, InsufficientFunds, LimitReached, OfferChanged, OutOfStock
from shop.ledger import EntryKind
from shop.money import Money
from shop.outbox import Event
from shop.payments.valuation import Incoming
from shop.people import Person
from shop.sales.checkout import Checkout
from storage.models import (
    Customer,
    LedgerEntry,
    Offer,
    Product,
    ReleasedStock,
    Reservation,
    ReservationTurn,
    ReservedStock,
    StarPayment,
    WaitingOffer,
)

MOST_UNITS = 20
"""The most items reserved for a payment that is in no block yet; nothing is reserved for a larger order."""
PAUSE_TURNS = 3
"""The length of the pause after a turn, in turns."""
WAITS_S = 86_400


@dataclass(frozen=True, slots=True)
class ReservedGoods:
    """The products and quantities reserved for a customer until a time (Unix seconds).

    Until their payment is seen (`paid`), it gives way to customers who can pay now.
    """

    until: int
    paid: bool
    goods: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Reservations:
    """Stock reserved for customers who are topping up.

    Customers who have paid nothing cannot keep goods from anyone who can pay now. For customers who have deposited as
    much before as an offer costs, its items are reserved for a turn, with a pause between turns, from others who
    cannot pay either. Once payments that cover the offer are seen, its items are reserved from everyone else: for a
    turn and, once the payments are in a block, for as long as the offer waits.
    """

    context: Context
    restocks: Restocks

    @property
    def turn_s(self) -> int:
        """How long a turn lasts, in seconds; 0 switches reservations off."""
        return self.context.settings.reservation_minutes * 60

    def keep(self, customer_id: int, offer: Offer) -> None:
        """Reserve items for an offer that starts to wait, if it is its customer's turn. Needs an open transaction."""
        ends_at = self._turn_of(customer_id)
        paid_in = LedgerEntry.total_of(customer_id, EntryKind.DEPOSIT.value)
        if ends_at is not None and paid_in >= offer.total_minor and _units(offer) <= MOST_UNITS:
            self._reserve(customer_id, offer, ends_at=ends_at)

    def payments_changed(self, customer_id: int, coming: Incoming) -> None:
        """Secure the goods of a customer's waiting offer once their payments are seen. Needs an open transaction.

        If the payments vanish, the goods are free again.
        """
        now = self.context.clock()
        waiting = WaitingOffer.of(customer_id, now)
        if waiting is None or not self.turn_s:
            return
        Reservation.forget_over(now)
        kept = Reservation.of(customer_id, now)
        total = Money(waiting.offer.total_minor, self.context.currency)
        spendable = StarPayment.spendable(customer_id, waiting.offer.product_ids)
        missing = total.minor - spendable - self.context.settings.payment_tolerance.of(total).minor
        secured = kept is not None and kept.paid_at is not None
        if coming.mined.minor >= missing:
            self._secure(customer_id, waiting.offer, is_kept=kept is not None, until=waiting.expires_at)
        elif coming.seen.minor < missing:
            if secured:
                Reservation.drop(customer_id)
        elif not secured and self._turn_of(customer_id) is not None and _units(waiting.offer) <= MOST_UNITS:
            self._secure(customer_id, waiting.offer, is_kept=kept is not None, until=now + self.turn_s)

    def kept(self, customer_id: int) -> ReservedGoods | None:
        """Read a customer's reservation; None if there is none."""
        kept = Reservation.of(customer_id, self.context.clock())
        if kept is None:
            return None
        return ReservedGoods(kept.expires_at, kept.paid_at is not None, tuple(ReservedStock.of(customer_id)))

    def settle(self) -> None:
        """End expired reservations, and notify customers who asked for the items that are free again."""
        if Reservation.any_over(self.context.clock()) or ReleasedStock.any():
            with self.context.database.transaction():
                Reservation.forget_over(self.context.clock())
                self.announce()

    def announce(self) -> None:
        """Notify customers who asked for the items that are free again. Needs an open transaction."""
        for product_id, units in ReleasedStock.take():
            self.restocks.arrived(product_id, min(units, Product.free(product_id)))

    def _secure(self, customer_id: int, offer: Offer, *, is_kept: bool, until: int) -> None:
        """Stop reserved items from giving way. If none are reserved, reserve them if available."""
        if is_kept:
            Reservation.secure(customer_id, now=self.context.clock(), expires_at=until)
            return
        for product_id, quantity in Checkout.units_of(offer).items():
            Reservation.give_way(product_id, quantity)
        self._reserve(customer_id, offer, ends_at=until, paid_at=self.context.clock())

    def _reserve(self, customer_id: int, offer: Offer, *, ends_at: int, paid_at: int | None = None) -> None:
        units = Checkout.units_of(offer)
        if units and all(Product.free(product_id) >= quantity for product_id, quantity in units.items()):
            now = self.context.clock()
            ReservationTurn.begin(customer_id, ends_at=min(ends_at, now + self.turn_s))
            Reservation.keep(customer_id, units, now=now, expires_at=ends_at, paid_at=paid_at)

    def _turn_of(self, customer_id: int) -> int | None:
        """Return when the customer's current or new turn ends; None during the pause."""
        now, last = self.context.clock(), ReservationTurn.end_of(customer_id)
        if not self.turn_s:
            return None
        if last is None or now >= last + PAUSE_TURNS * self.turn_s:
            return now + self.turn_s
        return min(last, now + self.turn_s) if now < last else None


@dataclass(frozen=True, slots=True)
class WaitingOffers:
    """Offers that become orders automatically once the balance is enough."""

    context: Context
    checkout: Checkout
    reservations: Reservations
    coming: Callable[[int], Incoming]
    """Returns the total on its way to a customer."""

    def wait(self, person: Person, offer_id: int) -> Money:
        """Make an offer wait for a top-up, replacing an earlier one; return the missing amount.

        Its stock may be reserved (see `Reservations`), also on account of payments seen before. If nothing is missing
        (zero or less), nothing waits, because the offer can be confirmed.

        Raises:
            StaleScreen: this customer was not shown the offer, or has bought it.
            ConsentNeeded: they have not yet agreed to what they must.
            OfferChanged, OutOfStock, LimitReached, BadQuantity, CouponRefused: it could not be placed now.
        """
        now = self.context.clock()
        with self.context.database.transaction():
            short = self.checkout.shortfall(person, offer_id)
            if short.missing.minor > 0:
                Reservation.forget_over(now)
                WaitingOffer.keep(person.id, offer_id, now=now, expires_at=now + WAITS_S)
                self.reservations.keep(person.id, short.offer)
                self.reservations.payments_changed(person.id, self.coming(person.id))
        return short.missing

    def total_of(self, person: Person) -> Money | None:
        """Return the total of the customer's waiting offer; None without one."""
        waiting = WaitingOffer.of(person.id, self.context.clock())
        return None if waiting is None else Money(waiting.offer.total_minor, self.context.currency)

    def kept(self, person: Person) -> ReservedGoods | None:
        """Read its reservation; None if there is none."""
        return self.reservations.kept(person.id)

    @property
    def keeps(self) -> bool:
        """Return whether stock is reserved once a payment is seen."""
        return self.reservations.turn_s > 0

    def stop(self, person: Person) -> bool:
        """Stop waiting; return whether an offer waited."""
        with self.context.database.transaction():
            stopped = WaitingOffer.end(person.id)
            self.reservations.announce()
        return stopped

    def credited(self, customer_id: int, _amount: Money, key: str) -> None:
        """Try to place the waiting offer once the deposit is committed. Needs an open transaction."""
        if WaitingOffer.of(customer_id, self.context.clock()) is not None:
            self.context.database.after_commit(lambda: self._try(customer_id, credit_key=key))

    def settle(self) -> None:
        """Place every waiting offer that the balance now covers, and drop those that have waited for a day."""
        now = self.context.clock()
        if now < (Customer.first_came_at() or 0):
            return  # the clock is not set yet
        with self.context.database.transaction():
            WaitingOffer.forget_expired(now, longest_s=2 * WAITS_S)
        for customer_id in WaitingOffer.paid_for(now, nearly=bool(self.context.settings.payment_tolerance)):
            self._try(customer_id)

    def _try(self, customer_id: int, *, credit_key: str | None = None) -> None:
        waiting = WaitingOffer.of(customer_id, self.context.clock())
        if waiting is None or Customer.get_by_id(customer_id).banned:
            return
        try:
            self.checkout.place_waiting(customer_id, waiting.offer_id)
        except InsufficientFunds as short:
            if credit_key is not None:
                self._tell_short(customer_id, short, credit_key)
        except (OfferChanged, OutOfStock, LimitReached, CouponRefused) as refusal:
            self._give_up(customer_id, waiting, refusal)

    def _tell_short(self, customer_id: int, short: InsufficientFunds, credit_key: str) -> None:
        """Tell the customer once per deposit what is still missing."""
        payload = {"offer_id": short.offer_id, "minor": short.missing.minor}
        with self.context.database.transaction():
            customer = Customer.get_by_id(customer_id)
            self.context.outbox.tell(customer, Event.STILL_SHORT, key=f"still-short:{credit_key}", payload=payload)

    def _give_up(self, customer_id: int, waiting: WaitingOffer, refusal: Refusal) -> None:
        """Stop an offer that is no longer valid, and tell the customer why, unless it was stopped meanwhile."""
        payload: dict[str, object] = {"minor": waiting.offer.total_minor, "reason": "changed"}
        if isinstance(refusal, OutOfStock):
            payload |= {"reason": "out_of_stock", "name": refusal.product_name, "available": refusal.available}
        if isinstance(refusal, LimitReached):
            payload |= {"reason": "limit", "name": refusal.product_name, "left": refusal.left}
        if isinstance(refusal, CouponRefused):
            payload |= {"reason": "coupon", "code": refusal.code, "coupon_reason": refusal.reason.value}
            payload |= {"least_minor": refusal.least.minor} if refusal.least else {}
        with self.context.database.transaction():
            if WaitingOffer.end(customer_id, waiting.offer_id):
                customer = Customer.get_by_id(customer_id)
                key = f"not-ordered:{waiting.offer_id}:{waiting.created_at}"
                self.context.outbox.tell(customer, Event.NOT_ORDERED, key=key, payload=payload)


def _units(offer: Offer) -> int:
    """Count the items of an offer whose products can run out."""
    return sum(Checkout.units_of(offer).values())
