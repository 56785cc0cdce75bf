"""Telegram Stars: prices, bills, which of them may be paid, and payments, each credited once.

A charge that Telegram made is the customer's money, whatever has become of the bill, so nothing here refuses it.
"""

import logging
import secrets
from dataclasses import dataclass
from enum import Enum

from shop.context import Context
from shop.errors.payments import NoStarsFor, StarsDayLimit, StarsNotTaken
from shop.ledger import Follower, credit_deposit
from shop.money import MAX_MINOR, Money, exponent
from shop.outbox import Event
from shop.payments.star_approvals import StarApprovals
from shop.payments.store_mode import StoreMode
from shop.people import Person, Sender
from storage.models import Customer, HeldStar, Order, Product, StarBill, StarPayment, WaitingOffer
from storage.models.stars import AskedBill

_log = logging.getLogger("souk.stars")

CURRENCY = "XTR"
"""Telegram's code for its Stars; it has no decimals."""
BILL_S = 3_600
LEAST_LEFT_S = 300
"""Seconds before expiry from which a new bill is made instead of sending the old one again."""
MOST_STARS = 1_000_000
"""More than Telegram allows in one payment; a lower sum that it still rejects fails when the bill is requested."""
LONGEST_CHARGE_ID = 200
_DAY_S = 86_400
_OURS = "souk-"
"""The prefix of our bills: another program may have used this bot before, and its payments are not ours to credit."""


def is_charge(charge_id: str, stars: int) -> bool:
    """Return whether Telegram can have made a payment with this id, of this many Stars."""
    return 0 < len(charge_id) <= LONGEST_CHARGE_ID and 0 < stars <= MOST_STARS


class BillRefusal(Enum):
    """Why a bill may not be paid. Each has a sentence, `stars.no.<value>`."""

    UNKNOWN = "unknown"
    OF_ANOTHER = "of_another"
    BANNED = "banned"
    PAID = "paid"
    EXPIRED = "expired"
    OTHER_SUM = "other_sum"
    GONE = "gone"
    LIMIT = "limit"


