"""Whatever people do, in whatever order and however often: the books add up after every step.

A new rule is a method with `@rule`: it does something to the shop through `self.twice`, which does it again with the
same key and checks that the second time moved nothing. What must hold after each step is in `tests/shop/books.py`.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, invariant, multiple, rule

from shop.errors.refusals import Refusal
from shop.errors.sales import NothingToRefund
from shop.ledger import credit_deposit
from shop.money import Money
from shop.people import Person
from shop.sales.coupon_admin import CouponTerms
from storage.models import (
    CouponUse,
    LedgerEntry,
    Order,
    OrderLine,
    Outbox,
    Product,
    ReferralBonus,
    Reservation,
    StockItem,
    WaitingOffer,
)
from tests.conftest import StandingClock, open_new_database
from tests.endurance import times
from tests.shop.books import check_books
from tests.stand import ADMIN, open_shop

PEOPLE = 4
PRODUCTS = {"Key": "10.00", "Card": "3.33"}
CODES = ("TENTH", "FIVER", "ONCE", "CARDS")
BONUSES = {
    "MIN_REFERRER_TOTAL_DEPOSIT": "0",
    "REFERRAL_BONUS_PERCENT": "5",
    "REFERRER_BONUS_PERCENT": "3",
    "TOTAL_BONUS_CAP_PERCENT": "7",
}

who = st.integers(0, PEOPLE - 1)
product = st.sampled_from(sorted(PRODUCTS))
quantity = st.integers(1, 3)
code = st.sampled_from((*CODES, "NONE"))
perhaps_code = st.sampled_from((*CODES, ""))


THEN = ("confirm", "top_up", "look")
"""What a customer does with an offer."""


@dataclass(frozen=True)
class Shown:
    """An offer that somebody was shown."""

    person: Person
    offer_id: int


class BooksMachine(RuleBasedStateMachine):
    """A small shop with few units, four people, and coupons of every kind."""

    offers = Bundle("offers")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="souk-books-")
        self.clock = StandingClock()
        self.database = open_new_database(Path(self.folder.name))
        self.stand = open_shop(self.database, self.clock, **BONUSES)
        self.shop = self.stand.shop
        self.followers = (self.shop.referrals.deposited, self.shop.waiting.credited)
        self.stocked = dict.fromkeys(PRODUCTS, 0)
        self.deposits = 0
        for name in PRODUCTS:
            self._stock(name, 4)
        self.admin = self.stand.visitor(ADMIN)
        self.people = self._people()
        self.coupons = self._coupons()

    def _people(self) -> list[Person]:
        """Make people: the first brings the second, the second the third; the fourth has no link. Two have money."""
        people = [self.stand.visitor(2000)]
        for number in range(1, PEOPLE - 1):
            self.stand.grant(people[-1], "1.00")
            start = self.shop.referrals.figures(people[-1]).start
            people.append(self.stand.visitor(2000 + number, start=start))
        people.append(self.stand.visitor(2000 + PEOPLE))
        for rich in people[::2]:
            self.stand.grant(rich, "60.00")
        return people

    def _coupons(self) -> list[int]:
        usd = self.stand.usd
        terms = (
            CouponTerms("TENTH", percent=10, most_uses=2),
            CouponTerms("FIVER", fixed=usd("5.00"), least=usd("12.00"), most_uses_each=1),
            CouponTerms("ONCE", percent=100, most_uses=1),
            CouponTerms("CARDS", percent=33, product_id=self.stand.product("Card"), most_uses=3, most_uses_each=2),
        )
        return [self.shop.coupons.create(self.admin, each).id for each in terms]

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    # Every rule goes through these

    def twice(self, call: Callable[[], Any], *, then: type[Refusal] | None = None) -> Any:
        """Do something twice: the second time nothing moves, and the answer is of the same type, or is `then`."""
        first = self._outcome(call)
        before = self._moved()
        second = self._outcome(call)
        assert self._moved() == before
        assert type(second) is (then or type(first))
        return first

    @staticmethod
    def _outcome(call: Callable[[], Any]) -> Any:
        """Return a call's result, or its refusal; any other exception fails the test."""
        try:
            return call()
        except Refusal as refusal:
            return refusal

    @staticmethod
    def _moved() -> tuple[Any, ...]:
        """Return everything that a repetition must not change."""
        counted = (LedgerEntry, Order, CouponUse, StockItem, ReferralBonus, WaitingOffer, Reservation, Outbox)
        return *(table.value_by("COUNT(*)", "TRUE") for table in counted), [
            row.stock_count for row in Product.list_by("TRUE")
        ]

    # Money

    @rule(number=who, minor=st.integers(1, 4_000))
    def deposit(self, number: int, minor: int) -> None:
        self._deposit(self.people[number], self.stand.usd("0.01") * minor)

    @rule(number=who)
    def deposit_what_is_missing(self, number: int) -> None:
        person = self.people[number]
        if total := self.shop.waiting.total_of(person):
            self._deposit(person, max(total - self.shop.customers.balance(person), self.stand.usd("0.01")))

    # Buying

    @rule(name=product, units=st.integers(1, 3))
    def stock(self, name: str, units: int) -> None:
        self._stock(name, units)

    @rule(number=who, name=product, change=st.integers(-2, 3))
    def change_cart(self, number: int, name: str, change: int) -> None:
        person, product_id = self.people[number], self.stand.product(name)
        self._outcome(lambda: self.shop.carts.add(person, product_id, change))

    @rule(number=who)
    def empty_cart(self, number: int) -> None:
        self.twice(lambda: self.shop.carts.clear(self.people[number]))

    @rule(target=offers, number=who, name=product, units=quantity, typed=perhaps_code, then=st.sampled_from(THEN))
    def buy_now(self, number: int, name: str, units: int, typed: str, then: str) -> Any:
        person, product_id = self.people[number], self.stand.product(name)
        shown = self._shown(person, lambda: self.shop.checkout.offer_product(person, product_id, units, code=typed))
        return self._go_on(shown, then)

    @rule(target=offers, number=who, name=product, typed=perhaps_code, then=st.sampled_from(THEN))
    def check_out(self, number: int, name: str, typed: str, then: str) -> Any:
        person = self.people[number]
        self.change_cart(number, name, 1)
        return self._go_on(self._shown(person, lambda: self.shop.checkout.offer_cart(person, code=typed)), then)

    @rule(target=offers, shown=offers, typed=code)
    def type_coupon(self, shown: Shown, typed: str) -> Any:
        return self._shown(shown.person, lambda: self.shop.checkout.with_coupon(shown.person, shown.offer_id, typed))

    @rule(target=offers, shown=offers)
    def take_coupon_off(self, shown: Shown) -> Any:
        return self._shown(shown.person, lambda: self.shop.checkout.without_coupon(shown.person, shown.offer_id))

    @rule(shown=offers)
    def confirm(self, shown: Shown) -> None:
        self._confirm(shown)

    # Waiting

    @rule(shown=offers)
    def top_up(self, shown: Shown) -> None:
        """Let the offer wait, with its stock reserved."""
        self._top_up(shown)

    @rule(number=who)
    def stop_waiting(self, number: int) -> None:
        self.twice(lambda: self.shop.waiting.stop(self.people[number]))

    @rule(number=who, name=product)
    def ask_for_restock(self, number: int, name: str) -> None:
        self.twice(lambda: self.shop.restocks.ask(self.people[number], self.stand.product(name)))

    # What happens automatically, and what admins do

    @rule(minutes=st.sampled_from((1, 29, 30, 90, 24 * 60)))
    def time_passes(self, minutes: int) -> None:
        self.clock.pass_s(minutes * 60)

    @rule()
    def jobs_run(self) -> None:
        self.twice(self.shop.waiting.settle)
        self.twice(self.shop.reservations.settle)

    @rule(which=st.integers(0, len(CODES) - 1), off=st.booleans())
    def switch_coupon(self, which: int, off: bool) -> None:
        self.twice(lambda: self.shop.coupons.switch(self.admin, self.coupons[which], off=off))

    @rule(which=st.integers(0, 20), whole=st.booleans())
    def refund(self, which: int, whole: bool) -> None:
        """Refund a line, or the rest of its order; the second time nothing is left."""
        lines = OrderLine.list_by("TRUE ORDER BY id")
        if lines:
            line = lines[which % len(lines)]
            refunds = self.shop.refunds
            self.twice(
                lambda: (
                    refunds.refund_order(self.admin, line.order_id)
                    if whole
                    else refunds.refund_line(self.admin, line.id)
                ),
                then=NothingToRefund,
            )

    @rule(number=who, minor=st.integers(-3_000, 1_000).filter(bool))
    def adjust(self, number: int, minor: int) -> None:
        adjustments, customer_id = self.shop.adjustments, self.people[number].id
        amount = self.stand.usd("0.01") * minor
        wanted = self._outcome(lambda: adjustments.propose(self.admin, customer_id, amount, "for a test"))
        if not isinstance(wanted, Refusal):
            self.twice(lambda: adjustments.make(self.admin, wanted.id))

    # What always holds

    @invariant()
    def the_books_add_up(self) -> None:
        check_books()

    @invariant()
    def every_unit_is_for_sale_or_sold(self) -> None:
        for name, units in self.stocked.items():
            row = Product.get_by_id(self.stand.product(name))
            assert row.stock_count + row.sold_count == units
            free = self.shop.catalog.product(row.id).available
            assert 0 <= row.stock_count - row.reserved_count <= free <= row.stock_count

    @invariant()
    def bonuses_stay_within_their_caps(self) -> None:
        for person in self.people:
            entries = LedgerEntry.of(person.id)
            deposited = sum(entry.amount_minor for entry in entries if entry.kind == "deposit")
            brought = ReferralBonus.list_by("customer_id = ?", person.id)
            assert sum(row.referral_minor + row.referrer_minor for row in brought) * 100 <= deposited * 7

    def _stock(self, name: str, units: int) -> None:
        contents = [f"{name} {self.stocked[name] + number}" for number in range(units)]
        self.stand.stock(*contents, name=name, price=PRODUCTS[name])
        self.stocked[name] += units

    def _deposit(self, person: Person, amount: Money) -> None:
        """Deposit money; referral bonuses follow, and a waiting order is placed."""
        self.deposits += 1
        key = f"deposit:test:{self.deposits}"

        def credit() -> None:
            with self.database.transaction():
                credit_deposit(person.id, amount, key=key, now=self.clock(), followers=self.followers)

        self.twice(credit)

    def _go_on(self, shown: Shown | MultipleResults, then: str) -> Shown | MultipleResults:
        if isinstance(shown, Shown) and then == "confirm":
            self._confirm(shown)
        elif isinstance(shown, Shown) and then == "top_up":
            self._top_up(shown)
        return shown

    def _confirm(self, shown: Shown) -> None:
        self.twice(lambda: self.shop.checkout.place(shown.person, shown.offer_id))

    def _top_up(self, shown: Shown) -> None:
        self.twice(lambda: self.shop.waiting.wait(shown.person, shown.offer_id))

    def _shown(self, person: Person, make: Callable[[], Any]) -> Shown | MultipleResults:
        offer = self._outcome(make)
        return multiple() if isinstance(offer, Refusal) else Shown(person, offer.id)


RUNS = times(12, full=20)
LONG_RUNS = times(6, full=12)
BooksMachine.TestCase.settings = settings(
    max_examples=RUNS,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestBooks = BooksMachine.TestCase


@settings(max_examples=LONG_RUNS, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.data())
def test_a_long_run_of_the_same_rules_leaves_the_books_in_order(data: Any) -> None:
    """The machine tries only a few rules at a time; here every rule is used again and again in one long run."""
    machine = BooksMachine()
    rules, shown = machine.rules, []
    try:
        for _ in range(80):
            chosen = data.draw(st.sampled_from(rules))
            if not shown and any(isinstance(each, Bundle) for each in chosen.arguments.values()):
                continue
            values = {
                name: data.draw(st.sampled_from(shown) if isinstance(each, Bundle) else each)
                for name, each in chosen.arguments.items()
            }
            made = chosen.function(machine, **values)
            shown += [made] if isinstance(made, Shown) else []
            for check in machine.invariants:
                check.function(machine)
    finally:
        machine.teardown()
