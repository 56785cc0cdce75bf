"""Offers that wait for money, and the stock reserved for them."""

from collections.abc import Mapping
from dataclasses import dataclass

from shop.catalog.stock import Restocks
from shop.context import Context
from shop.errors import CouponRefused, InsufficientFunds, OfferChanged, OutOfStock, Refusal
from shop.money import Money
from shop.outbox import Event
from shop.people import Person
from shop.sales.checkout import Checkout
from storage.models import Customer, Product, ReleasedStock, Reservation, ReservationTurn, WaitingOffer

MOST_UNITS = 20
"""Units that are kept for one customer; a larger order is not kept at all."""
PAUSE_TURNS = 3
"""How many times as long as a turn the pause after it lasts."""
WAITS_S = 86_400


@dataclass(frozen=True, slots=True)
class Reservations:
    """What is kept for whom."""

    context: Context
    restocks: Restocks

    @property
    def turn_s(self) -> int:
        """How long a turn lasts, in seconds; 0 keeps nothing."""
        return self.context.settings.reservation_minutes * 60

    def keep(self, customer_id: int, units: Mapping[int, int]) -> None:
        """Keep units of products for a customer whose offer waits, if it is his turn. Needs an open transaction."""
        ends_at = self._turn_of(customer_id)
        if units and sum(units.values()) <= MOST_UNITS and ends_at is not None:
            ReservationTurn.begin(customer_id, ends_at=ends_at)
            Reservation.keep(customer_id, units, now=self.context.clock(), expires_at=ends_at)

    def kept_until(self, person: Person) -> int | None:
        """Say until when (Unix seconds) something is kept for a customer; None when nothing is."""
        kept = Reservation.of(person.id, self.context.clock())
        return None if kept is None else kept.expires_at

    def settle(self) -> None:
        """Let go what is over, and have those told who asked for what is free again."""
        if Reservation.any_over(self.context.clock()) or ReleasedStock.any():
            with self.context.database.transaction():
                Reservation.forget_over(self.context.clock())
                self.announce()

    def announce(self) -> None:
        """Have those told who asked for what is free again. Needs an open transaction."""
        for product_id, units in ReleasedStock.take():
            self.restocks.arrived(product_id, min(units, Product.free(product_id)))

    def _turn_of(self, customer_id: int) -> int | None:
        """Say when the turn of a customer ends that he is in or may begin; None in the pause."""
        now, last = self.context.clock(), ReservationTurn.end_of(customer_id)
        if not self.turn_s:
            return None
        if last is None or now >= last + PAUSE_TURNS * self.turn_s:
            return now + self.turn_s
        return last if now < last else None


@dataclass(frozen=True, slots=True)
class WaitingOffers:
    """What becomes an order by itself."""

    context: Context
    checkout: Checkout
    reservations: Reservations

    def wait(self, person: Person, offer_id: int) -> Money:
        """Let an offer wait for money, instead of whatever waited before; return what is missing.

        Its stock is kept for a while, if it is the customer's turn. Nothing waits when nothing is missing (zero or
        less): the offer can be confirmed.

        Raises:
            StaleScreen: not an offer that this customer was shown, or bought already.
            OfferChanged, OutOfStock, BadQuantity, CouponRefused: it would not be placed now, so nobody should pay.
        """
        now = self.context.clock()
        with self.context.database.transaction():
            short = self.checkout.shortfall(person, offer_id)
            if short.missing.minor > 0:
                Reservation.forget_over(now)
                WaitingOffer.keep(person.id, offer_id, now=now, expires_at=now + WAITS_S)
                self.reservations.keep(person.id, short.units)
        return short.missing

    def total_of(self, person: Person) -> Money | None:
        """Say what the offer that waits for a customer comes to; None when none does."""
        waiting = WaitingOffer.of(person.id, self.context.clock())
        return None if waiting is None else Money(waiting.offer.total_minor, self.context.currency)

    def kept_until(self, person: Person) -> int | None:
        """Say until when (Unix seconds) the stock of it is kept for a customer; None when it is not."""
        return self.reservations.kept_until(person)

    def stop(self, person: Person) -> bool:
        """Let nothing wait for a customer; return whether something did."""
        with self.context.database.transaction():
            stopped = WaitingOffer.end(person.id)
            self.reservations.announce()
        return stopped

    def credited(self, customer_id: int, _amount: Money, key: str) -> None:
        """Try what waits for a customer once his deposit is committed. Needs an open transaction."""
        if WaitingOffer.of(customer_id, self.context.clock()) is not None:
            self.context.database.after_commit(lambda: self._try(customer_id, credit_key=key))

    def settle(self) -> None:
        """Place whatever the balances pay for, however they grew, and forget what waited for a day."""
        now = self.context.clock()
        with self.context.database.transaction():
            WaitingOffer.forget_expired(now)
        for customer_id in WaitingOffer.paid_for(now):
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
        except (OfferChanged, OutOfStock, CouponRefused) as refusal:
            self._give_up(customer_id, waiting, refusal)

    def _tell_short(self, customer_id: int, short: InsufficientFunds, credit_key: str) -> None:
        """Say once per deposit what is still missing."""
        payload = {"offer_id": short.offer_id, "minor": short.missing.minor}
        with self.context.database.transaction():
            customer = Customer.get_by_id(customer_id)
            self.context.outbox.tell(customer, Event.STILL_SHORT, key=f"still-short:{credit_key}", payload=payload)

    def _give_up(self, customer_id: int, waiting: WaitingOffer, refusal: Refusal) -> None:
        """Let an offer that no longer holds wait no more, and say why; not when somebody ended it meanwhile."""
        payload: dict[str, object] = {"minor": waiting.offer.total_minor, "reason": "changed"}
        if isinstance(refusal, OutOfStock):
            payload |= {"reason": "out_of_stock", "name": refusal.product_name, "available": refusal.available}
        if isinstance(refusal, CouponRefused):
            payload |= {"reason": "coupon", "code": refusal.code, "coupon_reason": refusal.reason.value}
            payload |= {"least_minor": refusal.least.minor} if refusal.least else {}
        with self.context.database.transaction():
            if WaitingOffer.end(customer_id, waiting.offer_id):
                customer = Customer.get_by_id(customer_id)
                key = f"not-ordered:{waiting.offer_id}:{waiting.created_at}"
                self.context.outbox.tell(customer, Event.NOT_ORDERED, key=key, payload=payload)
