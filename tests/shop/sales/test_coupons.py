"""Coupons: their discounts, when they don't apply, and that nobody uses one more often than allowed."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors.refusals import NotAllowed, NotFound, StaleScreen
from shop.errors.sales import BadCoupon, BadTerms, CouponReason, CouponRefused, OfferChanged
from shop.people import Person, Right
from shop.sales.checkout import Offer
from shop.sales.coupon_admin import CouponCard, CouponField, CouponTerms, with_typed
from shop.sales.coupons import shares
from shop.sales.orders import Receipt
from storage.models import (
    AuditEntry,
    Category,
    ChosenCoupon,
    Coupon,
    CouponUse,
    ManagerRight,
    Order,
    OrderLine,
    Outbox,
    Product,
)
from tests.conftest import NOW, StandingClock
from tests.shop.sales.test_waiting import deposit
from tests.stand import ADMIN, Stand

pytestmark = pytest.mark.usefixtures("books_add_up_in_the_end")

TEN = CouponTerms("TEN", percent=10)
DAY = 86_400
WRONG: list[tuple[str, dict[str, Any], CouponReason]] = [
    ("NONE", {}, CouponReason.UNKNOWN),
    ("TEN", {"valid_from": NOW + 1}, CouponReason.NOT_YET),
    ("TEN", {"valid_until": NOW + 1}, CouponReason.EXPIRED),
    ("TEN", {"least": "23.34"}, CouponReason.BELOW_MINIMUM),
    ("TEN", {"product": "Other"}, CouponReason.NOT_FOR_THESE),
]
SPOILT = [
    ("off", CouponReason.OFF),
    ("expired", CouponReason.EXPIRED),
    ("used_up", CouponReason.USED_UP),
    ("used_by_you", CouponReason.USED_BY_YOU),
]


@pytest.fixture
def ada(stand: Stand) -> Person:
    person = stand.visitor()
    stand.grant(person, "1000.00")
    return person


@pytest.fixture
def make(stand: Stand, owner: Person) -> Callable[..., CouponCard]:
    """Make a coupon: ten percent off everything, unless other terms are given."""

    def make(code: str = "TEN", **terms: Any) -> CouponCard:
        percent = None if "fixed" in terms else 10
        return stand.shop.coupons.create(owner, replace(CouponTerms(code, percent=percent), **terms))

    return make


def cart_of_two(stand: Stand, person: Person) -> None:
    """Put two keys at 10.00 and one card at 3.33 in the cart, from different categories."""
    stand.shop.carts.add(person, stand.stock(*(f"k{n}" for n in range(50))), 2)
    card = stand.stock(
        *(f"c{n}" for n in range(50)), name="Card", price="3.33", category="Gifts", subcategory="Cards"
    )
    stand.shop.carts.add(person, card, 1)


def refused(call: Callable[[], Any]) -> CouponRefused:
    with pytest.raises(CouponRefused) as error:
        call()
    return error.value


def paid_for(receipt: Receipt) -> list[int]:
    return [line.unit_price.minor * line.quantity - line.discount.minor for line in receipt.lines]


def test_a_percentage_is_deducted_and_rounded_down(stand: Stand, ada: Person, make: Any) -> None:
    make()
    cart_of_two(stand, ada)
    offer = stand.shop.checkout.offer_cart(ada, code=" ten ")
    assert (offer.discount, offer.total, offer.code) == (stand.usd("2.33"), stand.usd("21.00"), "TEN")
    receipt = stand.shop.checkout.place(ada, offer.id)
    assert (receipt.total, receipt.discount, receipt.code) == (stand.usd("21.00"), stand.usd("2.33"), "TEN")
    assert sum(paid_for(receipt)) == 2100
    assert stand.balance(ada) == 97_900


def test_a_coupon_entered_for_buy_now_makes_the_same_offer_again(stand: Stand, ada: Person, make: Any) -> None:
    make(fixed=stand.usd("2.50"))
    first = stand.shop.checkout.offer_product(ada, stand.stock("a", "b"), 2)
    offer = stand.shop.checkout.with_coupon(ada, first.id, "ten")
    assert (offer.total, [line.quantity for line in offer.lines]) == (stand.usd("17.50"), [2])
    assert stand.shop.checkout.place(ada, offer.id).discount == stand.usd("2.50")
    assert OrderLine.get().discount_minor == 250


@pytest.mark.parametrize(
    ("place", "discount", "own"),
    [
        ("product", "2.00", [200, 0]),
        ("category", "2.00", [200, 0]),
        ("root", "2.00", [200, 0]),
        ("other", "0.33", [0, 33]),
    ],
)
def test_a_coupon_is_for_a_product_or_a_category_with_everything_below_it(
    stand: Stand, ada: Person, make: Any, place: str, discount: str, own: list[int]
) -> None:
    cart_of_two(stand, ada)
    key = Product.get_by_id(stand.product("Key"))
    where = {
        "product": {"product_id": key.id},
        "category": {"category_id": key.category_id},
        "root": {"category_id": Category.get_by_id(key.category_id).parent_id},
        "other": {"product_id": stand.product("Card")},
    }
    make(**where[place])
    offer = stand.shop.checkout.offer_cart(ada, code="TEN")
    assert offer.discount == stand.usd(discount)
    receipt = stand.shop.checkout.place(ada, offer.id)
    by_name = {line.product_name: line.discount.minor for line in receipt.lines}
    assert [by_name["Key"], by_name["Card"]] == own


@pytest.mark.parametrize("terms", [{"percent": 100}, {"percent": None, "fixed": "500.00"}])
def test_at_least_one_minor_unit_remains_to_be_paid(
    stand: Stand, owner: Person, ada: Person, terms: dict[str, Any]
) -> None:
    if "fixed" in terms:
        terms = terms | {"fixed": stand.usd(terms["fixed"])}
    stand.shop.coupons.create(owner, CouponTerms("ALL", **terms))
    cart_of_two(stand, ada)
    offer = stand.shop.checkout.offer_cart(ada, code="ALL")
    assert (offer.total.minor, offer.discount.minor) == (1, 2332)
    assert sum(paid_for(stand.shop.checkout.place(ada, offer.id))) == 1


def test_a_fixed_discount_is_never_more_than_the_items_it_applies_to(stand: Stand, ada: Person, make: Any) -> None:
    cart_of_two(stand, ada)
    make(fixed=stand.usd("5.00"), product_id=stand.product("Card"))
    receipt = stand.shop.checkout.place(ada, stand.shop.checkout.offer_cart(ada, code="TEN").id)
    assert (receipt.discount.minor, sorted(paid_for(receipt))) == (333, [0, 2000])


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any), st.data())
def test_the_lines_shares_add_up_and_none_exceeds_its_line(amounts: list[int], data: Any) -> None:
    taken = data.draw(st.integers(0, sum(amounts)))
    own = shares(taken, amounts)
    assert sum(own) == taken
    assert all(0 <= share <= amount for share, amount in zip(own, amounts, strict=True))
    assert own == shares(taken, amounts)


def test_a_chosen_coupon_stays_while_the_cart_changes_and_is_gone_after_the_order(
    stand: Stand, ada: Person, make: Any
) -> None:
    make()
    cart_of_two(stand, ada)
    stand.shop.checkout.offer_cart(ada, code="TEN")
    assert stand.shop.carts.add(ada, stand.product("Key"), 1).coupon == "TEN"
    offer = stand.shop.checkout.offer_cart(ada)
    assert (offer.code, offer.total) == ("TEN", stand.usd("30.00"))
    stand.shop.checkout.place(ada, offer.id)
    assert stand.shop.carts.of(ada).coupon == ""
    assert stand.shop.checkout.offer_product(ada, stand.product("Key"), 1).code == ""


def test_a_coupon_can_be_removed_from_an_offer_and_from_the_cart(stand: Stand, ada: Person, make: Any) -> None:
    make()
    cart_of_two(stand, ada)
    offer = stand.shop.checkout.offer_cart(ada, code="TEN")
    plain = stand.shop.checkout.without_coupon(ada, offer.id)
    assert (plain.code, plain.total) == ("", stand.usd("23.33"))
    stand.shop.checkout.offer_cart(ada, code="TEN")
    assert stand.shop.carts.forget_coupon(ada).coupon == ""
    assert stand.shop.checkout.offer_cart(ada).code == ""


def test_a_chosen_coupon_without_effect_says_so_and_waits_until_it_applies(
    stand: Stand, ada: Person, make: Any
) -> None:
    make(least=stand.usd("20.00"))
    cart_of_two(stand, ada)
    stand.shop.checkout.offer_cart(ada, code="TEN")
    stand.shop.carts.add(ada, stand.product("Key"), -1)
    offer = stand.shop.checkout.offer_cart(ada)
    assert (offer.code, offer.total) == ("", stand.usd("13.33"))
    assert offer.refused is not None
    assert (offer.refused.reason, offer.refused.least) == (CouponReason.BELOW_MINIMUM, stand.usd("20.00"))
    stand.shop.carts.add(ada, stand.product("Key"), 1)
    assert stand.shop.checkout.offer_cart(ada).code == "TEN"


def test_a_chosen_coupon_that_ended_is_mentioned_once_and_forgotten(
    stand: Stand, ada: Person, make: Any, clock: StandingClock
) -> None:
    make(valid_until=NOW + 60)
    cart_of_two(stand, ada)
    stand.shop.checkout.offer_cart(ada, code="TEN")
    clock.pass_s(60)
    first, second = stand.shop.checkout.offer_cart(ada), stand.shop.checkout.offer_cart(ada)
    assert first.refused is not None
    assert (first.refused.reason, second.refused) == (CouponReason.EXPIRED, None)


@pytest.mark.parametrize(("code", "terms", "reason"), WRONG, ids=lambda each: getattr(each, "value", None))
def test_a_code_without_effect_is_refused_with_the_reason(
    stand: Stand, ada: Person, make: Any, clock: StandingClock, code: str, terms: dict[str, Any], reason: CouponReason
) -> None:
    cart_of_two(stand, ada)
    if "least" in terms:
        terms = {"least": stand.usd(terms["least"])}
    if "product" in terms:
        terms = {"product_id": stand.stock("z", name=terms["product"])}
    make(**terms)
    if "valid_until" in terms:
        clock.pass_s(1)
    assert refused(lambda: stand.shop.checkout.offer_cart(ada, code=code)).reason is reason
    assert ChosenCoupon.select().count() == 0


def test_a_total_too_low_for_a_percentage_is_refused(stand: Stand, ada: Person, make: Any) -> None:
    make()
    cheap = stand.stock("a", name="Cheap", price="0.09")
    error = refused(lambda: stand.shop.checkout.offer_product(ada, cheap, 1, code="TEN"))
    assert error.reason is CouponReason.TAKES_NOTHING


def test_an_unknown_code_is_repeated_only_up_to_the_length_of_a_code(stand: Stand, ada: Person, make: Any) -> None:
    make("X" * 32)
    cart_of_two(stand, ada)
    error = refused(lambda: stand.shop.checkout.offer_cart(ada, code="x" * 4000))
    assert (error.reason, error.code) == (CouponReason.UNKNOWN, "X" * 32)


def spoil(how: str, stand: Stand, owner: Person, card: CouponCard, clock: StandingClock, other: Person) -> None:
    """Make a coupon in an offer invalid."""
    if how == "off":
        stand.shop.coupons.switch(owner, card.id, off=True)
    elif how == "expired":
        clock.pass_s(DAY)
        stand.shop.payments.rates.refresh()
    else:
        key = stand.stock("one more", "another", name="More")
        stand.grant(other, "100.00")
        offer = stand.shop.checkout.offer_product(other, key, 1, code="TEN")
        stand.shop.checkout.place(other, offer.id)


@pytest.mark.parametrize(("how", "reason"), SPOILT)
def test_a_coupon_no_longer_valid_at_confirmation_takes_nothing_and_says_why(
    stand: Stand, owner: Person, ada: Person, make: Any, clock: StandingClock, how: str, reason: CouponReason
) -> None:
    card = make(valid_until=NOW + DAY, most_uses=1 if how == "used_up" else None, most_uses_each=1)
    cart_of_two(stand, ada)
    offer = stand.shop.checkout.offer_cart(ada, code="TEN")
    balance = stand.balance(ada)
    spoil(how, stand, owner, card, clock, ada if how == "used_by_you" else stand.visitor(5))
    taken = balance if how != "used_by_you" else stand.balance(ada)
    assert refused(lambda: stand.shop.checkout.place(ada, offer.id)).reason is reason
    assert stand.balance(ada) == taken
    assert len(stand.shop.carts.of(ada).lines) == 2


def test_goods_moved_out_of_the_coupons_category_change_the_offer(
    stand: Stand, ada: Person, make: Any, clock: StandingClock
) -> None:
    cart_of_two(stand, ada)
    make(category_id=Product.get_by_id(stand.product("Key")).category_id)
    stand.shop.carts.add(ada, stand.stock("o", name="Other"), 1)
    offer = stand.shop.checkout.offer_cart(ada, code="TEN")
    with stand.database.transaction():
        elsewhere = Category.ensure("Elsewhere", parent_id=None)
        Product.change(stand.product("Other"), category_id=elsewhere)
    with pytest.raises(OfferChanged) as changed:
        stand.shop.checkout.place(ada, offer.id)
    assert changed.value.args == ()


def test_a_second_press_gives_the_same_receipt_and_uses_the_coupon_once(stand: Stand, ada: Person, make: Any) -> None:
    make(most_uses_each=1)
    cart_of_two(stand, ada)
    offer = stand.shop.checkout.offer_cart(ada, code="TEN")
    assert stand.shop.checkout.place(ada, offer.id) == stand.shop.checkout.place(ada, offer.id)
    assert CouponUse.select().count() == 1


def test_somebody_elses_offer_gets_no_coupon(stand: Stand, ada: Person, make: Any) -> None:
    make()
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1)
    thief = stand.visitor(5)
    for call in (
        lambda: stand.shop.checkout.with_coupon(thief, offer.id, "TEN"),
        lambda: stand.shop.checkout.without_coupon(thief, offer.id),
    ):
        with pytest.raises(StaleScreen) as stale:
            call()
        assert stale.value.args == ()


# Races


def take_coupons(stand: Stand, people: list[Person], make: Any, at_once: Any, **terms: Any) -> list[Any]:
    make(**terms)
    key = stand.stock(*(f"unit {number}" for number in range(30)))
    offers: list[Offer] = []
    for person in people:
        stand.grant(person, "10.00")
        offers.append(stand.shop.checkout.offer_product(person, key, 1, code="TEN"))
    pairs = zip(people, offers, strict=True)
    return at_once(*(lambda person=p, offer=o: stand.shop.checkout.place(person, offer.id) for p, o in pairs))


def test_a_coupon_with_one_use_goes_to_one_of_twenty_simultaneous_customers(
    stand: Stand, make: Any, at_once: Any
) -> None:
    people = [stand.visitor(2000 + number) for number in range(20)]
    outcomes = take_coupons(stand, people, make, at_once, most_uses=1)
    assert sum(isinstance(each, Receipt) for each in outcomes) == 1
    reasons = {each.reason for each in outcomes if not isinstance(each, Receipt)}
    assert reasons == {CouponReason.USED_UP}
    assert sorted(stand.balance(person) for person in people) == [100] + [1000] * 19
    assert (CouponUse.select().count(), Order.select().count()) == (1, 1)


def test_one_customer_with_twenty_offers_uses_a_single_use_once(stand: Stand, make: Any, at_once: Any) -> None:
    ada = stand.visitor()
    outcomes = take_coupons(stand, [ada] * 20, make, at_once, most_uses_each=1)
    assert sum(isinstance(each, Receipt) for each in outcomes) == 1
    assert {each.reason for each in outcomes if not isinstance(each, Receipt)} == {CouponReason.USED_BY_YOU}
    assert (stand.balance(ada), CouponUse.select().count()) == (20_000 - 900, 1)


def test_a_coupon_switched_off_at_the_moment_of_confirmation_is_used_or_refused(
    stand: Stand, owner: Person, ada: Person, make: Any, at_once: Any
) -> None:
    card = make()
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1, code="TEN")
    outcome, _ = at_once(
        lambda: stand.shop.checkout.place(ada, offer.id), lambda: stand.shop.coupons.switch(owner, card.id, off=True)
    )
    used = isinstance(outcome, Receipt)
    assert used or outcome.reason is CouponReason.OFF
    assert stand.balance(ada) == (100_000 - 900 if used else 100_000)


# Offers that wait for a top-up


@pytest.mark.parametrize(("how", "reason"), SPOILT[:3])
def test_a_waiting_offer_whose_coupon_is_no_longer_valid_is_not_ordered_but_the_deposit_is_credited(
    stand: Stand, owner: Person, make: Any, clock: StandingClock, how: str, reason: CouponReason
) -> None:
    card = make(valid_until=NOW + 60, most_uses=1, least=stand.usd("5.00"))
    poor = stand.visitor(7)
    offer = stand.shop.checkout.offer_product(poor, stand.stock("a", "b"), 1, code="TEN")
    assert stand.shop.waiting.wait(poor, offer.id) == stand.usd("9.00")
    if how == "expired":
        clock.pass_s(60)
    else:
        spoil(how, stand, owner, card, clock, stand.visitor(5))
    deposit(stand, poor)
    assert stand.balance(poor) == 1000
    [letter] = Outbox.select().where(Outbox.kind == "not_ordered")
    told = json.loads(letter.payload)
    assert (told["reason"], told["code"], told["coupon_reason"]) == ("coupon", "TEN", reason.value)
    assert stand.shop.waiting.total_of(poor) is None


def test_an_offer_with_a_coupon_is_ordered_automatically_at_its_lower_price(stand: Stand, make: Any) -> None:
    make()
    poor = stand.visitor(7)
    offer = stand.shop.checkout.offer_product(poor, stand.stock("a", "b"), 1, code="TEN")
    stand.shop.waiting.wait(poor, offer.id)
    deposit(stand, poor, units=18_000)
    assert (stand.balance(poor), Order.get().total_minor, CouponUse.select().count()) == (0, 900, 1)


def test_no_order_can_wait_with_a_coupon_that_is_no_longer_valid(stand: Stand, owner: Person, make: Any) -> None:
    card = make()
    poor = stand.visitor(7)
    offer = stand.shop.checkout.offer_product(poor, stand.stock("a"), 1, code="TEN")
    stand.shop.coupons.switch(owner, card.id, off=True)
    assert refused(lambda: stand.shop.waiting.wait(poor, offer.id)).reason is CouponReason.OFF


def test_a_changed_price_ends_the_waiting_and_says_so(stand: Stand, make: Any) -> None:
    make()
    poor = stand.visitor(7)
    for person_cart in (False, True):
        key = stand.stock("a", "b")
        if person_cart:
            stand.shop.carts.add(poor, key, 1)
        offer = (
            stand.shop.checkout.offer_cart(poor) if person_cart else stand.shop.checkout.offer_product(poor, key, 1)
        )
        stand.shop.waiting.wait(poor, offer.id)
        cheaper = stand.shop.checkout.with_coupon(poor, offer.id, "TEN")
        assert cheaper.stopped_waiting
        assert stand.shop.waiting.total_of(poor) is None
        assert not stand.shop.checkout.without_coupon(poor, cheaper.id).stopped_waiting


# What admins do


def test_only_admins_of_the_catalogue_create_and_see_coupons(stand: Stand, make: Any) -> None:
    card = make()
    stranger = stand.visitor(5)
    coupons = stand.shop.coupons
    calls: list[Callable[[], Any]] = [
        lambda: coupons.create(stranger, TEN),
        lambda: coupons.list(stranger, page=0),
        lambda: coupons.one(stranger, card.id),
        lambda: coupons.switch(stranger, card.id, off=True),
        lambda: coupons.uses(stranger, card.id, page=0),
        lambda: coupons.draft(stranger),
        lambda: coupons.begin(stranger),
        lambda: coupons.type(stranger, CouponField.CODE, "ABC"),
        lambda: coupons.choose_goods(stranger),
        lambda: coupons.create_draft(stranger),
    ]
    for call in calls:
        with pytest.raises(NotAllowed) as error:
            call()
        assert error.value.args == ()
    assert not coupons.one(stand.visitor(ADMIN), card.id).switched_off


def test_a_manager_of_the_catalogue_creates_a_coupon_and_the_log_says_who(stand: Stand, owner: Person) -> None:
    with stand.database.transaction():
        ManagerRight.create(telegram_id=5, right_name="catalogue", given_by=owner.id, given_at=1)
    manager = stand.visitor(5)
    card = stand.shop.coupons.create(manager, TEN)
    stand.shop.coupons.switch(manager, card.id, off=True)
    stand.shop.coupons.switch(manager, card.id, off=True)
    stand.shop.coupons.switch(manager, card.id, off=False)
    entries = list(AuditEntry.select().order_by(AuditEntry.id))
    assert [(entry.admin_id, entry.action, entry.subject) for entry in entries] == [
        (manager.id, "coupon.created", "coupon TEN"),
        (manager.id, "coupon.switched_off", "coupon TEN"),
        (manager.id, "coupon.switched_on", "coupon TEN"),
    ]


def test_the_log_states_a_coupons_sums_in_its_currency_and_its_times_as_dates(stand: Stand, owner: Person) -> None:
    terms = CouponTerms("TEN", fixed=stand.usd("5.00"), least=stand.usd("12.50"), valid_until=NOW + DAY)
    stand.shop.coupons.create(owner, terms)
    [entry] = stand.shop.audit_log.page(owner, page=0, admin_id=None).entries
    said = {name: value for name, value in entry.details.items() if value is not None}
    assert said == {
        "code": "TEN",
        "fixed": "5.00 USD",
        "least": "12.50 USD",
        "valid_until": stand.shop.context.iso(NOW + DAY),
    }


def test_a_coupon_switched_on_again_is_valid_again(stand: Stand, owner: Person, ada: Person, make: Any) -> None:
    card = make()
    stand.shop.coupons.switch(owner, card.id, off=True)
    key = stand.stock("a")
    assert refused(lambda: stand.shop.checkout.offer_product(ada, key, 1, code="TEN")).reason is CouponReason.OFF
    stand.shop.coupons.switch(owner, card.id, off=False)
    assert stand.shop.checkout.offer_product(ada, key, 1, code="TEN").code == "TEN"


def test_a_coupons_uses_are_listed_with_the_discount_given(
    stand: Stand, owner: Person, ada: Person, make: Any
) -> None:
    card = make()
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1, code="TEN")
    receipt = stand.shop.checkout.place(ada, offer.id)
    page = stand.shop.coupons.uses(owner, card.id, page=7)
    [use] = page.uses
    assert (use.order_id, use.customer, use.discount) == (receipt.order_id, "Ada", stand.usd("1.00"))
    assert (page.page, page.pages, page.coupon.uses) == (0, 1, 1)
    assert [each.uses for each in stand.shop.coupons.list(owner, page=0).coupons] == [1]


def test_a_manager_without_the_right_to_customers_sees_no_buyer_of_a_coupons_uses(
    stand: Stand, owner: Person, ada: Person, make: Any
) -> None:
    card = make()
    offer = stand.shop.checkout.offer_product(ada, stand.stock("a"), 1, code="TEN")
    order_id = stand.shop.checkout.place(ada, offer.id).order_id
    manager = stand.appoint(Right.CATALOGUE)
    [use] = stand.shop.coupons.uses(manager, card.id, page=0).uses
    assert (use.order_id, use.customer, use.discount) == (None, None, stand.usd("1.00"))
    stand.appoint(Right.CUSTOMERS)
    [use] = stand.shop.coupons.uses(manager, card.id, page=0).uses
    assert (use.order_id, use.customer) == (order_id, "Ada")


def test_a_coupon_that_does_not_exist_is_not_found(stand: Stand, owner: Person) -> None:
    with pytest.raises(NotFound) as error:
        stand.shop.coupons.switch(owner, 999, off=True)
    assert error.value.args == ()


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (CouponTerms("AB", percent=5), BadTerms.CODE),
        (CouponTerms("TEN"), BadTerms.DISCOUNT),
        (CouponTerms("TEN", percent=101), BadTerms.DISCOUNT),
        (CouponTerms("TEN", percent=0), BadTerms.DISCOUNT),
        (CouponTerms("TEN", percent=5, most_uses=0), BadTerms.NUMBER),
        (CouponTerms("TEN", percent=5, valid_until=NOW), BadTerms.OVER),
        (CouponTerms("TEN", percent=5, valid_from=NOW + 9, valid_until=NOW + 9), BadTerms.OVER),
        (CouponTerms("TEN", percent=5, product_id=1, category_id=1), BadTerms.GOODS),
        (CouponTerms("TEN", percent=5, product_id=999), BadTerms.GOODS),
    ],
)
def test_terms_that_no_order_can_meet_are_refused(
    stand: Stand, owner: Person, terms: CouponTerms, reason: BadTerms
) -> None:
    with pytest.raises(BadCoupon) as error:
        stand.shop.coupons.create(owner, terms)
    assert error.value.reason is reason
    assert (Coupon.select().count(), AuditEntry.select().count()) == (0, 0)


def test_two_coupons_cannot_share_a_code_whatever_its_case(stand: Stand, owner: Person, make: Any) -> None:
    make()
    with pytest.raises(BadCoupon) as error:
        stand.shop.coupons.type(owner, CouponField.CODE, "ten")
    assert error.value.reason is BadTerms.CODE_TAKEN


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        (CouponField.CODE, "no spaces", BadTerms.CODE),
        (CouponField.CODE, "ÄÖÜ", BadTerms.CODE),
        (CouponField.DISCOUNT, "0 %", BadTerms.DISCOUNT),
        (CouponField.DISCOUNT, "101%", BadTerms.DISCOUNT),
        (CouponField.DISCOUNT, "0", BadTerms.DISCOUNT),
        (CouponField.DISCOUNT, "NaN", BadTerms.DISCOUNT),
        (CouponField.LEAST, "-1", BadTerms.SUM),
        (CouponField.USES, "1.5", BadTerms.NUMBER),
        (CouponField.EACH, "9999999", BadTerms.NUMBER),
        (CouponField.UNTIL, "31.12.2026", BadTerms.DAY),
        (CouponField.UNTIL, "9999-12-31", BadTerms.DAY),
        (CouponField.FROM, "9999-12-31", BadTerms.DAY),
        (CouponField.FROM, "0001-01-01", BadTerms.DAY),
    ],
)
def test_an_invalid_term_is_refused(
    stand: Stand, owner: Person, field: CouponField, text: str, reason: BadTerms
) -> None:
    with pytest.raises(BadCoupon) as error:
        stand.shop.coupons.type(owner, field, text)
    assert error.value.reason is reason


def test_typed_values_become_the_terms_and_zero_removes_a_limit(stand: Stand, owner: Person) -> None:
    typed = {
        CouponField.CODE: "summer-26",
        CouponField.DISCOUNT: "12,50",
        CouponField.LEAST: "20",
        CouponField.USES: "5",
        CouponField.EACH: "1",
        CouponField.FROM: "2026-11-01",
        CouponField.UNTIL: "2026-11-30",
    }
    for field, text in typed.items():
        stand.shop.coupons.type(owner, field, text)
    key = stand.stock("a")
    terms = stand.shop.coupons.choose_goods(owner, product_id=key).terms
    assert terms == CouponTerms(
        code="SUMMER-26",
        fixed=stand.usd("12.50"),
        least=stand.usd("20"),
        most_uses=5,
        most_uses_each=1,
        valid_from=1_793_491_200,
        valid_until=1_796_083_200,
        product_id=key,
    )
    for field in (CouponField.LEAST, CouponField.USES, CouponField.EACH, CouponField.FROM, CouponField.UNTIL):
        stand.shop.coupons.type(owner, field, "0")
    stand.shop.coupons.type(owner, CouponField.DISCOUNT, "7 %")
    stand.shop.coupons.choose_goods(owner)
    card = stand.shop.coupons.create_draft(owner)
    assert card.terms == CouponTerms(code="SUMMER-26", percent=7)
    assert stand.shop.coupons.draft(owner).terms == CouponTerms()


@pytest.mark.parametrize("text", ["7%", "7 %", "7\u00a0%", "7\u202f%"])
def test_a_percentage_is_read_with_any_space_a_language_puts_there(text: str) -> None:
    assert with_typed(CouponTerms("TEN"), CouponField.DISCOUNT, text, "USD").percent == 7


def test_switching_a_coupon_shows_its_new_state(stand: Stand, owner: Person, make: Any) -> None:
    card = make()
    for off in (True, True, False):
        assert stand.shop.coupons.switch(owner, card.id, off=off) == replace(card, switched_off=off)
        assert stand.shop.coupons.one(owner, card.id).switched_off is off