class PaymentState(Enum):
    """The state of a payment. `refunding`: the shop is returning it, and Telegram has not answered yet."""

    PAID = "paid"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill as it is sent: `stars` pay for `asked` until `expires_at` (Unix seconds)."""

    reference: str
    stars: int
    asked: Money
    expires_at: int


@dataclass(frozen=True, slots=True)
class Charge:
    """A payment that Telegram reports. `paid_at` is Unix seconds, None for now."""

    charge_id: str
    reference: str
    stars: int
    payer: Sender
    paid_at: int | None = None

    @property
    def is_ours(self) -> bool:
        """Return whether the bill paid is one of this shop's."""
        return self.reference.startswith(_OURS)


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment as it is shown. `order_id`: the order bought with it, if any. `again`: its bill was paid before."""

    id: int
    customer_id: int
    stars: int
    credited: Money
    state: PaymentState
    paid_at: int
    balance: Money
    order_id: int | None
    again: bool


@dataclass(frozen=True, slots=True)
class Stars:
    """Bills and payments. `followers` are called for each credit."""

    context: Context
    store_mode: StoreMode
    approvals: StarApprovals
    followers: tuple[Follower, ...]

    @property
    def is_used(self) -> bool:
        """Return whether there is anything to ask Telegram about."""
        return self.context.settings.stars_per_unit > 0 or StarPayment.count() > 0

    def price(self, asked: Money) -> int:
        """Convert a sum to Stars, rounded up."""
        stars, units = self.context.settings.stars_per_unit.as_integer_ratio()
        return -(-asked.minor * stars // (units * int(10 ** exponent(asked.currency))))

    def worth(self, stars: int) -> Money:
        """Convert Stars at the current price, which must be set; round down, but to no less than one minor unit."""
        currency = self.context.currency
        per, units = self.context.settings.stars_per_unit.as_integer_ratio()
        minor = stars * units * 10 ** exponent(currency) // per
        return Money(min(max(1, minor), MAX_MINOR), currency)

    def _is_at_own_bot(self, person: Person) -> bool:
        """Return whether the customer is using the shop's main bot: each bot has its own Stars, and only the main
        bot's count.
        """
        return {person.bot_id, Customer.bot_of(person.id)} == {self.context.settings.bot_id}

    def takes(self, person: Person) -> bool:
        """Return whether this customer can top up in Stars now: not for an offer with goods that take none."""
        takes = self.store_mode.takes_stars and self._is_at_own_bot(person)
        return takes and self._without_stars(_waiting(person, self.context.clock())) is None

    def bill(self, person: Person, asked: Money) -> Bill:
        """Make a bill for an amount, or return an equal one; it is for the waiting offer, if any.

        Raises:
            StarsNotTaken: the shop takes none at the moment, or not for this sum.
            NoStarsFor: the waiting offer has goods that can't be paid for with Stars.
            StarsDayLimit: the customer would pay more than STARS_DAY_LIMIT within a day.
        """
        now, stars = self.context.clock(), self.price(asked)
        waiting = _waiting(person, now)
        refusing = self._without_stars(waiting)
        takes = self.store_mode.takes_stars and self._is_at_own_bot(person)
        if not takes or not 0 < stars <= MOST_STARS:
            raise StarsNotTaken
        if refusing is not None:
            raise NoStarsFor(refusing)
        limit = self.context.settings.stars_day_limit
        if limit and StarPayment.spent(person.id, within=self.context.lately(_DAY_S)) + stars > limit:
            raise StarsDayLimit(limit)
        offer_id = waiting.offer_id if waiting else None
        with self.context.database.transaction():
            row = StarBill.open_for(
                person.id, asked.minor, stars, offer_id, until=now + LEAST_LEFT_S
            ) or StarBill.create(
                customer=person.id,
                reference=_OURS + secrets.token_urlsafe(18),
                fiat_minor=asked.minor,
                stars=stars,
                offer_id=offer_id,
                created_at=now,
                expires_at=now + BILL_S,
            )
        return Bill(row.reference, row.stars, asked, row.expires_at)

    def may_pay(
        self, query_id: str, reference: str, stars: int, currency: str, telegram_id: int, *, bot_id: int
    ) -> tuple[BillRefusal | None, str | None]:
        """Decide with a single read whether a person may pay a bill now; return why not, and their language.

        Bills can only be paid through the shop's main bot, since only its Stars can be refunded.

        It writes nothing and waits for no writer, because Telegram waits only ten seconds for the answer. What may be
        paid counts as spent from then on, since Telegram may ask about other bills before it reports the payment.
        """
        now = self.context.clock()
        with self.approvals.lock:
            asked = StarBill.asked(reference, telegram_id, now, today=self.context.lately(_DAY_S))
            spent = asked.spent + self.approvals.stars_of(asked.payer_id, but=query_id)
            is_here = bot_id == self.context.settings.bot_id
            no = self._judge(asked, stars, currency, now, spent=spent) if is_here else BillRefusal.UNKNOWN
            if no is None:
                self.approvals.add(query_id, asked.payer_id, reference, stars)
        return no, asked.language

    def _judge(self, asked: AskedBill, stars: int, currency: str, now: int, *, spent: int) -> BillRefusal | None:
        limit = self.context.settings.stars_day_limit
        reasons = {
            BillRefusal.UNKNOWN: asked.customer_id is None,
            BillRefusal.BANNED: asked.banned,
            BillRefusal.OF_ANOTHER: asked.customer_id != asked.payer_id,
            BillRefusal.PAID: asked.paid,
            BillRefusal.OTHER_SUM: (stars, currency) != (asked.stars, CURRENCY),
            BillRefusal.EXPIRED: now >= asked.expires_at,
            BillRefusal.GONE: asked.gone,
            BillRefusal.LIMIT: bool(limit) and spent + stars > limit,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def paid(self, charge: Charge, *, went_back: bool = False) -> bool:
        """Credit a payment, once; return whether this call did it. `went_back`: it is known to have been reversed.

        A second payment of one bill is credited as well, and reported. If the bill is unknown, someone else's, or for
        another amount, the value of the Stars is credited. Without STARS_PER_UNIT such a payment is held, and the
        owners are told. It stays its customer's, also if their account moves or their data is deleted meanwhile.
        """
        if not charge.is_ours:
            _log.warning("a payment in Stars that is not for one of this shop's bills")
            return False
        if StarPayment.find(charge.charge_id) is not None:
            return False
        customer_id = HeldStar.customer_of(charge.charge_id)
        if customer_id is None:
            customer_id = self.context.customers.welcome(charge.payer).id
        elif not self.context.settings.stars_per_unit and not went_back:
            return False
        with self.context.database.transaction():
            if StarPayment.find(charge.charge_id) is not None:
                return False
            bill = self._bill_of(charge, customer_id)
            if bill is None and not self.context.settings.stars_per_unit:
                if went_back:
                    HeldStar.let_go(charge.charge_id)
                else:
                    self._hold(charge, customer_id)
                return False
            self._credit(charge, customer_id, bill, went_back=went_back)
        self.approvals.paid(charge.reference)
        return True

    def is_held(self, charge: Charge) -> bool:
        """Return whether a payment that was handed to `paid` is not credited yet."""
        return charge.is_ours and StarPayment.find(charge.charge_id) is None

    @staticmethod
    def _bill_of(charge: Charge, customer_id: int) -> StarBill | None:
        """Find the bill that names the sum of a payment."""
        bill = StarBill.find(charge.reference)
        if bill is not None and (bill.customer_id, bill.stars) != (customer_id, charge.stars):
            _log.error("bill %d was paid by somebody else, or with a different number of Stars", bill.id)
            return None
        return bill

    def _hold(self, charge: Charge, customer_id: int) -> None:
        """Hold a payment of unknown value, and tell the owners. It is in Telegram's list until it is credited."""
        HeldStar.keep(charge.charge_id, customer_id)
        _log.error("a payment of %d Stars is not credited: its bill is unknown, and they have no price", charge.stars)
        payload = {"customer_id": customer_id, "stars": charge.stars}
        key = f"stars-held:{charge.charge_id}"
        self.context.outbox.tell_admins(Event.ADMIN_STARS_HELD, key=key, payload=payload)

    def _credit(self, charge: Charge, customer_id: int, bill: StarBill | None, *, went_back: bool) -> None:
        now = self.context.clock()
        amount = self.worth(charge.stars) if bill is None else Money(bill.fiat_minor, self.context.currency)
        row = StarPayment.create(
            charge_id=charge.charge_id,
            customer=customer_id,
            bill=None if bill is None else bill.id,
            stars=charge.stars,
            credited_minor=amount.minor,
            state=PaymentState.PAID.value,
            paid_at=now if charge.paid_at is None else charge.paid_at,
            changed_at=now,
        )
        followers = () if went_back else self.followers
        credit_deposit(customer_id, amount, key=row.key, now=now, followers=followers)
        payload = {"payment_id": row.id, "again": bill is not None and StarPayment.of_bill(bill.id) > 1}
        customer = Customer.get_by_id(customer_id)
        self.context.outbox.tell(customer, Event.STARS, key=row.key, payload=payload)
        self.context.outbox.tell_admins(Event.ADMIN_STARS, key=f"admin-{row.key}", payload=payload)
        _log.info("payment %d: %d Stars, %d %s", row.id, charge.stars, amount.minor, amount.currency)

    def view(self, payment_id: int, *, again: bool = False) -> PaymentView:
        """Read a payment."""
        return self.view_of(StarPayment.get_by_id(payment_id), again=again)

    def view_of(self, row: StarPayment, *, again: bool = False) -> PaymentView:
        """Show a payment with the order that its bill was for; without one, the first that came after the payment."""
        bill = None if row.bill_id is None else StarBill.get_by_id(row.bill_id)
        order = None if bill is None or bill.offer_id is None else Order.by_key(f"offer:{bill.offer_id}")
        order = order or Order.first_since(row.customer_id, row.paid_at)
        return PaymentView(
            id=row.id,
            customer_id=row.customer_id,
            stars=row.stars,
            credited=Money(row.credited_minor, self.context.currency),
            state=PaymentState(row.state),
            paid_at=row.paid_at,
            balance=Money(Customer.balance_of(row.customer_id), self.context.currency),
            order_id=None if order is None else order.id,
            again=again,
        )

    @staticmethod
    def _without_stars(waiting: WaitingOffer | None) -> str | None:
        """Name something in an offer that takes no Stars."""
        return None if waiting is None else Product.without_stars(waiting.offer.product_ids)


def _waiting(person: Person, now: int) -> WaitingOffer | None:
    return WaitingOffer.of(person.id, now)
